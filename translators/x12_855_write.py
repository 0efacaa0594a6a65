"""The canonical order response as the answer to an order, X12 855: the inverse of `x12_855`."""

from __future__ import annotations

from parsers.x12.definition import SetDefinition
from translators.canonical.order_response import OrderResponse
from translators.x12_write_elements import Form
from translators.x12_write_lines import answers, line
from translators.x12_write_slots import under
from translators.x12_write_totals import count, counted, heading
from translators.x12_write_unmapped import finished
from translators.x12_writing import Writing, Written


def write(document: OrderResponse, definition: SetDefinition, form: Form) -> Written:
    """The segments of an 855 that say what the document says. Never raises on what it holds."""
    writing = Writing(definition, form)
    own = document.currency
    with writing.amounts_in(own.code if own else None):
        writing.add(writing.root, "BAK", document, "")
        heading(writing, document)
        for at, one in enumerate(document.lines):
            field = under("", "lines", at)
            answers(writing, line(writing, "PO1", one, field), one.answers, field)
        count(writing, document, counted(document.lines))
    return finished(writing, document)
