"""An invoice, credit memo or debit memo (X12 810, delimited invoices)."""

from __future__ import annotations

import datetime

from parsers.record import keyword_record
from translators.canonical.document import Document
from translators.canonical.order import Line
from translators.canonical.specifics import ShipmentTotals
from translators.canonical.values import Code, Money, Value


@keyword_record
class InvoiceTotals(Value):
    """The amounts at the foot of an invoice, as sent (TDS).

    total: what is billed, before terms discount. discountable: the part that earns the discount.
    discounted: what is due when paid early. discount: the terms discount itself.
    """

    total: Money | None = None
    discountable: Money | None = None
    discounted: Money | None = None
    discount: Money | None = None


@keyword_record
class InvoiceLine(Line):
    """One line of an invoice; quantity is what is invoiced.

    order_number: the order that the line bills, where a consolidated invoice names it on the line.
    """

    order_number: str | None = None


@keyword_record
class Invoice(Document):
    """An invoice.

    type: invoice, credit memo, debit memo, …; None if not sent, which means an invoice.
    direction: "payable" (the buyer owes) or "credit" (the buyer gets back); None if type is unknown.
    sign: multiply any amount of this document by it to get what the buyer owes: 1, or -1 for a
        credit whose sender wrote its amounts positive. None if direction is.
    payable: total with that sign; negative for a credit. Amounts elsewhere stay as sent.
    original_invoice: what a credit or debit corrects. shipped: what was shipped in all.
    """

    number: str | None = None
    date: datetime.date | None = None
    type: Code | None = None
    direction: str | None = None
    sign: int | None = None
    order_number: str | None = None
    order_date: datetime.date | None = None
    release: str | None = None
    change_sequence: str | None = None
    original_invoice: str | None = None
    totals: InvoiceTotals | None = None
    payable: Money | None = None
    shipped: tuple[ShipmentTotals, ...] = ()
    lines: tuple[InvoiceLine, ...] = ()
