"""A set's dictionary compiled for writing: which segments a loop may hold, in which order, how often."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from parsers.finding import Finding
from parsers.x12.definition import LoopDefinition, SegmentDefinition, SetDefinition
from parsers.x12.model import Segment
from parsers.x12.segment_check import SegmentCheck, WalkOptions
from parsers.x12.writer import Element
from translators.x12_write_elements import writer_of

#: Written around the segments of a set by `parsers.x12.writer`.
ENVELOPE = frozenset({"ST", "SE"})


class Shape:
    """A segment as the release has it. Gives its elements and what is wrong with them."""

    __slots__ = ("_check", "_writers", "uses")

    def __init__(self, definition: SegmentDefinition, options: WalkOptions, release: str) -> None:
        self.uses = definition.elements
        self._check = SegmentCheck(definition, options, release)
        self._writers = tuple(map(writer_of, definition.elements))

    def elements(self, values: list[object]) -> list[Element]:
        """The elements of a segment that holds `values`; beyond the last element text is kept as it is.

        Raises TooExact.
        """
        written = [
            "" if value is None else write(value) for value, write in zip(values, self._writers, strict=False)
        ]
        if len(values) > len(written):
            written += [str(value or "") for value in values[len(written) :]]
        while written and not written[-1]:
            written.pop()
        return written

    def is_clean(self, texts: list[str]) -> bool:
        """True if our own check of the segment would find nothing wrong; False means: ask `faults`."""
        return self._check.is_clean(texts)

    def faults(self, segment: Segment, loop: str) -> list[Finding]:
        """What our own check of the segment would say, as X12 findings."""
        return self._check.faults(segment, loop)


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A loop, or a whole set (path "").

    path: trigger segments joined by "/". ranks: order of the segments inside, by id; the trigger is
    not among them. shapes, most, loops: of each id; most None for unbounded. required: ids.
    """

    path: str
    ranks: dict[str, int]
    shapes: dict[str, Shape]
    most: dict[str, int | None]
    loops: dict[str, Place]
    required: tuple[str, ...]


#: What a segment opens that begins no loop.
PLAIN = Place("", {}, {}, {}, {}, ())


@lru_cache(maxsize=64)
def places(definition: SetDefinition, options: WalkOptions) -> Place:
    """The set compiled under given options, made once for each."""
    return _compiled(definition.root, options, definition.release, {})


def _compiled(
    loop: LoopDefinition, options: WalkOptions, release: str, shapes: dict[SegmentDefinition, Shape]
) -> Place:
    place = Place(loop.path, {}, {}, {}, {}, _required(loop))
    for rank, child in enumerate(loop.children):
        if child.id in place.ranks or child.id in ENVELOPE or (rank == 0 and loop.id):
            continue
        place.ranks[child.id] = rank
        if isinstance(child, LoopDefinition):
            place.most[child.id] = child.repeat
            place.loops[child.id] = _compiled(child, options, release, shapes)
            segment = _trigger(child)
        else:
            place.most[child.id] = child.max_use
            segment = child.segment
        shape = shapes.setdefault(segment, Shape(segment, options, release))
        place.shapes[child.id] = shape
    return place


def _required(loop: LoopDefinition) -> tuple[str, ...]:
    first = 1 if loop.id else 0
    ids = (child.id for child in loop.children[first:] if child.requirement == "M")
    return tuple(segment_id for segment_id in ids if segment_id not in ENVELOPE)


def _trigger(loop: LoopDefinition) -> SegmentDefinition:
    first = loop.children[0]
    return _trigger(first) if isinstance(first, LoopDefinition) else first.segment
