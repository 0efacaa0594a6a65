"""Whatever is done to the segments of a set, reading it ends in findings, and a single fault in few."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.finding import Finding
from parsers.x12.dictionary import LoopDefinition, SetDefinition, releases, set_definition, set_ids
from parsers.x12.model import Loop, Segment, Separators
from parsers.x12.walker import WalkOptions, place

bounded = settings(derandomize=True, max_examples=60, deadline=None)
ORDER = [
    "ST*850*0001",
    "BEG*00*SA*PO123**20240115",
    "CUR*BY*USD",
    "REF*DP*38",
    "PER*BD*JOHN*TE*5551234",
    "DTM*002*20240120",
    "N1*BY*ACME*92*0001",
    "N3*1 MAIN ST",
    "N4*TOWN*NY*10001",
    "N1*ST*STORE*92*0002",
    "N3*2 MAIN ST",
    "N4*TOWN*NY*10001",
    "PO1*1*10*EA*9.95**UP*012345678905",
    "PID*F****WIDGET",
    "PO4*1*10*EA",
    "REF*IA*99",
    "PO1*2*5*EA*1.25",
    "PID*F****GADGET",
    "CTT*2",
    "AMT*TT*105.75",
    "SE*21*0001",
]
INNER = range(1, len(ORDER) - 1)


def segments_of(lines: list[str]) -> list[Segment]:
    segments, offset = [], 0
    for number, line in enumerate(lines, 1):
        segments.append(Segment(line.split("*")[0], line.split("*")[1:], number, offset, len(line)))
        offset += len(line) + 1
    return segments


def read(lines: list[str]) -> tuple[Loop, list[Finding]]:
    definition = set_definition("004010", "850")
    assert definition is not None
    return place(definition, segments_of(lines), WalkOptions())


def all_segments(loop: Loop) -> Iterator[Segment]:
    for child in loop.children:
        if isinstance(child, Segment):
            yield child
        else:
            yield from all_segments(child)


@bounded
@given(st.permutations(ORDER[1:-1]))
def test_any_order_of_segments_is_read_without_raising(lines: list[str]) -> None:
    root, findings = read([ORDER[0], *lines, ORDER[-1]])
    placed = list(all_segments(root))
    assert len({segment.number for segment in placed}) == len(placed)
    unplaced = {finding.location.segment_number for finding in findings}
    assert unplaced or len(placed) == len(ORDER)


@bounded
@given(st.lists(st.sampled_from(ORDER), max_size=40))
def test_any_heap_of_segments_is_read_without_raising(lines: list[str]) -> None:
    _, findings = read(lines)
    numbers = [finding.location.segment_number for finding in findings]
    assert all(number is not None and 1 <= number <= len(lines) for number in numbers)
    assert numbers == sorted(numbers)


@bounded
@given(st.lists(st.lists(st.text(alphabet="A1*>^ .-é\x00", max_size=6), max_size=8), max_size=12))
def test_any_text_in_elements_is_read_without_raising(rows: list[list[str]]) -> None:
    ids = ["BEG", "REF", "PO1", "DTM", "N1", "CTT", "SAC", "TD5"]
    segments = [
        Segment(ids[at % len(ids)], row, at + 1, at * 10, 9) for at, row in enumerate([["850", "1"], *rows])
    ]
    definition = set_definition("005010", "850")
    assert definition is not None
    root, _ = place(definition, segments, WalkOptions(Separators(repetition="^")))
    assert root.path == ""


@pytest.mark.parametrize("at", INNER)
def test_leaving_out_one_segment_gives_at_most_one_finding(at: int) -> None:
    _, findings = read(ORDER[:at] + ORDER[at + 1 :])
    assert len(findings) == (ORDER[at][:3] in {"BEG", "N1*"} or ORDER[at].startswith("PO1"))


@pytest.mark.parametrize("at", INNER)
def test_sending_one_segment_twice_gives_at_most_one_finding(at: int) -> None:
    _, findings = read([*ORDER[: at + 1], *ORDER[at:]])
    assert [finding.code for finding in findings] in ([], ["X12-204"], ["X12-205"])
    assert bool(findings) == (ORDER[at].split("*")[0] in {"BEG", "CUR", "CTT", "AMT"})


@pytest.mark.parametrize("at", range(1, len(ORDER) - 2))
def test_swapping_two_segments_gives_at_most_one_finding(at: int) -> None:
    lines = [*ORDER[:at], ORDER[at + 1], ORDER[at], *ORDER[at + 2 :]]
    _, findings = read(lines)
    assert [finding.code for finding in findings] in ([], ["X12-202"], ["X12-206"])


@pytest.mark.parametrize("at", INNER)
def test_a_foreign_segment_anywhere_gives_one_finding_and_changes_nothing_else(at: int) -> None:
    clean, _ = read(ORDER)
    root, findings = read([*ORDER[:at], "QQQ*1", *ORDER[at:]])
    assert [finding.code for finding in findings] == ["X12-200"]
    assert [segment.id for segment in all_segments(root)] == [segment.id for segment in all_segments(clean)]


@pytest.mark.parametrize(("release", "set_id"), [(r, s) for r in releases() for s in set_ids(r)])
def test_the_smallest_document_of_every_set_lacks_nothing(release: str, set_id: str) -> None:
    definition = set_definition(release, set_id)
    assert definition is not None
    ids = list(_mandatory(definition.root))
    missing = [f for f in _structure(definition, ids) if f.code < "X12-208"]
    assert missing == []


@pytest.mark.parametrize("set_id", ["850", "856", "810", "997", "824"])
def test_leaving_out_any_mandatory_segment_is_told(set_id: str) -> None:
    definition = set_definition("004010", set_id)
    assert definition is not None
    ids = list(_mandatory(definition.root))
    for at in range(1, len(ids) - 1):
        assert [f for f in _structure(definition, ids[:at] + ids[at + 1 :]) if f.code < "X12-208"]


def _mandatory(loop: LoopDefinition) -> Iterator[str]:
    for child in loop.children:
        if isinstance(child, LoopDefinition):
            if child.requirement == "M":
                yield from _mandatory(child)
        elif child.requirement == "M":
            yield child.id


def _structure(definition: SetDefinition, ids: list[str]) -> list[Finding]:
    segments = [Segment(name, ["1"], number, 0, 5) for number, name in enumerate(ids, 1)]
    return place(definition, segments, WalkOptions())[1]
