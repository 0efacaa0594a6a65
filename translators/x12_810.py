"""The invoice, X12 810, 004010 and 005010, to the canonical invoice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from parsers.x12.model import GroupHeader, InterchangeHeader, Segment, TransactionSet
from translators import selection, totals
from translators.canonical.commerce import Subtotals
from translators.canonical.invoice import Invoice, InvoiceLine, InvoiceTotals
from translators.canonical.values import Code, Money
from translators.translation import Translation
from translators.x12_checks import check_amount, check_totals, computed_totals, is_original, purpose
from translators.x12_details import details, envelope
from translators.x12_keys import keys_of
from translators.x12_lines import line
from translators.x12_parts import currency
from translators.x12_reading import Node, Reading, of
from translators.x12_terms import declared_totals

#: Invoice types (BIG07, element 640) by who owes whom. Any other holds.
CREDITS = frozenset({"CR", "CN"})
PAYABLES = frozenset({"CI", "DI", "DR", "FB", "FD", "ME", "PR", "RG", "SA"})
#: Reference qualifiers (element 128).
ORDER = "PO"
ORIGINAL_INVOICE = "OI"


def read(transaction_set: TransactionSet, header: InterchangeHeader, group: GroupHeader) -> Translation:
    """The invoice of an 810, as far as its segments can be read. Never raises."""
    reading = Reading(transaction_set, group.date)
    invoice = _invoice(reading, envelope(reading, header, group))
    return Translation(
        document=invoice,
        findings=tuple(reading.findings),
        keys=keys_of(
            ("invoice", invoice.number),
            ("purchase_order", invoice.order_number),
            *(("purchase_order", one.order_number) for one in invoice.lines),
            ("original_invoice", invoice.original_invoice),
            references=[invoice.references, *(one.references for one in invoice.lines)],
        ),
        number=invoice.number or "",
        original=is_original(invoice.purpose),
        purpose=invoice.purpose,
    )


def _invoice(reading: Reading, fields: dict[str, Any]) -> Invoice:
    nodes = reading.tree.children
    own = currency(reading, nodes)
    with reading.amounts_in(own.code if own else None):
        fields |= details(reading, nodes)
        fields |= _beginning(reading)
        lines = tuple(
            InvoiceLine(**_line(reading, segment, rest, ordinal))
            for ordinal, (segment, rest) in enumerate(of(nodes, "IT1"), start=1)
        )
        foot = _foot(reading)
        declared, _ = declared_totals(reading, nodes)
        computed = _computed(reading, lines, fields, foot.total)
    check_totals(reading, declared, computed)
    if not fields.get("original_invoice"):
        fields["original_invoice"] = selection.reference(fields.get("references", ()), ORIGINAL_INVOICE)
    return Invoice(
        **fields,
        **_owed(reading, fields.get("type"), foot.total, computed.amount),
        totals=foot,
        lines=lines,
        declared=declared,
        computed=computed,
        unmapped=reading.unmapped(),
    )


def _beginning(reading: Reading) -> dict[str, Any]:
    for segment, _ in of(reading.tree.children, "BIG"):
        return {
            "date": reading.date(segment, 1),
            "number": reading.text(segment, 2),
            "order_date": reading.date(segment, 3),
            "order_number": reading.text(segment, 4),
            "release": reading.text(segment, 5),
            "change_sequence": reading.text(segment, 6),
            "type": _type(reading, segment, 7),
            "purpose": purpose(reading, segment, 8),
            "original_invoice": reading.text(segment, 10),
        }
    return {}


def _type(reading: Reading, segment: Segment, position: int) -> Code | None:
    """The type of invoice; one that does not say who owes whom makes the document wait."""
    code = reading.code(segment, position, "640")
    if code is not None and code.code not in CREDITS | PAYABLES:
        reading.tell("TRN-016", segment, position, value=code.code)
    return code


def _line(reading: Reading, segment: Segment, rest: Sequence[Node], ordinal: int) -> dict[str, Any]:
    fields = line(reading, segment, rest, ordinal)
    return {**fields, "order_number": selection.reference(fields.get("references", ()), ORDER)}


def _foot(reading: Reading) -> InvoiceTotals:
    for segment, _ in of(reading.tree.children, "TDS"):
        return InvoiceTotals(
            total=reading.money_n2(segment, 1),
            discountable=reading.money_n2(segment, 2),
            discounted=reading.money_n2(segment, 3),
            discount=reading.money_n2(segment, 4),
        )
    return InvoiceTotals()


def _computed(
    reading: Reading, lines: Sequence[InvoiceLine], fields: dict[str, Any], total: Money | None
) -> Subtotals:
    """The totals of the lines.

    Some senders repeat the taxes of the lines at the foot: where only one reading of the two
    gives the total declared, it is that one.
    """
    charges, taxes = fields.get("charges", ()), fields.get("taxes", ())
    computed = computed_totals(reading, lines, charges, taxes)
    if total is None or computed.amount == total or not taxes:
        return computed
    once = computed_totals(reading, [replace(one, taxes=()) for one in lines], charges, taxes)
    return once if once.amount == total else computed


def _owed(
    reading: Reading, type_: Code | None, total: Money | None, computed: Money | None
) -> dict[str, Any]:
    """Direction, sign and payable of an invoice, and remarks on its total."""
    credit = type_ is not None and type_.code in CREDITS
    if type_ is not None and not credit and type_.code not in PAYABLES:
        return {}
    sign = -1 if credit and (total is None or total.amount >= 0) else 1
    payable = Money(totals.EXACT.multiply(total.amount, Decimal(sign)), total.currency) if total else None
    for segment, _ in of(reading.tree.children, "TDS"):
        if credit and total and computed and total.amount == totals.EXACT.minus(computed.amount) != 0:
            reading.tell("TRN-018", segment, 1, value=format(total.amount, "f"))
        else:
            check_amount(reading, segment, total, computed)
        if not credit and total and total.amount < 0:
            reading.tell("TRN-017", segment, 1, value=format(total.amount, "f"))
        break
    return {"direction": "credit" if credit else "payable", "sign": sign, "payable": payable}
