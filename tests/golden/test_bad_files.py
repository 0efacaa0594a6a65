"""Bad files, and all that is said of them: findings, verdicts and the text of TA1, 997 and 999.

After a wanted change, `TRADEPOST_UPDATE_SAMPLES=1 pytest tests/golden` writes tests/golden/bad_files
anew and fails, so that nobody commits it without having read the difference.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from bad_files import PAGES, PAIRS, SINGLE, BadFile, segments_of, shown, told_of

from parsers.x12 import interchange, model
from parsers.x12.options import DEFAULT_OPTIONS
from translators.acknowledgements.answer import Answer
from translators.acknowledgements.words import entries

PROJECT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent / "bad_files"
UPDATE = os.environ.get("TRADEPOST_UPDATE_SAMPLES") == "1"
ALONE = {title: bad for cases in SINGLE.values() for title, bad in cases.items()}
ALL = {title: bad for cases in PAGES.values() for title, bad in cases.items()}

#: The element of each code: segment -> its code elements, first to last.
CODED = {
    "TA1": (("TA104", 4, 4), ("TA105", 5, 5)),
    "AK3": (("AK304", 4, 4),),
    "AK4": (("AK403", 3, 3),),
    "AK5": (("AK501", 1, 1), ("AK502", 2, 6)),
    "AK9": (("AK901", 1, 1), ("AK905", 5, 9)),
    "IK3": (("IK304", 4, 4),),
    "IK4": (("IK403", 3, 3),),
    "IK5": (("IK501", 1, 1), ("IK502", 2, 6)),
}
#: What a policy or a whole file of good sets says: shown in the tests of answers, not of bad files.
SAID_OF_GOOD_FILES = {("TA104", "A"), ("TA105", "000"), ("AK501", "E"), ("IK501", "E"), ("AK901", "E")}
#: From 005010 on a set in the wrong group has a code of its own, 18.
NOT_SAID_BY_A_999 = {("IK502", "6")}
#: What cannot be right in an answer: a wrong GS01 or ST02, repeated because its sender looks for it so.
REPEATED = ("AK1-01 ", "AK2-02 ")


@pytest.mark.parametrize("kind", PAGES)
def test_everything_said_of_a_bad_file_is_what_its_page_shows(kind: str) -> None:
    page = FOLDER / f"{kind}.txt"
    text = "\n".join(shown(title, bad) for title, bad in PAGES[kind].items())
    if UPDATE and (not page.is_file() or page.read_text("utf-8") != text):
        page.parent.mkdir(exist_ok=True)
        page.write_text(text, "utf-8")
        pytest.fail(f"{page.name} was written anew; read the difference before committing")
    assert text == page.read_text("utf-8")


def test_there_are_many_bad_files() -> None:
    assert len(ALL) == sum(map(len, PAGES.values())) >= 200
    assert len(set(ALL.values())) == len(ALL)


@pytest.mark.parametrize("bad", ALONE.values(), ids=ALONE)
def test_one_fault_is_one_finding(bad: BadFile) -> None:
    assert len(told_of(bad).errors) == 1, [finding.message for finding in told_of(bad).errors]


@pytest.mark.parametrize("bad", PAIRS.values(), ids=PAIRS)
def test_two_faults_are_two_findings(bad: BadFile) -> None:
    assert len(told_of(bad).errors) == 2, [finding.message for finding in told_of(bad).errors]


def codes_in(answers: Iterable[Answer]) -> Iterator[tuple[str, str]]:
    """Every code that the answers carry, by its element."""
    for answer in answers:
        for segment in segments_of(answer):
            parts = segment.split("*")
            for element, first, last in CODED.get(parts[0], ()):
                yield from ((element, code) for code in parts[first : last + 1] if code)


def said() -> set[tuple[str, str]]:
    """Every code that the answers to the bad files carry."""
    return {
        code
        for bad in ALL.values()
        for answers in (told_of(bad).answers, told_of(bad).newer)
        for code in codes_in(answers)
    }


def test_every_code_that_we_claim_to_say_is_said_of_a_bad_file() -> None:
    claimed = {
        (entry.element, entry.code)
        for entry in entries().values()
        if entry.said == "sent" and entry.element != "OTI01"
    }
    newer = {(f"I{element[1:]}", code) for element, code in claimed if element in ("AK304", "AK403")}
    newer |= {("IK502", code) for element, code in claimed if element == "AK502"}
    newer |= {("IK501", code) for element, code in claimed if element == "AK501"}
    assert said() == (claimed | newer) - SAID_OF_GOOD_FILES - NOT_SAID_BY_A_999


def test_every_code_that_we_claim_to_show_is_the_verdict_on_a_bad_file() -> None:
    verdicts = {
        report.ta1.note for bad in ALL.values() for report in told_of(bad).reports if report.ta1 is not None
    }
    claimed = {entry.code for entry in entries().values() if entry.said == "shown"}
    assert claimed == {"005", "006", "007", "008", "009"}
    assert claimed <= verdicts


@pytest.mark.parametrize(
    ("number", "element"),
    [
        ("720", "AK304"),
        ("620", "AK304"),
        ("723", "AK403"),
        ("621", "AK403"),
        ("717", "AK501"),
        ("718", "AK502"),
        ("618", "AK502"),
        ("715", "AK901"),
        ("716", "AK905"),
        ("110", "OTI01"),
    ],
)
def test_every_code_of_a_list_is_claimed_or_told_why_not(number: str, element: str) -> None:
    path = PROJECT / "parsers" / "x12" / "standard" / "codes" / f"{number}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        listed = {row["code"] for row in csv.DictReader(file) if row["checked"] == "yes" and row["meaning"]}
    told = {entry.code: entry for entry in entries().values() if entry.element == element}
    assert listed <= set(told)
    assert all(entry.said in ("sent", "shown", "no") for entry in told.values())
    assert all(entry.note for entry in told.values() if entry.said != "sent")


@pytest.mark.parametrize("bad", ALL.values(), ids=ALL)
def test_our_own_reader_finds_nothing_wrong_with_the_answers(bad: BadFile) -> None:
    for answer in (*told_of(bad).answers, *told_of(bad).newer):
        assert [remark for remark in remarks(answer) if not remark.startswith(REPEATED)] == []


def remarks(answer: Answer) -> Iterator[str]:
    """What our reader says of an answer."""
    for event in interchange.read(io.BytesIO(answer.payload), lambda _header: DEFAULT_OPTIONS):
        findings = event.set.findings if isinstance(event, model.SetRead) else getattr(event, "findings", ())
        yield from (finding.message for finding in findings)
