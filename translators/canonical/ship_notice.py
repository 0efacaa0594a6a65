"""A ship notice (X12 856, delimited ship notices).

The levels of a shipment refer to one another by `level` (HL01, or a number of ours for a
delimited file). Packages nest as they are packed. Orders and items are flat lists: an item says
which order it fulfils and in which package it lies, whatever order the sender nests them in.
"""

from __future__ import annotations

import datetime

from parsers.record import keyword_record
from translators.canonical.document import Details, Document
from translators.canonical.order import Destination, Subline
from translators.canonical.specifics import Load, TrailerPosition
from translators.canonical.values import Code, DatedEvent, Exact, Party, ProductId, Quantity


@keyword_record
class Level(Details):
    """One level of a shipment. level: its id; parent: the id of the level that holds it.

    loads: how it is loaded. trailer_positions: where in the trailer it stands.
    """

    level: str
    parent: str | None = None
    type: Code | None = None
    loads: tuple[Load, ...] = ()
    trailer_positions: tuple[TrailerPosition, ...] = ()
    origin: str | None = None


@keyword_record
class Shipment(Level):
    """What holds for the whole shipment."""


@keyword_record
class ShippedOrder(Level):
    """An order in the shipment.

    department: from the references (DP). mark_for: from the parties (Z7): for whom the goods are
    marked, often a store.
    """

    number: str | None = None
    release: str | None = None
    change_sequence: str | None = None
    date: datetime.date | None = None
    contract: str | None = None
    order_type: Code | None = None
    department: str | None = None
    mark_for: Party | None = None


@keyword_record
class Package(Level):
    """A pallet, carton or other package; type says which. items: levels of the items right in it.

    sscc: the serial shipping container code, 18 digits, where one of the marks is a valid one.
    order: level of the order it belongs to, None if it holds several or none is above it.
    item: level of the item that it packs, where packages stand below items.
    """

    sscc: str | None = None
    order: str | None = None
    item: str | None = None
    items: tuple[str, ...] = ()
    packages: tuple[Package, ...] = ()


@keyword_record
class ShippedItem(Level):
    """An item shipped.

    line: the order line it fulfils, as sent. quantity: in this shipment; cumulative: to date.
    ordered: quantity ordered. status: line status as sent. lot, serial: from the product ids or
    references that name them. expiry: from the dates.
    order: level of its order. order_number: that order's number. package: level of the innermost
    package that holds it. item: level of the item it is a component of.
    """

    line: str | None = None
    product_ids: tuple[ProductId, ...] = ()
    quantity: Quantity | None = None
    cumulative: Exact | None = None
    ordered: Quantity | None = None
    status: Code | None = None
    lot: str | None = None
    serial: str | None = None
    expiry: DatedEvent | None = None
    order: str | None = None
    order_number: str | None = None
    package: str | None = None
    item: str | None = None
    destinations: tuple[Destination, ...] = ()
    sublines: tuple[Subline, ...] = ()


@keyword_record
class ShipNotice(Document):
    """A ship notice.

    created: when the notice was written. structure: order of the levels (BSN05).
    shipped, expected: from the notice's or the shipment's dates (011, 017).
    carrier_scac, pro_number, bill_of_lading, trailer, seal, gross_weight, lading_quantity: of the
    first shipment that tells them; all of them stand in shipments too.
    """

    number: str | None = None
    created: DatedEvent | None = None
    structure: Code | None = None
    type: Code | None = None
    shipped: DatedEvent | None = None
    expected: DatedEvent | None = None
    carrier_scac: str | None = None
    pro_number: str | None = None
    bill_of_lading: str | None = None
    trailer: str | None = None
    seal: str | None = None
    gross_weight: Quantity | None = None
    lading_quantity: int | None = None
    shipments: tuple[Shipment, ...] = ()
    orders: tuple[ShippedOrder, ...] = ()
    packages: tuple[Package, ...] = ()
    items: tuple[ShippedItem, ...] = ()
