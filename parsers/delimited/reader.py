"""Bytes of a delimited file in, documents out, by a layout and without guessing.

How the reading layer uses it: a delimited file is one interchange with one group. `read` gives
its documents in the order of the file (gathered ones: at the end), and between them findings
of level file. Such a finding that is an error refuses the file as a whole, also the documents
given before it: nothing may be delivered before the iterator has ended. After a fault that
leaves the rest unreadable (a bad byte, a quote without end, a key that comes back, a bound)
that finding is the last thing given, and the document being read is not. The documents of a
file are all tests or all not (`DelimitedDocument.test`), so that the first one tells.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from parsers.catalogue import found
from parsers.delimited.assembly import Assembler
from parsers.delimited.document import DelimitedDocument
from parsers.delimited.header import Plan, plan_of_header, plan_without_header
from parsers.delimited.layout import Layout, Limits
from parsers.delimited.records import Record, read_records
from parsers.delimited.rows import RowReader
from parsers.delimited.text import FileFault, Line, read_lines
from parsers.finding import Finding, Location

DelimitedEvent = DelimitedDocument | Finding

_SEPARATOR_LINE = "sep="


def read(stream: BinaryIO, layout: Layout, limits: Limits | None = None) -> Iterator[DelimitedEvent]:
    """The documents of a delimited file, and the findings that concern the file as a whole.

    stream: read to its end in chunks; memory holds one document at a time, or the file
        where the layout gathers scattered rows. limits: bounds of the house; the stricter of
        these and the layout's hold. Never raises for what the bytes are.
    """
    bounds = layout.limits.narrowed(limits) if limits else layout.limits
    try:
        lines = _without_separator_line(read_lines(stream, layout.encoding, bounds.row_length), layout)
        yield from _events(read_records(lines, layout, bounds), layout, bounds)
    except FileFault as fault:
        yield fault.finding


def _without_separator_line(lines: Iterator[Line], layout: Layout) -> Iterator[Line]:
    """The lines after a spreadsheet's "sep=;", if the layout accepts it and it names our delimiter."""
    for number, line in enumerate(lines):
        text = line.text.rstrip("\r\n")
        if number == 0 and text[:4].lower() == _SEPARATOR_LINE and len(text) <= len(_SEPARATOR_LINE) + 1:
            _check_separator_line(text, layout)
        else:
            yield line


def _check_separator_line(text: str, layout: Layout) -> None:
    place = Location(row=1)
    if layout.separator_line == "refuse":
        raise FileFault(found("CSV-040", place, value=text, expected="the rows themselves"))
    named = text[len(_SEPARATOR_LINE) :]
    if named != layout.delimiter:
        raise FileFault(found("CSV-041", place, value=text, expected=f"sep={layout.delimiter}"))


def _events(records: Iterator[Record], layout: Layout, limits: Limits) -> Iterator[DelimitedEvent]:
    filled = (record for record in records if not record.blank)
    if not layout.header.present:
        yield from _body(filled, layout, plan_without_header(layout), limits)
        return
    header = next(filled, None)
    if header is None:
        yield found("CSV-030")
        return
    plan, findings = _header(layout, header, limits)
    yield from findings
    if plan is not None:
        yield from _body(filled, layout, plan, limits)


def _header(layout: Layout, record: Record, limits: Limits) -> tuple[Plan | None, list[Finding]]:
    place = Location(row=record.number, byte_offset=record.offset)
    if record.fault:
        return None, [found("CSV-050", place)]
    if len(record.cells) > limits.columns:
        return None, [
            found("CSV-051", place, value=str(len(record.cells)), expected=f"at most {limits.columns}")
        ]
    return plan_of_header(layout, record)


def _body(rows: Iterator[Record], layout: Layout, plan: Plan, limits: Limits) -> Iterator[DelimitedEvent]:
    assembler = Assembler(layout, plan, limits, RowReader.of(layout, plan, limits))
    usages, count = _Usages(), 0
    for record in rows:
        if not _is_totals(record, layout, plan):
            count += 1
            yield from usages.checked(assembler.take(record))
    if count == 0:
        yield found("CSV-031" if layout.header.present else "CSV-030")
    yield from usages.checked(assembler.finish())


@dataclass(slots=True)
class _Usages:
    """Holds a file to one usage, so that what is a test can be told before anything of it goes on."""

    test: bool | None = None

    def checked(self, events: Iterator[DelimitedEvent]) -> Iterator[DelimitedEvent]:
        """The same events; raises FileFault at a document of another usage than those before."""
        for event in events:
            if isinstance(event, DelimitedDocument):
                if self.test is not None and event.test != self.test:
                    raise FileFault(_mixed(event))
                self.test = event.test
            yield event


def _mixed(document: DelimitedDocument) -> Finding:
    marks = ("test", "production") if document.test else ("production", "test")
    place = Location(row=document.first_row, byte_offset=document.offset)
    return found("CSV-052", place, value=marks[0], expected=marks[1])


def _is_totals(record: Record, layout: Layout, plan: Plan) -> bool:
    if layout.totals is None or plan.totals is None or plan.totals >= len(record.cells):
        return False
    return record.cells[plan.totals].strip().startswith(layout.totals.starts_with)
