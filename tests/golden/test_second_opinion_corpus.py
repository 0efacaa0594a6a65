"""Files of others, judged by us and by pyx12 with our tables: agreed, or told in docs/second-opinion.md."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from second_opinion_page import Tally, counts, on_page, settle
from second_opinion_reading import comparisons

from parsers.x12.second_opinion.comparison import UNEXPLAINED

#: What pyx12 refuses a set of a real file for that we accept.
WE_ACCEPT = {
    "characters",
    "early-years",
    "envelope-elements",
    "hierarchy-numbers",
    "hierarchy-order",
    "trailing-blanks",
    "trailing-separators",
    "control-numbers",
    # Sets outside any group, which a TA1 refuses with all of the interchange:
    "lost",
    "outside",
    "outside-counts",
}


@pytest.fixture(scope="module")
def counted(corpus: Path) -> Tally:
    whole = Tally()
    with (corpus / "INDEX.tsv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))
    for row in rows:
        if row["standard"] == "X12":
            for compared in comparisons((corpus / row["file"]).read_bytes()):
                whole.add(compared)
    settle("files of others", whole)
    return whole


@pytest.mark.slow
def test_nothing_is_left_unexplained(counted: Tally) -> None:
    assert counted.differences[UNEXPLAINED] == 0


@pytest.mark.slow
def test_the_page_counts_what_is_found(counted: Tally) -> None:
    assert counts(counted) == on_page("files of others")


@pytest.mark.slow
def test_what_pyx12_alone_refuses_is_refused_for_reasons_we_know(counted: Tally) -> None:
    assert counted.decisive["only pyx12 refuses"] <= WE_ACCEPT
