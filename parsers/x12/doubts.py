"""Control segments that stand inside a set which goes on behind them: told by a glance at what follows.

A lost SE, GE or IEA shows in that the next set, group or interchange begins; a segment too many in that
the set goes on to its SE. So that it is one fault, it is not taken for the beginning or the end of what it
names.
"""

from __future__ import annotations

import re

from parsers.x12.model import GroupHeader, Segment, Separators
from parsers.x12.open_set import OpenSet
from parsers.x12.options import ReadOptions
from parsers.x12.read_segments import SegmentReader

_TAG = re.compile(r"[A-Z][A-Z0-9]{1,2}")
#: Segments that stand outside sets, or begin or end one.
_CONTROL = frozenset({"ISA", "ISB", "ISE", "ISX", "TA1", "TA3", "GS", "ST", "SE", "GE", "IEA"})
#: What a set that goes on comes to: its SE, or nothing that is near.
_OF_SETS_END = ("SE", None)


class Doubts:
    """Of the control segments of one interchange."""

    def __init__(self, reader: SegmentReader, separators: Separators, options: ReadOptions) -> None:
        self._reader = reader
        self._separators = separators
        self._options = options

    def inside(self, segment: Segment, current: OpenSet, group: GroupHeader, end: int) -> bool:
        """True if a control segment stands inside the open set, which goes on. end: offset behind it."""
        match segment.id:
            case "SE":
                return not current.ends_with(segment) and self._goes_on(end, current.beginning)
            case "ST":
                return current.is_begun_again_by(segment) or self._begins_nothing(segment, group, end)
            case "GS" | "GE" | "IEA":
                return self._goes_on(end, "")
            case _:  # a TA1 is judged with the segments of the set
                return False

    def _goes_on(self, end: int, beginning: str) -> bool:
        """True if the set goes on to its SE, and not with the segment that such sets begin with."""
        following = self._reader.tag_at(end, self._separators.element)
        if not _TAG.fullmatch(following) or following in _CONTROL or following == beginning:
            return False
        return self._reader.control_after(end, self._separators) in _OF_SETS_END

    def _begins_nothing(self, header: Segment, group: GroupHeader, end: int) -> bool:
        """True if what follows an ST is not what its set begins with, but another segment."""
        definition = self._options.definition_of(group, header.get(1)) if header.get(1) else None
        return definition is not None and self._goes_on(end, definition.beginning)
