"""docs/second-opinion.md: its kinds of difference are those of the code, in the code's words."""

from __future__ import annotations

from pathlib import Path

from parsers.x12.second_opinion.comparison import kinds

PAGE = (Path(__file__).parents[2] / "docs" / "second-opinion.md").read_text("utf-8")


def test_the_kinds_are_those_of_the_code_in_its_words() -> None:
    rows = [line.split(" | ")[:4] for line in PAGE.splitlines() if line.startswith("| `")]
    assert rows == [[f"| `{kind.name}`", kind.ours, kind.theirs, kind.why] for kind in kinds().values()]
