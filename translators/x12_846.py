"""The inventory report, X12 846, 004010 and 005010, to the canonical inventory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from parsers.x12.model import GroupHeader, InterchangeHeader, Segment, TransactionSet
from translators import x12_line_sets
from translators.canonical.commerce import Subtotals
from translators.canonical.inventory import Inventory, InventoryLine, Stock, StockLot, UnitPrice
from translators.canonical.values import DatedEvent, Quantity
from translators.report import BusinessKey
from translators.totals import LineSums, counted
from translators.translation import Translation
from translators.x12_checks import is_original, purpose, total_remarks
from translators.x12_details import details
from translators.x12_keys import joined, keys_of
from translators.x12_line_sets import LineSet
from translators.x12_lines import destinations, schedules, sublines
from translators.x12_parts import currency, product_ids, reference
from translators.x12_reading import Node, Reading, of
from translators.x12_shapes import Fields, Finished
from translators.x12_terms import price, totals_alone

#: The purpose (element 353) of a report of the stock as it is, beside the original.
STATUS = "08"
#: Quantity qualifiers (element 673).
ON_HAND, AVAILABLE = "17", "33"


def read(transaction_set: TransactionSet, header: InterchangeHeader, group: GroupHeader) -> Translation:
    """The inventory of an 846, as far as its segments can be read. Never raises.

    It is known by its number with its date and time: many senders number every report alike.
    """
    return x12_line_sets.read(SHAPE, transaction_set, header, group)


def _written(created: DatedEvent | None) -> tuple[str, ...]:
    if created is None:
        return ()
    return tuple(part.isoformat() for part in (created.date, created.time) if part is not None)


def _heading(reading: Reading) -> Fields:
    fields = details(reading, reading.tree.children)
    for segment, _ in of(reading.tree.children, "BIA"):
        return fields | {
            "purpose": purpose(reading, segment, 1),
            "type": reading.code(segment, 2, "755"),
            "number": reading.text(segment, 3),
            "created": reading.event(segment, date=4, time=5),
            "action": reading.code(segment, 6, "306"),
        }
    return fields


def _finish(fields: Fields, sums: LineSums, _: str | None) -> Finished:
    computed = Subtotals(lines=sums.count)
    return {"computed": computed}, total_remarks(fields.get("declared"), computed)


def _keys(inventory: Inventory) -> tuple[BusinessKey, ...]:
    return keys_of(
        ("inventory", inventory.number),
        references=[inventory.references, *(one.references for one in inventory.lines)],
    )


def _line(reading: Reading, segment: Segment, rest: Sequence[Node], ordinal: int) -> InventoryLine:
    own = currency(reading, rest)
    with reading.amounts_in(own.code if own else None):
        stocks = tuple(_stocks(reading, rest))
        return InventoryLine(
            **details(reading, [node for node in rest if node.id != "QTY"]),
            ordinal=ordinal,
            number=reading.text(segment, 1),
            product_ids=tuple(product_ids(reading, segment, 2)),
            on_hand=_only(stocks, ON_HAND),
            available=_only(stocks, AVAILABLE),
            stocks=stocks,
            locations=tuple(destinations(reading, rest)),
            unit_prices=tuple(_unit_prices(reading, rest)),
            sublines=tuple(sublines(reading, rest)),
            origin=reading.path(segment),
        )


def _only(stocks: Sequence[Stock], qualifier: str) -> Quantity | None:
    """The quantity with the qualifier, where exactly one stock has it."""
    found = [one.quantity for one in stocks if one.qualifier.code == qualifier and one.quantity]
    return found[0] if len(found) == 1 else None


def _stocks(reading: Reading, nodes: Sequence[Node]) -> Iterator[Stock]:
    for segment, rest in of(nodes, "QTY"):
        qualifier = reading.code(segment, 1, "673")
        if qualifier is None:
            continue
        yield Stock(
            **details(reading, rest),
            qualifier=qualifier,
            quantity=reading.measured(segment, 2, 3),
            remark=reading.text(segment, 4),
            unit_prices=tuple(_unit_prices(reading, rest)),
            schedules=tuple(schedules(reading, rest)),
            lots=tuple(_lots(reading, rest)),
            origin=reading.path(segment),
        )


def _unit_prices(reading: Reading, nodes: Sequence[Node]) -> Iterator[UnitPrice]:
    for segment, _ in of(nodes, "UIT"):
        yield UnitPrice(unit=reading.plain_unit(segment, 1), price=price(reading, segment, 2, 3))


def _lots(reading: Reading, nodes: Sequence[Node]) -> Iterator[StockLot]:
    for mark, rest in of(nodes, "LS"):
        reading.take(mark, 1)
        for end, _ in of(rest, "LE"):
            reading.take(end, 1)
        for segment, inner in of(rest, "REF"):
            for number in reference(reading, segment, ()):
                yield StockLot(reference=number, origin=number.origin, **details(reading, inner))


SHAPE = LineSet(
    document=Inventory,
    trigger="LIN",
    heading=_heading,
    line=_line,
    ending=totals_alone,
    finish=_finish,
    finished=("computed",),
    keys=_keys,
    sums=counted,
    needs=("number", "created", "declared"),
    number=lambda fields: joined(fields.get("number"), *_written(fields.get("created"))),
    original=lambda purpose: is_original(purpose, STATUS),
)
