"""Control segments that stand inside a set which goes on behind them: told by a glance at what follows.

A lost SE, GE or IEA shows in that the next set, group or interchange begins, and a trailer that came too
early in that none does. So that one segment too many is one fault, it is not taken for the end of what it
names.
"""

from __future__ import annotations

import re

from parsers.x12.model import GroupHeader, Segment
from parsers.x12.open_set import OpenSet
from parsers.x12.options import ReadOptions
from parsers.x12.read_segments import SegmentReader

_TAG = re.compile(r"[A-Z][A-Z0-9]{1,2}")
#: Segments that stand outside sets, or begin or end one.
_CONTROL = frozenset({"ISA", "ISB", "ISE", "ISX", "TA1", "TA3", "GS", "ST", "SE", "GE", "IEA"})


class Doubts:
    """Of the control segments of one interchange. element: what separates their elements."""

    def __init__(self, reader: SegmentReader, element: str, options: ReadOptions) -> None:
        self._reader = reader
        self._element = element
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
        """True if a segment of a set follows, though not the one that such sets begin with."""
        following = self._reader.tag_at(end, self._element)
        return bool(_TAG.fullmatch(following)) and following not in _CONTROL and following != beginning

    def _begins_nothing(self, header: Segment, group: GroupHeader, end: int) -> bool:
        """True if what follows an ST is not what its set begins with, but another segment."""
        definition = self._options.definition_of(group, header.get(1)) if header.get(1) else None
        return definition is not None and self._goes_on(end, definition.beginning)
