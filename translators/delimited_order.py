"""The purchase order of a delimited file to the canonical order: one row, one line."""

from __future__ import annotations

from parsers.delimited.document import DelimitedDocument
from translators.canonical.commerce import Subtotals
from translators.canonical.order import Order, OrderLine
from translators.delimited_cells import ORIGINAL, Cells, all_unmapped, source_of, usage_of
from translators.delimited_details import (
    computed_totals,
    details,
    header_cells,
    line,
    line_cells,
    terms_of_carriage,
    total_notes,
)
from translators.translation import Translation
from translators.x12_keys import keys_of

_DATES = {
    "requested_delivery_date": "002",
    "requested_ship_date": "010",
    "cancel_after_date": "001",
}
_LINE_DATES = {"line.requested_delivery_date": "002", "line.requested_ship_date": "010"}


def read(document: DelimitedDocument, layout: str, usage: str) -> Translation:
    """The order, as far as its cells could be read. Never raises.

    layout: name of the layout that read it. usage: of the channel, "production" or "test".
    """
    header = header_cells(document)
    purpose = header.ours("purpose")
    rows = [line_cells(row, header.currency) for row in document.rows]
    order = _order(document, header, rows, layout, usage)
    computed = order.computed or Subtotals()
    return Translation(
        document=order,
        findings=tuple(total_notes(header, order.declared, computed)),
        keys=keys_of(
            ("purchase_order", order.number),
            ("contract", order.contract),
            references=[order.references, *(one.references for one in order.lines)],
        ),
        number=order.number or "",
        original=purpose in (None, ORIGINAL),
        purpose=order.purpose,
    )


def _order(document: DelimitedDocument, header: Cells, rows: list[Cells], layout: str, usage: str) -> Order:
    fields = {**details(header, _DATES), **terms_of_carriage(header)}
    lines = tuple(OrderLine(**line(cells, place, _LINE_DATES)) for place, cells in enumerate(rows, start=1))
    amount, quantity = header.money("total_amount"), header.number("total_quantity")
    told = amount is not None or quantity is not None
    return Order(
        **fields,
        source=source_of(document, layout),
        usage=usage_of(document, usage),
        purpose=header.code("purpose", "353"),
        number=header.text("number"),
        type=header.code("type", "92"),
        release=header.text("release"),
        date=header.date("date"),
        contract=header.text("contract"),
        lines=lines,
        declared=Subtotals(amount=amount, quantity=quantity) if told else None,
        computed=computed_totals(lines, fields, header.currency),
        unmapped=all_unmapped(document, [header, *rows]),
    )
