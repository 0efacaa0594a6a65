"""What the reader of a file must be told about the sender."""

from __future__ import annotations

from dataclasses import dataclass, field

from parsers.x12.dictionary import Dictionary, standard
from parsers.x12.limits import Limits
from parsers.x12.segment_check import WalkOptions


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How one interchange, or one group of it, is read.

    encoding: of the text, a superset of ASCII. A segment that cannot be decoded by it is read
        as Latin-1, with a note.
    other_releases: True reads a release that we have no dictionary for by the nearest one, with
        a note; False refuses the group (AK905 2).
    walk: how sets are checked; its separators are those of the interchange, whatever it says.
    dictionary: the standard, or the standard with a user's own tables over it.
    limits: of this interchange, None for those of the file; never wider than those of the file.
    endless_loops: True lets every loop of a set repeat without end, whatever the standard says.
    """

    encoding: str = "utf-8"
    other_releases: bool = True
    walk: WalkOptions = field(default_factory=WalkOptions)
    dictionary: Dictionary = field(default_factory=standard)
    limits: Limits | None = None
    endless_loops: bool = False


DEFAULT_OPTIONS = ReadOptions()
