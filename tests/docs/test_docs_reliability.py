"""The page on reliability is current, and every fault of the catalogue is tested or says why not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from reliability_page import CITED, PAGE, ROWS, TESTS, citations, faults, page

ROOT = TESTS.parent


def test_the_page_is_current() -> None:
    assert (ROOT / "docs" / PAGE).read_text("utf-8") == page(), "run: make docs"
    assert "tests/support/reliability_page.py docs" in (ROOT / "Makefile").read_text("utf-8")


def test_every_fault_stands_once_and_in_order() -> None:
    ids = [fault.id for fault in faults()]
    assert ids == sorted(set(ids))
    assert all(CITED.fullmatch(one) for one in ids)
    assert all(fault.fault and fault.outcome for fault in faults())


def test_every_fault_is_covered_or_says_why_not() -> None:
    silent = [fault.id for fault in faults() if fault.id not in citations() and not fault.left_out]
    assert not silent, f"no test cites these, and {ROWS.name} gives no reason"


@pytest.mark.parametrize("folder", ["tests", "gateway", "outbound", "partners"])
def test_every_id_that_is_cited_stands_in_the_catalogue(folder: str) -> None:
    known = {fault.id for fault in faults()}
    for source in (ROOT / folder).rglob("*.py"):
        unknown = set(CITED.findall(source.read_text("utf-8"))) - known
        assert not unknown, source


def test_a_citation_names_the_test_that_makes_it_and_else_its_file() -> None:
    cited = citations()["FI-D12"]
    assert [citation.test for citation in cited if citation.file == "contract/test_watchers_folder.py"]
    assert all((TESTS / citation.file).exists() for every in citations().values() for citation in every)


def test_links_of_the_page_lead_to_files() -> None:
    links = re.findall(r"\]\(([^)]+)\)", page())
    assert links
    assert all((ROOT / "docs" / Path(link)).exists() for link in links)
