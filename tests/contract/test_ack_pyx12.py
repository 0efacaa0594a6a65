"""An independent reader agrees: pyx12 takes our TA1, 997 and 999 as valid.

Its maps are for 997s in 004010 and 999s in 005010X231A1, and for health care: only the lists of set
ids and group codes, which name none of the distribution trade, and those of CTX names are taken
out of copies of them.
"""

from __future__ import annotations

import io
import logging
import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pyx12.params
import pyx12.x12n_document
from acknowledged import agreed
from bad_files import PAGES, BadFile
from lxml import etree

from partners.profile import AckPolicy
from translators.acknowledgements.answer import Answer, PreviewNumbers
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
#: Maps of pyx12, and the elements whose lists are taken out.
MAPS = {
    "997.4010.xml": ("AK101", "AK201"),
    "999.5010X231.A1.xml": ("AK101", "AK201", "AK203", "CTX01-01"),
    "999.5010.xml": ("AK101", "AK201", "AK203", "CTX01-01"),
}

INTERCHANGES = {
    "accepted": f"{ISA}{GS}{GOOD}GE*1*12~IEA*1*000000007~",
    "partially accepted": f"{ISA}{GS}{GOOD}{BAD}GE*2*12~IEA*1*000000007~",
    "group rejected": f"{ISA}{GS}{GOOD}{BAD}GE*5*12~IEA*1*000000007~",
    "accepted with errors in the envelope": f"{ISA}{GS}{GOOD}GE*1*12~IEA*7*000000007~",
    "cut off": f"{ISA}{GS}{GOOD}",
}
NEWER = AckPolicy(functional="999", version="005010X231A1")


@pytest.fixture(scope="module")
def maps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """pyx12's maps, without the lists that know health care only."""
    folder = tmp_path_factory.mktemp("pyx12") / "map"
    shutil.copytree(Path(pyx12.params.__file__).parent / "map", folder)
    for name, without in MAPS.items():
        tree = etree.parse(folder / name)
        for element in tree.iter("element"):
            if element.get("xid") in without:
                for codes in element.findall("valid_codes"):
                    element.remove(codes)
        tree.write(folder / name)
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


def judged(text: str, policy: AckPolicy | None = None) -> list[InterchangeReport]:
    """The interchanges of a file, answered by the policy."""
    events = read_file(io.BytesIO(text.encode()), repeats="refuse")
    reports = [event.report for event in events if isinstance(event, InterchangeEnded)]
    if policy is not None:
        agreement = agreed(acknowledge=policy)
        reports = [replace(report, agreement=agreement) for report in reports]
    return reports


def answers_to(text: str, policy: AckPolicy | None = None) -> list[Answer]:
    return [a for report in judged(text, policy) for a in write_answers(report, PreviewNumbers(), AT)]


def expected(answer: Answer) -> set[str]:
    return {NO_GROUP} if answer.kind == "TA1" else set()


@pytest.mark.parametrize("text", INTERCHANGES.values(), ids=INTERCHANGES)
def test_pyx12_finds_nothing_wrong_with_our_answers(
    text: str, maps: Path, caplog: pytest.LogCaptureFixture
) -> None:
    answers = answers_to(text)
    assert answers[0].kind == "TA1"
    for answer in answers:
        assert complaints(answer.payload, maps, caplog) == expected(answer)


#: A TA1 repeats a date and a time even if they are none: pyx12 has no words for that, and breaks off.
NOT_READ_THERE = {"TA105 014: date", "TA105 015: time", "the date and the control number of the ISA"}
#: What cannot be right in an answer: a short ST02 that is repeated as sent, and a GS08 that was not sent.
NOT_RIGHT = {"AK502 7: ST02 too short", "an element in 005010 and ST02 too short", "AK905 2: no GS08"}
BAD_FILES = {
    title: bad
    for cases in PAGES.values()
    for title, bad in cases.items()
    if title not in NOT_READ_THERE | NOT_RIGHT and not bad.known
}


@pytest.mark.slow
@pytest.mark.parametrize("bad", BAD_FILES.values(), ids=BAD_FILES)
def test_pyx12_finds_nothing_wrong_with_our_answers_to_any_bad_file(
    bad: BadFile, maps: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # Its list of interchange qualifiers has no 12.
    text = re.sub(r"12(.)2015550100", r"ZZ\g<1>2015550100", bad.text)
    older = [answer for answer in answers_to(text) if b"*X*005010~" not in answer.payload]
    newer = [answer for answer in answers_to(text, NEWER) if answer.kind == "999"]
    for answer in (*older, *newer):
        assert complaints(answer.payload, maps, caplog) == expected(answer)


@pytest.mark.parametrize("policy", [None, NEWER], ids=["997", "999"])
def test_pyx12_would_have_told(
    policy: AckPolicy | None, maps: Path, caplog: pytest.LogCaptureFixture
) -> None:
    *_, answer = answers_to(INTERCHANGES["accepted"], policy)
    broken = answer.payload.replace(b"AK9*A*1*1*1", b"AK9*Z*1")
    assert complaints(broken, maps, caplog)
