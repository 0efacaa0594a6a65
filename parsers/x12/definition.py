"""What a transaction set may hold, as values: sets, loops, segments, elements, syntax notes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Literal, NamedTuple

from parsers.record import identity_record

#: Type of an element that is made of components.
COMPOSITE = "composite"

Requirement = Literal["M", "X", "O"]


class SyntaxNote(NamedTuple):
    """One syntax note: letter P, R, E, C or L, and the positions it binds, in its own order."""

    kind: str
    positions: tuple[int, ...]


@identity_record
class ElementUse:
    """One position of a segment or composite.

    requirement: M mandatory, X named by a syntax note, O optional.
    repeat: most repetitions; 1 where the release has none.
    type: AN, ID, N0 to N9, R, DT, TM, B, or "composite" (then min and max are 0).
    min, max: characters, sign and decimal point not counted.
    codes: the values allowed, or None if the list is external, unknown or not enforced.
    components, notes: of a composite, else empty.
    checked: False if the tables are unsure of this position; it is then not validated.
    """

    position: int
    element: str
    name: str
    requirement: Requirement
    repeat: int
    type: str
    min: int
    max: int
    codes: frozenset[str] | None = None
    components: tuple[ElementUse, ...] = ()
    notes: tuple[SyntaxNote, ...] = ()
    checked: bool = True


class SegmentContent(NamedTuple):
    """What a segment is made of: its elements by position, from 1 without a gap, and its checked notes."""

    elements: tuple[ElementUse, ...]
    notes: tuple[SyntaxNote, ...]


class SegmentDefinition:
    """A segment. Equal only to itself.

    content: gives what it is made of, once it is asked for: of the segments that a set may have,
        most files send few.
    """

    def __init__(self, segment_id: str, content: Callable[[], SegmentContent]) -> None:
        self.id = segment_id
        self._content = content

    @cached_property
    def content(self) -> SegmentContent:
        """Elements and notes. Raises DictionaryError if a table that they stand in is malformed."""
        return self._content()

    @property
    def elements(self) -> tuple[ElementUse, ...]:
        """Its elements by position."""
        return self.content.elements

    @property
    def notes(self) -> tuple[SyntaxNote, ...]:
        """Its checked syntax notes."""
        return self.content.notes


@identity_record
class SegmentUse:
    """A segment at its place in a set. max_use: None means unbounded."""

    segment: SegmentDefinition
    requirement: Requirement
    max_use: int | None
    area: str

    @property
    def id(self) -> str:
        """Segment id, "PO1"."""
        return self.segment.id


@identity_record
class LoopDefinition:
    """A loop, or a whole set (id and path ""). repeat: None means unbounded.

    children: in the order of the standard; the first one of a loop is its trigger segment.
    """

    id: str
    path: str
    requirement: Requirement
    repeat: int | None
    children: tuple[SegmentUse | LoopDefinition, ...]


@identity_record
class SetDefinition:
    """A transaction set of one release, ST to SE.

    release: whose table it is. short_dates: eight-digit dates are read as YYMMDD.
    known: ids of all segments that the release has, whether or not the set holds them.
    """

    set_id: str
    release: str
    functional_id: str
    root: LoopDefinition
    short_dates: bool = False
    known: frozenset[str] = frozenset()

    @property
    def beginning(self) -> str:
        """Id of the segment that follows ST, "BEG"; "" where that is none that must be sent."""
        second = self.root.children[1] if len(self.root.children) > 1 else None
        return second.id if isinstance(second, SegmentUse) else ""
