"""Corners of answers that a whole file seldom reaches: what cannot be named, dated or answered at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from acknowledged import AT, agreed, envelope, judged

from parsers.catalogue import found
from parsers.finding import Location
from parsers.x12.model import GroupHeader, Separators
from partners.profile import AckPolicy
from translators.acknowledgements import aa824, fa997
from translators.acknowledgements.answer import Needs, PreviewNumbers
from translators.acknowledgements.answers import needs, write_answers
from translators.acknowledgements.inbound import spoken_sets
from translators.outcomes import Fault
from translators.report import Advice, Ak9, BusinessKey, GroupReport

SEPARATORS = Separators()
ORDER = Advice("850", "0001", "order", "PO-1", "PO-1", "20261123")
TOO_FAR = Fault(3, "PO1", "PO1", "8", "8", 100, None, None, "355", "7", "7", "XX")


@pytest.fixture
def header() -> GroupHeader:
    """The header of a group as it came."""
    text = "GS*PO*ACMERETAIL*TRADEPOST*20261123*0915*12*X*004010~ST*850*0001~SE*2*0001~GE*1*12~"
    known = judged(envelope(text), agreed()).groups[0].header
    assert known is not None
    return known


def advised(
    header: GroupHeader, advice: Advice, *, version: str = "004010", name: str = "We", **policy: Any
) -> list[tuple[str, Any]]:
    """The segments of an 824 about one document, behind its BGN."""
    told = aa824.body(
        [advice],
        header,
        AckPolicy(**policy),
        version=version,
        separators=SEPARATORS,
        reference="1-0001",
        sender_name=name,
        at=AT,
    )
    return list(told)[1:]


def test_a_name_of_which_nothing_can_be_written_gets_no_n1(header: GroupHeader) -> None:
    assert [tag for tag, _ in advised(header, ORDER, name="日本")] == ["OTI", "DTM"]
    assert [tag for tag, _ in advised(header, ORDER, name="We")] == ["N1", "OTI", "DTM"]


def test_a_document_that_a_person_refused_is_called_rejected(header: GroupHeader) -> None:
    verdicts = [
        elements[0]
        for advice in (ORDER, replace(ORDER, held=True), replace(ORDER, held=True, refused=True))
        for tag, elements in advised(header, advice)
        if tag == "OTI"
    ]
    assert verdicts == ["TA", "TE", "TR"]


def test_a_document_without_a_number_is_named_by_its_set_and_without_a_date_has_none(
    header: GroupHeader,
) -> None:
    told = advised(header, replace(ORDER, number="", date="20261399"))
    assert [tag for tag, _ in told] == ["N1", "OTI"]
    assert told[1][1][1:3] == ("TN", "0001")


def test_a_key_is_told_whole_or_not_at_all_and_the_documents_own_number_once(header: GroupHeader) -> None:
    keys = (
        BusinessKey("purchase_order", "PO-1"),
        BusinessKey("shipment", "S" * 31),
        BusinessKey("sscc", "00"),
        *(BusinessKey("invoice", f"IV-{number}") for number in range(20)),
    )
    told = [elements for tag, elements in advised(header, replace(ORDER, keys=keys)) if tag == "REF"]
    assert told == [("IV", f"IV-{number}") for number in range(12)]
    longer = [
        elements
        for tag, elements in advised(header, replace(ORDER, keys=keys[:3]), version="005010")
        if tag == "REF"
    ]
    assert longer == [("SI", "S" * 31)]


@pytest.mark.parametrize(
    ("location", "version", "element", "reference"),
    [
        (Location("MEA", 4, None, 4, component=1), "004050", ("4", "1"), ""),
        (Location("MEA", 4, None, 4, component=1, data_element="355"), "004010", "4", "355"),
        (Location("PO1", 4, None, 3), "004050", "3", "355"),
        (Location("PO1", 4, None, 99), "004010", "99", ""),
        (Location("QQQ", 4, None, 2), "004010", "2", ""),
        (Location("PO1", 4), "004010", "", ""),
    ],
)
def test_ted_names_the_element_as_far_as_its_release_can(
    header: GroupHeader, location: Location, version: str, element: object, reference: str
) -> None:
    finding = found("TRN-015", location, value="77", segment="BEG", element="01")
    [ted] = [
        elements
        for tag, elements in advised(header, replace(ORDER, findings=(finding,)), version=version)
        if tag == "TED"
    ]
    assert (ted[4], ted[5]) == (element, reference)


def test_a_release_that_is_none_of_ours_has_no_number_for_its_elements(header: GroupHeader) -> None:
    finding = found("TRN-015", Location("BEG", 2, None, 1), value="77", segment="BEG", element="01")
    strange = replace(header, version="", release=None)
    [ted] = [e for tag, e in advised(strange, replace(ORDER, findings=(finding,))) if tag == "TED"]
    assert (ted[4], ted[5]) == ("1", "")


@pytest.mark.parametrize(
    ("set_id", "keys", "number"),
    [
        ("850", [("purchase_order", "PO-7"), ("purchase_order", "PO-1")], "PO-1"),
        ("850", [("purchase_order", "PO-7"), ("invoice", "PO-1")], "PO-7"),
        ("810", [("purchase_order", "PO-7")], "PO-1"),
        ("999", [("purchase_order", "PO-7")], "PO-1"),
    ],
)
def test_a_document_is_named_by_the_key_that_its_set_is_numbered_by(
    set_id: str, keys: list[tuple[str, str]], number: str
) -> None:
    assert aa824.number_among(set_id, [BusinessKey(*key) for key in keys], "PO-1") == number


def test_an_element_beyond_what_ak401_can_name_is_left_out() -> None:
    faults = [TOO_FAR, TOO_FAR._replace(element=4, component=100), TOO_FAR._replace(element=99)]
    told = [line for _, line in fa997.element_lines(faults, "004010", SEPARATORS, fa997.FORM)]
    assert told == [(("99",), "355", "7", "XX")]


def test_a_group_that_cannot_be_quoted_or_has_no_verdict_is_never_answered(header: GroupHeader) -> None:
    with pytest.raises(ValueError, match="header"):
        fa997.group_head(GroupReport(None, 1), "004010", SEPARATORS)
    with pytest.raises(ValueError, match="verdict"):
        fa997.group_verdict(GroupReport(header, 1))
    assert fa997.group_verdict(GroupReport(header, 1, ak9=Ak9("A", "1", "1", "1")))[0] == "AK9"
    report = judged(envelope(), agreed(acknowledge=AckPolicy.model_validate({"application": "always"})))
    report.groups.append(GroupReport(None, 1, advices=[ORDER]))
    with pytest.raises(ValueError, match="header"):
        write_answers(report, PreviewNumbers(), AT)


def test_whom_nobody_knows_is_answered_nothing_and_no_number_is_drawn_for_him() -> None:
    report = judged(envelope(), None)
    report.header = None
    assert needs(report, AT) == Needs(0, {}, 0)
    assert write_answers(report, PreviewNumbers(), AT) == []


def test_sets_are_read_only_from_a_list_of_them() -> None:
    assert list(spoken_sets({"sets": []})) == []
    with pytest.raises(TypeError, match="sets"):
        list(spoken_sets({"sets": None}))
