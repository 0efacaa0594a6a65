"""docs/benchmarks.md and its plots are what `make bench-x12` makes of the figures kept beside them."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from benchmark_pages import DOCS, kept_figures, maker


@pytest.fixture(scope="module")
def x12_page() -> ModuleType:
    return maker("x12_page")


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    return kept_figures("x12")


def test_the_page_is_made_from_the_figures(x12_page: ModuleType, figures: dict[str, Any]) -> None:
    assert (DOCS / "benchmarks.md").read_text("utf-8") == x12_page.page(figures), "run: make bench-x12"


def test_the_plots_are_drawn_from_the_figures(x12_page: ModuleType, figures: dict[str, Any]) -> None:
    for name, text in x12_page.drawn(figures).items():
        assert (DOCS / "benchmarks" / name).read_text("utf-8") == text, "run: make bench-x12"


def test_every_reader_is_named_on_the_page(x12_page: ModuleType, figures: dict[str, Any]) -> None:
    page = (DOCS / "benchmarks.md").read_text("utf-8")
    for row in figures["rows"]:
        assert x12_page.WHO[row["who"]] in page
        assert f"## {row['file']}\n" in page


def test_each_figure_is_told_by_whom_and_on_how_many_bytes(figures: dict[str, Any]) -> None:
    for row in [*figures["rows"], *figures["growth"]]:
        assert ("failed" in row) != ("mb_s" in row)
        assert "failed" in row or (row["bytes"] > 0 and row["peak_rss_mb"] > 0)
