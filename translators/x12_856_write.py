"""The canonical ship notice as the ship notice, X12 856: the inverse of `x12_856`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from parsers.finding import Location
from parsers.x12.definition import SetDefinition
from translators import totals
from translators.canonical.commerce import Subtotals
from translators.canonical.meanings import coded
from translators.canonical.ship_notice import Shipment, ShipNotice
from translators.canonical.transport import Equipment, Lading, Routing
from translators.canonical.values import Reference
from translators.x12_856 import BILL_OF_LADING, EXPECTED, PRO, SCAC, SHIPPED, summary
from translators.x12_levels import Levels
from translators.x12_write_elements import Form
from translators.x12_write_levels import SHIPMENT, levels
from translators.x12_write_totals import count, heading
from translators.x12_write_unmapped import finished
from translators.x12_writing import Writing, Written

#: Fields of the summary by the qualifier under which a shipment says them.
REFERENCES = (("pro_number", PRO), ("bill_of_lading", BILL_OF_LADING))
DATES = (("shipped", SHIPPED), ("expected", EXPECTED))


def write(document: ShipNotice, definition: SetDefinition, form: Form) -> Written:
    """The segments of an 856 that say what the notice says. Never raises on what a document holds."""
    writing = Writing(definition, form)
    notice = _complete(writing, document)
    own = notice.currency
    with writing.amounts_in(own.code if own else None):
        writing.add(writing.root, "BSN", notice, "")
        heading(writing, notice)
        quantities = [item.quantity for item in notice.items if item.quantity]
        computed = Subtotals(lines=levels(writing, notice), quantity=totals.hash_total(quantities))
        count(writing, notice, computed)
    return finished(writing, document)


def _complete(writing: Writing, notice: ShipNotice) -> ShipNotice:
    """The notice with its whole summary in its first shipment, which is made if there is none.

    Where a shipment says something else than the summary, the shipment is written, and that is told.
    """
    listed = Levels(shipments=list(notice.shipments), orders=list(notice.orders))
    told = summary({"dates": notice.dates, "references": notice.references}, listed)
    lacking = {name: getattr(notice, name) for name in told if told[name] is None}
    lacking = {name: value for name, value in lacking.items() if value is not None}
    for name, value in told.items():
        if value is not None and getattr(notice, name) not in (None, value):
            writing.tell("TRN-361", Location("HL"), field=name)
    if not lacking:
        return notice
    top = Shipment(level="top", type=coded("735", SHIPMENT))
    first, *others = notice.shipments or (top,)
    return replace(notice, shipments=(_filled(first, lacking), *others))


def _filled(shipment: Shipment, lacking: Mapping[str, Any]) -> Shipment:
    """The shipment with the parts of the summary that no list of it says yet."""
    references = tuple(
        Reference(qualifier=coded("128", code), value=lacking[name])
        for name, code in REFERENCES
        if name in lacking
    )
    dates = tuple(
        replace(lacking[name], qualifier=coded("374", code)) for name, code in DATES if name in lacking
    )
    carrier = lacking.get("carrier_scac")
    routing = Routing(carrier_qualifier=coded("66", SCAC), carrier=carrier)
    vehicle = Equipment(number=lacking.get("trailer"), seal=lacking.get("seal"))
    load = Lading(quantity=lacking.get("lading_quantity"), weight=lacking.get("gross_weight"))
    return replace(
        shipment,
        references=shipment.references + references,
        dates=shipment.dates + dates,
        routings=shipment.routings + ((routing,) if carrier else ()),
        equipment=shipment.equipment + ((vehicle,) if vehicle != Equipment() else ()),
        lading=shipment.lading + ((load,) if load != Lading() else ()),
    )
