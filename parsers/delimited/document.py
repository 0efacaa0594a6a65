"""One business document of a delimited file, as parsed: typed values beside the text as sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from parsers.delimited.fields import DocumentKind
from parsers.delimited.values import Value
from parsers.finding import Finding


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a document.

    column: its name in the file; "" for a constant of the layout.
    text: as sent, blanks included; "" if the value is the column's default.
    value: of the column's type; of a code, ours.
    row: where it stands, from 1; 0 for a constant.
    """

    column: str
    text: str
    value: Value
    row: int


@dataclass(frozen=True, slots=True)
class Extra:
    """A value that fills no canonical field: its column's name (or "column 7"), its text as sent, its row."""

    column: str
    text: str
    row: int


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a document.

    number: as a spreadsheet counts, from 1; a row with line ends inside quotes counts once.
    offset: byte offset of its first character.
    cells: what it says of its line, by canonical field ("line.quantity"); empty cells are left out.
    extra: values without a field.
    """

    number: int
    offset: int
    cells: Mapping[str, Cell]
    extra: tuple[Extra, ...]


@dataclass(slots=True)
class DelimitedDocument:
    """Rows that share the grouping key, in the order sent.

    key: values of the grouping columns, trimmed; empty if the whole file is one document.
    ordinal: place in the file, from 1.
    test: True if the file marks it as a test, False if the file marks it otherwise,
        None if the layout knows no mark (the channel says).
    header: what all rows agree on, by canonical field ("number", "ship_to.name").
    header_texts: the same as the first row sends it, also what is empty or cannot be read.
    findings: everything wrong with it; an error among them rejects it.
    first_row, last_row: of the file, from 1. offset, size: its bytes in the file, from first to last row.
    """

    kind: DocumentKind
    key: tuple[str, ...]
    ordinal: int
    first_row: int
    offset: int
    last_row: int = 0
    size: int = 0
    test: bool | None = None
    header: dict[str, Cell] = field(default_factory=dict)
    header_texts: dict[str, str] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def rejected(self) -> bool:
        """True if a finding is an error."""
        return any(finding.is_error for finding in self.findings)

    def text(self, name: str) -> str:
        """The header field as text, trimmed; "" where there is none."""
        cell = self.header.get(name)
        return "" if cell is None else str(cell.value)
