"""What one row says: typed values, and every fault with its row, column and byte."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from parsers.catalogue import found, shown
from parsers.delimited.document import Cell, DelimitedDocument, Extra, Row
from parsers.delimited.fields import is_line_field
from parsers.delimited.header import Plan, Slot
from parsers.delimited.layout import Layout, Limits
from parsers.delimited.records import Record, cell_offset
from parsers.delimited.values import Value, Wrong, constant_reader, reader_of
from parsers.finding import Finding, Location

#: Beyond this a document's faults repeat themselves; one more finding says so.
MOST_FINDINGS = 200


def note(document: DelimitedDocument, finding: Finding) -> None:
    """Add a finding to a document, up to MOST_FINDINGS; the last one says that there are more."""
    count = len(document.findings)
    if count < MOST_FINDINGS:
        document.findings.append(finding)
    elif count == MOST_FINDINGS:
        document.findings.append(found("CSV-049", finding.location, expected=str(MOST_FINDINGS)))


@dataclass(frozen=True, slots=True)
class RowReader:
    """Reads rows of one file into the documents they belong to.

    constants: values of the layout by field. defaults: what an empty cell stands for, by column name.
    """

    layout: Layout
    plan: Plan
    limits: Limits
    constants: dict[str, Cell]
    defaults: dict[str, Value]

    @classmethod
    def of(cls, layout: Layout, plan: Plan, limits: Limits) -> RowReader:
        """The reader for a file with that plan."""
        constants = {name: constant_reader(layout, name)(text) for name, text in layout.constants.items()}
        columns = [column for column in layout.columns if column.default is not None]
        defaults = {column.name: reader_of(layout, column)(column.default or "") for column in columns}
        return cls(
            layout,
            plan,
            limits,
            {
                name: Cell("", "", value, 0)
                for name, value in constants.items()
                if not isinstance(value, Wrong)
            },
            {name: value for name, value in defaults.items() if not isinstance(value, Wrong)},
        )

    def add(self, document: DelimitedDocument, record: Record) -> None:
        """Add a row that fits the plan to its document, with what is wrong in it."""
        first = not document.rows
        if first:
            document.header.update((name, c) for name, c in self.constants.items() if not is_line_field(name))
        cells = {name: cell for name, cell in self.constants.items() if is_line_field(name)}
        extra: list[Extra] = []
        risky = "\0" in record.raw or len(record.raw) > self.limits.field_length
        texts = [*record.cells, *[""] * (len(self.plan.slots) - len(record.cells))]
        for slot, text in zip(self.plan.slots, texts, strict=False):
            if risky and (fault := self._unsafe(text)):
                note(document, found(fault, self._at(record, slot), value=text, expected=self._bound(fault)))
            elif not slot.field:
                self._keep(document, record, slot, text, extra)
            elif slot.of_line:
                self._fill(document, record, slot, text, cells, extra)
            elif first:
                document.header_texts[slot.field] = text
                self._fill(document, record, slot, text, document.header, extra)
            else:
                self._compare(document, record, slot, text)
        self._mark_test(document, record)
        document.rows.append(Row(record.number, record.offset, cells, tuple(extra)))

    def _at(self, record: Record, slot: Slot) -> Location:
        offset = cell_offset(record, slot.index, self.layout)
        return Location(row=record.number, column=shown(slot.name), byte_offset=offset)

    def _trimmed(self, text: str) -> str:
        return text.strip() if self.layout.trim else text

    def _unsafe(self, text: str) -> str:
        """The code of what no cell may hold, whatever its type; "" if it is fine."""
        if "\0" in text:
            return "CSV-066"
        return "CSV-068" if len(text) > self.limits.field_length else ""

    def _bound(self, code: str) -> str:
        return "text" if code == "CSV-066" else f"at most {self.limits.field_length} characters"

    def _keep(
        self, document: DelimitedDocument, record: Record, slot: Slot, text: str, extra: list[Extra]
    ) -> None:
        """Keep a value without a field, once its column's own rules have been checked."""
        self._value(document, record, slot, text)
        if text.strip():
            extra.append(Extra(slot.name, text, record.number))

    def _fill(
        self,
        document: DelimitedDocument,
        record: Record,
        slot: Slot,
        text: str,
        cells: dict[str, Cell],
        extra: list[Extra],
    ) -> None:
        """Put a value into its field; a text that is none of its type is kept as an extra value."""
        value = self._value(document, record, slot, text)
        if value is not None:
            cells[slot.field] = Cell(slot.name, text, value, record.number)
        elif text.strip():
            extra.append(Extra(slot.name, text, record.number))

    def _value(self, document: DelimitedDocument, record: Record, slot: Slot, text: str) -> Value | None:
        """The value of a cell; None if it is empty or wrong, the latter with a finding."""
        trimmed, column = self._trimmed(text), slot.column
        if column is None or slot.read is None:
            return trimmed
        if not trimmed:
            if column.required and column.name not in self.defaults:
                note(document, found("CSV-080", self._at(record, slot), expected="a value"))
            return self.defaults.get(column.name)
        if column.max_length is not None and len(trimmed) > column.max_length:
            expected = f"at most {column.max_length} characters"
            note(document, found("CSV-081", self._at(record, slot), value=trimmed, expected=expected))
            return None
        value = slot.read(trimmed)
        if isinstance(value, Wrong):
            place = self._at(record, slot)
            fault = found(value.code, place, value=trimmed, expected=value.expected, cause=value.cause)
            note(document, fault)
            return None
        return value

    def _compare(self, document: DelimitedDocument, record: Record, slot: Slot, text: str) -> None:
        """A value of the document as a whole must be the same in all its rows."""
        first = document.header_texts.get(slot.field, "")
        if first == text:
            return
        before, now = (unicodedata.normalize("NFC", self._trimmed(one)) for one in (first, text))
        if now == before or (not now and self.layout.grouping.repeat == "first_row"):
            return
        expected = f"{shown(before) or 'nothing'} as in row {document.first_row}"
        note(document, found("CSV-065", self._at(record, slot), value=now, expected=expected))

    def _mark_test(self, document: DelimitedDocument, record: Record) -> None:
        if self.layout.test is None or self.plan.test is None or self.plan.test >= len(record.cells):
            return
        marked = self._trimmed(record.cells[self.plan.test]) in self.layout.test.values
        document.test = bool(document.test) or marked
