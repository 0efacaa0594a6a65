"""The tables are complete: counts and shapes as public grammars of the standard have them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from parsers.x12 import dictionary
from parsers.x12.dictionary import LoopDefinition, SegmentUse

# fmt: off
#: Segment positions of each set, 004010 and 005010; 999 exists from 005010 on. EdiFabric's templates of
#: 004010 have 194 and 88 for 850 and 810, without ST and SE.
POSITIONS = {
    "180": (57, 57), "810": (90, 94), "812": (36, 39), "820": (105, 123), "824": (22, 23),
    "830": (81, 81), "832": (108, 154), "846": (65, 65), "850": (196, 207), "852": (29, 30),
    "855": (147, 155), "856": (58, 59), "860": (189, 201), "861": (55, 59), "862": (31, 32),
    "864": (18, 18), "865": (163, 178), "867": (62, 66), "869": (25, 26), "870": (66, 66),
    "940": (61, 67), "943": (20, 20), "944": (22, 27), "945": (47, 52), "947": (35, 35),
    "997": (8, 8), "999": (0, 10),
}
#: What loops of the standard may repeat; None is no limit.
REPEATS = {
    ("850", "PO1"): 100_000, ("810", "IT1"): 200_000, ("856", "HL"): 200_000, ("855", "PO1"): 100_000,
    ("850", "N1"): 200, ("810", "N1"): 200, ("850", "PO1/N1"): 200, ("850", "PO1/SCH"): 200,
    ("846", "LIN"): 10_000, ("820", "ENT"): None,
}
#: What changed from 004010 to 005010: segment, position, longest value before and after.
GREW = [
    ("REF", 2, 30, 50), ("TRN", 2, 30, 50), ("PER", 4, 80, 256), ("IT1", 2, 10, 15), ("TD3", 3, 10, 15),
]
# fmt: on
SETS = [
    (release, set_id)
    for set_id in POSITIONS
    for release, count in zip(dictionary.releases(), POSITIONS[set_id], strict=True)
    if count
]


def _uses(loop: LoopDefinition) -> Iterator[SegmentUse]:
    for child in loop.children:
        if isinstance(child, LoopDefinition):
            yield from _uses(child)
        else:
            yield child


def _loops(loop: LoopDefinition) -> Iterator[LoopDefinition]:
    for child in loop.children:
        if isinstance(child, LoopDefinition):
            yield child
            yield from _loops(child)


def _root(release: str, set_id: str) -> LoopDefinition:
    definition = dictionary.set_definition(release, set_id)
    assert definition is not None
    return definition.root


def test_every_set_of_distribution_is_there_in_both_releases() -> None:
    for release in dictionary.releases():
        assert set(dictionary.set_ids(release)) == {set_id for known, set_id in SETS if known == release}


@pytest.mark.parametrize(("release", "set_id"), SETS)
def test_a_set_has_all_its_positions(release: str, set_id: str) -> None:
    uses = list(_uses(_root(release, set_id)))
    assert len(uses) == POSITIONS[set_id][dictionary.releases().index(release)]
    assert (uses[0].id, uses[-1].id) == ("ST", "SE")
    areas = [use.area for use in uses]
    assert areas == sorted(areas, key=["heading", "detail", "summary"].index)


@pytest.mark.parametrize(("release", "set_id"), SETS)
def test_a_loop_begins_with_a_segment_that_must_stand_once(release: str, set_id: str) -> None:
    for loop in _loops(_root(release, set_id)):
        first = loop.children[0]
        assert isinstance(first, SegmentUse)
        assert (first.id, first.requirement, first.max_use) == (loop.id, "M", 1)


@pytest.mark.parametrize(("set_id", "path"), REPEATS)
def test_loops_repeat_as_often_as_the_standard_lets_them(set_id: str, path: str) -> None:
    loops = {loop.path: loop.repeat for loop in _loops(_root("004010", set_id))}
    assert loops[path] == REPEATS[set_id, path]


@pytest.mark.parametrize(("segment", "position", "before", "after"), GREW)
def test_elements_grew_between_the_releases(segment: str, position: int, before: int, after: int) -> None:
    older, newer = (dictionary.segment_definition(release, segment) for release in dictionary.releases())
    assert older is not None
    assert newer is not None
    assert (older.elements[position - 1].max, newer.elements[position - 1].max) == (before, after)


def test_every_element_of_every_segment_is_whole() -> None:
    for release in dictionary.releases():
        for segment_id in dictionary.standard().tables.segments(release):
            segment = dictionary.segment_definition(release, segment_id)
            assert segment is not None
            assert [use.position for use in segment.elements] == list(range(1, len(segment.elements) + 1))
            for use in segment.elements:
                assert use.name
                assert use.components or 1 <= use.min <= use.max


def test_all_types_of_x12_are_in_use() -> None:
    rows = (dictionary.STANDARD / "elements.csv").read_text("utf-8").splitlines()[1:]
    types = {row.rsplit(",", 4)[1] for row in rows}
    assert {"AN", "ID", "N0", "N2", "R", "DT", "TM"} <= types
