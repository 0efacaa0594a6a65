"""pyx12's own listing of an interchange, as HTML, and the acknowledgement that it would send.

Both come from pyx12's main program. It puts partner text into its HTML without escaping all of it; what
comes from here holds no markup but its own.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pyx12.params import ParamsBase
from pyx12.x12n_document import x12n_document

from parsers.x12.dictionary import Dictionary, standard
from parsers.x12.second_opinion.fair_copy import FairCopy
from parsers.x12.second_opinion.maps import map_name, write_index, write_maps
from parsers.x12.second_opinion.verdict import ANY_RELEASE, FAILURES, release_for

#: What pyx12 writes just before the first segment, and after the last one.
_HEAD, _FOOT = '<div class="segs" style="">\n', "</div>\n"
#: The markup that pyx12 puts around and into a segment.
_OWN = re.compile(r'(<span class="(?:seg|error|info|ele_err)">|</span>|<br />)')


@dataclass(frozen=True, slots=True)
class Listing:
    """html: the segments, each with what pyx12 says of it, safe to show. answer: its 997 or 999, "" if none.

    accepts: whether its main program finds nothing wrong. failure: what it failed with; the listing then
        ends early. None if it did not.
    """

    accepts: bool
    html: str
    answer: str
    failure: str | None = None


def listing(copy: FairCopy, dictionary: Dictionary | None = None) -> Listing:
    """What pyx12's main program makes of the copy; never raises for data.

    All groups are judged by the tables of the first one's release: it takes its elements from one place.
    pyx12 logs what it finds under the name "pyx12".
    """
    known = dictionary or standard()
    segments, answer = _Segments(), io.StringIO()
    failure, accepts = None, False
    with TemporaryDirectory(prefix="tradepost-pyx12-") as name:
        _write(Path(name), copy, known)
        try:
            accepts = x12n_document(ParamsBase(), io.StringIO(copy.text), answer, segments, map_path=name)
        except FAILURES as fault:
            failure = f"{type(fault).__name__}: {fault}"
    return Listing(accepts, segments.html, answer.getvalue(), failure)


def _write(folder: Path, copy: FairCopy, dictionary: Dictionary) -> None:
    """The maps that the copy's groups ask for, found by what they are called."""
    version = copy.groups[0][0] if copy.groups else ""
    release, short_dates = release_for(version, copy, dictionary) or (ANY_RELEASE[copy.icvn], False)
    write_maps(
        folder,
        release,
        dictionary=dictionary,
        functional_ids=[group for _, group in copy.groups],
        short_dates=short_dates,
    )
    entries = {
        (copy.icvn, version, group): map_name(group)
        for version, group in copy.groups
        if group.isalnum() and (folder / map_name(group)).exists()
    }
    write_index(folder / "maps.xml", entries)


class _Segments(io.StringIO):
    """Takes pyx12's HTML and keeps the segments of it, with any other markup made harmless."""

    def __init__(self) -> None:
        super().__init__()
        self._inside = False

    def write(self, text: str) -> int:
        """Keep one piece; pyx12 writes a line at a time."""
        if text == _HEAD:
            self._inside = True
        elif text == _FOOT:
            self._inside = False
        elif self._inside:
            super().write("".join(_harmless(part) for part in _OWN.split(text)))
        return len(text)

    @property
    def html(self) -> str:
        """What was kept."""
        return self.getvalue()


def _harmless(part: str) -> str:
    return part if _OWN.fullmatch(part) else part.replace("<", "&lt;").replace(">", "&gt;")
