"""Which cell of a row belongs to which column, from the header row or from the layout alone."""

from __future__ import annotations

import difflib
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from parsers.catalogue import found, shown
from parsers.delimited.layout import Column, Layout
from parsers.delimited.records import Record, cell_offset
from parsers.delimited.values import Reader, reader_of
from parsers.finding import Finding, Location


@dataclass(frozen=True, slots=True)
class Slot:
    """One column as it stands in this file.

    column: None if the layout does not list it. field: canonical field, "" for none.
    of_line: True if the field may differ from row to row of one document.
    """

    index: int
    name: str
    column: Column | None
    read: Reader | None
    field: str
    of_line: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """How the rows of this file are cut into columns.

    key: positions of the grouping columns, in the layout's order.
    test, totals: positions of the columns that the layout looks into, None if absent.
    """

    slots: tuple[Slot, ...]
    key: tuple[int, ...]
    test: int | None
    totals: int | None

    @property
    def key_leads(self) -> bool:
        """True if nothing stands before the grouping columns.

        A row that breaks further on then still says truly which document it belongs to.
        """
        return sorted(self.key) == list(range(len(self.key)))


def plan_without_header(layout: Layout) -> Plan:
    """The plan of a file without a header row: the columns as the layout lists them."""
    return _plan(layout, [column.name for column in layout.columns])


def plan_of_header(layout: Layout, record: Record) -> tuple[Plan | None, list[Finding]]:
    """The plan that a header row gives, and what is wrong with the row; no plan if there is an error."""
    names = [_named(cell, index) for index, cell in enumerate(record.cells)]
    findings = _faults(layout, record, names)
    if any(finding.is_error for finding in findings):
        return None, findings
    return _plan(layout, names), findings


def _named(cell: str, index: int) -> str:
    return unicodedata.normalize("NFC", cell.strip()) or f"column {index + 1}"


def _plan(layout: Layout, names: Sequence[str]) -> Plan:
    slots = tuple(_slot(layout, index, name) for index, name in enumerate(names))
    places = {slot.name: slot.index for slot in slots if slot.column is not None}
    return Plan(
        slots=slots,
        key=tuple(places[name] for name in layout.grouping.key),
        test=places.get(layout.test.column) if layout.test else None,
        totals=places.get(layout.totals.column) if layout.totals else None,
    )


def _slot(layout: Layout, index: int, name: str) -> Slot:
    column = layout.column(name)
    if column is None:
        return Slot(index, name, None, None, "", of_line=True)
    return Slot(index, name, column, reader_of(layout, column), column.field or "", of_line=column.of_line)


def _faults(layout: Layout, record: Record, names: list[str]) -> list[Finding]:
    """Everything wrong with a header row; a wrong delimiter is named alone, for it explains the rest."""
    absent = [column for column in layout.columns if column.name not in names]
    missing = [column for column in absent if not column.may_be_absent]
    if missing and (other := _other_delimiter(layout, record)):
        place = Location(row=record.number, byte_offset=record.offset)
        return [found("CSV-048", place, value=other, expected=_spelled(layout.delimiter))]
    unlisted = [name for name in names if layout.column(name) is None]
    return [
        *[_missing(record, column, unlisted) for column in missing],
        *_repeated(layout, record, names),
        *([] if missing else _misplaced(layout, record, names)),
        *([] if missing else _unexpected(layout, record, names)),
    ]


def _other_delimiter(layout: Layout, record: Record) -> str | None:
    """The separator that a header row in a single cell seems to use instead of ours."""
    if len(record.cells) != 1:
        return None
    others = [mark for mark in (";", ",", "\t", "|") if mark != layout.delimiter and mark in record.raw]
    return _spelled(others[0]) if others else None


def _spelled(mark: str) -> str:
    return "tab" if mark == "\t" else mark


def _missing(record: Record, column: Column, unlisted: list[str]) -> Finding:
    place = Location(row=record.number, column=column.name, byte_offset=record.offset)
    near = difflib.get_close_matches(column.name, unlisted, n=1, cutoff=0.5)
    hint = f"; perhaps it was renamed to {shown(near[0])}" if near else ""
    return found("CSV-035", place, value=near[0] if near else None, expected=column.name, hint=hint)


def _repeated(layout: Layout, record: Record, names: list[str]) -> list[Finding]:
    """A name that stands twice is a fault only where the layout must choose between the two."""
    twice = [name for name, count in Counter(names).items() if count > 1 and layout.column(name)]
    return [
        found("CSV-036", _place(layout, record, names, name), value=name, expected="once") for name in twice
    ]


def _misplaced(layout: Layout, record: Record, names: list[str]) -> list[Finding]:
    if layout.header.order == "any":
        return []
    ours = [column.name for column in layout.columns if column.name in names]
    theirs = [name for name in names if layout.column(name)]
    wrong = next((pair for pair in zip(ours, theirs, strict=False) if pair[0] != pair[1]), None)
    if wrong is None:
        return []
    return [found("CSV-037", _place(layout, record, names, wrong[1]), value=wrong[1], expected=wrong[0])]


def _unexpected(layout: Layout, record: Record, names: list[str]) -> list[Finding]:
    code = "CSV-038" if layout.header.unexpected == "keep" else "CSV-039"
    unlisted = [name for name in dict.fromkeys(names) if layout.column(name) is None]
    return [found(code, _place(layout, record, names, name), value=name) for name in unlisted]


def _place(layout: Layout, record: Record, names: list[str], name: str) -> Location:
    offset = cell_offset(record, names.index(name), layout)
    return Location(row=record.number, column=shown(name), byte_offset=offset)
