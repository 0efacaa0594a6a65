"""The loops of a set one after the other, for sets that are too long to be a tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from parsers.x12.definition import SetDefinition
from parsers.x12.model import Loop, Segment
from parsers.x12.segment_check import WalkOptions
from parsers.x12.set_plan import Frame, compiled, enter, legal_place


def nodes_of(
    definition: SetDefinition, segments: Iterable[Segment], options: WalkOptions
) -> Iterator[Segment | Loop]:
    """The top of a set's tree, node by node; none of them is kept.

    segments: of a set without fault, from ST. Raises ValueError for one that has no place.
    """
    frames = [Frame(compiled(definition, options).root, Loop("", ""), counts={})]
    node: Segment | Loop | None = None
    for segment in segments:
        spot = legal_place(frames, segment.id)
        if spot is None:
            raise ValueError(f"segment {segment.number}, {segment.id}, has no place in a clean set")
        opened = enter(frames, *spot).loop is not None
        loop = frames[-1].loop
        if len(frames) == (2 if opened else 1):
            if node is not None:
                yield node
            node = loop if opened else segment
        elif opened:
            frames[-2].loop.children.append(loop)
        if len(frames) > 1:
            loop.children.append(segment)
    if node is not None:
        yield node
