"""What a partner's 824 says of documents that we sent, and a 999 of their context."""

from __future__ import annotations

import io

import pytest

from parsers.x12.model import Segment
from translators.acknowledgements.inbound import read_acknowledgement
from translators.acknowledgements.inbound_advice import read_advice
from translators.reading import read_file
from translators.report import Disposition, DocumentRead, GroupEnded


def segments(text: str) -> list[Segment]:
    parts = [line.split("*") for line in text.split("~") if line]
    return [Segment(part[0], part[1:], place, 0, 0) for place, part in enumerate(parts, start=1)]


ADVICE = (
    "ST*824*0001~BGN*11*A-1*20261124~N1*FR*ACME~REF*XX*of the sender~"
    "OTI*TR*IV*INV-1*SENDER*US*20261123*0915*44*0007*810*004010~REF*PO*PO-1~"
    "TED*010*Total*TDS*9*1*610*9950*9960~NTE**The lines come~NTE**to 99.60.~"
    "OTI*TA*IV*INV-2~SE*10*0001~"
)


def test_an_824_tells_of_each_document_and_its_errors() -> None:
    said = read_advice(segments(ADVICE), ">")
    assert (said["kind"], said["reference"], said["date"]) == ("824", "A-1", "20261124")
    rejected, accepted = said["documents"]
    assert (rejected["code"], rejected["status"], rejected["meaning"]) == (
        "TR",
        "rejected",
        "the transaction set is rejected",
    )
    assert (rejected["qualifier"], rejected["number"]) == ("IV", "INV-1")
    assert rejected["group"] == {"functional_id": "IN", "control_number": "44", "version": "004010"}
    assert (rejected["set"], rejected["control_number"]) == ("810", "0007")
    assert rejected["references"] == [{"qualifier": "PO", "value": "PO-1"}]
    assert rejected["errors"] == [
        {
            "code": "010",
            "text": "Total",
            "segment": "TDS",
            "position": "9",
            "element": "1",
            "component": None,
            "data_element": "610",
            "value": "9950",
            "instead": "9960",
            "notes": ["The lines come", "to 99.60."],
        }
    ]
    assert (accepted["status"], accepted["group"]["functional_id"]) == ("accepted", None)
    assert accepted["errors"] == []


@pytest.mark.parametrize("text", ["", "TED~NTE~REF~", "OTI~TED~NTE~REF~", "BGN~OTI*Q~OTI*TZ~TED*1****1>2~"])
def test_a_broken_824_never_raises(text: str) -> None:
    assert read_advice(segments(text), ">")["kind"] == "824"


def test_an_824_is_filed_without_a_rule_and_answered_with_a_997() -> None:
    text = (
        "ISA*00*          *00*          *ZZ*ACMERETAIL     *12*2015550100     "
        "*261123*0915*U*00401*000000007*0*P*>~GS*AG*ACMERETAIL*TRADEPOST*20261123*0915*3*X*004010~"
        "ST*824*0001~BGN*11*A-1*20261124~OTI*TR*IV*INV-1***20261123*0915*44*0007*810*004010~SE*4*0001~"
        "GE*1*3~IEA*1*000000007~"
    )
    events = list(read_file(io.BytesIO(text.encode())))
    (document,) = [event.document for event in events if isinstance(event, DocumentRead)]
    (group,) = [event.report for event in events if isinstance(event, GroupEnded)]
    assert (document.kind, document.disposition) == ("acknowledgement", Disposition.NONE)
    assert document.answers is not None
    assert document.answers["kind"] == "824"
    assert group.answered


def test_the_context_of_a_999_stands_with_what_it_explains() -> None:
    said = read_acknowledgement(
        "999",
        segments(
            "ST*999*0001~AK1*PO*1*005010~AK2*850*0001~IK3*PO1*8**8~CTX*PO101:10~IK4*2*380*6~"
            "CTX*SITUATIONAL TRIGGER*PO1*8**3:1~CTX~IK5*R*5~AK9*R*1*1*0~SE*11*0001~"
        ),
        ":",
    )
    sets = said["sets"]
    assert isinstance(sets, list)
    (segment,) = sets[0]["segments"]
    assert [(context["name"], context["reference"]) for context in segment["contexts"]] == [("PO101", "10")]
    (element,) = segment["elements"]
    trigger, empty = element["contexts"]
    assert trigger == {
        "name": "SITUATIONAL TRIGGER",
        "reference": None,
        "segment": "PO1",
        "position": "8",
        "loop": None,
        "element": "3",
        "component": "1",
    }
    assert set(empty.values()) == {None}
