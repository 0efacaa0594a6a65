"""Writes the page that lists what the tables hold and reading does not validate.

`python -m parsers.x12.unchecked > docs/x12-unchecked.md` makes it anew.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

from parsers.x12.dictionary import STANDARD, releases, tables

_HEAD = """# What is not validated

This page is made from the tables in `parsers/x12/standard/`;
`python -m parsers.x12.unchecked > docs/x12-unchecked.md` writes it anew.

A row of these tables is enforced only if two independent public sources agree on it. What stands here
was found in one source, or differs between sources: it is kept in the tables, marked `unchecked`, and no
document is refused for it. To settle a row, find a second source, name it in `SOURCES.csv` and set the row
to `yes`. A partner's guide may demand more than the standard; it always wins.
"""


def page(folder: Path = STANDARD) -> str:
    """The page in Markdown, the same for the same tables."""
    return "\n".join([_HEAD, *(line for release in releases() for line in _of_release(folder, release))])


def _of_release(folder: Path, release: str) -> Iterator[str]:
    yield f"## Release {release}\n"
    yield "### Syntax notes\n"
    yield from _table("segment", "notes", _grouped(folder, "syntax_notes.csv", release, "segment", "note"))
    yield "### Element positions\n"
    yield from _table(
        "segment", "positions", _grouped(folder, "segments.csv", release, "segment", "position")
    )
    yield "### Elements\n"
    yield from _table("element", "name", _grouped(folder, "elements.csv", release, "element", "name"))
    yield "### Requirement of loops\n"
    yield from _table("set", "loops, read as optional", _loops(folder, release))
    yield "### Code lists\n"
    yield "No list is held against these elements: it is kept by others, or not confirmed.\n"
    yield from _table("element", "name", _open_lists(folder, release))


def _grouped(folder: Path, name: str, release: str, key: str, value: str) -> dict[str, list[str]]:
    """Unchecked rows of a release: values by key."""
    groups: dict[str, list[str]] = {}
    for row in _rows(folder / name):
        if row["release"] == release and row["checked"] == "unchecked":
            groups.setdefault(row[key], []).append(row[value])
    return groups


def _loops(folder: Path, release: str) -> dict[str, list[str]]:
    return {
        set_id: loops
        for set_id in tables(folder).sets(release)
        if (loops := [row["loop"] for row in _rows(folder / release / f"{set_id}.csv") if _is_open(row)])
    }


def _is_open(row: dict[str, str]) -> bool:
    return row["checked"] == "unchecked"


def _open_lists(folder: Path, release: str) -> dict[str, list[str]]:
    """ID elements of the release without an enforced list, with their names."""
    source = tables(folder)
    return {
        row["element"]: [row["name"]]
        for row in _rows(folder / "elements.csv")
        if row["release"] == release and row["type"] == "ID" and source.codes(release, row["element"]) is None
    }


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _table(key: str, value: str, rows: dict[str, list[str]]) -> Iterator[str]:
    if not rows:
        yield "None.\n"
        return
    yield f"| {key} | {value} |"
    yield "|---|---|"
    yield from (f"| {name} | {', '.join(values)} |" for name, values in rows.items())
    yield ""


if __name__ == "__main__":
    sys.stdout.write(page())
