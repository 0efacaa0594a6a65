"""Lines of orders, changes and invoices: PO1, POC and IT1 with their loops, and the parts others share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from parsers.record import record
from parsers.x12.model import Segment
from translators.canonical.order import Destination, Schedule, Subline
from translators.canonical.values import Quantity
from translators.totals import adds_up, summed
from translators.x12_details import details
from translators.x12_parts import currency, product_ids
from translators.x12_reading import Node, Reading, of
from translators.x12_specifics import shipments, variations
from translators.x12_terms import price

#: SDQ03/04 to SDQ21/22: pairs of location and quantity.
SDQ_PAIRS = range(3, 22, 2)
SDQ_AREA = 23


@record
class LineForm:
    """How the segment that begins a line is built. price: element of the price; its basis and the
    product ids follow it. sublines: reads those of the line.
    """

    quantity: Callable[[Reading, Segment], Quantity | None]
    price: int
    sublines: Callable[[Reading, Sequence[Node]], Iterator[Subline]]


def line(
    reading: Reading, segment: Segment, rest: Sequence[Node], ordinal: int, form: LineForm | None = None
) -> dict[str, Any]:
    """The fields of a canonical `Line` from PO1 or IT1, which are built alike, or as `form` tells."""
    form = form or ORDERED
    own = currency(reading, rest)
    with reading.amounts_in(own.code if own else None):
        quantity = form.quantity(reading, segment)
        shares = tuple(destinations(reading, rest))
        _check_shares(reading, segment, quantity, shares)
        further = [one for inner, _ in of(rest, "LIN") for one in product_ids(reading, inner, 2)]
        return {
            **details(reading, rest),
            "currency": own,
            "ordinal": ordinal,
            "number": reading.text(segment, 1),
            "quantity": quantity,
            "price": price(reading, segment, form.price, form.price + 1),
            "product_ids": (*product_ids(reading, segment, form.price + 2), *further),
            "destinations": shares,
            "schedules": tuple(schedules(reading, rest)),
            "sublines": tuple(form.sublines(reading, rest)),
            "variations": tuple(variations(reading, rest)),
            "shipments": tuple(shipments(reading, rest)),
            "origin": reading.path(segment),
        }


def destinations(reading: Reading, nodes: Sequence[Node]) -> Iterator[Destination]:
    """Every share of every SDQ among `nodes`."""
    for segment, _ in of(nodes, "SDQ"):
        for at in SDQ_PAIRS:
            quantity = reading.quantity(segment, at + 1, 1) if reading.has(segment, at) else None
            location = reading.text(segment, at) if quantity else None
            if quantity and location:
                yield Destination(
                    qualifier=reading.code(segment, 2, "66"),
                    location=location,
                    quantity=quantity,
                    area=reading.text(segment, SDQ_AREA),
                )


def _check_shares(
    reading: Reading, segment: Segment, ordered: Quantity | None, shares: Sequence[Destination]
) -> None:
    """Remark on shares that do not sum to the line, where both are in the same unit."""
    if ordered is None or not shares or any(share.quantity.unit != ordered.unit for share in shares):
        return
    values = [share.quantity.value for share in shares]
    if not reading.checked(adds_up, ordered.value, *values):
        total = summed(values)
        reading.tell("TRN-004", segment, 2, value=format(ordered.value, "f"), total=format(total, "f"))


def schedules(reading: Reading, nodes: Sequence[Node]) -> Iterator[Schedule]:
    """Every SCH among `nodes`, with the transport details of its loop."""
    for segment, rest in of(nodes, "SCH"):
        fields = details(reading, rest)
        times = (
            reading.event(segment, qualifier=5, date=6, time=7),
            reading.event(segment, qualifier=8, date=9, time=10),
        )
        fields["dates"] = (*(time for time in times if time), *fields.get("dates", ()))
        yield Schedule(
            quantity=reading.quantity(segment, 1, 2),
            party_role=reading.code(segment, 3, "98"),
            party_name=reading.text(segment, 4),
            request=reading.text(segment, 11),
            line=reading.text(segment, 12),
            origin=reading.path(segment),
            **fields,
        )


def sublines(reading: Reading, nodes: Sequence[Node]) -> Iterator[Subline]:
    """Every SLN among `nodes`, in the order sent."""
    for segment, rest in of(nodes, "SLN"):
        yield Subline(**subline(reading, segment, rest))


def subline(reading: Reading, segment: Segment, rest: Sequence[Node]) -> dict[str, Any]:
    """The fields of a canonical `Subline` from SLN."""
    return {
        "number": reading.text(segment, 1),
        "assigned_id": reading.text(segment, 2),
        "relation": reading.code(segment, 3, "662"),
        "quantity": reading.measured(segment, 4, 5),
        "price": price(reading, segment, 6, 7),
        "price_relation": reading.code(segment, 8, "662"),
        "product_ids": tuple(product_ids(reading, segment, 9)),
        "variations": tuple(variations(reading, rest)),
        "origin": reading.path(segment),
        **details(reading, rest),
    }


#: PO1 and IT1; and POC.
ORDERED = LineForm(lambda reading, segment: reading.quantity(segment, 2, 3), 4, sublines)
CHANGED = LineForm(lambda reading, segment: reading.measured(segment, 3, 5), 6, sublines)
