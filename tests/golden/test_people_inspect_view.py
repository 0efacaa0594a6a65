"""What `tradepost inspect` prints on a terminal, line by line: tests/golden/inspect/<case>.txt.

After a wanted change `TRADEPOST_UPDATE_SAMPLES=1` writes them anew and fails, so that somebody
reads the difference.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from x12_faults import ORDER, recounted

from gateway.inspect import Inspection
from gateway.inspect_view import show
from gateway.screen import NARROW, Screen, columns
from partners.directory import BUNDLED, Directory, load_directory

HERE = Path(__file__).parent / "inspect"
SAMPLES = Path(__file__).parents[2] / "samples"
AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
UPDATE = os.environ.get("TRADEPOST_UPDATE_SAMPLES") == "1"


def sample(name: str) -> bytes:
    (path,) = (SAMPLES / name).glob("input.*")
    return path.read_bytes()


def faulty_lines() -> bytes:
    """Twelve lines, each with a unit that nobody has, a quantity that is no number, and one without item."""
    lines = "".join(f"PO1*{n}*1O*{'QZ' if n % 3 else 'Q1'}*9.95**UP*012345678905~\n" for n in range(1, 13))
    text = ORDER.replace("CTT*2~\n", f"PO1*3*1*EA*1**UP~\n{lines}CTT*15~\n")
    return recounted(text).encode()


def many_sets() -> bytes:
    head = ORDER.partition("ST*850*0001~")[0]
    body = "BEG*00*SA*PO-{0}**20261{1}23~\nPO1*1*1*EA*1**UP*012345678905~\nCTT*1~\n"
    sets = "".join(
        f"ST*850*{n:04}~\n{body.format(n, 3 if n % 4 == 0 else 1)}SE*5*{n:04}~\n" for n in range(1, 81)
    )
    return f"{head}{sets}GE*80*12~\nIEA*1*000000007~\n".encode()


def hostile() -> bytes:
    """Markup, colours, a bell, a text that runs from right to left, wide and combining characters."""
    text = ORDER.replace("PO-1", "[red]\x1b[31m\x07").replace("WIDGET", "漢字e\u0301\u202eTEGDIW")
    return text.replace("N3*1 MAIN ST", f"N3*漢字{'漢' * 60}").encode()


def composite() -> bytes:
    return (
        ORDER.replace("PO1*1*10*EA", "PO1*1*10*EA*9*ZZZ").replace("REF*DP*38", "REF*DP*38**ZZ>1>QQ").encode()
    )


CASES: dict[str, Callable[[], bytes]] = {
    "bad-date": lambda: sample("x12/850/bad-date"),
    "broken-hierarchy": lambda: sample("x12/856/broken-hierarchy"),
    "two-interchanges": lambda: sample("x12/any/two-interchanges"),
    "cut-in-the-middle": lambda: sample("x12/any/cut-in-the-middle"),
    "not-edi": lambda: sample("x12/any/not-edi"),
    "empty": lambda: b"",
    "faulty-lines": faulty_lines,
    "many-sets": many_sets,
    "hostile": hostile,
    "composite": composite,
    "on-one-line": lambda: sample("x12/850/bad-date").replace(b"\n", b"").replace(b"\r", b""),
}


def printed(data: bytes, *, width: int = 80, colour: bool = False) -> str:
    text = io.StringIO()
    show(Inspection(io.BytesIO(data), "file.edi", AT), Screen(text, width=width, colour=colour))
    return text.getvalue()


def compared(name: str, text: str) -> None:
    path = HERE / f"{name}.txt"
    known = path.read_text("utf-8") if path.exists() else ""
    if UPDATE and text != known:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
        raise AssertionError(f"{path.name} was written anew; read the difference")
    assert text == known


@pytest.mark.parametrize("name", CASES)
def test_a_file_is_shown_exactly_so(name: str) -> None:
    compared(name, printed(CASES[name]()))


def test_a_narrow_terminal_is_filled_and_not_overrun() -> None:
    text = printed(CASES["faulty-lines"](), width=NARROW)
    compared("faulty-lines-narrow", text)
    findings = text.partition("\n\nWould be answered")[0]
    assert max(columns(line) for line in findings.splitlines()) <= NARROW


def test_colours_are_added_and_change_no_word() -> None:
    coloured = printed(CASES["bad-date"](), colour=True)
    compared("bad-date-coloured", coloured)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == printed(CASES["bad-date"]())


def test_a_delimited_file_is_shown_exactly_so() -> None:
    directory = load_directory(BUNDLED)
    assert isinstance(directory, Directory)
    folder = next(
        path.parent for path in sorted(SAMPLES.glob("csv/*/*/about.md")) if "rejected" in path.read_text()
    )
    facts = dict(
        line.split(": ", 1) for line in (folder / "about.md").read_text().splitlines() if ": " in line
    )
    (path,) = folder.glob("input.*")
    text = io.StringIO()
    agreement = directory.by_partner(facts["partner"])
    inspection = Inspection(io.BytesIO(path.read_bytes()), facts["file"], AT, directory, agreement)
    show(inspection, Screen(text, width=80))
    compared("delimited", text.getvalue())


@pytest.mark.parametrize("name", CASES)
def test_nothing_but_text_and_line_ends_reaches_the_terminal(name: str) -> None:
    """BI-075: whatever a partner sends, it moves no cursor and colours nothing."""
    assert all(c.isprintable() or c == "\n" for c in printed(CASES[name]()))


@pytest.mark.parametrize("name", CASES)
def test_the_mark_stands_under_the_text(name: str) -> None:
    lines = printed(CASES[name](), width=100).splitlines()
    marks = [(lines[at - 1], line) for at, line in enumerate(lines) if line.strip() and not line.strip("^ ")]
    for above, mark in marks:
        assert columns(above) >= columns(mark) - 1


@pytest.mark.parametrize(
    ("environment", "terminal", "colour", "width"),
    [
        ({}, True, True, 160),
        ({"NO_COLOR": "1"}, True, False, 160),
        ({"TERM": "dumb"}, True, False, 160),
        ({}, False, False, 160),
        ({"COLUMNS": "72"}, False, False, 72),
        ({"COLUMNS": "7"}, True, True, NARROW),
        ({"COLUMNS": "many"}, False, False, 160),
    ],
)
def test_the_screen_is_as_wide_and_colourful_as_asked(
    environment: dict[str, str], terminal: bool, colour: bool, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "TERM", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    out = io.StringIO()
    monkeypatch.setattr(out, "isatty", lambda: terminal, raising=False)
    screen = Screen.of(out)
    assert (screen.colour, screen.width) == (colour, width)
