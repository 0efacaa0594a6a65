"""Faulty files of others: what they expect, and what we find, as docs/x12-expected.md says."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from inspecting import errors, inspected

FOLDER = "malformed"
PAGE = (Path(__file__).parents[2] / "docs" / "x12-expected.md").read_text("utf-8")
#: Rows of the page's tables of files: the file's name, then what it says.
ROW = re.compile(r"\| `(?P<file>[^`]+)` \| (?P<cells>.+) \|")
CODES = re.compile(r"-|X12-\d{3}(?: X12-\d{3})*")


def section(heading: str) -> dict[str, list[str]]:
    """The files of a section, each with its further cells."""
    text = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    return {row["file"]: row["cells"].split(" | ") for row in map(ROW.match, text.splitlines()) if row}


#: Our codes for what is expected, and all that we find.
AGREED = {file: (meant, found) for file, (_, meant, found) in section("Agreed").items()}
#: All that we find.
DIFFERENCES = {file: found for file, (_, found, _) in section("Told differently").items()}
COUNTS = {text: int(number) for text, number in re.findall(r"^\| ([^|`]+) \| (\d+) \|$", PAGE, re.MULTILINE)}


def told(path: Path) -> set[str]:
    return {finding["code"] for finding in errors(inspected(path.read_bytes()))}


def rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as table:
        yield from csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE)


def test_every_expectation_about_x12_is_agreed_or_explained(corpus: Path) -> None:
    standards = {row["file"]: row["standard"] for row in rows(corpus / "INDEX.tsv")}
    expected = Counter(standards[row["file"]] for row in rows(corpus / "EXPECTED.tsv"))
    x12 = {row["file"] for row in rows(corpus / "EXPECTED.tsv") if standards[row["file"]] == "X12"}
    assert x12 == {f"{FOLDER}/{file}" for file in (*AGREED, *DIFFERENCES)}
    assert expected == {
        "X12": COUNTS["on X12"],
        "EDIFACT": COUNTS["on EDIFACT, which is not read here"],
    }


def test_the_page_counts_its_own_rows() -> None:
    assert not AGREED.keys() & DIFFERENCES.keys()
    assert len(AGREED) == COUNTS["agreed"]
    assert len(DIFFERENCES) == COUNTS["told differently, with the reason"]
    assert len(AGREED) + len(DIFFERENCES) == COUNTS["on X12"]
    assert COUNTS["on X12"] + COUNTS["on EDIFACT, which is not read here"] == COUNTS["in all"]


def test_every_row_names_codes_and_every_difference_a_reason() -> None:
    for meant, found in AGREED.values():
        assert CODES.fullmatch(meant)
        assert set(meant.split()) <= set(found.split())
    for expectation, found, why in section("Told differently").values():
        assert expectation
        assert CODES.fullmatch(found)
        assert why.endswith(".")


@pytest.mark.parametrize(
    ("file", "found"),
    [*((file, found) for file, (_, found) in AGREED.items()), *DIFFERENCES.items()],
    ids=[*AGREED, *DIFFERENCES],
)
def test_what_the_page_says_is_what_is_found(corpus: Path, file: str, found: str) -> None:
    assert (" ".join(sorted(told(corpus / FOLDER / file))) or "-") == found
