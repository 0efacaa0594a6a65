"""What the made pages share: their first line, and tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence


def notice(source: str) -> str:
    """The line that sends who would change the page to its source."""
    return f"Made from {source} by `make docs`; change that, not this page."


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a table. Cells are Markdown; a bar in one is escaped."""
    yield _row(headings)
    yield "|" + "---|" * len(headings)
    yield from map(_row, rows)


def plain(text: str) -> str:
    """Text as Markdown that shows it unchanged: no tags, no emphasis by chance."""
    return text.replace("<", "&lt;").replace("*", r"\*").replace(" _", r" \_")


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"
