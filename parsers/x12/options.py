"""What the reader of a file must be told about the sender."""

from __future__ import annotations

from dataclasses import dataclass

from parsers.x12.limits import DEFAULT_LIMITS, Limits


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How one interchange, or one group of it, is read.

    encoding: of the text, a superset of ASCII. A segment that is not UTF-8 although it should
        be is read as Latin-1, with a note.
    other_releases: True reads a release that we have no dictionary for by the nearest one, with
        a note; False refuses the group (AK905 2).
    limits: bounds of a single element, segment, set and HL tree.
    """

    encoding: str = "utf-8"
    other_releases: bool = True
    limits: Limits = DEFAULT_LIMITS


DEFAULT_OPTIONS = ReadOptions()
