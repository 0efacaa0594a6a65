"""The canonical remittance as the payment order or remittance advice, X12 820: the inverse of `x12_820`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from parsers.x12.definition import SetDefinition
from translators import selection
from translators.canonical.meanings import coded
from translators.canonical.remittance import (
    Adjustment,
    Remittance,
    RemittanceEntity,
    RemittanceItem,
    RemittanceLine,
)
from translators.x12_820 import PAYEE, PAYER
from translators.x12_write_details import details
from translators.x12_write_elements import Form
from translators.x12_write_lines import line
from translators.x12_write_parts import QUALIFIED, about_party, party
from translators.x12_write_slots import Slot, under
from translators.x12_write_unmapped import finished
from translators.x12_writing import Writing, Written

#: Fields of a party that ENT holds. Qualifier of an invoice (element 128).
IDENTIFIED = ("role", "qualifier", "id")
INVOICE = "IV"
#: Ordinal of the entity that is made for items of none.
_OWN = 0


def write(document: Remittance, definition: SetDefinition, form: Form) -> Written:
    """The segments of an 820 that say what the remittance says. Never raises on what it holds."""
    writing = Writing(definition, form)
    root, own = writing.root, document.currency
    with writing.amounts_in(own.code if own else None):
        writing.add(root, "BPR", document, "")
        if document.trace is not None:
            writing.add(root, "TRN", document.trace, "trace", origin=document.trace.origin)
        details(writing, root, document, "")
        for name, role, one in (("payer", PAYER, document.payer), ("payee", PAYEE, document.payee)):
            if one is not None and selection.party(document.parties, role) is None:
                party(writing, root, replace(one, role=coded("98", role)), name)
        _entities(writing, document)
        for name, segment_id in (("declared", "CTT"), ("purpose", "BGN")):
            if getattr(document, name) is not None:
                writing.lacks(root, segment_id, name)
    return finished(writing, document)


def _entities(writing: Writing, document: Remittance) -> None:
    """ENT, each with its items; items of no entity stand under one of their own."""
    entities = document.entities
    items: dict[int | None, list[tuple[int, RemittanceItem]]] = {one.ordinal: [] for one in entities}
    strays: list[tuple[int, RemittanceItem]] = []
    for at, item in enumerate(document.items):
        items.get(item.entity, strays).append((at, item))
    if strays:
        items[_OWN] = strays
        entities = (*entities, RemittanceEntity(ordinal=_OWN, number=len(entities) + 1))
    for at, one in enumerate(entities):
        slot = _entity(writing, one, under("", "entities", at))
        for place, item in items.pop(one.ordinal, ()):
            _item(writing, slot, item, under("", "items", place))


def _entity(writing: Writing, value: RemittanceEntity, field: str) -> Slot:
    slot = writing.add(writing.root, "ENT", value, field, origin=value.origin)
    for name, one in (("party", value.party), ("other_party", value.other_party)):
        if one is not None:
            writing.tell_rest("ENT", one, under(field, name), IDENTIFIED)
    if value.reference is not None:
        writing.tell_rest("ENT", value.reference, under(field, "reference"), QUALIFIED)
    for at, one in enumerate(value.named_parties):
        where = under(field, "named_parties", at)
        about_party(writing, writing.add(slot, "NM1", one, where, origin=one.origin), one, where)
    _adjustments(writing, slot, value.adjustments, field)
    details(writing, slot, value, field)
    return slot


def _item(writing: Writing, parent: Slot, value: RemittanceItem, field: str) -> None:
    """RMR with its loop."""
    slot = writing.add(parent, "RMR", value, field, origin=value.origin)
    if value.reference is not None:
        writing.tell_rest("RMR", value.reference, under(field, "reference"), QUALIFIED)
    elif value.invoice_number is not None:
        slot.put(1, coded("128", INVOICE), "invoice_number")
        slot.put(2, value.invoice_number, "invoice_number")
    _adjustments(writing, slot, value.adjustments, field)
    _lines(writing, slot, value.lines, field)
    details(writing, slot, value, field)


def _adjustments(writing: Writing, parent: Slot, adjustments: Sequence[Adjustment], field: str) -> None:
    """ADX, each with its loop."""
    for at, one in enumerate(adjustments):
        where = under(field, "adjustments", at)
        slot = writing.add(parent, "ADX", one, where, origin=one.origin)
        if one.reference is not None:
            writing.tell_rest("ADX", one.reference, under(where, "reference"), QUALIFIED)
        _lines(writing, slot, one.lines, where)
        details(writing, slot, one, where)


def _lines(writing: Writing, parent: Slot, lines: Sequence[RemittanceLine], field: str) -> None:
    """IT1, each with its loop."""
    for at, one in enumerate(lines):
        line(writing, "IT1", one, under(field, "lines", at), parent)
