"""Prices, allowances and charges, taxes, terms: the values that say what is owed."""

from __future__ import annotations

import datetime

from parsers.record import keyword_record, record
from translators.canonical.values import Code, Currency, DatedEvent, Exact, Money, Quantity, Reference, Value


@keyword_record
class Price(Value):
    """A unit price.

    basis: the sender's code ("PE" per each, "HP" per hundred), None if not told.
    per: units that amount buys, 1, 100 or 1000; 1 where no basis was sent; None where the basis
        is one that we cannot count by ("price per pound").
    """

    amount: Money
    basis: Code | None = None
    per: Exact | None = None


@keyword_record
class PriceDetail(Value):
    """A further price of the same goods: retail, promotion, a quantity break.

    trade_class: who it is for. kind: what price it is. quantity: from which quantity on.
    multiplier: factor and its meaning. amount: extended amount or rebate.
    currency: where the price names its own.
    """

    trade_class: Code | None = None
    kind: Code | None = None
    price: Price | None = None
    quantity: Quantity | None = None
    multiplier_kind: Code | None = None
    multiplier: Exact | None = None
    amount: Money | None = None
    currency: Currency | None = None
    condition: str | None = None
    origin: str | None = None


@keyword_record
class AccountingPart(Value):
    """One part of an account or appropriation code. kind: which part."""

    kind: Code | None = None
    value: str | None = None


@keyword_record
class AccountingDetail(Value):
    """The account that something is charged to, part by part (FA1, FA2).

    agency: whose accounts they are. service and indicator: the charge or allowance it is for.
    """

    agency: Code | None = None
    service: Code | None = None
    indicator: Code | None = None
    parts: tuple[AccountingPart, ...] = ()
    origin: str | None = None


@record
class QualifiedAmount(Value):
    """A further amount with its meaning. direction: credit or debit, where sent.

    references, dates and accounting: what goes with the amount.
    """

    qualifier: Code
    amount: Money
    direction: Code | None = None
    references: tuple[Reference, ...] = ()
    dates: tuple[DatedEvent, ...] = ()
    accounting: tuple[AccountingDetail, ...] = ()
    origin: str | None = None


@keyword_record
class TaxPlace(Value):
    """A place that a tax registration is for. qualifier: what kind of place."""

    qualifier: Code | None = None
    place: str | None = None


@keyword_record
class TaxRegistration(Value):
    """Under which number, and where, someone is registered for a tax or exempt from it (TAX)."""

    tax_id: str | None = None
    places: tuple[TaxPlace, ...] = ()
    exempt: Code | None = None
    customs_entry: Code | None = None
    origin: str | None = None


@keyword_record
class Tax(Value):
    """A tax.

    percent: rate as sent. jurisdiction: code with its list. relation: added, included, …
    basis: amount that is taxed. line: the line it is for, as numbered by the sender.
    """

    type: Code | None = None
    amount: Money | None = None
    percent: Exact | None = None
    jurisdiction_list: Code | None = None
    jurisdiction: str | None = None
    exempt: Code | None = None
    relation: Code | None = None
    basis: Money | None = None
    tax_id: str | None = None
    line: str | None = None
    origin: str | None = None


@keyword_record
class AllowanceOrCharge(Value):
    """An allowance, charge, promotion or service.

    kind: allowance, charge, … (SAC01): the sign comes from here, never from amount.
    service: what it is for (SAC02); agency and agency_code: the same in another list.
    amount: exact (SAC05 carries two implied decimals). percent: of percent_basis.
    rate: per rate_unit. quantity, quantity_to: what rate applies to.
    currency: where the charge names its own.
    handling: how it is settled (SAC12): bill-back (01) and information only (15) are not
        part of the invoice total.
    """

    kind: Code
    service: Code | None = None
    agency: Code | None = None
    agency_code: str | None = None
    amount: Money | None = None
    percent_basis: Code | None = None
    percent: Exact | None = None
    rate: Exact | None = None
    rate_unit: Code | None = None
    quantity: Quantity | None = None
    quantity_to: Exact | None = None
    handling: Code | None = None
    reference: str | None = None
    option: str | None = None
    description: str | None = None
    language: str | None = None
    currency: Currency | None = None
    taxes: tuple[Tax, ...] = ()
    origin: str | None = None


@keyword_record
class PaymentTerms(Value):
    """When to pay, and the discount for paying early.

    basis: the date that the days count from. percents and amounts are exact, days whole.
    """

    type: Code | None = None
    basis: Code | None = None
    discount_percent: Exact | None = None
    discount_due: datetime.date | None = None
    discount_days: int | None = None
    net_due: datetime.date | None = None
    net_days: int | None = None
    discount_amount: Money | None = None
    deferred_due: datetime.date | None = None
    deferred_amount: Money | None = None
    deferred_percent: Exact | None = None
    description: str | None = None
    day_of_month: int | None = None
    payment_method: Code | None = None
    percent: Exact | None = None
    origin: str | None = None


@keyword_record
class FreightTerms(Value):
    """Who pays the freight, and where title passes."""

    payment: Code | None = None
    place_qualifier: Code | None = None
    place: str | None = None
    trade_terms_list: Code | None = None
    trade_terms: Code | None = None
    title_place_qualifier: Code | None = None
    title_place: str | None = None
    risk: Code | None = None
    description: str | None = None


@keyword_record
class Subtotals(Value):
    """What a document declares about itself, or what we computed from its lines.

    lines: lines of an order or invoice; levels (HL) of a ship notice. quantity: sum over lines,
    whatever their units. weight, volume: as declared. amount: total in the document's currency;
    None where a price, quantity or amount needed for it is missing.
    """

    lines: int | None = None
    quantity: Exact | None = None
    weight: Quantity | None = None
    volume: Quantity | None = None
    description: str | None = None
    amount: Money | None = None
