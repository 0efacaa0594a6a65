"""What a partner's 997 or TA1 says, in the shape of `inspect --json`."""

from __future__ import annotations

import io
from typing import Any

import pytest

from parsers.x12.model import Segment
from translators.acknowledgements.inbound import read_acknowledgement, read_ta1, spoken_sets
from translators.acknowledgements.words import words_for
from translators.reading import read_file
from translators.report import Disposition, DocumentRead, InterchangeEnded, Status


def segments(text: str) -> list[Segment]:
    parts = [line.split("*") for line in text.split("~") if line]
    return [Segment(part[0], part[1:], place, 0, 0) for place, part in enumerate(parts, start=1)]


def said(text: str) -> dict[str, Any]:
    return read_acknowledgement("997", segments(text), ">")


def test_a_rejection_is_told_set_by_set_in_plain_words() -> None:
    answers = said(
        "ST*997*0001~AK1*IN*77~AK2*810*0001~AK5*A~AK2*810*0002~"
        "AK3*IT1*5**8~AK4*4>1*212*6~AK4*7**2~AK5*R*5*4~AK9*P*2*2*1~SE*10*0001~"
    )
    assert answers["group"] == {"functional_id": "IN", "control_number": "77", "version": None}
    assert (answers["code"], answers["status"]) == ("P", "partially_accepted")
    assert (answers["declared"], answers["received"], answers["accepted"]) == ("2", "2", "1")
    assert answers["speaks_for_all_sets"] is False
    assert list(spoken_sets(answers)) == [("810", "0001", "accepted"), ("810", "0002", "rejected")]
    rejected = answers["sets"][1]
    assert [note["code"] for note in rejected["notes"]] == ["5", "4"]
    (segment,) = rejected["segments"]
    assert (segment["segment"], segment["position"], segment["loop"], segment["code"]) == (
        "IT1",
        "5",
        None,
        "8",
    )
    assert segment["elements"][0] == {
        "element": "4",
        "component": "1",
        "repetition": None,
        "data_element": "212",
        "code": "6",
        "meaning": "the value has a character that is not allowed",
        "value": None,
        "contexts": [],
    }


def test_ak9_without_ak2_speaks_for_all_sets() -> None:
    answers = said("ST*997*0001~AK1*IN*77*004010~AK9*R*3*3*0*5~SE*4*0001~")
    assert answers["speaks_for_all_sets"] is True
    assert answers["sets"] == []
    assert answers["group"]["version"] == "004010"
    assert answers["notes"] == [
        {"code": "5", "meaning": "the number of transaction sets does not match the trailer"}
    ]


def test_a_999_is_read_alike() -> None:
    text = "ST*999*0001~AK1*HC*1~AK2*837*0001~IK3*NM1*8**8~IK4*9*67*1~IK5*R*5~AK9*R*1*1*0~SE*8*0001~"
    answers = read_acknowledgement("999", segments(text), ":")
    assert answers["kind"] == "999"
    assert list(spoken_sets(answers)) == [("837", "0001", "rejected")]
    sets: Any = answers["sets"]
    assert sets[0]["segments"][0]["elements"][0]["code"] == "1"


@pytest.mark.parametrize("text", ["", "AK4*1~AK5*R~AK9~", "AK3*X~AK2~AK4*2~AK5~", "AK1~AK2*850~AK4*1*2*3~"])
def test_a_broken_acknowledgement_never_raises(text: str) -> None:
    assert said(text)["kind"] == "997"


def test_a_ta1_is_told_with_its_meaning() -> None:
    (segment,) = segments("TA1*000000077*261101*0800*R*023~")
    assert read_ta1(segment) == {
        "TA101": "000000077",
        "TA102": "261101",
        "TA103": "0800",
        "TA104": "R",
        "TA105": "023",
        "meaning": "rejected: the file ends before the interchange does",
    }


def test_a_code_without_words_is_not_invented() -> None:
    assert words_for("AK403", "99") == "a code that we have no words for"


def test_a_rejection_received_is_no_error_of_its_file() -> None:
    text = (
        "ISA*00*          *00*          *ZZ*ACMERETAIL     *12*2015550100     "
        "*261123*0915*U*00401*000000007*1*P*>~TA1*000000077*261101*0800*R*023~"
        "GS*FA*ACMERETAIL*TRADEPOST*20261123*0915*3*X*004010~"
        "ST*997*0001~AK1*IN*77~AK9*R*1*1*0~SE*4*0001~GE*1*3~IEA*1*000000007~"
    )
    events = list(read_file(io.BytesIO(text.encode())))
    (document,) = [event.document for event in events if isinstance(event, DocumentRead)]
    (report,) = [event.report for event in events if isinstance(event, InterchangeEnded)]
    assert document.kind == "acknowledgement"
    assert document.disposition is Disposition.NONE
    assert document.answers is not None
    assert document.answers["status"] == "rejected"
    assert report.status is Status.ACCEPTED
    assert [ta1["TA104"] for ta1 in report.received_ta1] == ["R"]
    assert not report.ta1_due
