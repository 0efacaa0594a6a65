"""An invoice becomes a posted supplier invoice, matched to its purchase and to what was received.

Tryton itself drafts an invoice for what a purchase is to be billed for, with its lines bound to the
purchase and to the moves received. That draft is taken, given the supplier's number, quantities and
prices, and posted. Where there is none (invoiced before received, or invoiced by hand), one is made
with lines bound to the purchase. Nothing is posted unless its total is the one that was billed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from outbound.refusals import refused
from outbound.tryton.booking import Booked, Booking, advance, find, make, unit_price
from outbound.tryton.client import Record
from outbound.tryton.drafts import MODEL, Billed, bill, drafted_for, emptied, lines_of
from outbound.tryton.master_data import of_line
from translators.canonical.commerce import AllowanceOrCharge, Tax
from translators.canonical.invoice import Invoice

FIELDS = ("state", "number", "total_amount")
#: The button that takes an invoice from a state on, by the state it is to be brought to.
STEPS: Mapping[str, Mapping[str, str]] = {
    "draft": {},
    "validated": {"draft": "validate_invoice"},
    "posted": {"draft": "post", "validated": "post"},
}
SUPPLIERS = ("SU", "VN", "SE", "RI")
#: SAC12: bill-back and information only are not part of the total.
NOT_BILLED = frozenset({"01", "15"})
ALLOWANCE = "A"
PURCHASE = (
    "number",
    "state",
    "invoice_method",
    "invoices",
    "lines.product",
    "lines.unit.factor",
    "lines.moves.state",
    "lines.moves.invoice_lines",
)


@dataclass(frozen=True, slots=True)
class Written:
    """What becomes of the invoice. draft: the one of Tryton's that is written into, None if one is made.

    values: what is written or made. emptied: drafts of which nothing is left then.
    """

    draft: int | None
    values: Record
    emptied: Sequence[int]


def book(one: Booking[Invoice], until: str) -> Booked:
    """The supplier invoice, brought to the state `until` ("draft", "validated" or "posted").

    Twice: an invoice with our mark is found and taken on from the state it is in.
    Raises TryLater, or Refused if Tryton's total is not the one billed.
    """
    supplier = _supplier(one)
    invoice = find(one, MODEL, _domain(one, supplier), FIELDS)
    found = invoice is not None
    if invoice is None:
        invoice = _credit(one, supplier) if _is_credit(one) else _invoice(one, supplier)
    if invoice["state"] in STEPS[until]:
        _insist_on_total(one, invoice)
        invoice = advance(one.tryton, MODEL, invoice, STEPS[until], FIELDS)
    return Booked(invoice, found)


def look_up(one: Booking[Invoice]) -> Record | None:
    """The supplier invoice that stands for an invoice, None if there is none."""
    fields = (*FIELDS, "party.code", "lines.quantity", "currency.code", "reference")
    found = one.tryton.search(MODEL, [["description", "=", one.mark]], fields)
    return found[0] if found else None


def prepared(one: Booking[Invoice]) -> Record:
    """The invoice as it would be written. Raises TryLater if something is lacking, or Refused."""
    supplier = _supplier(one)
    if _is_credit(one):
        return {**_header(one, supplier), "lines": [["create", _credit_lines(one, supplier)]]}
    return _written(one, supplier).values


def _supplier(one: Booking[Invoice]) -> Record:
    return one.master.partner(one.document.parties, SUPPLIERS)


def _domain(one: Booking[Invoice], supplier: Record) -> list[object]:
    return [["type", "=", "in"], ["party", "=", supplier["id"]], ["reference", "=", one.number]]


def _is_credit(one: Booking[Invoice]) -> bool:
    return one.document.direction == "credit"


def _insist_on_total(one: Booking[Invoice], invoice: Record) -> None:
    """Refuse if Tryton comes to another total; the draft stays for a person to look at."""
    billed = one.document.payable or (one.document.computed.amount if one.document.computed else None)
    if billed is None:
        raise refused("OUT-107", reason="it names no total")
    total = Decimal(invoice["total_amount"])
    if total != billed.amount:
        raise refused("OUT-108", billed=format(billed.amount, "f"), total=format(total, "f"))


# invoices --------------------------------------------------------------------------------------


def _invoice(one: Booking[Invoice], supplier: Record) -> Record:
    written = _written(one, supplier)
    if written.draft is None:
        return make(one, MODEL, written.values, FIELDS)
    values = {**written.values, "description": one.mark}
    invoice = one.tryton.update(MODEL, written.draft, values, FIELDS)
    for draft in written.emptied:
        one.tryton.delete(MODEL, draft)
    return invoice


def _purchases(one: Booking[Invoice], supplier: Record) -> list[Record]:
    """The purchases that the invoice bills, only those from this supplier."""
    invoice = one.document
    numbers = {line.order_number or invoice.order_number for line in invoice.lines} - {None}
    if not numbers:
        raise refused("OUT-107", reason="it names no order")
    domain = [["number", "in", sorted(filter(None, numbers))], ["party", "=", supplier["id"]]]
    found = one.tryton.search("purchase.purchase", domain, PURCHASE)
    for number in sorted(filter(None, numbers - {purchase["number"] for purchase in found})):
        one.lacking.note(f"purchase {number}", f"there is none from {supplier['name']} in Tryton")
    one.lacking.insist()
    return found


def _billed(one: Booking[Invoice], supplier: Record) -> list[Billed]:
    """The invoice's lines with products, units and prices. Raises TryLater if something is lacking."""
    lines = one.document.lines
    names = [of_line(line) for line in lines]
    goods = one.master.goods(names, supplier=supplier["id"])
    sign = one.document.sign or 1
    billed = []
    for line, name, ware in zip(lines, names, goods, strict=True):
        if line.quantity is None:
            raise refused("OUT-107", reason=f"{name.name} has no quantity")
        number = line.order_number or one.document.order_number
        price = unit_price(line.price, name.name)
        billed.append(Billed(number, ware.product, ware.unit, sign * line.quantity.value, price))
    return billed


def _written(one: Booking[Invoice], supplier: Record) -> Written:
    """What becomes of the invoice. Raises TryLater if something is lacking."""
    purchases = _purchases(one, supplier)
    drafted = drafted_for(one.tryton, purchases)
    new: list[dict[str, Any]] = []
    for billed in _billed(one, supplier):
        fitting = [
            line
            for line in drafted
            if line.purchase == billed.purchase and line.record["product"] == billed.product["id"]
        ]
        left = bill(billed, fitting, taxed=bool(one.document.taxes))
        if left:
            new += _not_drafted(one, purchases, billed, left)
    new += _charges(one)
    taxes = list(_taxes(one))
    one.lacking.insist()
    draft, lines = lines_of(drafted)
    lines += [["create", new]] if new else []
    header = _header(one, supplier) if draft is None else _dates(one)
    values = {**header, "lines": lines, **({"taxes": [["create", taxes]]} if taxes else {})}
    return Written(draft, values, emptied(drafted, draft))


def _not_drafted(
    one: Booking[Invoice], purchases: Sequence[Record], billed: Billed, left: Decimal
) -> Iterator[dict[str, Any]]:
    """What Tryton has not drafted: made by us if the purchase is invoiced by hand, else it must wait."""
    purchase = next(known for known in purchases if known["number"] == billed.purchase)
    bought = [line for line in purchase["lines"] or () if line["product"] == billed.product["id"]]
    if bought and purchase["invoice_method"] == "manual":
        yield _new_line(one, billed, left, bought[0])
        return
    name = billed.product["rec_name"]
    unit = billed.unit["symbol"] if billed.unit else ""
    what = f"{format(left, 'f')} {unit} of {name} on purchase {billed.purchase}".replace("  ", " ")
    if bought:
        one.lacking.note(what, "billed, but not received or ordered, or billed before; receive it in Tryton")
    else:
        one.lacking.note(what, "add a line for it to the purchase in Tryton")


def _new_line(one: Booking[Invoice], billed: Billed, quantity: Decimal, bought: Record) -> dict[str, Any]:
    """A line bound to its purchase, and to what was received of it and not yet billed."""
    moves = [
        move["id"] for move in bought["moves"] or () if move["state"] == "done" and not move["invoice_lines"]
    ]
    return {
        **_product_line(one, billed.product, billed.unit or bought["unit"]),
        "quantity": quantity,
        "unit_price": billed.price,
        "origin": f"purchase.line,{bought['id']}",
        "stock_moves": [["add", moves]],
    }


def _product_line(one: Booking[Invoice], product: Record, unit: Record | None) -> dict[str, Any]:
    category = (product.get("template") or {}).get("account_category") or {}
    account = category.get("account_expense") or _default_account(one, "default_category_account_expense")
    return {
        "product": product["id"],
        "unit": unit["id"] if unit else product["purchase_uom"],
        "account": account,
        "company": one.tryton.company["id"],
    }


def _default_account(one: Booking[Invoice], field: str) -> int | None:
    found = one.tryton.search("account.configuration", [], [field])
    account: int | None = found[0][field] if found else None
    if account is None:
        one.lacking.note(f"account {field}", "set it in the accounting configuration of Tryton")
    return account


def _charges(one: Booking[Invoice]) -> Iterator[dict[str, Any]]:
    """Charges and allowances as lines of their own, those of lines and those of the invoice."""
    for line in one.document.lines:
        for charge in line.charges:
            yield from _charge(one, charge, of_line(line).name)
    for charge in one.document.charges:
        yield from _charge(one, charge, "the invoice")


def _charge(one: Booking[Invoice], charge: AllowanceOrCharge, where: str) -> Iterator[dict[str, Any]]:
    if charge.handling is not None and charge.handling.code in NOT_BILLED:
        return
    code = charge.service.code if charge.service else charge.agency_code or ""
    if charge.amount is None:
        raise refused("OUT-107", reason=f"charge {code} of {where} has no amount")
    product = one.master.service("charge", code, f"charge {code} of {where}")
    if product is None:
        return
    sign = (-1 if charge.kind.code == ALLOWANCE else 1) * (one.document.sign or 1)
    yield {
        **_product_line(one, product, None),
        "quantity": Decimal(sign),
        "unit_price": charge.amount.amount,
        "description": charge.description,
    }


def _taxes(one: Booking[Invoice]) -> Iterator[dict[str, Any]]:
    """Taxes as billed, not as Tryton would compute them."""
    sign = one.document.sign or 1
    for tax in _billed_taxes(one.document):
        code = tax.type.code if tax.type else ""
        if tax.amount is None:
            raise refused("OUT-107", reason=f"tax {code} has no amount")
        known = one.master.service("tax", code, f"tax {code}")
        if known is not None:
            amount = sign * tax.amount.amount
            yield {
                "manual": True,
                "tax": known["id"],
                "description": f"{code} {format(tax.percent, 'f')} %" if tax.percent else code,
                "account": known["invoice_account"] if amount >= 0 else known["credit_note_account"],
                "base": sign * tax.basis.amount if tax.basis else Decimal(0),
                "amount": amount,
            }


def _billed_taxes(invoice: Invoice) -> Iterator[Tax]:
    """The invoice's taxes, and those of its lines and charges."""
    yield from invoice.taxes
    for charge in invoice.charges:
        yield from charge.taxes
    for line in invoice.lines:
        yield from line.taxes
        for charge in line.charges:
            yield from charge.taxes


def _dates(one: Booking[Invoice]) -> dict[str, Any]:
    dated = {"invoice_date": one.document.date} if one.document.date else {}
    return {"reference": one.number, **dated}


def _header(one: Booking[Invoice], supplier: Record) -> dict[str, Any]:
    """What a new supplier invoice needs beside its lines. Raises TryLater if something is lacking."""
    invoice = one.document
    own = sorted(supplier["addresses"] or (), key=lambda address: not address["invoice"])
    if not own:
        one.lacking.note(f"address of {supplier['name']}", "add it to the party in Tryton")
    journals = one.tryton.search("account.journal", [["type", "=", "expense"]], ["code"])
    if not journals:
        one.lacking.note("journal", "add a journal of the type expense in Tryton")
    values = {
        "type": "in",
        "company": one.tryton.company["id"],
        "party": supplier["id"],
        "currency": one.master.currency(invoice.currency.code if invoice.currency else None),
        "account": supplier["account_payable"] or _default_account(one, "default_account_payable"),
        "payment_term": supplier["supplier_payment_term"],
        **_dates(one),
    }
    one.lacking.insist()
    made = {**values, "invoice_address": own[0]["id"], "journal": journals[0]["id"]}
    return {name: value for name, value in made.items() if value is not None}


# credits ---------------------------------------------------------------------------------------


def _credit(one: Booking[Invoice], supplier: Record) -> Record:
    lines = _credit_lines(one, supplier)
    taxes = list(_taxes(one))
    one.lacking.insist()
    values = {**_header(one, supplier), "lines": [["create", lines]]}
    return make(one, MODEL, {**values, **({"taxes": [["create", taxes]]} if taxes else {})}, FIELDS)


def _credit_lines(one: Booking[Invoice], supplier: Record) -> list[dict[str, Any]]:
    """The lines of a credit memo, bound to those of the invoice that it corrects, where it names one."""
    original = _original(one, supplier)
    lines = []
    for billed in _billed(one, supplier):
        corrected = next((old for old in original if old["product"] == billed.product["id"]), None)
        origin = {"origin": f"account.invoice.line,{corrected['id']}"} if corrected else {}
        lines.append(
            {
                **_product_line(one, billed.product, billed.unit),
                "quantity": billed.quantity,
                "unit_price": billed.price,
                **origin,
            }
        )
    return [*lines, *_charges(one)]


def _original(one: Booking[Invoice], supplier: Record) -> list[Record]:
    """The lines of the invoice that a credit corrects, none if it names none."""
    number = one.document.original_invoice
    if number is None:
        return []
    domain = [["type", "=", "in"], ["party", "=", supplier["id"]], ["reference", "=", number]]
    found = one.tryton.search(MODEL, [*domain, ["state", "!=", "cancelled"]], ["lines.product"])
    if not found:
        one.lacking.note(
            f"invoice {number}, which it corrects", f"there is none from {supplier['name']} in Tryton"
        )
        one.lacking.insist()
    return list(found[0]["lines"] or ())
