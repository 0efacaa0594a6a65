"""Whatever happens to a file: reading never raises, and what we answer is itself without a fault."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from acknowledged import agreed
from hypothesis import example, given, settings
from hypothesis import strategies as st

from parsers.finding import Finding
from parsers.x12 import interchange, model
from parsers.x12.options import DEFAULT_OPTIONS
from partners.profile import AckPolicy
from translators.acknowledgements.answer import PreviewNumbers
from translators.acknowledgements.answers import needs, write_answers
from translators.reading import read_file
from translators.report import (
    DocumentRead,
    FileEnded,
    FileOpened,
    GroupEnded,
    InterchangeEnded,
    InterchangeOpened,
)

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
FILE = (
    b"ISA*00*          *00*          *ZZ*ACMERETAIL     *12*2015550100     "
    b"*261123*0915*U*00401*000000007*1*P*>~GS*PO*ACMERETAIL*TRADEPOST*20261123*0915*12*X*004010~"
    b"ST*850*0001~BEG*00*SA*PO-1**20261123~REF*DP*017~N1*ST*Store*92*0042~"
    b"PO1*1*10*EA*9.95**UP*012345678905~PO1*2*5*EA*1~CTT*2~SE*8*0001~"
    b"ST*850*0002~BEG*00*SA*PO-2**20261399~PO1*1*x*EA~MEA*PD*WT*1*LB>x>1~SE*5*0002~GE*2*12~"
    b"GS*FA*ACMERETAIL*TRADEPOST*20261123*0915*13*X*004010~ST*997*0001~AK1*IN*77~AK9*R*1*1*0~SE*4*0001~GE*1*13~"
    b"IEA*2*000000007~"
)
#: Codes that no list has and a short ST02 are repeated as they were sent, so that their sender finds them.
REPEATED_AS_SENT = {("AK1", 1), ("AK2", 1), ("AK2", 2)}

Edit = tuple[int, int, bytes]
places = st.integers(0, len(FILE))
pieces = st.one_of(
    st.binary(max_size=3),
    st.sampled_from(
        [b"~", b"*", b">", b"^", b"\r\n", b"GE*1*12~", b"IEA*1*000000007~", b"ISA*", b"GS*", b"ST*"]
    ),
)
edits = st.lists(st.tuples(places, st.integers(0, 12), pieces), min_size=1, max_size=4)


def edited(changes: list[Edit]) -> bytes:
    data = FILE
    for place, length, piece in changes:
        data = data[:place] + piece + data[place + length :]
    return data


def faults(payload: bytes) -> list[Finding]:
    """What our own reader finds wrong with an answer; a note (a version read by another's tables) is none."""
    told: list[Finding] = []
    for event in interchange.read(io.BytesIO(payload), lambda _header: DEFAULT_OPTIONS):
        told += event.set.findings if isinstance(event, model.SetRead) else event.findings
    return [
        f for f in told if f.is_error and (f.location.segment, f.location.element) not in REPEATED_AS_SENT
    ]


#: Everything is answered in the most wordy way.
WORDY = AckPolicy(ta1="always", functional="999", version="005010", application="always")


@pytest.mark.slow
@settings(derandomize=True, max_examples=300, deadline=None)
@given(edits)
@example([])
@example([(FILE.index(b"CTT*2"), 5, b"CTT*3")])
def test_any_damage_gives_clean_999s_and_824s(changes: list[Edit]) -> None:
    agreement = agreed(acknowledge=WORDY, on_element_error="accept_with_errors")
    for event in read_file(io.BytesIO(edited(changes)), agreement=agreement):
        if isinstance(event, InterchangeEnded):
            wanted = needs(event.report, AT)
            answers = write_answers(event.report, PreviewNumbers(), AT)
            assert len(answers) == wanted.interchanges
            assert sum(wanted.groups.values()) == sum(len(answer.group_numbers) for answer in answers)
            assert wanted.sets == sum(len(answer.set_numbers) for answer in answers)
            assert [f.message for answer in answers for f in faults(answer.payload)] == []


@pytest.mark.slow
@settings(derandomize=True, max_examples=600, deadline=None)
@given(edits)
@example([(69, 1, b"~")])
@example([(3, 1, b"|")])
@example([(len(FILE) - 30, 40, b"")])
def test_any_damage_gives_findings_and_clean_answers(changes: list[Edit]) -> None:
    depth = 0
    for event in read_file(io.BytesIO(edited(changes))):
        match event:
            case FileOpened():
                assert depth == 0
                depth = 1
            case InterchangeOpened():
                assert depth == 1
                depth = 2
            case DocumentRead(document=document):
                assert depth == 2
                assert document.ak5 is not None
            case GroupEnded(report=group):
                assert group.ak9 is not None
                assert int(group.ak9.accepted) <= int(group.ak9.received)
            case InterchangeEnded(report=report):
                depth = 1
                wanted = needs(report, AT)
                answers = write_answers(report, PreviewNumbers(), AT)
                assert len(answers) == wanted.interchanges
                assert [f.message for answer in answers for f in faults(answer.payload)] == []
            case FileEnded():
                assert depth == 1
                depth = 0
    assert depth == 0


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.integers(0, FILE.rindex(b"IEA")))
def test_a_file_cut_before_its_trailer_is_never_accepted_in_part(length: int) -> None:
    for event in read_file(io.BytesIO(FILE[:length])):
        if isinstance(event, InterchangeEnded):
            assert event.report.rejected
            assert [answer.kind for answer in write_answers(event.report, PreviewNumbers(), AT)] in (
                [],
                ["TA1"],
            )
