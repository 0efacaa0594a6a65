"""Requirements, hazards, lead times and other specifics as X12 segments: the inverse of `x12_specifics`.

The functions have the shape told in `x12_write_parts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from parsers.finding import Location
from translators.canonical.commerce import AccountingDetail, TaxRegistration
from translators.canonical.specifics import (
    Condition,
    Hazard,
    IndustryCode,
    LeadTime,
    Load,
    Restriction,
    SalesRequirement,
    Specification,
)
from translators.x12_terms import TAX_PLACES
from translators.x12_write_parts import (
    QUALIFIED,
    dates,
    marks,
    note,
    party,
    product_ids,
    quantity,
    reference,
    sent_as,
)
from translators.x12_write_rows import ROWS, Row
from translators.x12_write_slots import Slot, under
from translators.x12_writing import Writing

#: TAX12 and TAX13. YNQ05 to YNQ07 and YNQ10, the texts of a question.
TAX_EXEMPT, TAX_CUSTOMS = 12, 13
YNQ_TEXTS = (5, 6, 7, 10)
#: LS01 and LE01 around lead times.
LEAD_TIMES = "LDT"


def accounting(writing: Writing, parent: Slot, value: AccountingDetail, field: str) -> None:
    """FA1 with its parts, FA2."""
    slot = writing.add(parent, "FA1", value, field, origin=value.origin)
    for at, part in enumerate(value.parts):
        writing.add(slot, "FA2", part, under(field, "parts", at))


def tax_registration(writing: Writing, parent: Slot, value: TaxRegistration, field: str) -> None:
    """TAX."""
    slot = Slot([value.tax_id], ("tax_id",), field, value.origin)
    for at, place in zip(TAX_PLACES, value.places, strict=False):
        slot.put(at, place.qualifier, "places")
        slot.put(at + 1, place.place, "places")
    if len(value.places) > len(TAX_PLACES):
        writing.tell("TRN-361", Location("TAX"), field=under(field, "places"))
    slot.put(TAX_EXEMPT, value.exempt, "exempt")
    slot.put(TAX_CUSTOMS, value.customs_entry, "customs_entry")
    writing.attach(parent, "TAX", slot)


def sales_requirement(writing: Writing, parent: Slot, value: SalesRequirement, field: str) -> None:
    """CSH, or IT8 where it was sent as one, names products or the place has no CSH."""
    sent = sent_as(value.origin)
    as_line = sent == "IT8" or not parent.holds("CSH") or (bool(value.product_ids) and sent != "CSH")
    if not (as_line and parent.holds("IT8")):
        writing.add(parent, "CSH", value, field, origin=value.origin)
        writing.tell_rest("CSH", value, field)
        return
    slot = writing.add(parent, "IT8", value, field, origin=value.origin)
    if product_ids(parent, slot, "IT8", value.product_ids):
        writing.tell("TRN-361", Location("IT8"), field=under(field, "product_ids"))
    writing.tell_rest("IT8", value, field, ROWS["IT8"].fields | {"product_ids"})


def restriction(writing: Writing, parent: Slot, value: Restriction, field: str) -> None:
    """CTB."""
    writing.add(parent, "CTB", value, field, origin=value.origin)


def lead_times(writing: Writing, parent: Slot, times: Sequence[LeadTime], field: str) -> None:
    """LDT with their loops; between LS and LE where the place has them so."""
    bounded = not parent.holds("LDT") and parent.holds("LS")
    bound = Slot([LEAD_TIMES], field=under(field, "lead_times"))
    holder = writing.attach(parent, "LS", bound) if bounded else parent
    for at, one in enumerate(times):
        _lead_time(writing, holder, one, under(field, "lead_times", at))
    if bounded:
        writing.attach(holder, "LE", Slot([LEAD_TIMES], field=under(field, "lead_times")))


def _lead_time(writing: Writing, parent: Slot, value: LeadTime, field: str) -> None:
    slot = writing.add(parent, "LDT", value, field, origin=value.origin)
    for at, amount in enumerate(value.quantities):
        quantity(writing, slot, amount, under(field, "quantities", at))
    marks(writing, slot, value.marks, field)
    for at, words in enumerate(value.notes):
        note(writing, slot, words, under(field, "notes", at))
    for at, number in enumerate(value.references):
        reference(writing, slot, number, under(field, "references", at))
    industry_codes(writing, slot, value.industry_codes, field)


def industry_codes(writing: Writing, parent: Slot, codes: Sequence[IndustryCode], field: str) -> None:
    """LM, one for the codes of one list that were sent together, with LQ."""
    numbered = enumerate(codes)
    for key, together in groupby(
        numbered, key=lambda pair: (_loop(pair[1]), pair[1].agency, pair[1].source_list)
    ):
        where = under(field, "industry_codes")
        head = Slot([*key[1:]], ("agency", "source_list"), where, key[0])
        slot = writing.attach(parent, "LM", head)
        for at, one in together:
            writing.add(slot, "LQ", one, f"{where}[{at}]", origin=one.origin)


def _loop(code: IndustryCode) -> str | None:
    """The path of the LM that a code was read from."""
    return code.origin.rpartition("/")[0] if code.origin else None


def hazard(writing: Writing, parent: Slot, value: Hazard, field: str) -> None:
    """TD4."""
    writing.add(parent, "TD4", value, field, origin=value.origin)


def condition(writing: Writing, parent: Slot, value: Condition, field: str) -> None:
    """YNQ."""
    slot = writing.add(parent, "YNQ", value, field, origin=value.origin)
    for position, text in zip(YNQ_TEXTS, value.lines, strict=False):
        slot.put(position, text, "lines")
    if len(value.lines) > len(YNQ_TEXTS):
        writing.tell("TRN-361", Location("YNQ"), field=under(field, "lines"))


def specification(writing: Writing, parent: Slot, value: Specification, field: str) -> None:
    """SPI with its loop, where it has one."""
    slot = writing.add(parent, "SPI", value, field, origin=value.origin)
    if value.reference is not None:
        writing.tell_rest("C040", value.reference, under(field, "reference"), QUALIFIED)
    for at, number in enumerate(value.references):
        reference(writing, slot, number, under(field, "references", at))
    dates(writing, slot, value.dates, field)
    for at, words in enumerate(value.notes):
        note(writing, slot, words, under(field, "notes", at))
    for at, one in enumerate(value.parties):
        party(writing, slot, one, under(field, "parties", at))


def load(writing: Writing, parent: Slot, value: Load, field: str) -> None:
    """CLD with its loop."""
    slot = writing.add(parent, "CLD", value, field, origin=value.origin)
    for at, number in enumerate(value.references):
        reference(writing, slot, number, under(field, "references", at))


def each(writing: Writing, parent: Slot, segment_id: str, values: Sequence[object], field: str) -> None:
    """A segment by its row for each value. field: the list that holds them."""
    row: Row = ROWS[segment_id]
    for at, value in enumerate(values):
        origin = getattr(value, "origin", None)
        writing.add(parent, segment_id, value, f"{field}[{at}]", row=row, origin=origin)
