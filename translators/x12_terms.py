"""Money, terms, transport and packing of X12 sets, each from its segment.

The functions have the shape told in `x12_parts`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from parsers.x12.model import Segment
from translators import gs1
from translators.canonical.commerce import (
    AccountingDetail,
    AccountingPart,
    AllowanceOrCharge,
    FreightTerms,
    PaymentTerms,
    Price,
    PriceDetail,
    QualifiedAmount,
    Subtotals,
    Tax,
    TaxPlace,
    TaxRegistration,
)
from translators.canonical.transport import Equipment, Lading, Packing, Routing
from translators.canonical.values import Code, Mark
from translators.x12_parts import currency, dated_event, reference
from translators.x12_reading import Node, Reading, of

#: Units that a price buys, by its basis (element 639). None stands for no basis sent.
PRICE_PER = {
    None: Decimal(1),
    "PE": Decimal(1),
    "LE": Decimal(1),
    "RE": Decimal(1),
    "TE": Decimal(1),
    "WE": Decimal(1),
    "UM": Decimal(1),
    "HP": Decimal(100),
    "TP": Decimal(1000),
    "CA": Decimal(1),
    "CT": Decimal(1),
    "CP": Decimal(1),
    "NT": Decimal(1),
    "QT": Decimal(1),
    "PR": Decimal(1),
    "ST": Decimal(1),
    "NC": Decimal(1),
    "DI": Decimal(1),
}
#: TAX02/03 to TAX10/11: pairs of qualifier and place.
TAX_PLACES = range(2, 11, 2)
#: AMT01 of the total of all lines (element 522).
TOTAL_AMOUNT = "TT"
#: Marks that hold a serial shipping container code (element 88).
SSCC_MARKS = ("GM", "AA")


def price(reading: Reading, segment: Segment, amount: int, basis: int) -> Price | None:
    """A unit price (R) and its basis."""
    money = reading.money(segment, amount)
    if money is None:
        return None
    code = reading.code(segment, basis, "639")
    return Price(amount=money, basis=code, per=PRICE_PER.get(code.code if code else None))


def price_detail(reading: Reading, segment: Segment, rest: Sequence[Node]) -> Iterator[PriceDetail]:
    """CTP, in the currency of its loop if that has its own."""
    own = currency(reading, rest)
    with reading.amounts_in(own.code if own else None):
        yield PriceDetail(
            trade_class=reading.code(segment, 1, "687"),
            kind=reading.code(segment, 2, "236"),
            price=price(reading, segment, 3, 9),
            quantity=reading.measured(segment, 4, 5),
            multiplier_kind=reading.code(segment, 6, "648"),
            multiplier=reading.decimal(segment, 7),
            amount=reading.money(segment, 8),
            currency=own,
            condition=reading.text(segment, 10),
            origin=reading.path(segment),
        )


def accounting(reading: Reading, segment: Segment, rest: Sequence[Node]) -> Iterator[AccountingDetail]:
    """FA1 with its parts, FA2."""
    yield AccountingDetail(
        agency=reading.code(segment, 1, "559"),
        service=reading.code(segment, 2, "1300"),
        indicator=reading.code(segment, 3, "248"),
        parts=tuple(
            AccountingPart(kind=reading.code(part, 1, "1196"), value=reading.text(part, 2))
            for part, _ in of(rest, "FA2")
        ),
        origin=reading.path(segment),
    )


def amount(reading: Reading, segment: Segment, rest: Sequence[Node]) -> Iterator[QualifiedAmount]:
    """AMT with its loop, where it has one."""
    if not reading.has(segment, 1):
        return
    money = reading.money(segment, 2)
    qualifier = reading.code(segment, 1, "522") if money else None
    if money and qualifier:
        yield QualifiedAmount(
            qualifier,
            money,
            reading.code(segment, 3, "478"),
            references=tuple(one for line, _ in of(rest, "REF") for one in reference(reading, line, ())),
            dates=tuple(one for line, _ in of(rest, "DTM") for one in dated_event(reading, line, ())),
            accounting=tuple(
                one for line, inner in of(rest, "FA1") for one in accounting(reading, line, inner)
            ),
            origin=reading.path(segment),
        )


def tax(reading: Reading, segment: Segment, _rest: Sequence[Node]) -> Iterator[Tax]:
    """TXI."""
    yield Tax(
        type=reading.code(segment, 1, "963"),
        amount=reading.money(segment, 2),
        percent=reading.decimal(segment, 3),
        jurisdiction_list=reading.code(segment, 4, "955"),
        jurisdiction=reading.text(segment, 5),
        exempt=reading.code(segment, 6, "441"),
        relation=reading.code(segment, 7, "662"),
        basis=reading.money(segment, 8),
        tax_id=reading.text(segment, 9),
        line=reading.text(segment, 10),
        origin=reading.path(segment),
    )


def tax_registration(reading: Reading, segment: Segment, _rest: Sequence[Node]) -> Iterator[TaxRegistration]:
    """TAX."""
    places = [
        TaxPlace(qualifier=reading.code(segment, at, "309"), place=reading.text(segment, at + 1))
        for at in TAX_PLACES
        if reading.has(segment, at) or reading.has(segment, at + 1)
    ]
    yield TaxRegistration(
        tax_id=reading.text(segment, 1),
        places=tuple(places),
        exempt=reading.code(segment, 12, "441"),
        customs_entry=reading.code(segment, 13, "1179"),
        origin=reading.path(segment),
    )


def charge(reading: Reading, segment: Segment, rest: Sequence[Node]) -> Iterator[AllowanceOrCharge]:
    """SAC with the taxes of its loop, in the currency of its loop if that has its own."""
    kind = reading.code(segment, 1, "248")
    if kind is None:
        return
    own = currency(reading, rest)
    with reading.amounts_in(own.code if own else None):
        yield AllowanceOrCharge(
            kind=kind,
            service=reading.code(segment, 2, "1300"),
            agency=reading.code(segment, 3, "559"),
            agency_code=reading.text(segment, 4),
            amount=reading.money_n2(segment, 5),
            percent_basis=reading.code(segment, 6, "378"),
            percent=reading.decimal(segment, 7),
            rate=reading.decimal(segment, 8),
            rate_unit=reading.unit(segment, 9),
            quantity=reading.quantity(segment, 10, 9),
            quantity_to=reading.decimal(segment, 11),
            handling=reading.code(segment, 12, "331"),
            reference=reading.text(segment, 13),
            option=reading.text(segment, 14),
            description=reading.text(segment, 15),
            language=reading.text(segment, 16),
            currency=own,
            taxes=tuple(one for line, inner in of(rest, "TXI") for one in tax(reading, line, inner)),
            origin=reading.path(segment),
        )


def payment_terms(reading: Reading, segment: Segment, _rest: Sequence[Node]) -> Iterator[PaymentTerms]:
    """ITD."""
    yield PaymentTerms(
        type=reading.code(segment, 1, "336"),
        basis=reading.code(segment, 2, "333"),
        discount_percent=reading.decimal(segment, 3),
        discount_due=reading.date(segment, 4),
        discount_days=reading.whole(segment, 5),
        net_due=reading.date(segment, 6),
        net_days=reading.whole(segment, 7),
        discount_amount=reading.money_n2(segment, 8),
        deferred_due=reading.date(segment, 9),
        deferred_amount=reading.money_n2(segment, 10),
        deferred_percent=reading.decimal(segment, 11),
        description=reading.text(segment, 12),
        day_of_month=reading.whole(segment, 13),
        payment_method=reading.code(segment, 14, "107"),
        percent=reading.decimal(segment, 15),
        origin=reading.path(segment),
    )


def freight_terms(reading: Reading, segment: Segment, _rest: Sequence[Node]) -> Iterator[FreightTerms]:
    """FOB."""
    yield FreightTerms(
        payment=reading.code(segment, 1, "146"),
        place_qualifier=reading.code(segment, 2, "309"),
        place=reading.text(segment, 3),
        trade_terms_list=reading.code(segment, 4, "334"),
        trade_terms=reading.code(segment, 5, "335"),
        title_place_qualifier=reading.code(segment, 6, "309"),
        title_place=reading.text(segment, 7),
        risk=reading.code(segment, 8, "54"),
        description=reading.text(segment, 9),
    )


def routing(reading: Reading, segment: Segment, _rest: Sequence[Node]) -> Iterator[Routing]:
    """TD5."""
    levels = [reading.code(segment, position, "284") for position in (12, 13, 14)]
    yield Routing(
        sequence=reading.code(segment, 1, "133"),
        carrier_qualifier=reading.code(segment, 2, "66"),
        carrier=reading.text(segment, 3),
        method=reading.code(segment, 4, "91"),
        text=reading.text(segment, 5),
        status=reading.code(segment, 6, "368"),
        place_qualifier=reading.code(segment, 7, "309"),
        place=reading.text(segment, 8),
        transit_direction=reading.code(segment, 9, "731"),
        transit_unit=reading.code(segment, 10, "732"),
        transit_time=reading.decimal(segment, 11),
        service_levels=tuple(level for level in levels if level),
        country=reading.text(segment, 15),
        origin=reading.path(segment),
    )


def carrier_detail(reading: Reading, segment: Segment, _rest: Sequence[Node]) -> Iterator[Routing]:
    """CAD: the routing of an invoice; its equipment and reference numbers stay unmapped."""
    level = reading.code(segment, 9, "284")
    scac = reading.text(segment, 4)
    yield Routing(
        carrier_qualifier=Code("2", "SCAC") if scac else None,
        carrier=scac,
        method=reading.code(segment, 1, "91"),
        text=reading.text(segment, 5),
        status=reading.code(segment, 6, "368"),
        service_levels=(level,) if level else (),
        origin=reading.path(segment),
    )


def lading(reading: Reading, segment: Segment, _rest: Sequence[Node]) -> Iterator[Lading]:
    """TD1."""
    yield Lading(
        packaging=reading.text(segment, 1),
        quantity=reading.whole(segment, 2),
        commodity_list=reading.code(segment, 3, "23"),
        commodity=reading.text(segment, 4),
        description=reading.text(segment, 5),
        weight_kind=reading.code(segment, 6, "187"),
        weight=reading.quantity(segment, 7, 8),
        volume=reading.quantity(segment, 9, 10),
    )


def equipment(reading: Reading, segment: Segment, _rest: Sequence[Node]) -> Iterator[Equipment]:
    """TD3."""
    yield Equipment(
        kind=reading.code(segment, 1, "40"),
        initial=reading.text(segment, 2),
        number=reading.text(segment, 3),
        weight_kind=reading.code(segment, 4, "187"),
        weight=reading.quantity(segment, 5, 6),
        ownership=reading.code(segment, 7, "102"),
        seal_status=reading.code(segment, 8, "407"),
        seal=reading.text(segment, 9),
        type=reading.text(segment, 10),
    )


def packing(reading: Reading, segment: Segment, _rest: Sequence[Node]) -> Iterator[Packing]:
    """PO4."""
    yield Packing(
        pack=reading.whole(segment, 1),
        size=reading.quantity(segment, 2, 3),
        packaging=reading.text(segment, 4),
        weight_kind=reading.code(segment, 5, "187"),
        gross_weight=reading.quantity(segment, 6, 7),
        volume=reading.quantity(segment, 8, 9),
        length=reading.decimal(segment, 10),
        width=reading.decimal(segment, 11),
        height=reading.decimal(segment, 12),
        dimension_unit=reading.unit(segment, 13),
        inner_pack=reading.whole(segment, 14),
        layer=reading.code(segment, 15, "752"),
        assigned_id=reading.text(segment, 16),
        assigned_id_to=reading.text(segment, 17),
        count=reading.whole(segment, 18),
        origin=reading.path(segment),
    )


def pallet(reading: Reading, segment: Segment, _rest: Sequence[Node]) -> Iterator[Packing]:
    """PAL."""
    yield Packing(
        pallet_kind=reading.code(segment, 1, "883"),
        tiers=reading.whole(segment, 2),
        blocks=reading.whole(segment, 3),
        pack=reading.whole(segment, 4),
        unit_weight=reading.quantity(segment, 5, 6),
        length=reading.decimal(segment, 7),
        width=reading.decimal(segment, 8),
        height=reading.decimal(segment, 9),
        dimension_unit=reading.unit(segment, 10),
        gross_weight=reading.quantity(segment, 11, 12),
        volume=reading.quantity(segment, 13, 14),
        origin=reading.path(segment),
    )


def mark(reading: Reading, segment: Segment, _rest: Sequence[Node]) -> Iterator[Mark]:
    """MAN: up to two marks."""
    for at in (1, 4):
        if not reading.has(segment, at, at + 1):
            continue
        qualifier, value = reading.code(segment, at, "88"), reading.text(segment, at + 1)
        if qualifier and value:
            if qualifier.code in SSCC_MARKS and not reading.checked(gs1.sscc_of, value):
                reading.tell("TRN-014", segment, at + 1, value=value)
            yield Mark(qualifier=qualifier, value=value, value_to=reading.text(segment, at + 2))


def declared_totals(
    reading: Reading, nodes: Sequence[Node]
) -> tuple[Subtotals | None, tuple[QualifiedAmount, ...]]:
    """CTT among `nodes`, and the amounts (AMT) of its loop; AMT TT is the total declared."""
    for segment, rest in of(nodes, "CTT"):
        amounts = tuple(one for line, _ in of(rest, "AMT") for one in amount(reading, line, ()))
        total = next((one.amount for one in amounts if one.qualifier.code == TOTAL_AMOUNT), None)
        declared = Subtotals(
            lines=reading.whole(segment, 1),
            quantity=reading.decimal(segment, 2),
            weight=reading.quantity(segment, 3, 4),
            volume=reading.quantity(segment, 5, 6),
            description=reading.text(segment, 7),
            amount=total,
        )
        return declared, amounts
    return None, ()


def totals_and_amounts(reading: Reading, fields: dict[str, Any]) -> dict[str, Any]:
    """What a summary of CTT with its amounts adds to the fields of a document."""
    declared, amounts = declared_totals(reading, reading.tree.children)
    return {"declared": declared, "amounts": (*fields.get("amounts", ()), *amounts)}


def totals_alone(reading: Reading, _fields: dict[str, Any]) -> dict[str, Any]:
    """What a summary of CTT alone adds."""
    declared, _ = declared_totals(reading, reading.tree.children)
    return {"declared": declared}
