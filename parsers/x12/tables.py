"""Reads the standard's tables, CSV files with one fact a row, and checks them while reading."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from parsers.x12.definition import (
    COMPOSITE,
    ElementUse,
    LoopDefinition,
    Requirement,
    SegmentDefinition,
    SegmentUse,
    SetDefinition,
    SyntaxNote,
)

#: A code list with this entry is kept by somebody else and cannot be checked here.
EXTERNAL = "*"

_TYPE = re.compile(r"AN|ID|N[0-9]|R|DT|TM|B")
_NOTE = re.compile(r"[PRECL](?:\d\d){2,}")


class DictionaryError(ValueError):
    """A table of the standard is malformed; the text names file and row."""


Row = dict[str, str]
#: A row not yet taken apart: its number in the file, and its cells.
Raw = tuple[int, list[str]]


class _File:
    """One table file. Its rows are taken apart only when used: most of a release never is."""

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        self._path = path
        self._columns = columns

    def raw(self) -> Iterator[Raw]:
        """Every row with its number, the cells counted. Raises DictionaryError."""
        with self._path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file)
            if tuple(next(reader, ())) != self._columns:
                raise DictionaryError(f"{self._path.name} row 1: columns must be {', '.join(self._columns)}")
            for number, cells in enumerate(reader, start=2):
                if len(cells) != len(self._columns):
                    raise DictionaryError(
                        f"{self.where(number)}: {len(cells)} cells, not {len(self._columns)}"
                    )
                yield number, cells

    def where(self, number: int) -> str:
        """The text that names a row in a message."""
        return f"{self._path.name} row {number}"

    def row(self, raw: Raw) -> tuple[str, Row]:
        """A row by column names, with the text that names it. Raises DictionaryError."""
        number, cells = raw
        row = dict(zip(self._columns, cells, strict=True))
        if row["checked"] not in {"yes", "unchecked"}:
            raise DictionaryError(f"{self.where(number)}: checked must be yes or unchecked")
        return self.where(number), row

    def rows(self) -> Iterator[tuple[str, Row]]:
        """Every row by column names. Raises DictionaryError."""
        return map(self.row, self.raw())

    @cached_property
    def groups(self) -> Mapping[tuple[str, str], list[Raw]]:
        """The rows by their first two columns, in file order."""
        groups: dict[tuple[str, str], list[Raw]] = {}
        for raw in self.raw():
            groups.setdefault((raw[1][0], raw[1][1]), []).append(raw)
        return groups

    def group(self, *key: str) -> Iterator[tuple[str, Row]]:
        """The rows whose first two columns are `key`; none if there are none."""
        return map(self.row, self.groups.get((key[0], key[1]), ()))


def _is_checked(row: Row) -> bool:
    return row["checked"] == "yes"


def _number(row: Row, column: str, where: str) -> int:
    text = row[column]
    if not text.isdecimal():
        raise DictionaryError(f"{where}: {column} must be a number, not {text!r}")
    return int(text)


def _bound(row: Row, column: str, where: str) -> int | None:
    """A maximum: a number from 1, or None for ">1"."""
    if row[column] == ">1":
        return None
    value = _number(row, column, where)
    if value < 1:
        raise DictionaryError(f"{where}: {column} must be at least 1")
    return value


def _requirement(row: Row, column: str, where: str) -> Requirement:
    match row[column]:
        case "M" | "X" | "O" as letter:
            return letter
        case other:
            raise DictionaryError(f"{where}: {column} must be M, X or O, not {other!r}")


class Tables:
    """The tables of one folder, each read when first needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._elements = self._file("elements", "release", "element", "name", "type", "min", "max")
        use = ("position", "element", "requirement")
        self._segments = self._file("segments", "release", "segment", *use, "repeat")
        self._composites = self._file("composites", "release", "composite", "name", *use)
        self._syntax_notes = self._file("syntax_notes", "release", "segment", "note")
        self._code_lists: dict[str, Mapping[str, frozenset[str]]] = {}
        self._made_segments: dict[tuple[str, str], SegmentDefinition] = {}
        self._made_elements: dict[tuple[str, str], ElementUse] = {}

    def _file(self, name: str, *columns: str) -> _File:
        return _File(self._folder / f"{name}.csv", (*columns, "checked"))

    def sets(self, release: str) -> tuple[str, ...]:
        """Ids of the sets this folder has for a release, sorted."""
        return tuple(sorted(path.stem for path in (self._folder / release).glob("*.csv")))

    def set(self, release: str, set_id: str, functional_id: str) -> SetDefinition | None:
        """The set, or None if the folder has no table for it. Raises DictionaryError."""
        if set_id not in self.sets(release):
            return None
        path = self._folder / release / f"{set_id}.csv"
        root = _SetReader(path, lambda segment: self.segment(release, segment)).root()
        return SetDefinition(set_id, release, functional_id, root)

    def known(self, release: str, segment_id: str) -> bool:
        """True if the release has the segment."""
        return (release, segment_id) in self._segments.groups

    def segment(self, release: str, segment_id: str) -> SegmentDefinition | None:
        """The segment, or None if the release does not have it. Raises DictionaryError."""
        key = release, segment_id
        if key not in self._made_segments:
            if not self.known(*key):
                return None
            uses = self._uses(release, self._segments.group(*key))
            notes = self._notes(release, segment_id, len(uses))
            self._made_segments[key] = SegmentDefinition(segment_id, uses, notes)
        return self._made_segments[key]

    def _uses(self, release: str, rows: Iterable[tuple[str, Row]]) -> tuple[ElementUse, ...]:
        return tuple(self._use(release, row, where, number) for number, (where, row) in enumerate(rows, 1))

    def _use(self, release: str, row: Row, where: str, number: int) -> ElementUse:
        if _number(row, "position", where) != number:
            raise DictionaryError(f"{where}: position {row['position']} instead of {number:02}")
        base = self._element(release, row["element"], where)
        return replace(
            base,
            position=number,
            requirement=_requirement(row, "requirement", where),
            repeat=_number(row, "repeat", where) if "repeat" in row else 1,
            checked=base.checked and _is_checked(row),
        )

    def _element(self, release: str, element: str, where: str) -> ElementUse:
        key = release, element
        if key not in self._made_elements:
            if key in self._composites.groups:
                self._made_elements[key] = self._composite(release, element)
            else:
                self._made_elements[key] = self._simple(release, element, where)
        return self._made_elements[key]

    def _composite(self, release: str, element: str) -> ElementUse:
        rows = list(self._composites.group(release, element))
        parts = self._uses(release, rows)
        notes = self._notes(release, element, len(parts))
        name = rows[0][1]["name"]
        return ElementUse(0, element, name, "O", 1, COMPOSITE, 0, 0, None, parts, notes)

    def _simple(self, release: str, element: str, where: str) -> ElementUse:
        rows = list(self._elements.group(release, element))
        if len(rows) != 1:
            raise DictionaryError(f"{where}: element {element} has {len(rows)} rows in elements.csv, not one")
        place, row = rows[0]
        low, high = _number(row, "min", place), _number(row, "max", place)
        if not _TYPE.fullmatch(row["type"]) or not 1 <= low <= high:
            raise DictionaryError(f"{place}: type {row['type']} with length {low} to {high}")
        codes = self.codes(release, element) if row["type"] == "ID" else None
        trusted = _is_checked(row)
        return ElementUse(0, element, row["name"], "O", 1, row["type"], low, high, codes, checked=trusted)

    def _notes(self, release: str, segment_id: str, positions: int) -> tuple[SyntaxNote, ...]:
        notes: list[SyntaxNote] = []
        for where, row in self._syntax_notes.group(release, segment_id):
            text = row["note"]
            bound = (
                tuple(int(text[at : at + 2]) for at in range(1, len(text), 2))
                if _NOTE.fullmatch(text)
                else ()
            )
            if not bound or min(bound) < 1 or max(bound) > positions:
                raise DictionaryError(
                    f"{where}: note {text!r} does not fit {segment_id} with {positions} elements"
                )
            if _is_checked(row):
                notes.append(SyntaxNote(text[0], bound))
        return tuple(notes)

    def codes(self, release: str, element: str) -> frozenset[str] | None:
        """The values an ID element may have, or None if its list is not enforced. Raises DictionaryError."""
        if element not in self._code_lists:
            self._code_lists[element] = _read_codes(self._folder / "codes" / f"{element}.csv")
        return self._code_lists[element].get(release)


def _read_codes(path: Path) -> Mapping[str, frozenset[str]]:
    """The enforced lists of one element by release. A list is enforced if most of its codes are checked.

    Its unchecked codes are then accepted too, since a list that is too long refuses nothing.
    """
    if not path.exists():
        return {}
    file = _File(path, ("release", "code", "meaning", "checked"))
    lists: dict[str, dict[str, bool]] = {}
    for number, (release, code, _, checked) in file.raw():
        codes = lists.setdefault(release, {})
        if not code or code in codes:
            raise DictionaryError(f"{file.where(number)}: code {code!r} is empty or stands twice")
        codes[code] = checked == "yes"
    return {
        release: frozenset(codes)
        for release, codes in lists.items()
        if EXTERNAL not in codes and 2 * sum(codes.values()) > len(codes)
    }


class _SetReader:
    """Builds the loop tree of one set from its rows, which stand in the order of the standard."""

    COLUMNS = (
        "order", "area", "segment", "requirement", "max_use",
        "loop", "loop_requirement", "loop_repeat", "checked",
    )  # fmt: skip

    def __init__(self, path: Path, segment: Callable[[str], SegmentDefinition | None]) -> None:
        self._rows = list(_File(path, self.COLUMNS).rows())
        self._segment = segment
        self._at = 0

    def root(self) -> LoopDefinition:
        """The whole set. Raises DictionaryError if a row stands outside its loop."""
        children = self._children("")
        if self._at < len(self._rows):
            where, row = self._rows[self._at]
            raise DictionaryError(f"{where}: loop {row['loop']} has no first row where it stands")
        return LoopDefinition("", "", "M", 1, children)

    def _children(self, path: str) -> tuple[SegmentUse | LoopDefinition, ...]:
        children: list[SegmentUse | LoopDefinition] = []
        while self._at < len(self._rows):
            where, row = self._rows[self._at]
            trigger = row["segment"]
            starts = row["loop"] == (f"{path}/{trigger}" if path else trigger)
            if starts:
                children.append(self._loop(row["loop"]))
            elif row["loop"] == path and trigger != path.rpartition("/")[2]:
                children.append(self._use(where, row))
                self._at += 1
            else:
                break
        return tuple(children)

    def _loop(self, path: str) -> LoopDefinition:
        where, row = self._rows[self._at]
        trigger = self._use(where, row)
        self._at += 1
        return LoopDefinition(
            row["segment"],
            path,
            _requirement(row, "loop_requirement", where) if _is_checked(row) else "O",
            _bound(row, "loop_repeat", where),
            (trigger, *self._children(path)),
        )

    def _use(self, where: str, row: Row) -> SegmentUse:
        definition = self._segment(row["segment"])
        if definition is None:
            raise DictionaryError(f"{where}: segment {row['segment']} is not in segments.csv")
        if _number(row, "order", where) != self._at + 1:
            raise DictionaryError(f"{where}: order {row['order']} instead of {self._at + 1}")
        trusted = _is_checked(row) or row["loop"].rpartition("/")[2] == row["segment"]
        requirement = _requirement(row, "requirement", where) if trusted else "O"
        return SegmentUse(definition, requirement, _bound(row, "max_use", where), row["area"])
