"""A seller's answer to an order (X12 855)."""

from __future__ import annotations

import datetime

from parsers.record import keyword_record
from translators.canonical.document import Document
from translators.canonical.order import Line, Subline
from translators.canonical.values import Code, DatedEvent, ProductId, Quantity, Value


@keyword_record
class LineAnswer(Value):
    """One thing that the seller says of a line (ACK); a line may have several.

    status: accepted, backordered, price changed, … quantity: what the status holds for; None for
    the whole line. date: the date that the status names. dates: further dates beside it.
    request: the buyer's request it answers. product_ids: of a substitute, where status is one.
    agency, source_list and reason: why, as a code of another list.
    """

    status: Code
    quantity: Quantity | None = None
    date: DatedEvent | None = None
    dates: tuple[DatedEvent, ...] = ()
    request: str | None = None
    product_ids: tuple[ProductId, ...] = ()
    agency: Code | None = None
    source_list: str | None = None
    reason: str | None = None
    origin: str | None = None


@keyword_record
class AnsweredSubline(Subline):
    """A part of a line with the seller's answers to it."""

    answers: tuple[LineAnswer, ...] = ()


@keyword_record
class OrderResponseLine(Line):
    """One line of an answer to an order. quantity and price: as the seller states them.

    answers: none where the seller answers the order as a whole.
    """

    answers: tuple[LineAnswer, ...] = ()
    sublines: tuple[AnsweredSubline, ...] = ()


@keyword_record
class OrderResponse(Document):
    """A seller's answer to an order.

    answer: accepted, rejected, with changes, … for the order as a whole.
    order_number, release, order_date, contract, request: of the order, as the buyer sent them.
    seller_order_number: the seller's own. date: of this answer. transaction_type: as sent.
    """

    answer: Code | None = None
    order_number: str | None = None
    release: str | None = None
    order_date: datetime.date | None = None
    request: str | None = None
    contract: str | None = None
    seller_order_number: str | None = None
    date: datetime.date | None = None
    transaction_type: Code | None = None
    lines: tuple[OrderResponseLine, ...] = ()
