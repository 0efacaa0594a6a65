"""Money, terms, transport and packing as X12 segments: the inverse of `x12_terms`.

The functions have the shape told in `x12_write_parts`.
"""

from __future__ import annotations

from dataclasses import replace

from parsers.finding import Location
from translators.canonical.commerce import (
    AllowanceOrCharge,
    FreightTerms,
    PaymentTerms,
    PriceDetail,
    QualifiedAmount,
    Tax,
)
from translators.canonical.transport import Equipment, Lading, Packing, Routing
from translators.x12_write_parts import currency, dates, reference, sent_as
from translators.x12_write_rows import ROWS
from translators.x12_write_slots import Slot, under
from translators.x12_write_specifics import accounting
from translators.x12_writing import Writing

#: SAC09, the unit of both rate and quantity.
SAC_UNIT = 9
#: TD512 to TD514.
SERVICE_LEVELS = 3
SCAC = "2"
#: What only a pallet (PAL) tells, and no package (PO4).
PALLET_FIELDS = ("pallet_kind", "tiers", "blocks", "unit_weight")


def price_detail(writing: Writing, parent: Slot, value: PriceDetail, field: str) -> None:
    """CTP, with the currency of its loop if it has its own."""
    own = value.currency
    with writing.amounts_in(own.code if own else None):
        slot = writing.add(parent, "CTP", value, field, origin=value.origin)
        if own is not None:
            currency(writing, slot, own, under(field, "currency"))


def amount(writing: Writing, parent: Slot, value: QualifiedAmount, field: str) -> None:
    """AMT with what goes with it in its loop."""
    slot = writing.add(parent, "AMT", value, field, origin=value.origin)
    for at, number in enumerate(value.references):
        reference(writing, slot, number, under(field, "references", at))
    dates(writing, slot, value.dates, field)
    for at, account in enumerate(value.accounting):
        accounting(writing, slot, account, under(field, "accounting", at))


def tax(writing: Writing, parent: Slot, value: Tax, field: str) -> None:
    """TXI."""
    writing.add(parent, "TXI", value, field, origin=value.origin)


def charge(writing: Writing, parent: Slot, value: AllowanceOrCharge, field: str) -> None:
    """SAC with its taxes, and the currency of its loop if it has its own."""
    own = value.currency
    with writing.amounts_in(own.code if own else None):
        slot = writing.add(parent, "SAC", value, field, origin=value.origin)
        if value.quantity is not None and value.quantity.unit not in (None, value.rate_unit):
            if value.rate_unit is not None:
                writing.tell("TRN-361", Location("SAC"), field=under(field, "quantity.unit"))
            else:
                slot.put(SAC_UNIT, value.quantity.unit, "quantity.unit")
        if own is not None:
            currency(writing, slot, own, under(field, "currency"))
        for at, one in enumerate(value.taxes):
            tax(writing, slot, one, under(field, "taxes", at))


def payment_terms(writing: Writing, parent: Slot, value: PaymentTerms, field: str) -> None:
    """ITD."""
    writing.add(parent, "ITD", value, field, origin=value.origin)


def freight_terms(writing: Writing, parent: Slot, value: FreightTerms, field: str) -> None:
    """FOB."""
    writing.add(parent, "FOB", value, field)


def routing(writing: Writing, parent: Slot, value: Routing, field: str) -> None:
    """TD5; or CAD, where the place has no TD5."""
    segment_id, levels = "TD5", SERVICE_LEVELS
    if parent.holds("CAD") and not parent.holds("TD5"):
        segment_id, levels = "CAD", 1
        value = _with_scac(writing, value, field)
        writing.tell_rest("CAD", value, field, ROWS["CAD"].fields | {"carrier_qualifier"})
    writing.add(parent, segment_id, value, field, origin=value.origin)
    if len(value.service_levels) > levels:
        writing.tell("TRN-361", Location(segment_id), field=under(field, "service_levels"))


def _with_scac(writing: Writing, value: Routing, field: str) -> Routing:
    """The routing without a carrier that is no SCAC: CAD has no other."""
    qualifier = value.carrier_qualifier
    if qualifier is None or qualifier.code == SCAC:
        return value
    for name in ("carrier_qualifier", "carrier"):
        writing.tell("TRN-361", Location("CAD"), field=under(field, name))
    return replace(value, carrier=None)


def lading(writing: Writing, parent: Slot, value: Lading, field: str) -> None:
    """TD1."""
    writing.add(parent, "TD1", value, field)


def equipment(writing: Writing, parent: Slot, value: Equipment, field: str) -> None:
    """TD3."""
    writing.add(parent, "TD3", value, field)


def packing(writing: Writing, parent: Slot, value: Packing, field: str) -> None:
    """PO4; or PAL, where it was sent as one, tells of a pallet or the place has no PO4."""
    sent = sent_as(value.origin)
    pallet = sent == "PAL" or (
        sent != "PO4" and any(getattr(value, name) is not None for name in PALLET_FIELDS)
    )
    segment_id = "PAL" if parent.holds("PAL") and (pallet or not parent.holds("PO4")) else "PO4"
    writing.add(parent, segment_id, value, field, origin=value.origin)
    writing.tell_rest(segment_id, value, field)
