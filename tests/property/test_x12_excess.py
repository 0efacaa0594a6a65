"""A segment or loop sent too often is told so, and each one too many once, wherever else it may stand.

AK304: 5 for a segment, 4 for a loop. BI-043.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from parsers.finding import Finding
from parsers.x12.definition import LoopDefinition, SetDefinition
from parsers.x12.dictionary import releases, set_definition, set_ids
from parsers.x12.model import Loop, Segment
from parsers.x12.walker import WalkOptions, place
from tests.support.x12_generated import Row, SetMaker

KINDS = [(release, set_id) for release in releases() for set_id in set_ids(release)]
#: Maxima that are tried, and how many are sent beyond.
SMALL = 30
BEYOND = (1, 2, 3)
#: Sets made of each kind.
SETS = 3
#: Numbered and linked, or opening and closing: one more of these is another fault.
LINKED = frozenset({"ST", "SE", "HL", "LS", "LE"})


def read(definition: SetDefinition, rows: list[Row]) -> tuple[Loop, list[Finding]]:
    segments = [Segment(row[0], row[1:], number, 0, 9) for number, row in enumerate(rows, 1)]
    return place(definition, segments, WalkOptions())


def maxima(loop: LoopDefinition) -> Iterator[tuple[tuple[str, str], int]]:
    """The small maxima of a loop and of those in it, by path and id, of ids that it has once."""
    ids = [child.id for child in loop.children]
    for child in loop.children[bool(loop.id) :]:
        most = child.repeat if isinstance(child, LoopDefinition) else child.max_use
        if most is not None and most <= SMALL and ids.count(child.id) == 1 and child.id not in LINKED:
            yield (loop.path, child.id), most
    for child in loop.children:
        if isinstance(child, LoopDefinition):
            yield from maxima(child)


def loops(root: Loop) -> Iterator[Loop]:
    yield root
    for inner in root.loops():
        yield from loops(inner)


def numbers(node: Loop | Segment) -> list[int]:
    """The numbers of a node's segments."""
    if isinstance(node, Segment):
        return [node.number]
    return [number for child in node.children for number in numbers(child)]


def repeated(rows: list[Row], parent: Loop, segment_id: str, times: int) -> tuple[list[Row], list[int]]:
    """The rows with a child of a loop sent so many times, and the numbers that its occurrences begin at."""
    there = [child for child in parent.children if child.id == segment_id]
    first, last = numbers(there[0])[0], numbers(there[-1])
    starts = [numbers(child)[0] for child in there]
    more = [[*rows[number - 1]] for _ in range(times - len(there)) for number in last]
    starts += [last[-1] + 1 + len(last) * at for at in range(times - len(there))]
    assert starts[0] == first
    return [*rows[: last[-1]], *more, *rows[last[-1] :]], starts


@pytest.mark.parametrize(("release", "set_id"), KINDS)
def test_each_one_too_many_is_told_once_as_too_many(release: str, set_id: str) -> None:
    definition = set_definition(release, set_id)
    assert definition is not None
    maker = SetMaker(definition, WalkOptions(), f"{release} {set_id} too often")
    waiting = dict(maxima(definition.root))
    for _ in range(SETS):
        rows = maker.clean_set()
        for parent in loops(read(definition, rows)[0]):
            for child in {child.id: child for child in parent.children}.values():
                most = waiting.pop((parent.path, child.id), None)
                if most is None:
                    continue
                code = "X12-204" if isinstance(child, Loop) else "X12-205"
                for beyond in BEYOND:
                    faulty, starts = repeated(rows, parent, child.id, most + beyond)
                    told = [(one.code, one.location.segment_number) for one in read(definition, faulty)[1]]
                    assert told == [(code, start) for start in starts[most:]], (parent.path, child.id)


NAME = [["N1", "ST", "Store", "92", "0001"], ["N3", "1 Main St"], ["N4", "Town", "NY", "10001"]]


def test_names_beyond_two_hundred_are_those_of_the_order_not_of_a_line_that_is_missing() -> None:
    head = [["ST", "850", "0001"], ["BEG", "00", "SA", "PO1", "", "20261123"]]
    tail = [["PO1", "1", "10", "EA", "9.95"], ["CTT", "1"], ["SE", "1", "0001"]]
    definition = set_definition("004010", "850")
    assert definition is not None
    _, findings = read(definition, [*head, *(NAME * 203), *tail])
    assert [one.code for one in findings] == ["X12-204"] * 3
    assert [one.location.segment_number for one in findings] == [603, 606, 609]
