"""`tradepost inspect --second-opinion`: for people, programs and as a page; nobody else pays for it."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from x12_faults import ORDER, recounted

from gateway import inspect, second_opinion, second_opinion_report
from gateway.cli.inspecting import Call, run
from gateway.errors import WrongUsage
from gateway.screen import Screen
from gateway.second_opinion import Overheard, opinions, quiet
from gateway.second_opinion_report import write_report
from parsers.x12.second_opinion import fair_copy
from parsers.x12.second_opinion.fair_copy import FairCopy, fair_copies
from parsers.x12.second_opinion.listing import listing

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
#: A date that is none, and trailing separators, which are no fault to us.
FAULTY = ORDER.replace("**20261123", "**20270229").replace("N3*1 MAIN ST", "N3*1 MAIN ST*")
MARKUP = "<script>alert(1)</script>"


def overheard(text: str) -> Overheard:
    """An inspection of a text whose events are over."""
    task = Overheard(io.BytesIO(text.encode()), "order.edi", AT)
    list(task.events())
    return task


def shown(text: str) -> str:
    out = io.StringIO()
    second_opinion.show(opinions(overheard(text)), Screen(out, width=100))
    return out.getvalue()


def page(text: str, folder: Path) -> str:
    task = overheard(text)
    write_report(folder / "report.html", task, opinions(task))
    return (folder / "report.html").read_text("utf-8")


def test_people_see_both_verdicts_and_why_they_differ() -> None:
    text = shown(FAULTY)
    assert "850 0001  we: 1 fault  pyx12: 2 faults" in text
    assert 'X12-227 BEG-05 (Date) at segment 2 is "20270229", which is no date.' in text
    assert 'pyx12  8 Data element "Date" (BEG05) contains an invalid date (20270229)' in text
    assert "Told differently: trailing-separators (1)" in text


def test_a_set_that_one_side_alone_refuses_is_marked() -> None:
    lines = shown(ORDER.replace("N3*1 MAIN ST", "N3*1 MAIN ST*")).splitlines()
    assert "  850 0001  we: no fault  pyx12: 1 fault  differs" in lines


def test_a_file_that_is_no_interchange_gets_no_opinion() -> None:
    assert "no interchange that it could be shown" in shown("no EDI at all")


def test_what_cannot_be_shown_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(fair_copy, "MAX_BYTES", 100)
    assert "too large" in shown(ORDER)
    assert "too large" in page(ORDER, tmp_path)
    (value,) = _value(ORDER)["interchanges"]
    assert value == {"control_number": "000000007", "judged": False}


def test_a_file_with_more_faults_than_can_be_compared_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_opinion, "MAX_FINDINGS", 1)
    assert "too faulty to be compared" in shown(FAULTY)


def test_a_page_shows_no_more_rows_than_can_be_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(second_opinion_report, "MAX_ROWS", 1)
    text = page(ORDER.replace("*USD~", "*USD*~").replace("1 MAIN ST", "1 MAIN ST*"), tmp_path)
    assert "The first 1 are shown" in text
    assert "<td>CUR, segment 3</td>" in text
    assert "<td>N3, segment 8</td>" not in text


def _value(text: str) -> dict[str, Any]:
    given = opinions(overheard(text))
    value: dict[str, Any] = json.loads(json.dumps(second_opinion.as_json(given)))
    return value


def test_programs_get_the_same_as_a_further_key(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    file = tmp_path / "order.edi"
    file.write_text(FAULTY, "utf-8")
    assert run(Call(file, json=True, second_opinion=True)) == inspect.FAULTY
    report = json.loads(capsysbinary.readouterr().out)
    assert list(report)[-1] == "second_opinion"
    assert report["second_opinion"] == _value(FAULTY)
    (interchange,) = report["second_opinion"]["interchanges"]
    assert interchange["sets"] == [
        {"set": "850", "control_number": "0001", "byte_offset": 161, "faults": 1, "pyx12": 2}
    ]
    (agreed,) = interchange["agreed"]
    assert (agreed["code"], agreed["pyx12"]["code"]) == ("X12-227", "8")
    (difference,) = interchange["differences"]
    assert (difference["kind"], difference["segment"], difference["code"]) == (
        "trailing-separators",
        "N3",
        None,
    )


def test_without_the_question_the_report_is_as_ever(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    file = tmp_path / "order.edi"
    file.write_text(ORDER, "utf-8")
    assert run(Call(file, json=True)) == inspect.ACCEPTED
    assert "second_opinion" not in json.loads(capsysbinary.readouterr().out)


def test_the_page_shows_verdicts_listing_and_answer(tmp_path: Path) -> None:
    text = page(FAULTY, tmp_path)
    assert "<td>850 0001</td><td>1</td><td>2</td>" in text
    assert 'class="ele_err">20270229</span>' in text
    assert "AK4*5*373*8*20270229~" in text
    assert "<script" not in text
    assert "default-src 'none'" in text


@pytest.mark.parametrize(
    "text",
    [
        recounted(ORDER.replace("REF*", f"{MARKUP}*1~\nREF*")),
        ORDER.replace("1 MAIN ST", MARKUP),
        ORDER.replace("BEG*00", f"BEG*{MARKUP}"),
        ORDER.replace("*ACMERETAIL*TRADEPOST", f"*{MARKUP}*</div>"),
        ORDER.replace("ACMERETAIL     *12", '"><script>x    *12'),
    ],
    ids=["segment id", "free text", "code", "group", "interchange"],
)
def test_no_text_of_a_partner_becomes_markup(text: str, tmp_path: Path) -> None:
    made = page(text, tmp_path).lower()
    assert "<script" not in made
    assert made.count("</div>") == 1
    assert "script" in made


def test_the_listing_ends_where_pyx12_fails() -> None:
    text = recounted(ORDER.replace("REF*DP*38", "ISA*1"))
    (copy,) = fair_copies(io.BytesIO(text.encode()))
    assert isinstance(copy, FairCopy)
    told = listing(copy)
    assert told.failure is not None
    assert told.failure.startswith("X12Error")
    assert "BEG*00*SA*PO-1" in told.html


def test_a_page_that_cannot_be_written_is_a_wrong_use(tmp_path: Path) -> None:
    task = overheard(ORDER)
    with pytest.raises(WrongUsage, match="cannot be written"):
        write_report(tmp_path / "no" / "report.html", task, opinions(task))


def test_pyx12_logs_no_partner_text(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), quiet():
        logging.getLogger("pyx12.error_handler").error("a payload")
    assert "a payload" not in caplog.text


@pytest.mark.slow
def test_pyx12_and_lxml_are_loaded_only_for_who_asks(tmp_path: Path) -> None:
    file = tmp_path / "order.edi"
    file.write_text(ORDER, "utf-8")
    words = ["inspect", str(file), "--json", "--no-canonical"]
    told = (
        "import sys; from gateway.cli.quick import run; run({words!r}); "
        "sys.exit(bool({{'pyx12', 'lxml', 'defusedxml'}} & set(sys.modules)))"
    )
    for more, loaded in (([], 0), (["--second-opinion"], 1)):
        script = told.format(words=[*words, *more])
        ran = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False, timeout=60)
        assert ran.returncode == loaded, ran.stderr
