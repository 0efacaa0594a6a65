"""Files of others, judged by us and by pyx12 with our tables: agreed, or told in docs/second-opinion.md."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from second_opinion_page import Tally, counts, on_page, settle, tally
from second_opinion_reading import comparisons

from parsers.x12.second_opinion.differences import UNEXPLAINED

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


@pytest.mark.slow
def test_every_difference_is_explained_and_counted_on_the_page(corpus: Path) -> None:
    counted = Tally()
    with (corpus / "INDEX.tsv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))
    for row in rows:
        if row["standard"] == "X12":
            counted.merge(tally(comparisons((corpus / row["file"]).read_bytes())))
    settle("files of others", counted)
    assert counted.differences[UNEXPLAINED] == 0
    assert counts(counted) == on_page("files of others")
    assert counted.decisive["only pyx12 refuses"] <= WE_ACCEPT
