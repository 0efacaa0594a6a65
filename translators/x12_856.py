"""The ship notice, X12 856, 004010 and 005010, to the canonical ship notice."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Any

from parsers.x12 import hierarchy
from parsers.x12.model import GroupHeader, InterchangeHeader, TransactionSet
from translators import selection, totals
from translators.canonical.commerce import Subtotals
from translators.canonical.ship_notice import Package, ShipNotice
from translators.canonical.transport import Equipment, Lading, Routing
from translators.report import BusinessKey
from translators.translation import Translation
from translators.x12_checks import is_original, purpose, tell_all, total_remarks
from translators.x12_details import details, envelope
from translators.x12_keys import keys_of
from translators.x12_levels import Levels, LevelSet, read_levels
from translators.x12_reading import Reading, of
from translators.x12_shapes import Fields, Finished
from translators.x12_terms import totals_alone

#: Container codes that become keys of one notice.
MAX_SSCC_KEYS = 200
#: DTM01 (element 374), REF01 (128), TD502 (66), TD106 (187).
SHIPPED, EXPECTED = "011", "017"
PRO, BILL_OF_LADING, SEAL = "CN", "BM", "SN"
SCAC = "2"
NET = "N"


def read(transaction_set: TransactionSet, header: InterchangeHeader, group: GroupHeader) -> Translation:
    """The ship notice of an 856, as far as its segments can be read. Never raises."""
    reading = Reading(transaction_set, group.date)
    fields = envelope(reading, header, group)
    fields |= _heading(reading)
    # What is wrong with the tree is among the set's own findings already.
    roots, _ = hierarchy.build(reading.tree, None)
    levels = read_levels(reading, roots)
    fields |= totals_alone(reading, fields)
    count = sum(1 for _ in reading.tree.loops("HL"))
    quantities = [item.quantity.value for item in levels.items if item.quantity]
    finished, remarks = _finish(fields, count, totals.summed(quantities))
    tell_all(reading, remarks)
    fields |= summary(fields, levels) | finished
    notice = ShipNotice(
        **fields,
        shipments=tuple(levels.shipments),
        orders=tuple(levels.orders),
        packages=levels.nested(),
        items=tuple(levels.items),
        unmapped=reading.unmapped(),
    )
    return Translation(
        document=notice,
        findings=tuple(reading.findings),
        keys=_keys(notice),
        number=notice.number or "",
        original=is_original(notice.purpose),
        purpose=notice.purpose,
    )


def _keys(notice: ShipNotice) -> tuple[BusinessKey, ...]:
    codes = islice((one.sscc for one in _all(notice.packages) if one.sscc), MAX_SSCC_KEYS)
    return keys_of(
        ("shipment", notice.number),
        ("bill_of_lading", notice.bill_of_lading),
        ("pro_number", notice.pro_number),
        *(("purchase_order", order.number) for order in notice.orders),
        *(("purchase_order", item.order_number) for item in notice.items),
        *(("sscc", code) for code in codes),
        references=[notice.references, *(one.references for one in (*notice.shipments, *notice.orders))],
    )


def _heading(reading: Reading) -> Fields:
    fields = details(reading, reading.tree.children)
    for segment, _ in of(reading.tree.children, "BSN"):
        return fields | {
            "purpose": purpose(reading, segment, 1),
            "number": reading.text(segment, 2),
            "created": reading.event(segment, date=3, time=4),
            "structure": reading.code(segment, 5, "1005"),
            "type": reading.code(segment, 6, "640"),
        }
    return fields


def _finish(fields: Fields, count: int, quantity: Decimal) -> Finished:
    """count: of levels. quantity: of all items."""
    computed = Subtotals(lines=count, quantity=quantity)
    return {"computed": computed}, total_remarks(fields.get("declared"), computed)


def summary(fields: dict[str, Any], levels: Levels) -> dict[str, Any]:
    """What people ask of a shipment first: from the notice, else its shipments, else its orders."""
    places = (*levels.shipments, *levels.orders)
    dates = [*fields.get("dates", ()), *(one for place in places for one in place.dates)]
    references = [*fields.get("references", ()), *(one for place in places for one in place.references)]
    equipment = [one for place in places for one in place.equipment]
    lading = next((place.lading for place in places if place.lading), ())
    counts = [one.quantity for one in lading if one.quantity is not None]
    seals = (one.seal for one in equipment if one.seal)
    routings = (one for place in places for one in place.routings)
    return {
        "shipped": selection.event(dates, SHIPPED),
        "expected": selection.event(dates, EXPECTED),
        "carrier_scac": next((one.carrier for one in routings if _is_scac(one)), None),
        "pro_number": selection.reference(references, PRO),
        "bill_of_lading": selection.reference(references, BILL_OF_LADING),
        "trailer": next((_name(one) for one in equipment if one.number), None),
        "seal": next(seals, None) or selection.reference(references, SEAL),
        "gross_weight": next((one.weight for one in lading if _is_gross(one)), None),
        # A single one is taken as it is: to add is to ask for its value.
        "lading_quantity": sum(counts[1:], counts[0]) if len(counts) > 1 else next(iter(counts), None),
    }


def _is_scac(routing: Routing) -> bool:
    return routing.carrier_qualifier is not None and routing.carrier_qualifier.code == SCAC


def _is_gross(lading: Lading) -> bool:
    return lading.weight is not None and (lading.weight_kind is None or lading.weight_kind.code != NET)


def _name(equipment: Equipment) -> str:
    return f"{equipment.initial or ''}{equipment.number}"


def _all(packages: tuple[Package, ...]) -> Iterator[Package]:
    """The packages and everything in them, outermost first."""
    for package in packages:
        yield package
        yield from _all(package.packages)


SHAPE = LevelSet(
    document=ShipNotice,
    trigger="HL",
    heading=_heading,
    ending=totals_alone,
    finished=(
        "computed",
        "shipped",
        "expected",
        "carrier_scac",
        "pro_number",
        "bill_of_lading",
        "trailer",
        "seal",
        "gross_weight",
        "lading_quantity",
    ),
    needs=("number", "declared"),
    picked=("references", "dates"),
    original=is_original,
    keys=_keys,
    finish=_finish,
    counted=("computed",),
    summary=summary,
    read=read,
)
