"""The layout of a delimited file: what its columns are called and mean, as data.

A layout is one TOML file, `<name>.layout.toml`, in the partner's folder. It is law: nothing about
a file is guessed while reading.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from parsers.catalogue import found
from parsers.delimited.fields import ColumnType, DocumentKind, is_line_field
from parsers.delimited.layout_checks import contradictions
from parsers.finding import Finding, Location
from parsers.toml_lines import TomlPath, dotted, line_of

#: The csv module refuses longer cells unless a setting of the whole process is changed; we leave it alone.
LONGEST_FIELD = 131_072

Name = Annotated[str, Field(min_length=1, max_length=200)]
FieldName = Annotated[str, Field(min_length=1, max_length=60)]
Encoding = Literal[
    "utf-8",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "ascii",
    "latin-1",
    "iso-8859-15",
    "cp1250",
    "cp1252",
    "cp437",
    "cp850",
    "shift_jis",
    "gbk",
]


class _Part(BaseModel):
    """What every part of a layout shares: unknown keys are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Limits(_Part):
    """Bounds beyond which a file is refused, so that no file can exhaust the machine."""

    rows: int = Field(default=1_000_000, ge=1, le=50_000_000)
    """Rows in a file, header and blank rows included."""
    columns: int = Field(default=500, ge=1, le=16_384)
    """Cells in a row."""
    field_length: int = Field(default=32_767, ge=1, le=LONGEST_FIELD)
    """Characters in a cell; the default is what a spreadsheet's cell can hold."""
    row_length: int = Field(default=1_000_000, ge=1, le=10_000_000)
    """Characters in a row, marks and quotes included."""
    document_rows: int = Field(default=10_000, ge=1, le=1_000_000)
    """Rows in one document: what is held in memory at a time."""
    gathered_rows: int = Field(default=100_000, ge=1, le=1_000_000)
    """Rows in a file whose documents are gathered (grouping.scattered)."""
    documents: int = Field(default=200_000, ge=1, le=5_000_000)
    """Documents in a file: their keys are remembered to see one come back."""

    def narrowed(self, other: Limits) -> Limits:
        """The stricter of both, bound by bound."""
        names = type(self).model_fields
        return Limits(**{name: min(getattr(self, name), getattr(other, name)) for name in names})


class Header(_Part):
    """The row of column names."""

    present: bool = True
    """Whether the first row holds column names; if not, columns stand in the order of the layout."""
    order: Literal["any", "fixed"] = "any"
    """Whether the columns may come in any order, or only in that of the layout."""
    unexpected: Literal["keep", "refuse"] = "keep"
    """What to do with columns that the layout does not list: keep their values, or refuse the file."""


class Grouping(_Part):
    """Which rows form one document."""

    key: tuple[Name, ...] = ()
    """Columns whose values together tell the document of a row; empty: the whole file is one document."""
    scattered: Literal["refuse", "gather"] = "refuse"
    """When a key comes back after another: refuse the file, or gather its rows. To gather,
    up to limits.gathered_rows rows are held in memory."""
    repeat: Literal["every_row", "first_row"] = "every_row"
    """Whether the document's own values stand in each of its rows, or may be left empty after the first."""


class UsageMark(_Part):
    """How a file says that a document is only a test."""

    column: Name
    """Column that carries the mark."""
    values: tuple[Name, ...] = Field(min_length=1)
    """Values of the column that mean test, as written in the file."""


class Totals(_Part):
    """A row of totals at the end, to be left out of the documents."""

    column: Name
    """Column to look into."""
    starts_with: tuple[Name, ...] = Field(min_length=1)
    """Beginnings of the value that tell a row of totals, as written in the file: "Total"."""


class Column(_Part):
    """One column of the file."""

    name: Name
    """Name in the header row, exactly as the partner writes it; without a header row, any name."""
    field: FieldName | None = None
    """The canonical field that it fills; none: the value is kept unmapped."""
    type: ColumnType = ColumnType.TEXT
    """How the text of a cell is read."""
    required: bool = False
    """Whether an empty cell is a fault."""
    may_be_absent: bool = False
    """Whether the file may come without this column."""
    max_length: int | None = Field(default=None, ge=1, le=LONGEST_FIELD)
    """Most characters in a cell, blanks at both ends not counted if the layout trims."""
    max_decimals: int | None = Field(default=None, ge=0, le=12)
    """Most digits after the decimal mark (decimal, money)."""
    format: str | None = Field(default=None, min_length=1, max_length=20)
    """Format of a date or time, of the tokens YYYY, YY (20YY), MM, M, DD, D; HH, mm, ss."""
    codes: dict[Name, str] = Field(default_factory=dict)
    """Accepted codes as written in the file, each with ours (type code)."""
    default: str | None = None
    """What an empty cell stands for, written as in the file."""

    @property
    def of_line(self) -> bool:
        """True if the value may differ from row to row of one document."""
        return self.field is None or is_line_field(self.field)


class Layout(_Part):
    """How one kind of delimited file of one partner is read."""

    document: DocumentKind
    """What the rows become: order, ship_notice or invoice."""
    encoding: Encoding = "utf-8"
    """The file's encoding. It is law: a byte that does not fit refuses the file. utf-8 may come
    with or without its mark; utf-16 must bring its mark."""
    delimiter: Literal[",", ";", "|", "\t"] = ","
    """What separates cells."""
    quote: Literal['"', "'", ""] = '"'
    """What encloses a cell that holds separators or line ends, doubled inside; empty text: nothing does."""
    decimal_mark: Literal[".", ","] = "."
    """What separates whole and fraction in numbers."""
    thousands_mark: Literal[".", ",", " ", "'", ""] = ""
    """What may group the digits of a number by three; empty text: nothing may."""
    date_format: str = Field(default="YYYY-MM-DD", min_length=1, max_length=20)
    """Format of date columns that name none."""
    time_format: str = Field(default="HH:mm", min_length=1, max_length=20)
    """Format of time columns that name none."""
    trim: bool = True
    """Whether blanks at both ends of a cell are removed before it is read; the cell as sent is kept."""
    ragged: Literal["refuse", "pad"] = "refuse"
    """Rows with too few cells or with empty surplus ones: refuse them, or read the missing as
    empty. Surplus cells with text are always refused."""
    separator_line: Literal["refuse", "accept"] = "refuse"
    """A first line "sep=;" as spreadsheets write it: refuse the file, or accept it if it names
    our delimiter."""
    header: Header = Header()
    """The row of column names."""
    grouping: Grouping = Grouping()
    """Which rows form one document."""
    test: UsageMark | None = None
    """How a document is marked as a test; none: the channel says."""
    totals: Totals | None = None
    """Rows of totals to leave out; none: every row belongs to a document."""
    constants: dict[FieldName, str] = Field(default_factory=dict)
    """Values that the file does not carry, by canonical field, written as in the file: currency = "EUR"."""
    limits: Limits = Limits()
    """Bounds beyond which a file is refused."""
    columns: tuple[Column, ...] = Field(min_length=1, max_length=500)
    """The columns, in the order of the file where it has no header row."""

    def column(self, name: str) -> Column | None:
        """The column of that name in the file, or None."""
        return next((column for column in self.columns if column.name == name), None)

    def format_of(self, column: Column) -> str:
        """The date or time format of a column: its own or the layout's."""
        own = self.time_format if column.type is ColumnType.TIME else self.date_format
        return column.format or own


def load_layout(path: Path) -> Layout | tuple[Finding, ...]:
    """The layout in a TOML file, or everything that is wrong with it, never both.

    Each finding names the file, the line (Location.row) and the key (Location.column, dotted).
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as fault:
        return (found("CSV-001", file=path.name, reason=fault.strerror or "it cannot be read"),)
    except UnicodeDecodeError as fault:
        place = Location(byte_offset=fault.start)
        return (found("CSV-001", place, file=path.name, reason=f"byte {fault.start} is not UTF-8"),)
    return parse_layout(text, path.name)


def parse_layout(text: str, file: str) -> Layout | tuple[Finding, ...]:
    """As `load_layout`, from the text of the file; `file` is its name for the findings."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        return (found("CSV-002", file=file, reason=str(fault)),)
    try:
        layout = Layout.model_validate(table)
    except ValidationError as fault:
        return tuple(
            _refusal(text, file, error["type"], error["loc"], error["msg"]) for error in fault.errors()
        )
    faults = contradictions(layout)
    return tuple(_finding("CSV-005", text, file, path, reason) for path, reason in faults) or layout


def _refusal(text: str, file: str, kind: str, path: TomlPath, reason: str) -> Finding:
    if kind == "extra_forbidden":
        return _finding("CSV-003", text, file, path, reason)
    if kind == "missing":
        return _finding("CSV-004", text, file, path, reason)
    return _finding("CSV-005", text, file, path, reason)


def _finding(code: str, text: str, file: str, path: TomlPath, reason: str) -> Finding:
    place = Location(row=line_of(text, path), column=dotted(path))
    return found(code, place, file=file, reason=reason)
