"""Rows to documents: which document a row belongs to, what it says, and what is wrong with it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from parsers.catalogue import found
from parsers.delimited.document import Cell, DelimitedDocument
from parsers.delimited.fields import ColumnType
from parsers.delimited.header import Plan
from parsers.delimited.layout import Layout, Limits
from parsers.delimited.records import Record, unclosed_quote
from parsers.delimited.rows import RowReader, note
from parsers.delimited.text import FileFault
from parsers.finding import Finding, Location

Key = tuple[str, ...]


@dataclass(slots=True)
class Assembler:
    """Takes the rows of one file in order and gives its documents, each once it is complete.

    A row whose document cannot be told for certain (its key is missing, or it is broken before
    its key) fells the documents on both sides of it: an order rejected is better than an order
    delivered short of a line.
    """

    layout: Layout
    plan: Plan
    limits: Limits
    rows: RowReader
    _current: DelimitedDocument | None = None
    _known: dict[Key, DelimitedDocument | None] = field(default_factory=dict)
    _adrift: list[tuple[Key | None, Finding]] = field(default_factory=list)
    _taken: int = 0

    def take(self, record: Record) -> Iterator[DelimitedDocument]:
        """Add one row that is neither blank nor totals; gives the document that it completes, if any."""
        fault = self._misfit(record)
        key = self._key(record)
        if fault is None and key is None:
            fault = found("CSV-063", self._at(record), expected=", ".join(self.layout.grouping.key))
        if fault is not None and not self._placeable(key):
            self._adrift.append((key, fault))
            return
        document, complete = self._turn_to(key or (), record)
        if complete is not None:
            yield complete
        document.last_row = record.number
        document.size = record.offset + record.size - document.offset
        if fault is None:
            self._check_size(document, record)
            self.rows.add(document, record)
        else:
            note(document, fault)

    def finish(self) -> Iterator[DelimitedDocument | Finding]:
        """What is left at the end of the file: the last document, or all that were gathered."""
        last = self._current
        for _, fault in self._adrift:
            if last is None:
                yield fault
            else:
                note(last, fault)
        if self._gathers:
            yield from (document for document in self._known.values() if document is not None)
        elif last is not None:
            yield last

    @property
    def _gathers(self) -> bool:
        return self.layout.grouping.scattered == "gather"

    def _at(self, record: Record) -> Location:
        return Location(row=record.number, byte_offset=record.offset)

    def _misfit(self, record: Record) -> Finding | None:
        """What makes the row as a whole unusable; None if its cells fall into the columns."""
        if record.fault:
            return found(record.fault, self._at(record), expected=self._bound(record.fault))
        count, expected = len(record.cells), len(self.plan.slots)
        padded = self.layout.ragged == "pad"
        short = count < expected and not padded
        long = count > expected and not (padded and not any(cell.strip() for cell in record.cells[expected:]))
        if not short and not long:
            return None
        if record.lines > 1:
            raise FileFault(unclosed_quote(record))
        code = "CSV-060" if short else "CSV-061"
        return found(code, self._at(record), value=str(count), expected=f"{expected} cells")

    def _bound(self, code: str) -> str:
        if code == "CSV-067":
            return f"at most {self.limits.field_length} characters"
        return f"{self.layout.quote} only around a whole cell, doubled inside"

    def _key(self, record: Record) -> Key | None:
        """The key of a row, None if it cannot be read."""
        texts = [record.cells[place].strip() if place < len(record.cells) else "" for place in self.plan.key]
        if all(texts):
            return tuple(unicodedata.normalize("NFC", text) for text in texts)
        goes_on = self.layout.grouping.repeat == "first_row" and not any(texts) and not record.fault
        return self._current.key if goes_on and self._current is not None else None

    def _placeable(self, key: Key | None) -> bool:
        """True if a broken row's key can be trusted."""
        if key is None:
            return False
        return self.plan.key_leads or (self._current is not None and self._current.key == key)

    def _turn_to(self, key: Key, record: Record) -> tuple[DelimitedDocument, DelimitedDocument | None]:
        """Make the document of `key` the current one; gives it, and the one before if that is complete."""
        before = self._current
        if before is not None and before.key == key:
            self._settle(before, None)
            return before, None
        self._current = document = self._document(key, record)
        self._settle(before, document)
        if before is None or self._gathers:
            return document, None
        self._known[before.key] = None
        return document, before

    def _settle(self, before: DelimitedDocument | None, after: DelimitedDocument | None) -> None:
        """Charge the rows adrift to their neighbours; to the one after alone if their key says so."""
        for key, fault in self._adrift:
            if after is not None:
                note(after, fault)
            if before is not None and (after is None or key != after.key):
                note(before, fault)
        self._adrift.clear()

    def _document(self, key: Key, record: Record) -> DelimitedDocument:
        if key in self._known:
            known = self._known[key]
            if known is None:
                raise FileFault(found("CSV-045", self._at(record), value=" / ".join(key)))
            return known
        if len(self._known) >= self.limits.documents:
            raise FileFault(found("CSV-046", self._at(record), expected=f"at most {self.limits.documents}"))
        document = DelimitedDocument(
            kind=self.layout.document,
            key=key,
            ordinal=len(self._known) + 1,
            first_row=record.number,
            offset=record.offset,
            test=None if self.plan.test is None else False,
        )
        document.header.update(self._named(key, record))
        self._known[key] = document
        return document

    def _named(self, key: Key, record: Record) -> Iterator[tuple[str, Cell]]:
        """What the key alone says of a document, so that one whose rows are all broken has its number."""
        for name, text in zip(self.layout.grouping.key, key, strict=True):
            column = self.layout.column(name)
            if column and column.field and column.type is ColumnType.TEXT and not column.of_line:
                yield column.field, Cell(name, text, text, record.number)

    def _check_size(self, document: DelimitedDocument, record: Record) -> None:
        self._taken += 1
        count, bound = len(document.rows) + 1, self.limits.document_rows
        if self._gathers:
            count, bound = self._taken, self.limits.gathered_rows
        if count > bound:
            raise FileFault(found("CSV-047", self._at(record), expected=f"at most {bound} rows"))
