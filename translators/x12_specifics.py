"""Requirements, hazards, lead times and other specifics of X12 sets, each from its segment.

The functions have the shape told in `x12_parts`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from parsers.x12.model import Segment
from translators.canonical.specifics import (
    Condition,
    Hazard,
    IndustryCode,
    LeadTime,
    LineShipment,
    LineVariation,
    Load,
    Restriction,
    SalesRequirement,
    ShipmentTotals,
    Specification,
    TrailerPosition,
)
from translators.canonical.values import DatedEvent, Reference
from translators.x12_parts import dated_event, notes_of, party, product_ids, quantity, reference
from translators.x12_reading import Node, Reading, of
from translators.x12_terms import mark, price


def sales_requirement(
    reading: Reading, segment: Segment, _rest: Sequence[Node]
) -> Iterator[SalesRequirement]:
    """CSH."""
    yield SalesRequirement(
        requirement=reading.code(segment, 1, "563"),
        action=reading.code(segment, 2, "306"),
        amount=reading.money_n2(segment, 3),
        account=reading.text(segment, 4),
        date=reading.date(segment, 5),
        agency=reading.code(segment, 6, "559"),
        service=reading.text(segment, 7),
        substitution=reading.code(segment, 8, "566"),
        percent=reading.decimal(segment, 9),
        percent_kind=reading.code(segment, 10, "1004"),
        origin=reading.path(segment),
    )


def line_requirement(reading: Reading, segment: Segment, _rest: Sequence[Node]) -> Iterator[SalesRequirement]:
    """IT8."""
    yield SalesRequirement(
        requirement=reading.code(segment, 1, "563"),
        action=reading.code(segment, 2, "306"),
        amount=reading.money_n2(segment, 3),
        account=reading.text(segment, 4),
        date=reading.date(segment, 5),
        agency=reading.code(segment, 6, "559"),
        substitution=reading.code(segment, 7, "566"),
        product_ids=tuple(product_ids(reading, segment, 8)),
        origin=reading.path(segment),
    )


def restriction(reading: Reading, segment: Segment, _rest: Sequence[Node]) -> Iterator[Restriction]:
    """CTB; its unit came with 005010."""
    yield Restriction(
        qualifier=reading.code(segment, 1, "688"),
        text=reading.text(segment, 2),
        quantity_kind=reading.code(segment, 3, "673"),
        quantity=reading.measured(segment, 4, 7),
        amount_kind=reading.code(segment, 5, "522"),
        amount=reading.money_n2(segment, 6),
        origin=reading.path(segment),
    )


def lead_time(reading: Reading, segment: Segment, rest: Sequence[Node]) -> Iterator[LeadTime]:
    """LDT with its loop, where it has one."""
    yield LeadTime(
        kind=reading.code(segment, 1, "345"),
        time=reading.decimal(segment, 2),
        unit=reading.code(segment, 3, "344"),
        date=reading.date(segment, 4),
        quantities=tuple(one for line, _ in of(rest, "QTY") for one in quantity(reading, line, ())),
        marks=tuple(one for line, _ in of(rest, "MAN") for one in mark(reading, line, ())),
        notes=tuple(note for node in rest for note in notes_of(reading, node)),
        references=tuple(one for line, _ in of(rest, "REF") for one in reference(reading, line, ())),
        industry_codes=tuple(
            one for line, inner in of(rest, "LM") for one in industry_codes(reading, line, inner)
        ),
        origin=reading.path(segment),
    )


def bounded_lead_times(reading: Reading, segment: Segment, rest: Sequence[Node]) -> Iterator[LeadTime]:
    """LS, LDT loops, LE. The loop's name in LS and LE says nothing else."""
    reading.take(segment, 1)
    for end, _ in of(rest, "LE"):
        reading.take(end, 1)
    for inner, around in of(rest, "LDT"):
        yield from lead_time(reading, inner, around)


def industry_codes(reading: Reading, segment: Segment, rest: Sequence[Node]) -> Iterator[IndustryCode]:
    """LM with its codes, LQ: a value for each; without any, LM stays unmapped."""
    for line, _ in of(rest, "LQ"):
        yield IndustryCode(
            agency=reading.code(segment, 1, "559"),
            source_list=reading.text(segment, 2),
            code_list=reading.code(line, 1, "1270"),
            code=reading.text(line, 2),
            origin=reading.path(line),
        )


def hazard(reading: Reading, segment: Segment, _rest: Sequence[Node]) -> Iterator[Hazard]:
    """TD4."""
    yield Hazard(
        handling=reading.code(segment, 1, "152"),
        class_list=reading.code(segment, 2, "208"),
        hazard_class=reading.text(segment, 3),
        description=reading.text(segment, 4),
        applies=reading.code(segment, 5, "1073"),
        origin=reading.path(segment),
    )


def condition(reading: Reading, segment: Segment, _rest: Sequence[Node]) -> Iterator[Condition]:
    """YNQ; the time it holds for stays unmapped."""
    texts = [reading.text(segment, position) for position in (5, 6, 7, 10)]
    yield Condition(
        indicator=reading.code(segment, 1, "1321"),
        answer=reading.code(segment, 2, "1073"),
        lines=tuple(text for text in texts if text),
        code_list=reading.code(segment, 8, "1270"),
        code=reading.text(segment, 9),
        origin=reading.path(segment),
    )


def specification(reading: Reading, segment: Segment, rest: Sequence[Node]) -> Iterator[Specification]:
    """SPI: what it refers to and its words; its codes for proposals stay unmapped."""
    yield Specification(
        security_level=reading.code(segment, 1, "786"),
        reference=_reference(reading, segment),
        title=reading.text(segment, 4),
        purpose=reading.text(segment, 5),
        status=reading.code(segment, 6, "792"),
        references=tuple(one for line, _ in of(rest, "REF") for one in reference(reading, line, ())),
        dates=_dates(reading, rest),
        notes=tuple(note for node in rest for note in notes_of(reading, node)),
        parties=tuple(one for line, inner in of(rest, "N1") for one in party(reading, line, inner)),
        origin=reading.path(segment),
    )


def _reference(reading: Reading, segment: Segment) -> Reference | None:
    if not (reading.has(segment, 2) or reading.has(segment, 3)):
        return None
    return Reference(
        qualifier=reading.code(segment, 2, "128"),
        value=reading.text(segment, 3),
        origin=reading.path(segment),
    )


def _dates(reading: Reading, rest: Sequence[Node]) -> tuple[DatedEvent, ...]:
    return tuple(one for line, _ in of(rest, "DTM") for one in dated_event(reading, line, ()))


# What lines, invoices and levels of a shipment hold in fields of their own.


def variations(reading: Reading, nodes: Sequence[Node]) -> Iterator[LineVariation]:
    """Every PO3 among `nodes`."""
    for segment, _ in of(nodes, "PO3"):
        yield LineVariation(
            reason=reading.code(segment, 1, "371"),
            date=reading.date(segment, 2),
            price_kind=reading.code(segment, 3, "236"),
            price=price(reading, segment, 4, 5),
            quantity=reading.quantity(segment, 6, 7),
            description=reading.text(segment, 8),
            origin=reading.path(segment),
        )


def shipments(reading: Reading, nodes: Sequence[Node]) -> Iterator[LineShipment]:
    """Every IT3 among `nodes`."""
    for segment, _ in of(nodes, "IT3"):
        yield LineShipment(
            quantity=reading.quantity(segment, 1, 2),
            status=reading.code(segment, 3, "368"),
            difference=reading.decimal(segment, 4),
            reason=reading.code(segment, 5, "371"),
            origin=reading.path(segment),
        )


def shipment_totals(reading: Reading, nodes: Sequence[Node]) -> Iterator[ShipmentTotals]:
    """Every ISS among `nodes`."""
    for segment, _ in of(nodes, "ISS"):
        yield ShipmentTotals(
            quantity=reading.quantity(segment, 1, 2),
            weight=reading.quantity(segment, 3, 4),
            volume=reading.quantity(segment, 5, 6),
            origin=reading.path(segment),
        )


def loads(reading: Reading, nodes: Sequence[Node]) -> Iterator[Load]:
    """Every CLD among `nodes`."""
    for segment, rest in of(nodes, "CLD"):
        yield Load(
            loads=reading.whole(segment, 1),
            units=reading.decimal(segment, 2),
            packaging=reading.text(segment, 3),
            size=reading.quantity(segment, 4, 5),
            references=tuple(one for line, _ in of(rest, "REF") for one in reference(reading, line, ())),
            origin=reading.path(segment),
        )


def trailer_positions(reading: Reading, nodes: Sequence[Node]) -> Iterator[TrailerPosition]:
    """Every TSD among `nodes`."""
    for segment, _ in of(nodes, "TSD"):
        yield TrailerPosition(number=reading.text(segment, 1), position=reading.text(segment, 2))
