"""The canonical invoice as the invoice, X12 810: the inverse of `x12_810`."""

from __future__ import annotations

from parsers.x12.definition import SetDefinition
from translators import selection
from translators.canonical.commerce import Subtotals
from translators.canonical.invoice import Invoice, InvoiceLine, InvoiceTotals
from translators.canonical.meanings import coded
from translators.canonical.values import Reference
from translators.x12_810 import ORDER, ORIGINAL_INVOICE
from translators.x12_write_elements import Form
from translators.x12_write_lines import line
from translators.x12_write_parts import reference
from translators.x12_write_slots import under
from translators.x12_write_specifics import each
from translators.x12_write_totals import count, heading, of_lines
from translators.x12_write_unmapped import finished
from translators.x12_writing import Writing, Written

#: BIG10.
ORIGINAL = 10


def write(document: Invoice, definition: SetDefinition, form: Form) -> Written:
    """The segments of an 810 that say what the invoice says. Never raises on what a document holds."""
    writing = Writing(definition, form)
    own = document.currency
    with writing.amounts_in(own.code if own else None):
        beginning = writing.add(writing.root, "BIG", document, "")
        if document.original_invoice != selection.reference(document.references, ORIGINAL_INVOICE):
            beginning.put(ORIGINAL, document.original_invoice, "original_invoice")
        heading(writing, document)
        for at, one in enumerate(document.lines):
            _line(writing, one, under("", "lines", at))
        computed = of_lines(document, document.lines, writing.currency)
        _foot(writing, document, computed)
        each(writing, writing.root, "ISS", document.shipped, "shipped")
        count(writing, document, computed)
    return finished(writing, document)


def _line(writing: Writing, value: InvoiceLine, field: str) -> None:
    """IT1 with its loop; the order that it bills, where no reference of the line says it."""
    slot = line(writing, "IT1", value, field)
    if value.order_number and not selection.reference(value.references, ORDER):
        order = Reference(qualifier=coded("128", ORDER), value=value.order_number)
        reference(writing, slot, order, under(field, "order_number"))


def _foot(writing: Writing, document: Invoice, computed: Subtotals) -> None:
    """TDS: the totals as they stand in the invoice, else what its lines come to."""
    stated = document.totals or InvoiceTotals()
    if stated == InvoiceTotals() and computed.amount is not None:
        writing.add(writing.root, "TDS", InvoiceTotals(total=computed.amount), "totals")
    else:
        writing.add(writing.root, "TDS", stated, "totals")
