"""An order becomes a sale: made as a draft, then quoted and confirmed; Tryton processes it by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from outbound.refusals import refused
from outbound.tryton.booking import Booked, Booking, advance, find, make, unit_price
from outbound.tryton.client import Record
from outbound.tryton.master_data import Ordered, of_line
from translators.canonical.commerce import AllowanceOrCharge
from translators.canonical.order import Order, OrderLine
from translators.canonical.values import Party

MODEL = "sale.sale"
FIELDS = ("state", "number", "total_amount")
#: The button that takes a sale from a state to the next, by the state it is to be brought to.
STEPS: Mapping[str, Mapping[str, str]] = {
    "draft": {},
    "quotation": {"draft": "quote"},
    "confirmed": {"draft": "quote", "quotation": "confirm"},
}
CUSTOMERS = ("BY", "SO", "BT")
#: Requested ship, then requested delivery.
SHIPPING_DATES = ("010", "002")
ALLOWANCE = "A"


def book(one: Booking[Order], until: str) -> Booked:
    """The sale of an order, brought to the state `until` ("draft", "quotation" or "confirmed").

    Twice: a sale with our mark is found and taken on from the state it is in.
    Raises TryLater or Refused.
    """
    customer = one.master.partner(one.document.parties, CUSTOMERS)
    sale = find(one, MODEL, _domain(one, customer), FIELDS)
    found = sale is not None
    if sale is None:
        sale = make(one, MODEL, values(one, customer), FIELDS)
    return Booked(advance(one.tryton, MODEL, sale, STEPS[until], FIELDS), found)


def look_up(one: Booking[Order]) -> Record | None:
    """The sale that stands for an order, None if there is none."""
    fields = (*FIELDS, "reference", "party.code", "lines.quantity", "currency.code")
    found = one.tryton.search(MODEL, [["description", "=", one.mark]], fields)
    return found[0] if found else None


def _domain(one: Booking[Order], customer: Record) -> list[object]:
    return [["party", "=", customer["id"]], ["reference", "=", one.number]]


def prepared(one: Booking[Order]) -> Record:
    """The sale as it would be made. Raises TryLater if something is lacking, Refused if it cannot be."""
    customer = one.master.partner(one.document.parties, CUSTOMERS)
    return values(one, customer)


def values(one: Booking[Order], customer: Record) -> Record:
    """What the sale is made of. Raises TryLater if something is lacking."""
    order = one.document
    parties = {party.role.code: party for party in reversed(order.parties) if party.role}
    made = {
        "company": one.tryton.company["id"],
        "party": customer["id"],
        "reference": one.number,
        "sale_date": order.date,
        "currency": one.master.currency(order.currency.code if order.currency else None),
        "lines": [["create", list(_lines(one))]],
        **_place(one, customer, "invoice", parties.get("BT")),
        **_place(one, customer, "shipment", parties.get("ST")),
        "shipping_date": _shipping_date(order),
        "comment": _comment(order),
        "payment_term": customer["customer_payment_term"],
        "invoice_method": customer["sale_invoice_method"],
        "shipment_method": customer["sale_shipment_method"],
    }
    one.lacking.insist()
    return {name: value for name, value in made.items() if value is not None}


def _place(one: Booking[Order], customer: Record, use: str, party: Party | None) -> dict[str, Any]:
    """Address and, where it is not the customer, party of the invoice or the shipment."""
    if party is None or not (party.id or party.address_lines):
        flag = "invoice" if use == "invoice" else "delivery"
        own = sorted(customer["addresses"], key=lambda address: not address[flag])
        return {f"{use}_address": own[0]["id"]} if own else {}
    address = one.master.address(party, customer)
    if address is None:
        return {}
    owner = address["party"]["id"]
    other = {f"{use}_party": owner} if owner != customer["id"] else {}
    return {f"{use}_address": address["id"], **other}


def _lines(one: Booking[Order]) -> Iterator[dict[str, Any]]:
    lines = one.document.lines
    names = [of_line(line) for line in lines]
    products = one.master.products(names, supplier=None)
    units = one.master.units(names)
    for line, name, product, unit in zip(lines, names, products, units, strict=True):
        if product is not None:
            yield _line(line, name, product, unit)
        for charge in line.charges:
            yield from _charge(one, charge, name.name)
    for charge in one.document.charges:
        yield from _charge(one, charge, "the order")


def _line(line: OrderLine, name: Ordered, product: Record, unit: Record | None) -> dict[str, Any]:
    if line.quantity is None:
        raise refused("OUT-107", reason=f"{name.name} has no quantity")
    note = _shares(line)
    return {
        "product": product["id"],
        "quantity": line.quantity.value,
        "unit": unit["id"] if unit else product["sale_uom"],
        "unit_price": unit_price(line.price, name.name),
        "description": next((said.text for said in line.descriptions if said.text), None),
        "taxes": [["add", _taxes(product)]],
        **({"note": note} if note else {}),
    }


def _taxes(product: Record) -> list[int]:
    category = (product.get("template") or {}).get("account_category") or {}
    return list(category.get("customer_taxes") or [])


def _charge(one: Booking[Order], charge: AllowanceOrCharge, where: str) -> Iterator[dict[str, Any]]:
    """A charge as a line of its own; one without an amount stands in the comment only."""
    if charge.amount is None:
        return
    code = charge.service.code if charge.service else charge.agency_code or ""
    product = one.master.service("charge", code, f"charge {code} of {where}")
    if product is None:
        return
    sign = -1 if charge.kind.code == ALLOWANCE else 1
    yield {
        "product": product["id"],
        "quantity": Decimal(1),
        "unit": product["sale_uom"],
        "unit_price": sign * charge.amount.amount,
        "description": charge.description or (charge.service.meaning if charge.service else None),
        "taxes": [["add", _taxes(product)]],
    }


def _shares(line: OrderLine) -> str:
    """For which locations a line is meant, where the order shares it out."""
    return "\n".join(f"{share.location}: {format(share.quantity.value, 'f')}" for share in line.destinations)


def _shipping_date(order: Order) -> object:
    """When to ship: as requested, unless that is before the order's own date, which Tryton would refuse."""
    for code in SHIPPING_DATES:
        for event in order.dates:
            if event.qualifier and event.qualifier.code == code and event.date:
                return event.date if order.date is None or event.date >= order.date else None
    return None


def _comment(order: Order) -> str | None:
    """What a sale has no field for, for people: references, dates, notes, charges without an amount."""
    said = [
        f"{one.qualifier.meaning or one.qualifier.code}: {one.value}"
        for one in order.references
        if one.qualifier and one.value
    ]
    said += [
        f"{one.qualifier.meaning or one.qualifier.code}: {one.date.isoformat()}"
        for one in order.dates
        if one.qualifier and one.date
    ]
    said += [line for note in order.notes for line in note.lines]
    said += [
        f"{one.description or (one.service.code if one.service else '')}: {format(one.percent, 'f')} %"
        for one in order.charges
        if one.amount is None and one.percent is not None
    ]
    return "\n".join(said) or None
