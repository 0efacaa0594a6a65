"""The page of what is not validated is the one that the tables make."""

from __future__ import annotations

from pathlib import Path

from parsers.x12 import unchecked

PAGE = Path(__file__).parents[2] / "docs" / "x12-unchecked.md"


def test_the_page_of_what_is_not_validated_is_current() -> None:
    assert PAGE.read_text("utf-8") == unchecked.page(), (
        "run: python -m parsers.x12.unchecked > docs/x12-unchecked.md"
    )


def test_the_page_names_notes_lists_and_loops_that_are_not_enforced() -> None:
    text = unchecked.page()
    assert "| SCH | C1008 |" in text
    assert "| 100 | Currency Code |" in text
    assert "| 98 | Entity Identifier Code |" not in text
    assert "| 846 | LIN/QTY/LS/REF |" in text
