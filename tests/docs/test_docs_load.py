"""docs/load.md and its plots are what `make load` makes of the figures kept beside them."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from benchmark_pages import DOCS, kept_figures, maker


@pytest.fixture(scope="module")
def load_page() -> ModuleType:
    return maker("load_page")


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    return kept_figures("load")


def test_the_page_is_made_from_the_figures(load_page: ModuleType, figures: dict[str, Any]) -> None:
    assert load_page.page(figures) in (DOCS / "load.md").read_text("utf-8"), "run: make load"


def test_the_plots_are_drawn_from_the_figures(load_page: ModuleType, figures: dict[str, Any]) -> None:
    for name, text in load_page.drawn(figures).items():
        assert (DOCS / "benchmarks" / name).read_text("utf-8") == text, "run: make load"


def test_every_target_stands_beside_what_was_reached(load_page: ModuleType, figures: dict[str, Any]) -> None:
    lines = list(load_page.table(figures))
    assert len(lines) == 2 + len(load_page.TARGETS)
    for line, target in zip(lines[2:], load_page.TARGETS, strict=True):
        assert target.what in line
        assert target.target in line
