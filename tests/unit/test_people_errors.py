"""`tradepost errors`: every code is explained, whoever asks and however it is written."""

from __future__ import annotations

import json

import pytest

from gateway.cli import explaining
from gateway.errors import WrongUsage
from gateway.explain import explain, matching
from parsers.catalogue import entries

DATE = """\
X12-227 Invalid date  element, error
  means     {element} ({name}) at segment {segment_number} is "{value}", which is no date.
  cause     The month or the day does not exist, or the value is not made of digits alone.
  to do     Ask the partner to send {element} as {expected}.
  answered  AK304 and IK304 8: elements of the segment are at fault
            AK403 and IK403 8: the date is not a date
  example   BEG-05 (Date) at segment 2 is "20270229", which is no date.
            BEG*00*SA*PO-1**20270229
                            ^^^^^^^^
"""


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")


def said(capsys: pytest.CaptureFixture[str], code: str | None, *, as_json: bool = False) -> tuple[int, str]:
    status = explaining.run(code, as_json=as_json)
    return status, capsys.readouterr().out


def test_a_code_is_explained_with_an_example_and_its_relatives(capsys: pytest.CaptureFixture[str]) -> None:
    status, text = said(capsys, "X12-227")
    assert status == 0
    assert text.startswith(DATE)
    assert "  related   X12-22" in text


@pytest.mark.parametrize("written", ["X12-227", "x12-227", "x12227", " X12 227 "])
def test_a_code_may_be_written_in_any_way(written: str) -> None:
    assert explain(written).code == "X12-227"


@pytest.mark.parametrize("code", sorted(entries()))
def test_every_code_has_an_explanation_that_fits_a_narrow_terminal(
    code: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    _, text = said(capsys, code)
    assert text.startswith(code)
    assert max(map(len, text.splitlines())) <= 60
    explanation = explain(code)
    said_of = [told.words for told in explanation.answered if told.element != "TED01"]
    assert not {"", "a code that we have no words for"} & set(said_of)
    assert code not in [other.code for other in explanation.related]


def test_an_unknown_code_is_answered_with_the_nearest() -> None:
    with pytest.raises(WrongUsage) as caught:
        explain("X12-228x".removesuffix("x").replace("228", "999"))
    assert caught.value.code == "GTW-051"
    assert "X12-" in caught.value.remedy


def test_without_a_code_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    status, text = said(capsys, None)
    assert status == 0
    assert [line.split()[0] for line in text.splitlines()] == sorted(entries())


def test_words_are_looked_for_in_all_that_is_said_and_in_the_standards_codes() -> None:
    assert "X12-227" in [entry.code for entry in matching("no DATE")]
    assert {entry.x12["AK403"] for entry in matching("AK403=7")} == {"7"}
    assert matching("zyzzyva") == []


def test_words_that_nothing_has_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "zyzzyva") == (1, "No code has 'zyzzyva' in its description.\n")


def test_machines_get_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    one = json.loads(said(capsys, "X12-227", as_json=True)[1])
    assert one["code"] == "X12-227"
    assert {"element": "AK403", "code": "8", "words": "the date is not a date"} in one["answered"]
    assert one["example"]["text"][one["example"]["start"] :].startswith("20270229")
    many = json.loads(said(capsys, None, as_json=True)[1])
    assert {row["code"] for row in many} == set(entries())
