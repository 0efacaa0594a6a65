"""docs/documents.md: every segment that has a place, and every set that is translated, is on the page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from partners.agreement import SET_DOCUMENTS
from translators import registry
from translators.canonical import codec
from translators.x12_details import DETAILS

PAGE = (Path(__file__).parents[2] / "docs" / "documents.md").read_text("utf-8")
ROWS = [
    [cell.strip() for cell in row.strip("|").split("|")] for row in PAGE.splitlines() if row.startswith("|")
]


@pytest.mark.parametrize("segment", sorted(set(DETAILS) - {"LS"}))
def test_a_segment_of_the_table_stands_beside_its_field(segment: str) -> None:
    (field,) = [row[1] for row in ROWS if segment in re.findall(r"\b[A-Z0-9]{2,3}\b", row[0])]
    assert f"`{DETAILS[segment][0]}`" in field


@pytest.mark.parametrize("set_id", sorted(SET_DOCUMENTS))
def test_a_set_stands_beside_its_document(set_id: str) -> None:
    documents = [row[1] for row in ROWS if row[0] == set_id and row[1].startswith("`")]
    assert documents == [f"`{SET_DOCUMENTS[set_id]}`"]
    assert registry.kind_of("x12", set_id) == SET_DOCUMENTS[set_id]
    assert SET_DOCUMENTS[set_id] in codec.KINDS


def test_every_field_that_the_page_names_is_one_of_a_document() -> None:
    known = set()
    for kind in codec.KINDS:
        text = str(codec.adapter(kind).json_schema())
        known |= set(re.findall(r"'(\w+)': \{", text))
    settings = {"hold_repeats", "hold_non_originals"}
    named = set(re.findall(r"`([a-z_]+)`", PAGE)) - set(codec.KINDS) - settings
    assert named <= known
