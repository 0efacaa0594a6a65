"""docs/inspect.md: its keys are the keys that inspect writes, in their order."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway import inspect
from parsers.finding import Level, Severity
from translators.report import Disposition, Status

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "inspect.md").read_text("utf-8")
SAMPLE = ROOT / "samples" / "x12" / "850" / "bad-date" / "input.edi"
AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def section(heading: str) -> str:
    return PAGE.split(f"\n### {heading}\n", 1)[1].split("\n## ")[0].split("\n### ")[0]


def keys(heading: str) -> list[str]:
    return re.findall(r"^\| `(\w+)` \|", section(heading), re.MULTILINE)


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    out = io.BytesIO()
    with SAMPLE.open("rb") as stream:
        inspect.write_json(inspect.Inspection(stream, SAMPLE.name, AT), out)
    whole: dict[str, Any] = json.loads(out.getvalue())
    return whole


def test_the_keys_are_those_that_are_written(report: dict[str, Any]) -> None:
    (interchange,) = report["interchanges"]
    (group,) = interchange["groups"]
    (document,) = group["documents"]
    (finding,) = document["findings"]
    (answer,) = report["acknowledgements"]
    written = {
        "File": report,
        "Interchange": interchange,
        "Group": group,
        "Document": document,
        "Finding": finding,
        "Acknowledgement": answer,
    }
    for heading, value in written.items():
        assert keys(heading) == list(value), heading


def test_inner_keys_are_those_that_are_written(report: dict[str, Any]) -> None:
    (interchange,) = report["interchanges"]
    (group,) = interchange["groups"]
    (document,) = group["documents"]
    for heading, value, key in (
        ("Interchange", interchange, "sender"),
        ("Interchange", interchange, "receiver"),
        ("Interchange", interchange, "ta1"),
        ("Group", group, "ak9"),
        ("Document", document, "ak5"),
    ):
        shown = "{" + ", ".join(f'"{name}"' for name in value[key]) + "}"
        assert f"| `{key}` | `{shown}`" in section(heading), key


def test_the_lists_of_values_are_complete() -> None:
    assert inspect.SCHEMA in PAGE
    assert all(f"`{status.value}`" in PAGE.split("### File")[0] for status in Status)
    assert all(f"`{one.value}`" in section("Document") for one in Disposition)
    assert all(f"`{one.value}`" in section("Finding") for one in (*Level, *Severity))


def test_the_exit_statuses_are_those_returned(tmp_path: Path) -> None:
    shown = set(re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE))
    assert shown == {"0", "1", "2", "64"}
    good = ROOT / "samples" / "x12" / "850" / "simple" / "input.edi"
    nothing = tmp_path / "nothing.txt"
    nothing.write_text("no EDI at all", "utf-8")
    for file, expected in ((good, 0), (SAMPLE, 1), (nothing, 2)):
        with file.open("rb") as stream:
            assert inspect.write_json(inspect.Inspection(stream, file.name, AT), io.BytesIO()) == expected


@pytest.mark.slow
def test_the_picture_is_what_people_see() -> None:
    command = [str(Path(sys.executable).with_name("tradepost")), "inspect", str(SAMPLE)]
    seen = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=ROOT)
    assert seen.returncode == 1
    (picture,) = re.findall(r"```\n(X12-.*?)```", PAGE, re.DOTALL)
    assert picture.strip() in seen.stdout


@pytest.mark.slow
def test_the_example_for_programs_works(tmp_path: Path) -> None:
    (example,) = re.findall(r"tradepost inspect order.edi .* \| python3 -c '(.*)'", PAGE)
    out = io.BytesIO()
    with SAMPLE.open("rb") as stream:
        inspect.write_json(inspect.Inspection(stream, SAMPLE.name, AT), out, canonical=False)
    told = subprocess.run(
        [sys.executable, "-c", example], input=out.getvalue(), capture_output=True, check=True, timeout=60
    )
    assert told.stdout == b"rejected\n"
