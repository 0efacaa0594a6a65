"""The details of a document, a line or a level as segments: the inverse of `x12_details`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import compress
from operator import attrgetter
from typing import Any

from translators import x12_write_parts as parts
from translators import x12_write_specifics as specifics
from translators import x12_write_terms as terms
from translators.canonical.document import Details
from translators.x12_write_slots import Slot, under
from translators.x12_writing import Writing

#: Writes one value of a list into the loop of a slot.
Part = Callable[[Writing, Slot, Any, str], object]
#: Writes a list of values; the text is the way to what holds the list.
Whole = Callable[[Writing, Slot, Any, str], object]

#: Field of `Details` -> what writes one of its values.
DETAILS: Mapping[str, Part] = {
    "references": parts.reference,
    "parties": parts.party,
    "contacts": parts.contact,
    "notes": parts.note,
    "descriptions": parts.description,
    "charges": terms.charge,
    "taxes": terms.tax,
    "payment_terms": terms.payment_terms,
    "freight_terms": terms.freight_terms,
    "routings": terms.routing,
    "lading": terms.lading,
    "equipment": terms.equipment,
    "packings": terms.packing,
    "packaging": parts.packaging,
    "measurements": parts.measurement,
    "prices": terms.price_detail,
    "amounts": terms.amount,
    "quantities": parts.quantity,
    "tax_registrations": specifics.tax_registration,
    "accounting": specifics.accounting,
    "sales_requirements": specifics.sales_requirement,
    "restrictions": specifics.restriction,
    "hazards": specifics.hazard,
    "conditions": specifics.condition,
    "specifications": specifics.specification,
}
#: Fields of `Details` that are written as a whole: their values share segments.
TOGETHER: Mapping[str, Whole] = {
    "dates": parts.dates,
    "marks": parts.marks,
    "lead_times": specifics.lead_times,
    "industry_codes": specifics.industry_codes,
}
_LISTS = attrgetter(*DETAILS)
_WHOLES = attrgetter(*TOGETHER)


def details(
    writing: Writing, slot: Slot, value: Details, field: str, *, leave_out: frozenset[str] = frozenset()
) -> None:
    """All details of `value`, in the loop that `slot` opens; amounts in its own currency if it has one."""
    own = value.currency
    if own is not None:
        parts.currency(writing, slot, own, under(field, "currency"))
    with writing.amounts_in(own.code if own else None):
        wholes, lists = _WHOLES(value), _LISTS(value)
        for (name, whole), values in compress(zip(TOGETHER.items(), wholes, strict=True), wholes):
            if name not in leave_out:
                whole(writing, slot, values, field)
        for (name, part), values in compress(zip(DETAILS.items(), lists, strict=True), lists):
            if name not in leave_out:
                for at, one in enumerate(values):
                    part(writing, slot, one, under(field, name, at))
