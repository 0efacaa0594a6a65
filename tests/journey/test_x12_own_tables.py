"""From the page on own tables to a running check: the example's files add a set that is then read."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from gateway import cli

PAGE = (Path(__file__).parents[2] / "docs" / "x12-tables.md").read_text("utf-8")
ISA = (
    "ISA*00*          *00*          *ZZ*SHIPPER        *ZZ*CARRIER        "
    "*260101*1200*U*00401*000000007*0*P*>"
)
GOOD = [
    "GS*SM*SHIPPER*CARRIER*20260101*1200*7*X*004010",
    "ST*204*0001",
    "B2**SCAC**SHIP-77",
    "N9*CN*77",
    "S5*1*LD",
    "N1*SF*Depot",
    "N3*1 Dock Rd",
    "S5*2*UL",
    "SE*8*0001",
    "GE*1*7",
    "IEA*1*000000007",
]


def _example(folder: Path) -> Path:
    """The files of the page's example, written as it says."""
    for name, text in re.findall(r"^`([\w/]+\.csv)`\n\n```csv\n(.*?)```", PAGE, re.MULTILINE | re.DOTALL):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def _file(folder: Path, lines: list[str]) -> Path:
    path = folder / "load.edi"
    path.write_text("".join(f"{line}~\n" for line in [ISA, *lines]), "utf-8")
    return path


def _inspected(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, object]]:
    status = _status(*words)
    return status, json.loads(capsys.readouterr().out)


def _status(*words: str) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["tradepost", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
    return int(ended.value.code or 0)


def _codes(report: object) -> list[str]:
    if isinstance(report, dict):
        own = [str(report["code"])] if "severity" in report and report["severity"] == "error" else []
        return [*own, *(code for part in report.values() for code in _codes(part))]
    return [code for part in report for code in _codes(part)] if isinstance(report, list) else []


def test_a_set_of_ones_own_is_read_by_its_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, tables = _file(tmp_path, GOOD), _example(tmp_path / "tables")
    _, without = _inspected(capsys, "inspect", "--json", str(file))
    assert _codes(without) == ["X12-086"]
    status, report = _inspected(capsys, "inspect", "--json", "--tables", str(tables), str(file))
    assert (status, _codes(report)) == (0, [])


def test_faults_in_a_set_of_ones_own_are_named_like_any_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [line.replace("S5*2*UL", "S5*2*XX").replace("B2**", "B2*TOOLONG*") for line in GOOD]
    file, tables = _file(tmp_path, lines), _example(tmp_path / "tables")
    status, report = _inspected(capsys, "inspect", "--json", "--tables", str(tables), str(file))
    assert status == 1
    assert _codes(report) == ["X12-224", "X12-226"]


def test_tables_that_are_wrong_are_refused_with_file_and_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, tables = _file(tmp_path, GOOD), _example(tmp_path / "tables")
    path = tables / "004010" / "204.csv"
    path.write_text(path.read_text("utf-8").replace("3,heading,N9,O", "3,heading,N9,Q"), "utf-8")
    assert _status("inspect", "--tables", str(tables), str(file)) != 0
    told = " ".join(capsys.readouterr().err.split())
    assert "X12-132" in told
    assert "004010/204.csv line 4: requirement must be M, X or O, not 'Q'" in told


@pytest.mark.slow
def test_tables_beside_the_profiles_are_checked_and_applied_with_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    assert _status("--home", str(home), "init") == 0
    tables = _example(home / "partners" / "_x12")
    assert _status("--home", str(home), "partners", "apply", "--reason", "load tenders") == 0
    capsys.readouterr()
    (tables / "elements.csv").write_text("release,element\n", "utf-8")
    assert _status("--home", str(home), "partners", "check") != 0
    assert "_x12/elements.csv line 1: columns must be" in " ".join(capsys.readouterr().out.split())
