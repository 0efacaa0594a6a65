"""What orders, ship notices and invoices of delimited files share: parties, dates, references, lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from parsers.catalogue import found
from parsers.delimited.document import DelimitedDocument, Row
from parsers.delimited.fields import ROLES
from parsers.finding import Finding
from translators import totals
from translators.canonical.commerce import (
    AllowanceOrCharge,
    FreightTerms,
    PaymentTerms,
    Price,
    QualifiedAmount,
    Subtotals,
    Tax,
)
from translators.canonical.meanings import coded
from translators.canonical.order import Line
from translators.canonical.transport import Routing
from translators.canonical.values import (
    UNKNOWN_ZONE,
    Currency,
    DatedEvent,
    Description,
    Money,
    Note,
    Party,
    ProductId,
    Reference,
)
from translators.delimited_cells import Cells, row_origin

#: Party roles as X12 element 98 codes them.
ROLE_CODES = dict(zip(ROLES, ("BY", "SE", "ST", "SF", "BT", "RI"), strict=True))
#: Qualifiers of a GTIN by its length (element 235).
GTIN_QUALIFIERS = {8: "EO", 12: "UP", 13: "EN", 14: "UK"}
#: Whose number a product id is (element 235), by field.
ITEM_QUALIFIERS = {"line.buyer_item": "IN", "line.seller_item": "VN"}
#: AMT01 of the amount of one line (element 522).
LINE_TOTAL = "1"
_REFERENCE = "reference."
_FROM_LAYOUT = "profile"


def header_cells(document: DelimitedDocument) -> Cells:
    """The header fields of a document, with its currency."""
    cells = Cells(document.header, f"row {document.first_row}")
    cells.currency = cells.text("currency")
    return cells


def line_cells(row: Row, currency: str | None) -> Cells:
    """The line fields of a row."""
    return Cells(row.cells, row_origin(row), currency)


def details(cells: Cells, dates: Mapping[str, str]) -> dict[str, Any]:
    """The fields of `Details` that a header fills. dates: field to qualifier (element 374)."""
    return {
        "currency": _currency(cells),
        "parties": tuple(_parties(cells)),
        "dates": tuple(_dates(cells, dates)),
        "references": tuple(_references(cells, _REFERENCE)),
        "notes": tuple(_notes(cells, "note")),
        "payment_terms": tuple(_payment_terms(cells)),
    }


def terms_of_carriage(cells: Cells) -> dict[str, Any]:
    """Freight terms and routing of an order."""
    payment, text = cells.code("freight_terms", "146"), cells.text("routing")
    return {
        "freight_terms": (FreightTerms(payment=payment),) if payment else (),
        "routings": (Routing(text=text, origin=cells.origin),) if text else (),
    }


def line(cells: Cells, ordinal: int, dates: Mapping[str, str]) -> dict[str, Any]:
    """The fields of a line of an order or invoice."""
    amount, price = cells.money("line.amount"), cells.money("line.unit_price")
    return {
        "ordinal": ordinal,
        "number": cells.text("line.number"),
        "quantity": cells.quantity("line.quantity", "line.unit"),
        "price": Price(amount=price, per=Decimal(1)) if price else None,
        "amounts": (QualifiedAmount(coded("522", LINE_TOTAL), amount),) if amount else (),
        "dates": tuple(_dates(cells, dates)),
        "origin": cells.origin,
        **goods(cells),
    }


def goods(cells: Cells) -> dict[str, Any]:
    """What a row says of the goods themselves: ids, descriptions, references, notes."""
    text = cells.text("line.description")
    return {
        "product_ids": tuple(_product_ids(cells)),
        "descriptions": (Description(text=text, origin=cells.origin),) if text else (),
        "references": tuple(_references(cells, f"line.{_REFERENCE}")),
        "notes": tuple(_notes(cells, "line.note")),
    }


def event(cells: Cells, field: str, qualifier: str, time_field: str | None = None) -> DatedEvent | None:
    """The date in a field with its meaning (element 374)."""
    date = cells.date(field)
    time = cells.time(time_field) if time_field else None
    if date is None and time is None:
        return None
    meaning = coded("374", qualifier)
    return DatedEvent(qualifier=meaning, date=date, time=time, zone=UNKNOWN_ZONE, origin=cells.origin)


def taxes(cells: Cells, prefix: str) -> tuple[Tax, ...]:
    """The tax in the fields tax_rate and tax_amount under `prefix` ("" or "line."), if any."""
    percent, amount = cells.number(f"{prefix}tax_rate"), cells.money(f"{prefix}tax_amount")
    if percent is None and amount is None:
        return ()
    kind = cells.code(f"{prefix}tax_type", "963")
    return (Tax(type=kind, percent=percent, amount=amount, origin=cells.origin),)


def freight_charge(cells: Cells) -> tuple[AllowanceOrCharge, ...]:
    """The freight of an invoice as a charge, if any."""
    amount = cells.money("freight_amount")
    if amount is None:
        return ()
    kind, service = coded("248", "C"), coded("1300", "D240")
    return (AllowanceOrCharge(kind=kind, service=service, amount=amount, origin=cells.origin),)


def computed_totals(lines: tuple[Line, ...], fields: Mapping[str, Any], currency: str | None) -> Subtotals:
    """The totals of an order or invoice from its lines, charges and taxes."""
    amount = totals.grand_total(lines, fields.get("charges", ()), fields.get("taxes", ())) if lines else None
    return Subtotals(
        lines=len(lines),
        quantity=totals.hash_total(one.quantity for one in lines),
        amount=None if amount is None else Money(amount, currency),
    )


def total_notes(cells: Cells, declared: Subtotals | None, computed: Subtotals) -> Iterator[Finding]:
    """Remarks on declared totals that are not what the lines come to; none where one is unknown."""
    if declared is None:
        return
    yield from _difference("TRN-002", cells, "total_quantity", declared.quantity, computed.quantity)
    if declared.amount and computed.amount:
        amounts = (declared.amount.amount, computed.amount.amount)
        yield from _difference("TRN-003", cells, "total_amount", *amounts)


def _difference(
    code: str, cells: Cells, field: str, declared: Decimal | None, computed: Decimal | None
) -> Iterator[Finding]:
    if declared is not None and computed is not None and declared != computed:
        place = cells.place(field)
        yield found(code, place, value=format(declared, "f"), expected=format(computed, "f"))


def _currency(cells: Cells) -> Currency | None:
    """The currency; its origin is "profile" where the layout names it and not the file."""
    if cells.currency is None:
        return None
    return Currency(cells.currency, origin=cells.origin if cells.place("currency").row else _FROM_LAYOUT)


def _parties(cells: Cells) -> Iterator[Party]:
    for role in ROLES:
        if cells.starting_with(f"{role}."):
            streets = (cells.text(f"{role}.street"), cells.text(f"{role}.street_2"))
            yield Party(
                role=coded("98", ROLE_CODES[role]),
                qualifier=cells.code(f"{role}.id_qualifier", "66"),
                id=cells.text(f"{role}.id"),
                name=cells.text(f"{role}.name"),
                address_lines=tuple(street for street in streets if street),
                city=cells.text(f"{role}.city"),
                region=cells.text(f"{role}.region"),
                postal_code=cells.text(f"{role}.postal_code"),
                country=cells.text(f"{role}.country"),
                origin=cells.origin,
            )


def _dates(cells: Cells, dates: Mapping[str, str]) -> Iterator[DatedEvent]:
    for field, qualifier in dates.items():
        when = event(cells, field, qualifier)
        if when is not None:
            yield when


def _references(cells: Cells, prefix: str) -> Iterator[Reference]:
    for field in cells.starting_with(prefix):
        qualifier = coded("128", field.removeprefix(prefix))
        yield Reference(qualifier=qualifier, value=cells.text(field), origin=cells.origin)


def _notes(cells: Cells, field: str) -> Iterator[Note]:
    text = cells.text(field)
    if text:
        yield Note(lines=(text,), origin=cells.origin)


def _payment_terms(cells: Cells) -> Iterator[PaymentTerms]:
    terms = PaymentTerms(
        description=cells.text("payment_terms"),
        net_due=cells.date("due_date"),
        discount_percent=cells.number("discount_percent"),
        discount_due=cells.date("discount_date"),
    )
    if terms != PaymentTerms():
        yield terms


def _product_ids(cells: Cells) -> Iterator[ProductId]:
    gtin = cells.text("line.gtin")
    if gtin:
        yield ProductId(coded("235", GTIN_QUALIFIERS[len(gtin)]), gtin)
    for field, qualifier in ITEM_QUALIFIERS.items():
        value = cells.text(field)
        if value:
            yield ProductId(coded("235", qualifier), value)
