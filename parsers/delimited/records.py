"""Lines to rows of cells, by the layout's delimiter and quote, with the place of every cell."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from parsers.catalogue import found
from parsers.delimited.layout import Layout, Limits
from parsers.delimited.text import FileFault, Line, byte_size
from parsers.finding import Finding, Location


@dataclass(frozen=True, slots=True)
class Record:
    """One row of the file.

    number: as a spreadsheet counts, from 1: a row with line ends inside quotes counts once, a
        blank row counts, a "sep=" line does not.
    cells: texts as sent, quotes taken off; empty for a blank line.
    raw: the row as sent, its end included. lines: how many lines of text it spans.
    fault: "" or the catalogue code of what made the row unreadable; cells are then
        those of a plain split and only fit to look for a key.
    """

    number: int
    offset: int
    size: int
    cells: list[str]
    raw: str
    lines: int = 1
    fault: str = ""

    @property
    def blank(self) -> bool:
        """True if no cell holds anything but blanks."""
        return not self.fault and not any(cell.strip() for cell in self.cells)


@dataclass(slots=True)
class _Feed:
    """Hands lines to the csv module and keeps those of the row it is at."""

    lines: Iterator[Line]
    longest: int
    taken: list[Line] = field(default_factory=list)
    length: int = 0
    ended: bool = False

    def __iter__(self) -> Iterator[str]:
        for line in self.lines:
            self.taken.append(line)
            self.length += len(line.text)
            if self.length > self.longest:
                place = Location(byte_offset=self.taken[0].offset)
                raise FileFault(found("CSV-044", place, expected=f"at most {self.longest} characters"))
            yield line.text
        self.ended = True

    def next_row(self) -> None:
        self.taken = []
        self.length = 0


def read_records(lines: Iterable[Line], layout: Layout, limits: Limits) -> Iterator[Record]:
    """The rows of a file, blank ones included.

    Raises FileFault where a quote is not closed in its row, since any number of rows may
    then be hidden in one cell, and for a row or a file beyond `limits`.
    """
    feed = _Feed(iter(lines), limits.row_length)
    reader = csv.reader(
        iter(feed),
        delimiter=layout.delimiter,
        quotechar=layout.quote or None,
        quoting=csv.QUOTE_MINIMAL if layout.quote else csv.QUOTE_NONE,
        strict=True,
    )
    number = 0
    while True:
        feed.next_row()
        cells, fault = _next_cells(reader)
        if not feed.taken:
            return
        number += 1
        if number > limits.rows:
            raise FileFault(found("CSV-042", Location(row=number), expected=f"at most {limits.rows} rows"))
        record = _record(number, feed, cells, fault, layout.delimiter)
        if fault and (feed.ended or record.lines > 1):
            raise FileFault(unclosed_quote(record))
        yield record


def _next_cells(reader: Iterator[list[str]]) -> tuple[list[str], str]:
    try:
        return next(reader, []), ""
    except csv.Error as fault:
        too_large = str(fault).startswith("field larger")
        return [], "CSV-067" if too_large else "CSV-062"


def _record(number: int, feed: _Feed, cells: list[str], fault: str, delimiter: str) -> Record:
    first, last = feed.taken[0], feed.taken[-1]
    raw = "".join(line.text for line in feed.taken)
    return Record(
        number=number,
        offset=first.offset,
        size=last.offset + last.size - first.offset,
        cells=raw.rstrip("\r\n").split(delimiter) if fault else cells,
        raw=raw,
        lines=len(feed.taken),
        fault=fault,
    )


def unclosed_quote(record: Record) -> Finding:
    """The finding that a quote opened in `record` has no end in its row."""
    return found("CSV-043", Location(row=record.number, byte_offset=record.offset), lines=record.lines)


def cell_offset(record: Record, index: int, layout: Layout) -> int:
    """Byte offset of the cell at `index` (from 0), its quote included."""
    start, quoted = 0, False
    for place, character in enumerate(record.raw):
        if index == 0:
            break
        if layout.quote and character == layout.quote:
            quoted = not quoted
        elif character == layout.delimiter and not quoted:
            index -= 1
            start = place + 1
    return record.offset + byte_size(record.raw[:start], layout.encoding)
