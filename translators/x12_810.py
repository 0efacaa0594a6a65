"""The invoice, X12 810, 004010 and 005010, to the canonical invoice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from parsers.x12.model import GroupHeader, InterchangeHeader, Segment, TransactionSet
from translators import selection, totals, x12_line_sets
from translators.canonical.commerce import Subtotals
from translators.canonical.invoice import Invoice, InvoiceLine, InvoiceTotals
from translators.canonical.values import Code, Money
from translators.report import BusinessKey
from translators.translation import Translation
from translators.x12_checks import (
    Remark,
    amount_remarks,
    computed_totals,
    is_original,
    purpose,
    total_remarks,
)
from translators.x12_details import details
from translators.x12_keys import keys_of
from translators.x12_line_sets import LineSet
from translators.x12_lines import line
from translators.x12_reading import Node, Reading, of
from translators.x12_shapes import Fields, Finished
from translators.x12_specifics import shipment_totals
from translators.x12_terms import declared_totals

#: Invoice types (BIG07, element 640) by who owes whom. Any other holds.
CREDITS = frozenset({"CR", "CN"})
PAYABLES = frozenset({"CI", "DI", "DR", "FB", "FD", "ME", "PR", "RG", "SA"})
#: Reference qualifiers (element 128).
ORDER = "PO"
ORIGINAL_INVOICE = "OI"


def read(transaction_set: TransactionSet, header: InterchangeHeader, group: GroupHeader) -> Translation:
    """The invoice of an 810, as far as its segments can be read. Never raises."""
    return x12_line_sets.read(SHAPE, transaction_set, header, group)


def _heading(reading: Reading) -> Fields:
    fields = details(reading, reading.tree.children)
    for segment, _ in of(reading.tree.children, "BIG"):
        return fields | {
            "date": reading.date(segment, 1),
            "number": reading.text(segment, 2),
            "order_date": reading.date(segment, 3),
            "order_number": reading.text(segment, 4),
            "release": reading.text(segment, 5),
            "change_sequence": reading.text(segment, 6),
            "type": _type(reading, segment, 7),
            "purpose": purpose(reading, segment, 8),
            "original_invoice": reading.text(segment, 10) or _original_of(fields),
        }
    return fields | {"original_invoice": _original_of(fields)}


def _original_of(fields: Fields) -> str | None:
    return selection.reference(fields.get("references", ()), ORIGINAL_INVOICE)


def _type(reading: Reading, segment: Segment, position: int) -> Code | None:
    """The type of invoice; one that does not say who owes whom makes the document wait."""
    code = reading.code(segment, position, "640")
    if code is not None and code.code not in CREDITS | PAYABLES:
        reading.tell("TRN-016", segment, position, value=code.code)
    return code


def _line(reading: Reading, segment: Segment, rest: Sequence[Node], ordinal: int) -> InvoiceLine:
    fields = line(reading, segment, rest, ordinal)
    return InvoiceLine(**fields, order_number=selection.reference(fields.get("references", ()), ORDER))


def _ending(reading: Reading, _fields: Fields) -> Fields:
    totals_sent = _foot(reading)
    declared, _ = declared_totals(reading, reading.tree.children)
    shipped = tuple(shipment_totals(reading, reading.tree.children))
    return {"totals": totals_sent, "shipped": shipped, "declared": declared}


def _foot(reading: Reading) -> InvoiceTotals:
    for segment, _ in of(reading.tree.children, "TDS"):
        return InvoiceTotals(
            total=reading.money_n2(segment, 1),
            discountable=reading.money_n2(segment, 2),
            discounted=reading.money_n2(segment, 3),
            discount=reading.money_n2(segment, 4),
        )
    return InvoiceTotals()


def _finish(fields: Fields, sums: totals.LineSums, currency: str | None) -> Finished:
    total = fields["totals"].total
    computed = _computed(fields, sums, currency, total)
    owed = _owed(fields.get("type"), total)
    remarks = [*total_remarks(fields.get("declared"), computed), *_remarks(owed, total, computed.amount)]
    return {"computed": computed, **owed}, remarks


def _computed(fields: Fields, sums: totals.LineSums, currency: str | None, total: Money | None) -> Subtotals:
    """The totals of the lines.

    Some senders repeat the taxes of the lines at the foot: where only one reading of the two
    gives the total declared, it is that one.
    """
    charges, taxes = fields.get("charges", ()), fields.get("taxes", ())
    computed = computed_totals(sums, charges, taxes, currency)
    if total is None or computed.amount == total or not taxes:
        return computed
    once = computed_totals(sums.untaxed(), charges, taxes, currency)
    return once if once.amount == total else computed


def _owed(type_: Code | None, total: Money | None) -> Fields:
    """Direction, sign and payable of an invoice; nothing where its type does not say who owes whom."""
    credit = type_ is not None and type_.code in CREDITS
    if type_ is not None and not credit and type_.code not in PAYABLES:
        return {}
    sign = -1 if credit and (total is None or total.amount >= 0) else 1
    payable = Money(totals.EXACT.multiply(total.amount, Decimal(sign)), total.currency) if total else None
    return {"direction": "credit" if credit else "payable", "sign": sign, "payable": payable}


def _remarks(owed: Fields, total: Money | None, computed: Money | None) -> Iterator[Remark]:
    """Remarks on the total of an invoice that says who owes whom."""
    if not owed or total is None:
        return
    credit, written = owed["direction"] == "credit", format(total.amount, "f")
    if credit and computed and total.amount == totals.EXACT.minus(computed.amount) != 0:
        yield Remark("TRN-018", "TDS", 1, written)
    else:
        yield from amount_remarks("TDS", total, computed)
    if not credit and total.amount < 0:
        yield Remark("TRN-017", "TDS", 1, written)


def _keys(invoice: Invoice) -> tuple[BusinessKey, ...]:
    return keys_of(
        ("invoice", invoice.number),
        ("purchase_order", invoice.order_number),
        *(("purchase_order", one.order_number) for one in invoice.lines),
        ("original_invoice", invoice.original_invoice),
        references=[invoice.references, *(one.references for one in invoice.lines)],
    )


SHAPE = LineSet(
    document=Invoice,
    trigger="IT1",
    heading=_heading,
    line=_line,
    ending=_ending,
    finish=_finish,
    keys=_keys,
    needs=("number", "type", "totals", "charges", "taxes", "declared"),
    finished=("computed", "direction", "sign", "payable"),
    original=is_original,
)
