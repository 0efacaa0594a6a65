"""Routing, lading, equipment and packing: the values that say how goods travel."""

from __future__ import annotations

from parsers.record import keyword_record
from translators.canonical.values import Code, Exact, Quantity, Value


@keyword_record
class Routing(Value):
    """One leg or instruction of carriage.

    carrier: id by carrier_qualifier; with qualifier "2" it is a SCAC. method: motor, air, …
    text: routing in words. transit_time: in transit_unit. service_levels: as sent.
    """

    sequence: Code | None = None
    carrier_qualifier: Code | None = None
    carrier: str | None = None
    method: Code | None = None
    text: str | None = None
    status: Code | None = None
    place_qualifier: Code | None = None
    place: str | None = None
    transit_direction: Code | None = None
    transit_unit: Code | None = None
    transit_time: Exact | None = None
    service_levels: tuple[Code, ...] = ()
    country: str | None = None
    origin: str | None = None


@keyword_record
class Lading(Value):
    """Packages of one form: how many, what is in them, what they weigh."""

    packaging: str | None = None
    quantity: int | None = None
    commodity_list: Code | None = None
    commodity: str | None = None
    description: str | None = None
    weight_kind: Code | None = None
    weight: Quantity | None = None
    volume: Quantity | None = None


@keyword_record
class Equipment(Value):
    """A trailer, container or other vehicle. initial and number together name it."""

    kind: Code | None = None
    initial: str | None = None
    number: str | None = None
    weight_kind: Code | None = None
    weight: Quantity | None = None
    ownership: Code | None = None
    seal_status: Code | None = None
    seal: str | None = None
    type: str | None = None


@keyword_record
class Packing(Value):
    """How goods are packed.

    pack: inner packages in one outer package. size: contents of one inner package, with unit.
    inner_pack: eaches in one inner package. pallet_kind, tiers, blocks: how a pallet is stacked.
    length, width and height are in dimension_unit.
    """

    pack: int | None = None
    size: Quantity | None = None
    packaging: str | None = None
    weight_kind: Code | None = None
    gross_weight: Quantity | None = None
    unit_weight: Quantity | None = None
    volume: Quantity | None = None
    length: Exact | None = None
    width: Exact | None = None
    height: Exact | None = None
    dimension_unit: Code | None = None
    inner_pack: int | None = None
    layer: Code | None = None
    assigned_id: str | None = None
    assigned_id_to: str | None = None
    count: int | None = None
    pallet_kind: Code | None = None
    tiers: int | None = None
    blocks: int | None = None
    origin: str | None = None
