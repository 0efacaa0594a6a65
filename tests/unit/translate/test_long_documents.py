"""A document told row by row is the document that is made of the set as a whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli.app import app
from parsers.x12 import clean_sets, open_set
from translators import long_documents


def order(lines: int, *extra: str) -> bytes:
    body = [
        segment
        for n in range(1, lines + 1)
        for segment in (
            f"PO1*{n}*{n % 7 + 1}*EA*{n % 90}.25*PE*UP*012345678905",
            *(("SI*ZZ*AI*1",) if n % 5 == 0 else ()),
            f"PID*F****Item {n}",
            "REF*LI*1",
            "SAC*C*D240***125" if n % 9 == 0 else "DTM*002*20261201",
        )
    ]
    segments = [
        f"ISA*00*{'':10}*00*{'':10}*ZZ*{'BUYER':15}*ZZ*{'SELLER':15}*261123*0915*U*00401*000000001*0*P*>",
        "GS*PO*BUYER*SELLER*20261123*0915*1*X*004010",
        "ST*850*0001",
        "BEG*00*SA*4500001**20261123",
        "CUR*BY*USD",
        "N1*ST*Example Store*92*0042",
        *body,
        f"CTT*{lines}*{sum(n % 7 + 1 for n in range(1, lines + 1))}",
        *extra,
    ]
    count = len(segments) - 1
    return "".join(
        f"{one}~\n" for one in [*segments, f"SE*{count}*0001", "GE*1*1", "IEA*1*000000001"]
    ).encode()


def rows(path: Path) -> list[dict[str, Any]]:
    result = CliRunner().invoke(app, ["translate", str(path)])
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def put_together(told: list[dict[str, Any]]) -> dict[str, Any]:
    whole, end = told[0], told[-1]["end"]
    assert "findings" in end
    of_lines = [one["unmapped"] for one in told[1:-1] if "unmapped" in one]
    return {
        **whole,
        **{name: value for name, value in end.items() if name not in {"findings", "unmapped"}},
        "lines": [one["line"] for one in told[1:-1] if "line" in one],
        "unmapped": sorted([*of_lines, *end["unmapped"]], key=lambda one: one["path"]),
    }


@pytest.fixture
def short_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sets of a thousand bytes are too long to be held, and few lines are in memory."""
    monkeypatch.setattr(clean_sets, "LONGEST_BYTES", 1000)
    monkeypatch.setattr(clean_sets, "STRETCH_BYTES", 500)
    monkeypatch.setattr(open_set, "HELD_SEGMENTS", 50)
    monkeypatch.setattr(long_documents, "LINES_AT_ONCE", 7)
    monkeypatch.setattr(long_documents, "PIECE_BYTES", 300)


@pytest.mark.parametrize("extra", [(), ("AMT*TT*99999.5",)], ids=["plain", "with a total"])
def test_rows_put_together_are_the_document(
    tmp_path: Path, extra: tuple[str, ...], request: pytest.FixtureRequest
) -> None:
    path = tmp_path / "order.edi"
    path.write_bytes(order(2000, *extra))
    [whole] = rows(path)
    whole["unmapped"] = sorted(whole.get("unmapped", []), key=lambda one: one["path"])
    request.getfixturevalue("short_sight")
    told = rows(path)
    assert len(told) > 2000
    assert put_together(told) == whole


@pytest.mark.usefixtures("short_sight")
def test_what_the_lines_come_to_is_held_against_what_was_declared(tmp_path: Path) -> None:
    path = tmp_path / "order.edi"
    path.write_bytes(order(2000).replace(b"CTT*2000*", b"CTT*2001*"))
    *_, end = rows(path)
    [told] = end["end"]["findings"]
    segments = order(2000).count(b"~") - 4
    assert (told["code"], told["segment"], told["segment_number"]) == ("TRN-001", "CTT", segments - 1)


def test_documents_that_are_held_are_one_a_line(tmp_path: Path) -> None:
    path = tmp_path / "order.edi"
    path.write_bytes(order(3))
    [told] = rows(path)
    assert (told["number"], len(told["lines"])) == ("4500001", 3)
