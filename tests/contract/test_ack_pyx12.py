"""An independent reader agrees: pyx12 takes our 997 and TA1 as valid.

Its 997 map is for 004010 and health care: only the code lists of AK101 and AK201, which name no
set of the distribution trade, are taken out of a copy of it.
"""

from __future__ import annotations

import io
import logging
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pyx12.params
import pyx12.x12n_document
from lxml import etree
from x12_faults import CASES, Case

from translators.acknowledgements.answer import PreviewNumbers
from translators.acknowledgements.answers import write_answers
from translators.reading import read_file
from translators.report import InterchangeEnded, InterchangeReport

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
ISA = (
    "ISA*00*          *00*          *ZZ*ACMERETAIL     *ZZ*2015550100     "
    "*261123*0915*U*00401*000000007*1*P*>~"
)
GS = "GS*PO*ACMERETAIL*TRADEPOST*20261123*0915*12*X*004010~"
GOOD = "ST*850*0001~BEG*00*SA*PO-1**20261123~PO1*1*10*EA*9.95**UP*012345678905~SE*4*0001~"
BAD = "ST*850*0002~BEG*00*SA*PO-2**20261399~PO1*1*x*EA*9.95**UP~ZZX*1~SE*9*0002~"

#: Its map wants a group in every interchange, though one of a TA1 alone is legal.
NO_GROUP = 'Mandatory loop "Functional Group Header" (GS_LOOP) missing'

INTERCHANGES = {
    "accepted": f"{ISA}{GS}{GOOD}GE*1*12~IEA*1*000000007~",
    "partially accepted": f"{ISA}{GS}{GOOD}{BAD}GE*2*12~IEA*1*000000007~",
    "group rejected": f"{ISA}{GS}{GOOD}{BAD}GE*5*12~IEA*1*000000007~",
    "accepted with errors in the envelope": f"{ISA}{GS}{GOOD}GE*1*12~IEA*7*000000007~",
    "cut off": f"{ISA}{GS}{GOOD}",
}


@pytest.fixture(scope="module")
def maps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """pyx12's maps, the 997 without the lists of sets and groups."""
    folder = tmp_path_factory.mktemp("pyx12") / "map"
    shutil.copytree(Path(pyx12.params.__file__).parent / "map", folder)
    tree = etree.parse(folder / "997.4010.xml")
    for element in tree.iter("element"):
        if element.get("xid") in ("AK101", "AK201"):
            for codes in element.findall("valid_codes"):
                element.remove(codes)
    tree.write(folder / "997.4010.xml")
    return folder


def complaints(payload: bytes, maps: Path, caplog: pytest.LogCaptureFixture) -> set[str]:
    """What pyx12 finds wrong, in its words; nothing if it takes the interchange as valid."""
    source = maps.parent / "answer.edi"
    source.write_bytes(payload)
    caplog.clear()
    with caplog.at_level(logging.ERROR, logger="pyx12"):
        valid = pyx12.x12n_document.x12n_document(
            pyx12.params.ParamsBase(), str(source), None, None, None, io.StringIO(), map_path=str(maps)
        )
    told = {record.getMessage().partition(" - ")[2] for record in caplog.records}
    return told if valid or told else {"not valid"}


def judged(text: str) -> InterchangeReport:
    (report,) = [e.report for e in read_file(io.BytesIO(text.encode())) if isinstance(e, InterchangeEnded)]
    return report


@pytest.mark.parametrize("text", INTERCHANGES.values(), ids=INTERCHANGES)
def test_pyx12_finds_nothing_wrong_with_our_answers(
    text: str, maps: Path, caplog: pytest.LogCaptureFixture
) -> None:
    answers = write_answers(judged(text), PreviewNumbers(), AT)
    assert answers[0].kind == "TA1"
    for answer in answers:
        expected = {NO_GROUP} if answer.kind == "TA1" else set()
        assert complaints(answer.payload, maps, caplog) == expected


#: A TA1 repeats a date and a time even if they are none: pyx12 has no words for that, and breaks off.
NOT_READ_THERE = {"TA105 014: date", "TA105 015: time"}
#: Its map of the 997 is for 004010; its list of interchange qualifiers has no 12.
READ_THERE = {
    name: case for name, case in CASES.items() if case.base != "850 005010" and name not in NOT_READ_THERE
}


@pytest.mark.parametrize("case", READ_THERE.values(), ids=READ_THERE)
def test_pyx12_finds_nothing_wrong_with_our_answers_to_any_fault(
    case: Case, maps: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text = re.sub(r"12(.)2015550100", r"ZZ\g<1>2015550100", case.text)
    for answer in write_answers(judged(text), PreviewNumbers(), AT):
        expected = {NO_GROUP} if answer.kind == "TA1" else set()
        assert complaints(answer.payload, maps, caplog) == expected


def test_pyx12_would_have_told(maps: Path, caplog: pytest.LogCaptureFixture) -> None:
    *_, answer = write_answers(judged(INTERCHANGES["accepted"]), PreviewNumbers(), AT)
    broken = answer.payload.replace(b"AK9*A*1*1*1", b"AK9*Z*1")
    assert complaints(broken, maps, caplog)
