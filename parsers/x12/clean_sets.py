"""Takes transaction sets off the bytes at hand that have no fault at all, without splitting them.

The common case by far. The next is that all segments stand where they belong, and some hold faulty
elements: then only these are looked at again. What the matcher does not take goes segment by segment
to the walker, which says why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from parsers.finding import Finding
from parsers.record import record
from parsers.x12 import grammar
from parsers.x12.byte_window import ByteWindow
from parsers.x12.definition import SetDefinition
from parsers.x12.grammar import Matcher, PlacedSet
from parsers.x12.grammar_content import LONGEST_SEGMENT
from parsers.x12.grammar_elements import ELEMENT, SEGMENT
from parsers.x12.grammar_pieces import Pieces
from parsers.x12.grammar_structure import ANY
from parsers.x12.limits import Limits
from parsers.x12.model import Content, GroupHeader, Loop, Segment, Separators, TransactionSet, Walked
from parsers.x12.open_group import OpenGroup
from parsers.x12.open_set import HELD_SEGMENTS, place_in_set
from parsers.x12.options import ReadOptions
from parsers.x12.read_segments import BLANK
from parsers.x12.segment_check import WalkOptions
from parsers.x12.walker import explain, tree_of

#: The longest set that is looked at whole.
LONGEST_BYTES = 32 * 1024 * 1024
#: Bytes read at once of a longer one.
STRETCH_BYTES = 1024 * 1024
#: The first release whose ST names an implementation convention.
WITH_CONVENTION = "005010"

#: What may stand between two segments.
BETWEEN = BLANK.decode("ascii")

_START = re.compile(f"[{BETWEEN}]*+ST{ELEMENT}([A-Z0-9]{{3}}){ELEMENT}")
_TRAILER = re.compile(f"{SEGMENT}[{BETWEEN}]*+SE{ELEMENT}[^{SEGMENT}]*+{SEGMENT}")
_HEADER = re.compile(
    f"ST{ELEMENT}[A-Z0-9]{{3}}{ELEMENT}([A-Za-z0-9]{{4,9}})(?:{ELEMENT}([ -~]{{1,35}}))?{SEGMENT}"
)
_SE = re.compile(f"SE{ELEMENT}([^{SEGMENT}]*+){SEGMENT}")
_BLANKS = re.compile(f"[{BETWEEN}]*+")
_BLANK_BYTES = re.compile(_BLANKS.pattern.encode("ascii"))


class Matched:
    """The content of a clean set: its text, and the rest once somebody asks for it.

    text: from ST to SE's terminator, plain ASCII. definition: what the dictionary says of the set.
    """

    __slots__ = ("_offset", "_segments", "_tree", "_walk", "definition", "text")

    def __init__(self, text: str, definition: SetDefinition, walk: WalkOptions, offset: int) -> None:
        self.text = text
        self.definition = definition
        self._walk = walk
        self._offset = offset
        self._segments: list[Segment] | None = None
        self._tree: Loop | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Matched):
            return NotImplemented
        known = self.text, self.definition, self._walk, self._offset
        return known == (other.text, other.definition, other._walk, other._offset)

    def __hash__(self) -> int:
        return hash((self.text, self._offset))

    @property
    def segments(self) -> list[Segment]:
        """ST to SE in the order sent."""
        if self._segments is None:
            self._segments = list(split(self.text, self._walk.separators, self._offset))
        return self._segments

    @property
    def tree(self) -> Loop:
        """The segments in their loops."""
        if self._tree is None:
            self._tree = tree_of(self.definition, self.segments, self._walk)
        return self._tree

    @property
    def is_kept(self) -> bool:
        """Always True."""
        return True


@record
class Flawed:
    """The content of a set in order, of which some segments hold faulty elements.

    matched: the same as that of a clean set.
    """

    matched: Matched
    text: None = None
    definition: None = None

    @property
    def segments(self) -> list[Segment]:
        """ST to SE in the order sent."""
        return self.matched.segments

    @property
    def tree(self) -> Loop:
        """The segments in their loops."""
        return self.matched.tree

    @property
    def is_kept(self) -> bool:
        """Always True."""
        return True


def split(text: str, separators: Separators, offset: int) -> Iterator[Segment]:
    """The segments of the plain ASCII text of a whole set, numbered from 1. offset: of its first byte."""
    for number, part in enumerate(text.split(separators.segment)[:-1], start=1):
        plain = part.lstrip(BETWEEN)
        elements = plain.split(separators.element)
        yield Segment(elements.pop(0), elements, number, offset + len(part) - len(plain), len(plain))
        offset += len(part) + 1


def _after_blanks(text: str, at: int) -> int:
    match = _BLANKS.match(text, at)
    return match.end() if match else at


class Taken(NamedTuple):
    """A set that was read before its turn. size: its bytes, with the blanks that follow it."""

    read: TransactionSet
    size: int


class Ahead(Protocol):
    """Somebody who reads sets before it is their turn, by `CleanSets` as well."""

    def taken(self, options: ReadOptions, limits: Limits, group: OpenGroup, offset: int) -> Taken | None:
        """The set that begins at `offset` and would be the next of the group; None if it was not read."""


class CleanSets:
    """The clean sets of one interchange.

    options: with the separators of the interchange. limits: of its sets. ahead: has read some of them.
    """

    def __init__(
        self, window: ByteWindow, options: ReadOptions, limits: Limits, ahead: Ahead | None = None
    ) -> None:
        self._window = window
        self._options = options
        self._limits = limits
        self._ahead = ahead
        self._most_segments = limits.set_segments
        #: A matcher knows one bound for segments; under a lower one every set is walked.
        self._possible = min(limits.element_bytes, limits.segment_bytes) >= LONGEST_SEGMENT
        self._data: bytes | None = None
        self._text: str | None = None
        self._kinds: dict[tuple[str, str], tuple[SetDefinition, Matcher] | None] = {}

    def take(self, group: OpenGroup) -> Iterator[TransactionSet]:
        """The sets that come next and are clean, counted in their group and taken off the window."""
        while self._possible:
            taken = self._taken(group, self._ahead) if self._ahead else None
            taken = taken or self._next(group)
            if taken is None:
                return
            yield taken

    def _taken(self, group: OpenGroup, ahead: Ahead) -> TransactionSet | None:
        """The next set, if it was read before."""
        window = self._window
        match = _BLANK_BYTES.match(window.data, window.at)
        blanks = match.end() - window.at if match else 0
        taken = ahead.taken(self._options, self._limits, group, window.offset + blanks)
        if taken is None or not group.admit_clean(taken.read.control_number):
            return None
        window.ahead(taken.size, blanks)
        window.drop(blanks + taken.size)
        return taken.read

    def _next(self, group: OpenGroup) -> TransactionSet | None:
        """The next set, if it is clean."""
        window = self._window
        while (text := self._plain()) is not None:
            start = _START.match(text, window.at)
            kind = self._kind(group.header, start[1]) if start else None
            if start is None or kind is None:
                return None
            definition, matcher = kind
            at = start.start(1) - 3
            clean = matcher.read(text, at)
            if clean is not None:
                if not self._belongs(clean, group):
                    return None
                taken = self._as_set(clean, definition, group, at)
                window.at = clean.end
                return taken
            if not self._wait_for_end(text, at):
                return self._passed(definition, matcher, group, at)
        return None

    def _plain(self) -> str | None:
        """The bytes at hand with the delimiters that matchers know; None if these cannot be told."""
        if self._window.data is not self._data:
            self._data = self._window.data
            self._text = grammar.normalise(self._data, self._options.walk.separators)
        return self._text

    def _kind(self, header: GroupHeader, set_id: str) -> tuple[SetDefinition, Matcher] | None:
        """What reads the sets that ST01 names; None if none of them can be clean in this group."""
        key = (header.version, set_id)
        if key not in self._kinds:
            definition = self._options.definition_of(header, set_id)
            fits = self._options.dictionary.functional_id(set_id) == header.functional_id
            own = definition is not None and definition.release == header.release
            self._kinds[key] = (
                (definition, grammar.matcher_for(definition, self._options.walk))
                if definition is not None and fits and own
                else None
            )
        return self._kinds[key]

    def _belongs(self, clean: PlacedSet, group: OpenGroup) -> bool:
        """True if nothing outside the set speaks against it; it is counted in its group then."""
        most = self._most_segments
        if clean.segments > (min(most, HELD_SEGMENTS) if clean.faulty else most):
            return False
        if clean.implementation and group.header.version < WITH_CONVENTION:
            return False
        return group.admit_clean(clean.control_number)

    def _wait_for_end(self, text: str, at: int) -> bool:
        """True if the end of the set was not at hand and more has been read."""
        size = len(text) - at
        if size >= LONGEST_BYTES or _TRAILER.search(text, at) is not None:
            return False
        # As much again as is at hand: few looks at a long set.
        return self._window.more(min(size, LONGEST_BYTES - size))

    def _passed(
        self, definition: SetDefinition, matcher: Matcher, group: OpenGroup, at: int
    ) -> TransactionSet | None:
        """A clean set that is too long to be at hand, followed stretch by stretch and not kept.

        None, and nothing used up, if it is to be walked.
        """
        window = self._window
        if window.left < LONGEST_BYTES:
            return None
        pieces, start = matcher.pieces(), _HEADER.match(self._text or "", at)
        if pieces is None or start is None:
            return None
        begin = window.offset + at - window.at
        window.at = start.end()
        segments = self._follow(pieces)
        trailer = _SE.match(self._text or "", window.at)
        if segments and trailer and pieces.may_end():
            clean = PlacedSet(start[1], start[2] or "", 0, 0, 0, 0, segments + 2)
            if trailer[1] == f"{clean.segments}{ELEMENT}{start[1]}" and self._belongs(clean, group):
                window.at = trailer.end()
                size = window.offset - begin
                return self._told(clean, definition, group, Walked([], None), begin, size)
        window.back_to(begin)
        return None

    def _follow(self, pieces: Pieces) -> int:
        """Use up the segments from here to SE; their number, 0 if any of them is not without fault."""
        window, segments = self._window, 0
        while (text := self._plain()) is not None:
            begin = _after_blanks(text, window.at)
            trailer = _TRAILER.search(text, begin)
            end = _after_blanks(text, (trailer.start() if trailer else text.rfind(SEGMENT, begin)) + 1)
            if end <= begin or not pieces.follow(text, begin, end):
                return 0
            segments += text.count(SEGMENT, begin, end)
            window.at = end
            if trailer:
                return segments
            if not window.more(STRETCH_BYTES):
                return 0
        return 0

    def _as_set(
        self, clean: PlacedSet, definition: SetDefinition, group: OpenGroup, at: int
    ) -> TransactionSet:
        window, walk = self._window, self._options.walk
        offset = window.offset + at - window.at
        end = window.data.index(walk.separators.segment.encode(), clean.trailer) + 1
        content = Matched(window.data[at:end].decode("ascii"), definition, walk, offset)
        if not clean.faulty:
            return self._told(clean, definition, group, content, offset, end - at)
        text = self._text or ""
        ids = ANY.findall(text, at, text.index(SEGMENT, clean.faulty[-1]) + 1)
        findings = explain(definition, ids, self._faulty(clean, at), walk)
        findings.sort(key=place_in_set)
        return self._told(clean, definition, group, Flawed(content), offset, end - at, findings)

    def _faulty(self, placed: PlacedSet, at: int) -> dict[int, Segment]:
        """The faulty segments of a set by number. at: where the set begins in the bytes at hand."""
        text, window, walk = self._text or "", self._window, self._options.walk
        segments = {}
        for begin in placed.faulty:
            end = text.index(SEGMENT, begin)
            number = text.count(SEGMENT, at, begin) + 1
            elements = window.data[begin:end].decode("ascii").split(walk.separators.element)
            offset = window.offset + begin - window.at
            segments[number] = Segment(elements.pop(0), elements, number, offset, end - begin)
        return segments

    def _told(
        self,
        clean: PlacedSet,
        definition: SetDefinition,
        group: OpenGroup,
        content: Content,
        offset: int,
        size: int,
        findings: Sequence[Finding] = (),
    ) -> TransactionSet:
        return TransactionSet(
            set_id=definition.set_id,
            control_number=clean.control_number,
            implementation=clean.implementation,
            ordinal=group.sets,
            release=definition.release,
            content=content,
            findings=list(findings),
            segment_count=clean.segments,
            offset=offset,
            size=size,
            separators=self._options.walk.separators,
        )
