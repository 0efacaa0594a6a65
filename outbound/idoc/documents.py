"""Orders and invoices as the segments of ORDERS05 and INVOIC02."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from outbound.idoc.parts import (
    charges,
    dates,
    line_fields,
    notes,
    parties,
    product_numbers,
    taxes,
    times,
)
from outbound.idoc.tree import Node, node
from outbound.idoc.values import Setting, Values, day, decimal, items, number, text

ONE = Decimal(1)


def order(document: Values, setting: Setting) -> Iterator[Node]:
    """The segments of an order after the control record."""
    basic = "ORDERS05"
    own = text(document, "number")
    yield node(basic, "E1EDK01", {"CURCY": text(document, "currency", "code"), "BELNR": own})
    if day(document, "date"):
        yield node(basic, "E1EDK03", {"IDDAT": "012", "DATUM": day(document, "date")})
    yield from dates(basic, "E1EDK03", document)
    yield from taxes(basic, "E1EDK04", document, setting, ONE)
    yield from charges(basic, "E1EDK05", document, setting, ONE)
    yield from parties(basic, document, setting)
    yield node(basic, "E1EDK02", {"QUALF": "001", "BELNR": own, "DATUM": day(document, "date")})
    yield from notes(basic, document, setting)
    for line in items(document, "lines"):
        yield _order_line(basic, line, setting, own)
    yield node(basic, "E1EDS01", {"SUMID": "001", "SUMME": str(len(items(document, "lines")))})
    declared = decimal(document, "declared", "amount", "amount")
    if declared is not None:
        yield node(basic, "E1EDS01", {"SUMID": "002", "SUMME": number(declared)})


def _order_line(basic: str, line: Values, setting: Setting, order_number: str) -> Node:
    reference = {"QUALF": "001", "BELNR": order_number, "ZEILE": text(line, "number")}
    return node(
        basic,
        "E1EDP01",
        line_fields(line, setting, ONE),
        [
            node(basic, "E1EDP02", reference),
            *dates(basic, "E1EDP03", line),
            *taxes(basic, "E1EDP04", line, setting, ONE),
            *charges(basic, "E1EDP05", line, setting, ONE),
            *_schedules(basic, line),
            *product_numbers(basic, line, setting, "002"),
        ],
    )


def _schedules(basic: str, line: Values) -> Iterator[Node]:
    for schedule in items(line, "schedules"):
        wanted = next((day(date, "date") for date in items(schedule, "dates")), "")
        amount = number(decimal(schedule, "quantity", "value"))
        yield node(basic, "E1EDP20", {"WMENG": amount, "EDATU": wanted})


def invoice(document: Values, setting: Setting) -> Iterator[Node]:
    """The segments of an invoice or credit memo after the control record.

    A credit memo has the type CRME and its amounts are positive, however the sender wrote them.
    """
    basic, own = "INVOIC02", text(document, "number")
    credit = text(document, "direction") == "credit"
    factor = -ONE if credit and text(document, "sign") == "1" else ONE
    kind = {"credit": "CRME", "payable": "INVO"}.get(text(document, "direction"), "")
    currency = text(document, "currency", "code")
    yield node(basic, "E1EDK01", {"CURCY": currency, "BSART": kind, "BELNR": own})
    yield from parties(basic, document, setting)
    yield node(basic, "E1EDK02", {"QUALF": "009", "BELNR": own, "DATUM": day(document, "date")})
    ordered = text(document, "order_number")
    if ordered:
        date = day(document, "order_date")
        yield node(basic, "E1EDK02", {"QUALF": "001", "BELNR": ordered, "DATUM": date})
    if day(document, "date"):
        yield node(basic, "E1EDK03", {"IDDAT": "012", "DATUM": day(document, "date")})
    yield from charges(basic, "E1EDK05", document, setting, factor)
    yield from taxes(basic, "E1EDK04", document, setting, factor)
    yield from notes(basic, document, setting)
    for line in items(document, "lines"):
        yield _invoice_line(basic, line, setting, ordered, factor)
    total = times(decimal(document, "totals", "total", "amount"), factor)
    if total:
        yield node(basic, "E1EDS01", {"SUMID": "011", "SUMME": total, "WAERQ": currency})


def _invoice_line(basic: str, line: Values, setting: Setting, ordered: str, factor: Decimal) -> Node:
    bills = text(line, "order_number") or ordered
    reference = {"QUALF": "001", "BELNR": bills, "ZEILE": text(line, "number")}
    net = times(_net(line), factor)
    return node(
        basic,
        "E1EDP01",
        line_fields(line, setting, factor),
        [
            *([node(basic, "E1EDP02", reference)] if bills else []),
            *product_numbers(basic, line, setting, "001"),
            *([node(basic, "E1EDP26", {"QUALF": "003", "BETRG": net})] if net else []),
            *charges(basic, "E1EDP05", line, setting, factor),
            *taxes(basic, "E1EDP04", line, setting, factor),
        ],
    )


def _net(line: Values) -> Decimal | None:
    """Quantity times price, exact; None where there is no price for a count."""
    quantity, price = decimal(line, "quantity", "value"), decimal(line, "price", "amount", "amount")
    per = decimal(line, "price", "per")
    if quantity is None or price is None or not per:
        return None
    exact = quantity * price
    return exact if per == 1 else exact / per
