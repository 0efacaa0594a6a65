"""What the reader of a file must be told about the sender."""

from __future__ import annotations

from dataclasses import field

from parsers.record import record
from parsers.x12.definition import SetDefinition
from parsers.x12.dictionary import Dictionary, has_short_dates, standard
from parsers.x12.limits import Limits
from parsers.x12.model import GroupHeader
from parsers.x12.segment_check import WalkOptions


@record
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

    def definition_of(self, header: GroupHeader, set_id: str) -> SetDefinition | None:
        """What the dictionary says of a set in the group of `header`; None if it does not have it."""
        if header.release is None:
            return None
        return self.dictionary.set_definition(
            header.release,
            set_id,
            short_dates=has_short_dates(header.version),
            endless_loops=self.endless_loops,
        )


DEFAULT_OPTIONS = ReadOptions()
