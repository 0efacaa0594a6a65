"""The values of a delimited document, taken field by field, so that what nobody took is known."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from parsers.delimited.document import Cell, DelimitedDocument, Extra, Row
from parsers.finding import Location
from translators.canonical.document import Source
from translators.canonical.meanings import coded
from translators.canonical.values import Code, Money, Quantity, Unmapped

#: Our code for the purpose of an original document (element 353).
ORIGINAL = "00"


class Cells:
    """Some fields of a document: its header, or one row's line.

    A field that is absent, empty, or was found wrong by the reader gives None. currency: of amounts.
    """

    def __init__(self, cells: Mapping[str, Cell], origin: str, currency: str | None = None) -> None:
        self._cells = cells
        self._taken: set[str] = set()
        self.origin = origin
        self.currency = currency

    def _take(self, field: str) -> Cell | None:
        self._taken.add(field)
        return self._cells.get(field)

    def text(self, field: str) -> str | None:
        """The field as text: as sent without blanks at its ends, or ours for a code.

        A code that is replaced by ours is kept unmapped, since a text has no room for both.
        """
        cell = self._cells.get(field)
        if cell is None:
            return None
        sent = cell.text.strip()
        value = cell.value if isinstance(cell.value, str) else sent or str(cell.value)
        if sent in ("", value.strip()):
            self._taken.add(field)
        return value

    def number(self, field: str) -> Decimal | None:
        """The field as an exact number."""
        cell = self._take(field)
        if cell is None or not isinstance(cell.value, int | Decimal):
            return None
        return Decimal(cell.value)

    def whole(self, field: str) -> int | None:
        """The field of type integer."""
        cell = self._take(field)
        return cell.value if cell is not None and isinstance(cell.value, int) else None

    def money(self, field: str) -> Money | None:
        """The field as an amount in the document's currency."""
        amount = self.number(field)
        return None if amount is None else Money(amount, self.currency)

    def date(self, field: str) -> datetime.date | None:
        """The field as a date."""
        cell = self._take(field)
        return cell.value if cell is not None and isinstance(cell.value, datetime.date) else None

    def time(self, field: str) -> datetime.time | None:
        """The field as a time of day, in a zone that the file does not name."""
        cell = self._take(field)
        return cell.value if cell is not None and isinstance(cell.value, datetime.time) else None

    def code(self, field: str, element: str) -> Code | None:
        """The sender's code, with our word for what the layout maps it to (a code of X12 `element`)."""
        cell = self._take(field)
        if cell is None:
            return None
        ours = str(cell.value)
        sent = cell.text.strip() or ours
        return Code(sent, coded(element, ours).meaning or (ours if ours != sent else None))

    def ours(self, field: str) -> str | None:
        """Our code of a coded field, as the layout maps it; the field counts as not taken."""
        cell = self._cells.get(field)
        return None if cell is None else str(cell.value)

    def quantity(self, field: str, unit_field: str) -> Quantity | None:
        """A number with the unit that stands in another field."""
        value, unit = self.number(field), self.code(unit_field, "355")
        return None if value is None else Quantity(value, unit)

    def starting_with(self, prefix: str) -> list[str]:
        """The fields present whose names begin so."""
        return [field for field in self._cells if field.startswith(prefix)]

    def place(self, field: str) -> Location:
        """Where a field stands."""
        cell = self._cells[field]
        return Location(row=cell.row, column=cell.column)

    def left(self) -> Iterator[Unmapped]:
        """What was sent and not taken."""
        for field, cell in self._cells.items():
            if field not in self._taken and cell.row:
                yield unmapped(Extra(cell.column, cell.text, cell.row))


def unmapped(extra: Extra) -> Unmapped:
    """A value that fills no canonical field, with its place: "row 7/column Colour"."""
    return Unmapped(f"row {extra.row}/column {extra.column}", extra.text)


def row_origin(row: Row) -> str:
    """The origin of a value that a row gives: "row 7"."""
    return f"row {row.number}"


def all_unmapped(document: DelimitedDocument, taken: Iterable[Cells]) -> tuple[Unmapped, ...]:
    """Everything in the document that no field of ours holds, in the order of its rows."""
    values = [
        *(one for cells in taken for one in cells.left()),
        *(unmapped(extra) for row in document.rows for extra in row.extra),
    ]
    return tuple(sorted(values, key=lambda value: int(value.path.split("/", 1)[0].removeprefix("row "))))


def source_of(document: DelimitedDocument, layout: str) -> Source:
    """Where the document stands in its file."""
    return Source(
        standard="csv",
        set=layout,
        ordinal=document.ordinal,
        offset=document.offset,
        size=document.size,
        first_row=document.first_row,
        last_row=document.last_row,
    )


def usage_of(document: DelimitedDocument, channel_usage: str) -> str:
    """ "test" if the file or its channel says so, otherwise what the channel says."""
    return "test" if document.test else channel_usage
