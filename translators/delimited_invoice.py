"""The invoice of a delimited file to the canonical invoice: one row, one line."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from parsers.catalogue import found
from parsers.delimited.document import DelimitedDocument
from parsers.finding import Finding
from translators import totals
from translators.canonical.commerce import Subtotals
from translators.canonical.invoice import Invoice, InvoiceLine, InvoiceTotals
from translators.canonical.meanings import coded
from translators.canonical.values import Money, Reference
from translators.delimited_cells import ORIGINAL, Cells, all_unmapped, source_of, usage_of
from translators.delimited_details import (
    computed_totals,
    details,
    freight_charge,
    header_cells,
    line,
    line_cells,
    taxes,
    total_notes,
)
from translators.translation import Translation
from translators.x12_keys import keys_of

#: Types of invoice (our codes, element 640) that give money back, and all that say who owes whom.
_CREDITS = frozenset({"CR", "CN"})
_KNOWN = _CREDITS | {"CI", "DI", "DR", "FB", "FD", "ME", "PR", "RG", "SA"}
_DATES = {"ship_date": "011"}


def read(document: DelimitedDocument, layout: str, usage: str) -> Translation:
    """The invoice, as far as its cells could be read. Never raises.

    layout: name of the layout that read it. usage: of the channel, "production" or "test".
    """
    header = header_cells(document)
    purpose, kind = header.ours("purpose"), header.ours("type")
    rows = [line_cells(row, header.currency) for row in document.rows]
    invoice = _invoice(document, header, rows, layout, usage)
    return Translation(
        document=invoice,
        findings=(*_unknown_type(header, kind), *_total_notes(header, invoice)),
        keys=keys_of(
            ("invoice", invoice.number),
            ("purchase_order", invoice.order_number),
            *(("purchase_order", one.order_number) for one in invoice.lines),
            ("original_invoice", invoice.original_invoice),
            references=[invoice.references, *(one.references for one in invoice.lines)],
        ),
        number=invoice.number or "",
        original=purpose in (None, ORIGINAL),
        purpose=invoice.purpose,
    )


def _invoice(
    document: DelimitedDocument, header: Cells, rows: list[Cells], layout: str, usage: str
) -> Invoice:
    kind, total = header.ours("type"), header.money("total_amount")
    fields = {**details(header, _DATES), "taxes": taxes(header, ""), "charges": freight_charge(header)}
    fields["references"] = (*fields["references"], *_shipment(header))
    lines = tuple(_line(cells, place) for place, cells in enumerate(rows, start=1))
    return Invoice(
        **fields,
        **_owed(kind, total),
        source=source_of(document, layout),
        usage=usage_of(document, usage),
        purpose=header.code("purpose", "353"),
        number=header.text("number"),
        date=header.date("date"),
        type=header.code("type", "640"),
        order_number=header.text("order_number"),
        order_date=header.date("order_date"),
        release=header.text("order_release"),
        original_invoice=header.text("original_invoice"),
        totals=InvoiceTotals(total=total),
        lines=lines,
        declared=Subtotals(amount=total) if total else None,
        computed=computed_totals(lines, fields, header.currency),
        unmapped=all_unmapped(document, [header, *rows]),
    )


def _line(cells: Cells, ordinal: int) -> InvoiceLine:
    fields = line(cells, ordinal, {})
    order_line = cells.text("line.order_line")
    if order_line:
        reference = Reference(qualifier=coded("128", "LI"), value=order_line, origin=cells.origin)
        fields["references"] = (*fields["references"], reference)
    return InvoiceLine(**fields, taxes=taxes(cells, "line."), order_number=cells.text("line.order_number"))


def _shipment(header: Cells) -> tuple[Reference, ...]:
    number = header.text("shipment_number")
    qualifier = coded("128", "SI")
    return (Reference(qualifier=qualifier, value=number, origin=header.origin),) if number else ()


def _owed(kind: str | None, total: Money | None) -> dict[str, Any]:
    """Direction, sign and payable; nothing where the type does not say who owes whom."""
    if kind is not None and kind not in _KNOWN:
        return {}
    credit = kind in _CREDITS
    sign = -1 if credit and (total is None or total.amount >= 0) else 1
    payable = Money(totals.EXACT.multiply(total.amount, Decimal(sign)), total.currency) if total else None
    return {"direction": "credit" if credit else "payable", "sign": sign, "payable": payable}


def _unknown_type(header: Cells, kind: str | None) -> tuple[Finding, ...]:
    """A type that does not say who owes whom makes the invoice wait for a person."""
    if kind is None or kind in _KNOWN:
        return ()
    return (found("CSV-120", header.place("type"), value=kind),)


def _total_notes(header: Cells, invoice: Invoice) -> tuple[Finding, ...]:
    return tuple(total_notes(header, invoice.declared, invoice.computed or Subtotals()))
