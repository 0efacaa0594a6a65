"""A change of an order (X12 860), and the seller's answer or own change (X12 865).

The answer to a change is a document of its own, not an order response: its lines are changes with
what is left to receive, it names the change that it answers, and it may be the seller's own
request, which answers nothing.
"""

from __future__ import annotations

import datetime

from parsers.record import keyword_record
from translators.canonical.document import Document
from translators.canonical.order import Line
from translators.canonical.order_response import AnsweredSubline, LineAnswer
from translators.canonical.values import Code, Quantity


@keyword_record
class ChangedLine(Line):
    """What a line of a change and of its answer share.

    change: what happens to the line: added, deleted, quantity up, price changed, …
    quantity: ordered, in all or as changed, as the partner's guide says. left_to_receive: of it.
    price, product_ids and all else: as they are after the change; what is absent stays as it was.
    """

    change: Code | None = None
    left_to_receive: Quantity | None = None


@keyword_record
class OrderChangeLine(ChangedLine):
    """One line of a change of an order."""


@keyword_record
class OrderChange(Document):
    """A change of an order, or its cancellation (purpose).

    type: of the order: stand-alone, blanket, … order_number, release, order_date, contract and
    request: of the order. change_sequence: number of the change. date: of the change.
    seller_order_number: the seller's own. acknowledged: date of the seller's acknowledgement.
    expected_answer: what answer the buyer asks for. transaction_type, contract_type,
    security_level, purchase_category: as sent.
    """

    type: Code | None = None
    order_number: str | None = None
    release: str | None = None
    change_sequence: str | None = None
    order_date: datetime.date | None = None
    request: str | None = None
    contract: str | None = None
    seller_order_number: str | None = None
    acknowledged: datetime.date | None = None
    date: datetime.date | None = None
    contract_type: Code | None = None
    security_level: Code | None = None
    expected_answer: Code | None = None
    transaction_type: Code | None = None
    purchase_category: Code | None = None
    lines: tuple[OrderChangeLine, ...] = ()


@keyword_record
class OrderChangeResponseLine(ChangedLine):
    """One line of an answer to a change. answers: what the seller says of it."""

    answers: tuple[LineAnswer, ...] = ()
    sublines: tuple[AnsweredSubline, ...] = ()


@keyword_record
class OrderChangeResponse(Document):
    """A seller's answer to a change of an order, or a change that the seller asks for.

    answer: accepted, rejected, … for the change as a whole; None where the seller asks.
    change_date: of the change that is answered. acknowledged: date of this answer.
    The other fields: as in `OrderChange`.
    """

    answer: Code | None = None
    type: Code | None = None
    order_number: str | None = None
    release: str | None = None
    change_sequence: str | None = None
    order_date: datetime.date | None = None
    request: str | None = None
    contract: str | None = None
    seller_order_number: str | None = None
    acknowledged: datetime.date | None = None
    change_date: datetime.date | None = None
    security_level: Code | None = None
    transaction_type: Code | None = None
    lines: tuple[OrderChangeResponseLine, ...] = ()
