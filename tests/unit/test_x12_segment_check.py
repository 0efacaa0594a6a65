"""What the quick test of a segment accepts and what the slow one says of it, where no table goes."""

from __future__ import annotations

import pytest

from parsers.x12.definition import COMPOSITE, ElementUse, SegmentContent, SegmentDefinition
from parsers.x12.model import Segment, Separators
from parsers.x12.segment_check import SegmentCheck, WalkOptions

OPTIONS = WalkOptions(Separators(repetition="^"))


def _check(*, repeat: int) -> SegmentCheck:
    """A segment of one composite, whose second component the tables are unsure of."""
    parts = (
        ElementUse(1, "128", "Qualifier", "O", 1, "AN", 1, 3),
        ElementUse(2, "127", "Text", "O", 1, "AN", 1, 30, checked=False),
    )
    composite = ElementUse(1, "C040", "Reference", "O", repeat, COMPOSITE, 0, 0, components=parts)
    return SegmentCheck(SegmentDefinition("ZZZ", lambda: SegmentContent((composite,), ())), OPTIONS, "005010")


@pytest.mark.parametrize(
    ("value", "repeat", "codes"),
    [
        ("A>B", 1, []),
        ("A>any Text\u20ac", 1, []),
        ("A>B^C", 1, ["X12-230"]),
        ("A>B^C>D", 2, []),
        ("A>B^C^D", 2, ["X12-230"]),
    ],
)
def test_a_repetition_separator_in_an_unchecked_component_still_separates(
    value: str, repeat: int, codes: list[str]
) -> None:
    check = _check(repeat=repeat)
    assert check.is_clean([value]) is not bool(codes)
    faults = check.faults(Segment("ZZZ", [value], 1, 0, 10), "")
    assert [fault.code for fault in faults] == codes


def test_a_composite_of_nothing_but_separators_is_one_fault_at_most() -> None:
    check = _check(repeat=1)
    assert check.is_clean([">", ""])
    assert check.faults(Segment("ZZZ", [">", ""], 1, 0, 10), "") == []
