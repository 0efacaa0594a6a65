"""A purchase order (X12 850, delimited orders)."""

from __future__ import annotations

import datetime

from parsers.record import keyword_record
from translators.canonical.commerce import Price
from translators.canonical.document import Details, Document
from translators.canonical.specifics import LineShipment, LineVariation
from translators.canonical.values import Code, ProductId, Quantity, Value


@keyword_record
class Destination(Value):
    """A share of a line's quantity for one location (SDQ). area: place within the location."""

    qualifier: Code | None = None
    location: str
    quantity: Quantity
    area: str | None = None


@keyword_record
class Schedule(Details):
    """A quantity with the dates it is wanted (SCH)."""

    quantity: Quantity | None = None
    party_role: Code | None = None
    party_name: str | None = None
    request: str | None = None
    line: str | None = None
    origin: str | None = None


@keyword_record
class Subline(Details):
    """A part of a line (SLN). relation: included, added, deleted, … (SLN03).

    quantity: for one unit of the line or for all of it, as the partner's guide says.
    price_relation: whether its price is included in the line's or added to it.
    """

    number: str | None = None
    assigned_id: str | None = None
    relation: Code | None = None
    quantity: Quantity | None = None
    price: Price | None = None
    price_relation: Code | None = None
    product_ids: tuple[ProductId, ...] = ()
    variations: tuple[LineVariation, ...] = ()
    origin: str | None = None


@keyword_record
class Line(Details):
    """What a line of an order and of an invoice share.

    number: as sent; may be absent or repeated. ordinal: place in the document, from 1, always there.
    quantity: ordered or invoiced. destinations: shares that sum to quantity. variations: parts of the
    line that differ from it. shipments: what was shipped of it.
    """

    ordinal: int
    number: str | None = None
    quantity: Quantity | None = None
    price: Price | None = None
    product_ids: tuple[ProductId, ...] = ()
    destinations: tuple[Destination, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    sublines: tuple[Subline, ...] = ()
    variations: tuple[LineVariation, ...] = ()
    shipments: tuple[LineShipment, ...] = ()
    origin: str | None = None


@keyword_record
class OrderLine(Line):
    """One line of an order."""


@keyword_record
class Order(Document):
    """An order.

    number, release, change_sequence, contract: as sent. type: stand-alone, blanket, release, …
    date: of the order. expected_answer: what acknowledgement the buyer asks for.
    """

    number: str | None = None
    type: Code | None = None
    release: str | None = None
    change_sequence: str | None = None
    date: datetime.date | None = None
    contract: str | None = None
    expected_answer: Code | None = None
    lines: tuple[OrderLine, ...] = ()
