"""The canonical order change as the change of an order, X12 860: the inverse of `x12_860`."""

from __future__ import annotations

from parsers.x12.definition import SetDefinition
from translators.canonical.order_change import OrderChange
from translators.x12_write_elements import Form
from translators.x12_write_lines import changed_line
from translators.x12_write_slots import under
from translators.x12_write_totals import count, counted, heading
from translators.x12_write_unmapped import finished
from translators.x12_writing import Writing, Written


def write(document: OrderChange, definition: SetDefinition, form: Form) -> Written:
    """The segments of an 860 that say what the document says. Never raises on what it holds."""
    writing = Writing(definition, form)
    own = document.currency
    with writing.amounts_in(own.code if own else None):
        writing.add(writing.root, "BCH", document, "")
        heading(writing, document)
        for at, one in enumerate(document.lines):
            changed_line(writing, one, under("", "lines", at))
        count(writing, document, counted(document.lines))
    return finished(writing, document)
