"""Sets that the reader could only place in part: built by hand, without the dictionary."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from parsers.x12.model import (
    GroupHeader,
    InterchangeHeader,
    Loop,
    PartyId,
    Segment,
    Separators,
    TransactionSet,
    Walked,
)
from partners.agreement import SET_DOCUMENTS
from translators import registry
from translators.canonical.order import Order
from translators.canonical.values import Unmapped

SEPARATORS = Separators()
HEADER = InterchangeHeader(
    sender=PartyId("ZZ", "ACME"),
    receiver=PartyId("ZZ", "TRADEPOST"),
    date="240315",
    time="1030",
    standards_id="U",
    version="00401",
    control_number="000000017",
    ack_requested=False,
    usage="X",
    separators=SEPARATORS,
    offset=0,
)
GROUP = GroupHeader("PO", "A", "B", "990315", "1030", "4", "X", "003040", None, 106)


def _set(set_id: str, *segments: str) -> TransactionSet:
    read = [
        Segment(elements[0], elements[1:], number, 0, len(text))
        for number, text in enumerate(segments, start=1)
        for elements in [text.split("*")]
    ]
    return TransactionSet(set_id, "0001", "", 1, None, Walked(read, None), [], len(read), 0, 0, SEPARATORS)


def _placed(read: TransactionSet, *children: Segment | Loop) -> TransactionSet:
    return replace(read, content=Walked(read.segments, Loop("", "", list(children))))


def test_a_set_without_a_tree_is_read_as_far_as_its_top_goes() -> None:
    translation = registry.translate_x12(
        _set("850", "ST*850*0001", "BEG*00*SA*77**990314", "PO1*1*2*EA*3", "SE*4*0001"), HEADER, GROUP
    )
    assert translation is not None
    assert translation.number == "77"


def test_a_year_of_two_digits_lies_near_the_year_2000() -> None:
    translation = registry.translate_x12(_set("850", "BEG*00*SA*77**990314"), HEADER, GROUP)
    assert translation is not None
    assert isinstance(translation.document, Order)
    assert translation.document.date == datetime.date(1999, 3, 14)


def test_a_usage_the_standard_does_not_know_is_not_taken_for_production() -> None:
    translation = registry.translate_x12(_set("850", "BEG*00*SA*77**990314"), HEADER, GROUP)
    assert translation is not None
    assert translation.document is not None
    assert translation.document.usage == "unknown"


def test_a_segment_that_found_no_place_is_kept_by_its_number() -> None:
    read = _set("850", "BEG*00*SA*77**990314", "ZZZ*what*is*this")
    translation = registry.translate_x12(_placed(read, read.segments[0]), HEADER, GROUP)
    assert translation is not None
    assert translation.document is not None
    assert translation.document.unmapped == (
        Unmapped("segment[2]/ZZZ-01", "what"),
        Unmapped("segment[2]/ZZZ-02", "is"),
        Unmapped("segment[2]/ZZZ-03", "this"),
    )


def test_a_loop_without_its_first_segment_is_kept_under_its_path() -> None:
    read = _set("850", "BEG*00*SA*77**990314", "REF*DP*1")
    headless = Loop("N1", "N1", [Loop("X", "N1/X", [read.segments[1]])])
    translation = registry.translate_x12(_placed(read, read.segments[0], headless), HEADER, GROUP)
    assert translation is not None
    assert translation.document is not None
    assert [one.value for one in translation.document.unmapped] == ["DP", "1"]


@pytest.mark.parametrize("set_id", sorted(SET_DOCUMENTS))
def test_a_set_that_was_not_kept_gives_a_document_of_its_envelope_alone(set_id: str) -> None:
    translation = registry.translate_x12(_set(set_id), HEADER, GROUP)
    assert translation is not None
    assert translation.document is not None
    assert translation.document.source.set_control_number == "0001"
    assert (translation.number, translation.document.unmapped) == ("", ())


def test_a_set_we_do_not_translate_gives_nothing() -> None:
    assert registry.translate_x12(_set("997"), HEADER, GROUP) is None
    assert registry.kind_of("x12", "997") is None
    assert registry.kind_of("x12", "856") == "ship_notice"
