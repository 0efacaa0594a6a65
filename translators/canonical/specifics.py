"""What an industry or a contract asks for beyond prices and goods: requirements, hazards, lead times, …"""

from __future__ import annotations

import datetime

from parsers.record import keyword_record
from translators.canonical.commerce import Price
from translators.canonical.values import (
    Code,
    DatedEvent,
    Exact,
    Mark,
    Money,
    Note,
    Party,
    ProductId,
    QualifiedQuantity,
    Quantity,
    Reference,
    Value,
)


@keyword_record
class SalesRequirement(Value):
    """A condition of sale (CSH, IT8): no backorder, ship complete, substitution allowed, …

    action: what to do. amount: up to which it holds. account: to charge. agency and service: a
    special service. substitution: what may replace the goods. percent: of percent_kind.
    product_ids: of what may replace them.
    """

    requirement: Code | None = None
    action: Code | None = None
    amount: Money | None = None
    account: str | None = None
    date: datetime.date | None = None
    agency: Code | None = None
    service: str | None = None
    substitution: Code | None = None
    percent: Exact | None = None
    percent_kind: Code | None = None
    product_ids: tuple[ProductId, ...] = ()
    origin: str | None = None


@keyword_record
class Restriction(Value):
    """A restriction or condition (CTB), in words, as a quantity or as an amount."""

    qualifier: Code | None = None
    text: str | None = None
    quantity_kind: Code | None = None
    quantity: Quantity | None = None
    amount_kind: Code | None = None
    amount: Money | None = None
    origin: str | None = None


@keyword_record
class IndustryCode(Value):
    """A code of an industry's list (LM, LQ). source_list: part of the agency's lists."""

    agency: Code | None = None
    source_list: str | None = None
    code_list: Code | None = None
    code: str | None = None
    origin: str | None = None


@keyword_record
class LeadTime(Value):
    """How long something takes (LDT). kind: from what to what. time: in unit. date: as of when.

    The rest: what the lead time is for.
    """

    kind: Code | None = None
    time: Exact | None = None
    unit: Code | None = None
    date: datetime.date | None = None
    quantities: tuple[QualifiedQuantity, ...] = ()
    marks: tuple[Mark, ...] = ()
    notes: tuple[Note, ...] = ()
    references: tuple[Reference, ...] = ()
    industry_codes: tuple[IndustryCode, ...] = ()
    origin: str | None = None


@keyword_record
class Hazard(Value):
    """Special handling or hazardous material (TD4). hazard_class: a class of class_list."""

    handling: Code | None = None
    class_list: Code | None = None
    hazard_class: str | None = None
    description: str | None = None
    applies: Code | None = None
    origin: str | None = None


@keyword_record
class Condition(Value):
    """A question answered by yes or no (YNQ). indicator, code_list and code: what is asked."""

    indicator: Code | None = None
    answer: Code | None = None
    lines: tuple[str, ...] = ()
    code_list: Code | None = None
    code: str | None = None
    origin: str | None = None


@keyword_record
class Specification(Value):
    """A specification, report or contract clause that belongs to the document (SPI)."""

    security_level: Code | None = None
    reference: Reference | None = None
    title: str | None = None
    purpose: str | None = None
    status: Code | None = None
    references: tuple[Reference, ...] = ()
    dates: tuple[DatedEvent, ...] = ()
    notes: tuple[Note, ...] = ()
    parties: tuple[Party, ...] = ()
    origin: str | None = None


@keyword_record
class LineVariation(Value):
    """A part of a line that differs from it in price, quantity or date (PO3), and why."""

    reason: Code | None = None
    date: datetime.date | None = None
    price_kind: Code | None = None
    price: Price | None = None
    quantity: Quantity | None = None
    description: str | None = None
    origin: str | None = None


@keyword_record
class LineShipment(Value):
    """What was shipped of a line (IT3). difference: to what was ordered, and reason why."""

    quantity: Quantity | None = None
    status: Code | None = None
    difference: Exact | None = None
    reason: Code | None = None
    origin: str | None = None


@keyword_record
class ShipmentTotals(Value):
    """What an invoice says was shipped in all (ISS)."""

    quantity: Quantity | None = None
    weight: Quantity | None = None
    volume: Quantity | None = None
    origin: str | None = None


@keyword_record
class Load(Value):
    """How goods are loaded (CLD): so many loads of so many units in one packaging."""

    loads: int | None = None
    units: Exact | None = None
    packaging: str | None = None
    size: Quantity | None = None
    references: tuple[Reference, ...] = ()
    origin: str | None = None


@keyword_record
class TrailerPosition(Value):
    """Where goods stand in a trailer (TSD)."""

    number: str | None = None
    position: str | None = None
