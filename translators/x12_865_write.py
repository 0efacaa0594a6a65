"""The canonical order change response as X12 865, an answer or a seller's change: inverse of `x12_865`."""

from __future__ import annotations

from parsers.x12.definition import SetDefinition
from translators.canonical.order_change import OrderChangeResponse
from translators.x12_write_elements import Form
from translators.x12_write_lines import answers, changed_line
from translators.x12_write_slots import under
from translators.x12_write_totals import count, counted, heading
from translators.x12_write_unmapped import finished
from translators.x12_writing import Writing, Written


def write(document: OrderChangeResponse, definition: SetDefinition, form: Form) -> Written:
    """The segments of an 865 that say what the document says. Never raises on what it holds."""
    writing = Writing(definition, form)
    own = document.currency
    with writing.amounts_in(own.code if own else None):
        writing.add(writing.root, "BCA", document, "")
        heading(writing, document)
        for at, one in enumerate(document.lines):
            field = under("", "lines", at)
            answers(writing, changed_line(writing, one, field), one.answers, field)
        count(writing, document, counted(document.lines))
    return finished(writing, document)
