"""An inventory report or inquiry (X12 846): what is on hand, available, on order, and where."""

from __future__ import annotations

from parsers.record import keyword_record
from translators.canonical.commerce import Price
from translators.canonical.document import Details, Document
from translators.canonical.order import Destination, Schedule, Subline
from translators.canonical.values import Code, DatedEvent, ProductId, Quantity, Reference, Value


@keyword_record
class UnitPrice(Value):
    """A unit and what one of it costs (UIT); price None where only the unit is told."""

    unit: Code | None = None
    price: Price | None = None


@keyword_record
class StockLot(Details):
    """A part of a quantity that a number tells apart, for example a lot (REF in LS and LE)."""

    reference: Reference
    origin: str | None = None


@keyword_record
class Stock(Details):
    """A quantity of an item (QTY) with what qualifies it.

    qualifier: on hand, available for sale, on order, … quantity: None where the sender wrote a
    remark instead. schedules: when, or at which location, parts of it are. dates: as of when, or due.
    """

    qualifier: Code
    quantity: Quantity | None = None
    remark: str | None = None
    unit_prices: tuple[UnitPrice, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    lots: tuple[StockLot, ...] = ()
    origin: str | None = None


@keyword_record
class InventoryLine(Details):
    """One item of an inventory report.

    number: as sent; ordinal: place in the document, from 1, always there.
    on_hand, available: of the stocks (17, 33), where exactly one says it.
    stocks: every quantity sent. locations: quantities by location (SDQ), whatever the partner says
    they are. parties: where the item is, or who holds it.
    """

    ordinal: int
    number: str | None = None
    product_ids: tuple[ProductId, ...] = ()
    on_hand: Quantity | None = None
    available: Quantity | None = None
    stocks: tuple[Stock, ...] = ()
    locations: tuple[Destination, ...] = ()
    unit_prices: tuple[UnitPrice, ...] = ()
    sublines: tuple[Subline, ...] = ()
    origin: str | None = None


@keyword_record
class Inventory(Document):
    """An inventory report or inquiry.

    type: what it reports. number: the sender's. created: when it was written. action: as sent.
    """

    number: str | None = None
    type: Code | None = None
    created: DatedEvent | None = None
    action: Code | None = None
    lines: tuple[InventoryLine, ...] = ()
