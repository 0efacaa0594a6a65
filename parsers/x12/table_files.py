"""Table files, CSV with one fact a row: how their rows are read, and how a fault names its place."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath

from parsers.record import record
from parsers.x12.definition import Requirement

RELEASE = re.compile(r"00[1-9][0-9]{3}")
SET_ID = re.compile(r"[A-Z0-9]{3,4}")


class DictionaryError(ValueError):
    """A table is malformed.

    file: its name within its folder of tables. row: its line, 1 for the names of the columns; None
        if the fault is the file's. column: the field at fault, "" for the row as a whole.
    reason: what is wrong, without a full stop.
    """

    def __init__(self, file: str, row: int | None, reason: str, column: str = "") -> None:
        super().__init__(f"{file} row {row}: {reason}" if row else f"{file}: {reason}")
        self.file = file
        self.row = row
        self.reason = reason
        self.column = column


Row = dict[str, str]
#: A row not yet taken apart: its number in the file, and its cells.
Raw = tuple[int, list[str]]


@record
class Where:
    """The file and line that a row stands in."""

    file: str
    row: int

    def fault(self, reason: str, column: str = "") -> DictionaryError:
        """The error that names this row."""
        return DictionaryError(self.file, self.row, reason, column)


class TableFolder:
    """A folder of tables. files: all its texts by relative name; None reads each when it is asked for."""

    def __init__(self, path: Path, files: Mapping[str, str] | None = None) -> None:
        self._path = path
        self._files = files

    def text(self, name: str) -> str | None:
        """What the file of that name holds, None if there is none."""
        if self._files is not None:
            return self._files.get(name)
        path = self._path / name
        return path.read_text("utf-8") if path.exists() else None

    @cached_property
    def _tables_of_sets(self) -> tuple[PurePosixPath, ...]:
        if self._files is not None:
            names = [PurePosixPath(name) for name in self._files]
        else:
            names = [PurePosixPath(path.parent.name, path.name) for path in self._path.glob("00*/*.csv")]
        return tuple(
            name for name in names if RELEASE.fullmatch(name.parent.name) and SET_ID.fullmatch(name.stem)
        )

    def releases(self) -> frozenset[str]:
        """The releases that have a set here."""
        return frozenset(name.parent.name for name in self._tables_of_sets)

    def sets(self, release: str) -> frozenset[str]:
        """Ids of the sets that this folder has for a release."""
        return frozenset(name.stem for name in self._tables_of_sets if name.parent.name == release)


class TableFile:
    """One table file. Its rows are taken apart only when used: most of a release never is.

    A file that does not exist has no rows.
    """

    def __init__(self, folder: TableFolder, name: str, columns: tuple[str, ...]) -> None:
        self._folder = folder
        self._name = name
        self._columns = columns

    @property
    def text(self) -> str | None:
        """What the file holds, None if there is none."""
        return self._folder.text(self._name)

    def raw(self) -> Iterator[Raw]:
        """Every row with its number, the cells counted. Raises DictionaryError."""
        if (text := self.text) is None:
            return
        reader = csv.reader(io.StringIO(text, newline=""))
        try:
            if tuple(next(reader, ())) != self._columns:
                raise DictionaryError(self._name, 1, f"columns must be {', '.join(self._columns)}")
            rows = list(reader)
        except csv.Error as fault:
            raise DictionaryError(self._name, reader.line_num, f"it is no CSV: {fault}") from fault
        expected = len(self._columns)
        if not set(map(len, rows)) <= {expected}:
            number, size = next((n, len(row)) for n, row in enumerate(rows, start=2) if len(row) != expected)
            raise self.where(number).fault(f"{size} cells, not {expected}")
        yield from enumerate(rows, start=2)

    def where(self, number: int) -> Where:
        """The place of a row."""
        return Where(self._name, number)

    def row(self, raw: Raw) -> tuple[Where, Row]:
        """A row by column names, and its place. Raises DictionaryError."""
        number, cells = raw
        row = dict(zip(self._columns, cells, strict=True))
        if row.get("checked", "yes") not in {"yes", "unchecked"}:
            raise self.where(number).fault("checked must be yes or unchecked", "checked")
        return self.where(number), row

    def rows(self) -> Iterator[tuple[Where, Row]]:
        """Every row by column names. Raises DictionaryError."""
        return map(self.row, self.raw())

    @cached_property
    def groups(self) -> Mapping[tuple[str, str], list[Raw]]:
        """The rows by their first two columns, in file order."""
        groups: dict[tuple[str, str], list[Raw]] = {}
        last: tuple[str, str] | None = None
        rows: list[Raw] = []
        for raw in self.raw():
            cells = raw[1]
            if (key := (cells[0], cells[1])) != last:
                rows, last = groups.setdefault(key, []), key
            rows.append(raw)
        return groups


@record
class Rows:
    """The rows that a table has for one key. rank: how far down the layers they were found, from 0."""

    file: TableFile
    raw: list[Raw]
    rank: int

    def __iter__(self) -> Iterator[tuple[Where, Row]]:
        return map(self.file.row, self.raw)


class LayeredTable:
    """One table that lies in several folders. The first folder that has rows for a key speaks for it."""

    def __init__(self, folders: Iterable[TableFolder], name: str, columns: tuple[str, ...]) -> None:
        self._files = tuple(TableFile(folder, name, columns) for folder in folders)

    def find(self, releases: Sequence[str], key: str, *, within: int | None = None) -> Rows | None:
        """The rows of a segment, element or composite, or None.

        releases: to look in, one after the other. within: the last rank that counts.
        """
        layers = [(file, release) for release in releases for file in self._files]
        for rank, (file, release) in enumerate(layers):
            if within is not None and rank > within:
                break
            if raw := file.groups.get((release, key)):
                return Rows(file, raw, rank)
        return None

    def keys(self, releases: Sequence[str]) -> frozenset[str]:
        """Every key that these releases have."""
        return frozenset(key for file in self._files for release, key in file.groups if release in releases)


def is_checked(row: Row) -> bool:
    """True if the row takes part in checks."""
    return row["checked"] == "yes"


def number(row: Row, column: str, where: Where) -> int:
    """A field as a number, digits alone. Raises DictionaryError."""
    text = row[column]
    if not (text.isascii() and text.isdecimal()) or len(text) > 15:
        raise where.fault(f"{column} must be a number, not {text!r}", column)
    return int(text)


def bound(row: Row, column: str, where: Where) -> int | None:
    """A maximum: a number from 1, or None for ">1". Raises DictionaryError."""
    if row[column] == ">1":
        return None
    value = number(row, column, where)
    if value < 1:
        raise where.fault(f"{column} must be at least 1", column)
    return value


def requirement(row: Row, column: str, where: Where) -> Requirement:
    """A requirement letter. Raises DictionaryError."""
    match row[column]:
        case "M" | "X" | "O" as letter:
            return letter
        case other:
            raise where.fault(f"{column} must be M, X or O, not {other!r}", column)
