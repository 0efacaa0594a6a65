"""Faulty files of others, and what they expect of them: agreed, or listed in docs/x12-expected.md."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from inspecting import errors, inspected

FOLDER = "malformed"
PAGE = Path(__file__).parents[2] / "docs" / "x12-expected.md"
ROW = re.compile(r"\| `(?P<file>[^`]+)` \| [^|]+ \| (?P<codes>[^|]+) \| [^|]+ \|")

#: Files where we find what their source expects, with the codes that say so.
AGREED = {
    "GT-Logistics__edi-x12__empty-edi.edi": "X12-001",
    "GT-Logistics__edi-x12__no-ge-trailer.edi": "X12-055",
    "GT-Logistics__edi-x12__no-gs-heading.edi": "X12-028",
    "GT-Logistics__edi-x12__no-iea-trailer.edi": "X12-029",
    "GT-Logistics__edi-x12__no-matching-gs-count.edi": "X12-031",
    "GT-Logistics__edi-x12__no-matching-segment-count.edi": "X12-082",
    "GT-Logistics__edi-x12__no-matching-st-count.edi": "X12-057",
    "GT-Logistics__edi-x12__no-se-trailer.edi": "X12-080",
    "GT-Logistics__edi-x12__no-st-heading.edi": "X12-059",
    "GT-Logistics__edi-x12__trimmed-isa-heading.edi": "X12-012",
    "walmartlabs__gozer__x12.missing.ISA.txt": "X12-002",
    "walmartlabs__gozer__x12.wrong.GS.txt": "X12-028",
    "walmartlabs__gozer__x12.wrong.ISA.txt": "X12-002",
    "walmartlabs__gozer__x12.no.line.break.no.delim.txt": "X12-008",
    "walmartlabs__gozer__TrailerSegmentCountX12RuleTest__test_one_group_alpha_group_count.edi": "X12-031",
    "walmartlabs__gozer__UniqueDocumentX12RuleTest__test_duplicates_no_document_number.edi": "X12-220",
    "olmelabs__EdiEngine__NonEdi.edi": "X12-002",
    "olmelabs__EdiEngine__ControlNumbersMismatch.edi": "X12-032 X12-056 X12-081",
    "olmelabs__EdiEngine__WrongGroupsAndTranCount.edi": "X12-031 X12-057",
    "Silvenga__EdiWeave__X12_810_00204_InvalidHeader.txt": "X12-002",
    "Silvenga__EdiWeave__X12_810_00204_BadSegment.txt": "X12-200",
    "Silvenga__EdiWeave__X12_810_00204_InvalidTrailers.txt": "X12-003",
    "EdiFabric__X12.NET__PurchaseOrderInvalid.txt": "X12-224",
    "kputnam__stupidedi__002001_SH856_fail__1.edi": "X12-012",
    "kputnam__stupidedi__003010_PC860_fail__1.edi": "X12-012",
    "kputnam__stupidedi__003010_PO850_fail__1.edi": "X12-226",
    "kputnam__stupidedi__003050_PO850_fail__1.edi": "X12-201",
    "kputnam__stupidedi__004010_PR855_fail__2.edi": "X12-224",
    "kputnam__stupidedi__004010_SC832_fail__2.edi": "X12-200",
    "kputnam__stupidedi__004010_SH856_fail__2.edi": "X12-206",
    "kputnam__stupidedi__004010_SS862_fail__1.edi": "X12-012",
    "akhil63422__agentic-edi-platform__sample_850_with_errors.edi": "X12-029",
    "yurii1exe__edi-x12-toolkit__214-broken.edi": "X12-082 X12-057 X12-032",
    "xlate__staedi__ErrorEventsTest__testTooManyExtraAnyElementAllowedInAK1.edi": "X12-222",
}


def differences() -> dict[str, str]:
    """The page's files, each with all codes that we find."""
    return {
        row["file"]: row["codes"].strip()
        for row in map(ROW.match, PAGE.read_text("utf-8").splitlines())
        if row
    }


def told(path: Path) -> set[str]:
    return {finding["code"] for finding in errors(inspected(path.read_bytes()))}


def rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as table:
        yield from csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE)


def test_every_expectation_about_x12_is_agreed_or_explained(corpus: Path) -> None:
    x12 = {row["file"] for row in rows(corpus / "INDEX.tsv") if row["standard"] == "X12"}
    expected = {row["file"] for row in rows(corpus / "EXPECTED.tsv")} & x12
    assert expected == {f"{FOLDER}/{file}" for file in (*AGREED, *differences())}
    assert not AGREED.keys() & differences()


@pytest.mark.parametrize("file", AGREED)
def test_what_its_source_expects_is_found(corpus: Path, file: str) -> None:
    assert set(AGREED[file].split()) <= told(corpus / FOLDER / file)


@pytest.mark.parametrize("file", differences())
def test_what_the_page_says_is_what_is_found(corpus: Path, file: str) -> None:
    assert (" ".join(sorted(told(corpus / FOLDER / file))) or "-") == differences()[file]
