"""The quick test of a segment never accepts what the explanation refuses, and HL trees lose no level."""

from __future__ import annotations

from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.x12.dictionary import releases, segment_definition, set_definition, set_ids
from parsers.x12.element import CharacterSet
from parsers.x12.hierarchy import build
from parsers.x12.model import Loop, Segment, Separators
from parsers.x12.segment_check import SegmentCheck, WalkOptions
from parsers.x12.set_plan import compiled

bounded = settings(derandomize=True, max_examples=150, deadline=None)
OPTIONS = WalkOptions(Separators(repetition="^"), CharacterSet.EXTENDED)
VALUES = [
    "", "", "", " ", "1", "12", "-5", "1.5", ".5", "5.", "-0", "00", "EA", "ea", "DP", "EA ", " A", "D8",
    "UP", "007", "20240115", "20240229", "20230229", "240229", "1200", "120060", "2400", "A>B", "DP>1",
    "DP>1>DP", ">", "A^B", "^", "1" * 19, "X" * 81, "Ä", "\x07", "ACME INC", "2024-01-15",
]  # fmt: skip


@cache
def segment_ids(release: str) -> list[str]:
    definitions = [set_definition(release, set_id) for set_id in set_ids(release)]
    plans = [compiled(definition, OPTIONS) for definition in definitions if definition]
    return sorted({segment_id for plan in plans for segment_id in plan.homes})


@cache
def check_of(release: str, segment_id: str) -> SegmentCheck:
    definition = segment_definition(release, segment_id)
    assert definition is not None
    return SegmentCheck(definition, OPTIONS, release)


@bounded
@given(st.data(), st.sampled_from(releases()), st.lists(st.sampled_from(VALUES), max_size=12))
def test_what_the_quick_test_accepts_has_no_faults(
    data: st.DataObject, release: str, values: list[str]
) -> None:
    segment_id = data.draw(st.sampled_from(segment_ids(release)))
    check = check_of(release, segment_id)
    faults = check.faults(Segment(segment_id, values, 1, 0, 10), "")
    assert not (check.is_clean(values) and faults)


@bounded
@given(st.data(), st.sampled_from(["BEG", "REF", "PO1", "N1", "DTM", "TD5", "MEA", "SAC"]))
def test_values_right_for_each_position_are_accepted_at_once(data: st.DataObject, segment_id: str) -> None:
    definition = segment_definition("004010", segment_id)
    assert definition is not None
    values = [
        data.draw(st.sampled_from(sorted(use.codes)))
        if use.codes
        else {"DT": "20240115", "TM": "1200", "composite": ""}.get(use.type, "1" * use.min)
        for use in definition.elements
    ]
    check = check_of("004010", segment_id)
    faults = check.faults(Segment(segment_id, values, 1, 0, 10), "")
    assert check.is_clean(values) == (not faults)
    assert {fault.code for fault in faults} <= {"X12-229", "X12-221"}


@bounded
@given(
    st.lists(
        st.tuples(st.sampled_from("123456"), st.sampled_from(["", *"1234567"]), st.sampled_from("SOTPIQ"))
    )
)
def test_every_level_sent_stands_once_in_the_trees(levels: list[tuple[str, str, str]]) -> None:
    root = Loop("", "")
    for number, level in enumerate(levels, 3):
        root.children.append(Loop("HL", "HL", [Segment("HL", list(level), number, number * 20, 9)]))
    roots, _ = build(root, "0001")
    placed = [node.segment.number for top in roots for node in top.walk()]
    assert sorted(placed) == list(range(3, len(levels) + 3))
