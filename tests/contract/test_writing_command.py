"""`tradepost write`: X12 on stdout or nothing, findings on stderr, the exit status that docs/cli.md says."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway import cli

PROJECT = Path(__file__).parents[2]
SAMPLES = PROJECT / "samples" / "x12"
STANDARD = PROJECT / "parsers" / "x12" / "standard"
CALL = ("--set", "850", "--release", "004010", "--control-number", "42", "--at", "2026-11-23T09:30")
ORDER = """\
ISA*00*          *00*          *ZZ*MILL           *01*123456789      *261123*0930*U*00401*000000042*0*P*>~
GS*PO*MILL*123456789*20261123*0930*42*X*004010~
ST*850*0001~
BEG*00*SA*4501000101**20261102~
REF*DP*014~
DTM*002*20261116~
N1*ST*Acme Store 0042*92*0042~
N3*118 Kettle Lane~
N4*Springfield*IL*62701*US~
PO1*1*24*EA*3.75*PE*UP*614141000012*VN*MB-1001~
PID*F****Enamel mug, blue~
PO1*2*6*CA*41.5*PE*UP*614141000029*VN*MB-2040~
PID*F****Kettle, 1.7 l~
CTT*2*30~
SE*13*0001~
GE*1*42~
IEA*1*000000042~
"""


@dataclass(frozen=True)
class Said:
    """How the command ended."""

    status: int
    out: str
    err: str


@pytest.fixture
def tradepost(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Any:
    """Runs one command line in a place without a home."""

    def run(*words: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["tradepost", "write", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capfd.readouterr()
        return Said(int(ended.value.code or 0), said.out, said.err)

    return run


def _order() -> dict[str, Any]:
    (document,) = json.loads((SAMPLES / "850" / "simple" / "canonical.json").read_bytes())
    return dict(document["canonical"])


@pytest.fixture
def order(tmp_path: Path) -> Path:
    """A file with one order."""
    path = tmp_path / "order.json"
    path.write_text(json.dumps(_order(), indent=2))
    return path


def test_an_order_is_written_as_an_interchange(tradepost: Any, order: Path) -> None:
    said = tradepost(str(order), *CALL, "--sender", "ZZ:MILL", "--receiver", "01:123456789", "--lines")
    assert said == Said(0, ORDER, "")


def test_several_documents_one_a_line_are_sets_of_one_group(tradepost: Any, tmp_path: Path) -> None:
    path = tmp_path / "orders.ndjson"
    path.write_text("\n".join(json.dumps({**_order(), "number": number}) for number in ("A", "B")))
    said = tradepost(str(path), *CALL, "--lines")
    assert said.status == 0
    assert [line for line in said.out.splitlines() if line.startswith(("ST", "BEG", "GE"))] == [
        "ST*850*0001~",
        "BEG*00*SA*A**20261102~",
        "ST*850*0002~",
        "BEG*00*SA*B**20261102~",
        "GE*2*42~",
    ]


def test_a_document_that_would_not_be_right_is_told_by_its_field_and_not_written(
    tradepost: Any, tmp_path: Path
) -> None:
    path = tmp_path / "order.json"
    path.write_text(json.dumps({key: value for key, value in _order().items() if key != "date"}))
    said = tradepost(str(path), *CALL)
    assert (said.status, said.out) == (1, "")
    assert "TRN-351" in said.err
    assert "Fill date of the document" in said.err


def test_a_delimiter_in_data_is_refused_or_replaced_as_asked(tradepost: Any, tmp_path: Path) -> None:
    path = tmp_path / "order.json"
    path.write_text(json.dumps({**_order(), "number": "A*1"}))
    refused = tradepost(str(path), *CALL)
    assert (refused.status, refused.out) == (1, "")
    assert "TRN-358" in refused.err
    replaced = tradepost(str(path), *CALL, "--replace", "-")
    assert replaced.status == 0
    assert "BEG*00*SA*A-1**20261102~" in replaced.out
    assert "TRN-359" in replaced.err


def test_a_composite_that_was_unmapped_is_taken_apart_at_the_separator_named(
    tradepost: Any, tmp_path: Path
) -> None:
    path = tmp_path / "order.json"
    unmapped = [{"path": "MEA-04", "value": "LB:2"}, {"path": "MEA-03", "value": "7"}]
    path.write_text(json.dumps({**_order(), "unmapped": unmapped}))
    assert "~MEA***7*LB>2~" in tradepost(str(path), *CALL, "--component", ":").out
    assert "TRN-353 MEA-04-1" in tradepost(str(path), *CALL).err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--sender", "ACME"), "--sender must name a qualifier and an id"),
        (("--at", "yesterday"), "no ISO 8601 time"),
        (("--control-number", "0"), "Invalid value"),
    ],
)
def test_wrong_usage_is_told_with_an_example(
    tradepost: Any, order: Path, words: tuple[str, str], expected: str
) -> None:
    said = tradepost(str(order), *CALL, *words)
    assert (said.status, said.out) == (64, "")
    assert expected in said.err


@pytest.mark.parametrize("text", ["", "ISA*00*", "[]", '{"schema": "order-1.0.0", "numbr": "1"}'])
def test_a_file_that_is_no_canonical_document_is_wrong_usage(
    tradepost: Any, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "order.json"
    path.write_text(text)
    said = tradepost(str(path), *CALL)
    assert (said.status, said.out) == (64, "")
    assert "is no canonical document" in said.err


def test_a_file_that_is_not_there_is_wrong_usage(tradepost: Any, tmp_path: Path) -> None:
    said = tradepost(str(tmp_path / "nothing.json"), *CALL)
    assert (said.status, said.out) == (64, "")
    assert "GTW-033" in said.err


def test_an_identifier_too_long_for_the_envelope_is_told(tradepost: Any, order: Path) -> None:
    said = tradepost(str(order), *CALL, "--sender", "ZZ:A-NAME-LONGER-THAN-FIFTEEN")
    assert (said.status, said.out) == (1, "")
    assert "TRN-369" in said.err


def test_tables_of_ones_own_are_written_by(tradepost: Any, order: Path, tmp_path: Path) -> None:
    standard = (STANDARD / "004010" / "850.csv").read_text("utf-8")
    own = tmp_path / "tables" / "004010"
    own.mkdir(parents=True)
    (own / "850.csv").write_text(standard.replace("heading,CUR,O,1", "heading,CUR,M,1"), "utf-8")
    said = tradepost(str(order), *CALL, "--tables", str(own.parent))
    assert (said.status, said.out) == (1, "")
    assert "TRN-352 CUR must be there" in said.err
