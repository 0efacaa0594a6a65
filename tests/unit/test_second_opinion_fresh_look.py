"""What a fresh look at real files found: each fault once, and nothing said that is not so."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import pytest
from second_opinion_reading import findings_of
from x12_faults import INVOICE, ORDER

from gateway import inspect
from gateway.inspect import Inspection
from gateway.screen import Screen
from parsers.x12.definition import SegmentDefinition
from parsers.x12.dictionary import segment_definition
from parsers.x12.model import Segment
from parsers.x12.segment_check import SegmentCheck, WalkOptions

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def codes(text: str) -> list[str]:
    return [finding.code for finding in findings_of(text.encode())]


@pytest.mark.parametrize(
    "base", [ORDER, INVOICE, ORDER.replace("ST*850", "ST*945").replace("GS*PO", "GS*SW")]
)
def test_sets_of_a_version_that_nobody_reads_are_neither_too_long_nor_checked(base: str) -> None:
    """As in the 945 of a real file whose GS had two elements too many."""
    assert codes(base.replace("*X*004010", "*1505*21*X*005010")) == ["X12-054", "X12-136", "X12-052"]


def n3() -> SegmentDefinition:
    definition = segment_definition("004010", "N3")
    assert definition is not None
    return definition


def test_the_separator_that_is_missing_is_the_one_after_the_last_element() -> None:
    """An AK4 that says "missing" must not name an element that is there."""
    check = SegmentCheck(n3(), WalkOptions(trailing_separators="mandatory"), "004010")
    (missing,) = check.faults(Segment("N3", ["1 MAIN ST"], 8, 100, 12), "N1")
    assert (missing.code, missing.location.element, missing.location.byte_offset) == ("X12-233", 2, 112)


def test_the_separator_that_is_too_many_is_the_last_one() -> None:
    check = SegmentCheck(n3(), WalkOptions(trailing_separators="forbidden"), "004010")
    (excess,) = check.faults(Segment("N3", ["1 MAIN ST", ""], 8, 100, 13), "N1")
    assert (excess.code, excess.location.element, excess.location.byte_offset) == ("X12-232", 2, 113)


#: A receiver's qualifier that is none: TA1 R 007.
REFUSED = ORDER.replace("*12*2015", "*1 *2015")


def test_nothing_of_a_refused_interchange_is_said_to_go_on() -> None:
    out = io.StringIO()
    inspect.show(Inspection(io.BytesIO(REFUSED.encode()), "order.edi", AT), Screen(out))
    summary = [line for line in out.getvalue().splitlines() if line.endswith(("rejected", "TA1 R 007"))]
    assert [line.split()[0] for line in summary] == ["Interchange", "Group", "850"]
    assert "AK9" not in out.getvalue()


def test_programs_read_that_a_group_falls_with_its_interchange() -> None:
    out = io.BytesIO()
    inspect.write_json(Inspection(io.BytesIO(REFUSED.encode()), "order.edi", AT), out)
    (interchange,) = json.loads(out.getvalue())["interchanges"]
    (group,) = interchange["groups"]
    (document,) = group["documents"]
    assert (group["status"], group["ak9"]["AK901"]) == ("rejected", "R")
    assert (document["status"], document["disposition"]) == ("rejected", "reject")
