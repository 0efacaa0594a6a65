"""The canonical inventory as the inventory report, X12 846: the inverse of `x12_846`."""

from __future__ import annotations

from dataclasses import replace

from parsers.x12.definition import SetDefinition
from translators.canonical.commerce import Subtotals
from translators.canonical.inventory import Inventory, InventoryLine, Stock, StockLot, UnitPrice
from translators.canonical.meanings import coded
from translators.x12_846 import AVAILABLE, ON_HAND
from translators.x12_write_details import details
from translators.x12_write_elements import Form
from translators.x12_write_lines import destinations, lin, schedule, subline
from translators.x12_write_parts import product_ids, reference
from translators.x12_write_rows import Row
from translators.x12_write_slots import Slot, under
from translators.x12_write_totals import count, heading
from translators.x12_write_unmapped import finished
from translators.x12_writing import Writing, Written

#: QTY with what only a stock says, and LS01 and LE01 of the loop of lots.
_STOCK = Row("QTY", ["qualifier", "quantity.value", "quantity.unit", "remark"])
LOTS = "REF"


def write(document: Inventory, definition: SetDefinition, form: Form) -> Written:
    """The segments of an 846 that say what the inventory says. Never raises on what it holds."""
    writing = Writing(definition, form)
    own = document.currency
    with writing.amounts_in(own.code if own else None):
        writing.add(writing.root, "BIA", document, "")
        heading(writing, document)
        for at, one in enumerate(document.lines):
            _line(writing, one, under("", "lines", at))
        count(writing, document, Subtotals(lines=len(document.lines)))
    return finished(writing, document)


def _line(writing: Writing, value: InventoryLine, field: str) -> None:
    """LIN with its loop."""
    own = value.currency
    with writing.amounts_in(own.code if own else None):
        slot = writing.add(writing.root, "LIN", value, field, origin=value.origin)
        further = product_ids(writing.root, slot, "LIN", value.product_ids)
        lin(writing, slot, None, further, field)
        details(writing, slot, value, field)
        for at, stock in enumerate(_stocks(value)):
            _stock(writing, slot, stock, under(field, "stocks", at))
        destinations(writing, slot, value.locations, under(field, "locations"))
        _unit_prices(writing, slot, value.unit_prices, field)
        for at, part in enumerate(value.sublines):
            subline(writing, slot, part, under(field, "sublines", at))


def _stocks(line: InventoryLine) -> tuple[Stock, ...]:
    """The stocks, with those that only `on_hand` and `available` say."""
    told = {stock.qualifier.code for stock in line.stocks}
    only = ((ON_HAND, line.on_hand), (AVAILABLE, line.available))
    further = (
        Stock(qualifier=coded("673", code), quantity=quantity)
        for code, quantity in only
        if quantity is not None and code not in told
    )
    return (*line.stocks, *further)


def _stock(writing: Writing, parent: Slot, value: Stock, field: str) -> None:
    """QTY with its loop."""
    slot = writing.add(parent, "QTY", value, field, row=_STOCK, origin=value.origin)
    details(writing, slot, value, field)
    _unit_prices(writing, slot, value.unit_prices, field)
    for at, one in enumerate(value.schedules):
        schedule(writing, slot, one, under(field, "schedules", at))
    if value.lots:
        _lots(writing, slot, value.lots, field)


def _unit_prices(writing: Writing, parent: Slot, prices: tuple[UnitPrice, ...], field: str) -> None:
    """UIT."""
    for at, one in enumerate(prices):
        writing.add(parent, "UIT", one, under(field, "unit_prices", at))


def _lots(writing: Writing, parent: Slot, lots: tuple[StockLot, ...], field: str) -> None:
    """REF between LS and LE."""
    mark = writing.attach(parent, "LS", Slot([LOTS], field=under(field, "lots")))
    for at, lot in enumerate(lots):
        where = under(field, "lots", at)
        origin = lot.reference.origin or lot.origin
        slot = reference(writing, mark, replace(lot.reference, origin=origin), under(where, "reference"))
        details(writing, slot, lot, where)
    writing.attach(mark, "LE", Slot([LOTS], field=under(field, "lots")))
