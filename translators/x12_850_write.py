"""The canonical order as the purchase order, X12 850: the inverse of `x12_850`."""

from __future__ import annotations

from parsers.x12.definition import SetDefinition
from translators.canonical.order import Order
from translators.x12_write_elements import Form
from translators.x12_write_lines import line
from translators.x12_write_slots import under
from translators.x12_write_totals import count, heading, of_lines
from translators.x12_write_unmapped import finished
from translators.x12_writing import Writing, Written


def write(document: Order, definition: SetDefinition, form: Form) -> Written:
    """The segments of an 850 that say what the order says. Never raises on what a document holds."""
    writing = Writing(definition, form)
    own = document.currency
    with writing.amounts_in(own.code if own else None):
        writing.add(writing.root, "BEG", document, "")
        if document.change_sequence is not None:
            writing.lacks(writing.root, "BCH", "change_sequence")
        heading(writing, document)
        for at, one in enumerate(document.lines):
            line(writing, "PO1", one, under("", "lines", at))
        count(writing, document, of_lines(document, document.lines, writing.currency))
    return finished(writing, document)
