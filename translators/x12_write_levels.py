"""The levels of a ship notice as HL loops: the inverse of `x12_levels`.

HL01 and HL02 are numbered anew from 1 in the order written: as the levels were sent, or, where
that is not known, each level before what it holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from parsers.finding import NOWHERE
from translators import gs1, selection
from translators.canonical.meanings import coded
from translators.canonical.ship_notice import Level, Package, ShipNotice, ShippedItem, ShippedOrder
from translators.canonical.values import Mark, ProductId, Reference
from translators.x12_levels import DEPARTMENT, EXPIRY, LOT, LOT_ID, MARK_FOR, SERIAL, SERIAL_ID
from translators.x12_terms import SSCC_MARKS
from translators.x12_write_details import details
from translators.x12_write_lines import destinations, lin, subline
from translators.x12_write_parts import dates, marks, party, reference
from translators.x12_write_rows import ROWS, Row
from translators.x12_write_slots import Slot, under
from translators.x12_write_specifics import each, load
from translators.x12_writing import Writing, ordinal_of

#: HL03 where the level does not name its type (element 735).
SHIPMENT, ORDER, TARE, PACK, ITEM = "S", "O", "T", "P", "I"
#: PRF01 of an item that names its order itself.
_OWN_ORDER = Row("PRF", ["order_number"])


@dataclass(frozen=True, slots=True)
class _Node:
    """A level with its field, what it is without a type of its own, and the level that holds it."""

    level: Level
    field: str
    kind: str
    parent: str | None


def levels(writing: Writing, notice: ShipNotice) -> int:
    """Every level of the notice; gives how many there are."""
    nodes = _in_order(writing, list(_nodes(notice)))
    numbers: dict[str, str] = {}
    for number, node in enumerate(nodes, start=1):
        numbers.setdefault(node.level.level, str(number))
    holders = {node.parent for node in nodes}
    orders = {order.level: order.number for order in notice.orders}
    for number, node in enumerate(nodes, start=1):
        level = node.level
        values: list[object] = [
            str(number),
            numbers.get(node.parent or ""),
            level.type or coded("735", node.kind),
            "1" if level.level in holders else "0",
        ]
        slot = Slot(values, ROWS["HL"].names, node.field, level.origin)
        writing.attach(writing.root, "HL", slot)
        _content(writing, slot, node, orders)
    return len(nodes)


def _nodes(notice: ShipNotice) -> Iterator[_Node]:
    top = notice.shipments[0].level if notice.shipments else None
    for at, shipment in enumerate(notice.shipments):
        yield _Node(shipment, under("", "shipments", at), SHIPMENT, shipment.parent)
    for at, order in enumerate(notice.orders):
        yield _Node(order, under("", "orders", at), ORDER, order.parent or top)
    yield from _packages(notice.packages, "", top)
    for at, item in enumerate(notice.items):
        holder = item.parent or item.package or item.item or item.order or top
        yield _Node(item, under("", "items", at), ITEM, holder)


def _packages(packages: Sequence[Package], field: str, holder: str | None) -> Iterator[_Node]:
    for at, package in enumerate(packages):
        where = under(field, "packages", at)
        parent = package.parent or (package.order if not field else None) or holder
        yield _Node(package, where, TARE if package.packages else PACK, parent)
        yield from _packages(package.packages, where, package.level)


def _in_order(writing: Writing, nodes: list[_Node]) -> list[_Node]:
    """The nodes, each after the one that holds it; one whose holder is not there is told, and is a root."""
    known = {node.level.level for node in nodes}
    for node in nodes:
        if node.parent is not None and node.parent not in known:
            writing.tell("TRN-368", NOWHERE, value=node.parent, field=under(node.field, "parent"))
    nodes.sort(key=lambda node: ordinal_of(node.level.origin))
    seen: set[str | None] = {None}
    for node in nodes:
        if node.parent in known and node.parent not in seen:
            return _top_down(writing, nodes, known)
        seen.add(node.level.level)
    return nodes


def _top_down(writing: Writing, nodes: list[_Node], known: set[str]) -> list[_Node]:
    """Each level, then what it holds."""
    inside: dict[str | None, list[_Node]] = {}
    for node in reversed(nodes):
        inside.setdefault(node.parent if node.parent in known else None, []).append(node)
    ordered: list[_Node] = []
    waiting = inside.pop(None, [])
    while waiting:
        node = waiting.pop()
        ordered.append(node)
        waiting.extend(inside.pop(node.level.level, []))
    circular = {id(node) for held in inside.values() for node in held}
    for node in nodes:
        if id(node) in circular:
            writing.tell("TRN-368", NOWHERE, value=node.parent, field=under(node.field, "parent"))
    return ordered


def _content(writing: Writing, slot: Slot, node: _Node, orders: dict[str, str | None]) -> None:
    level = node.level
    details(writing, slot, level, node.field)
    each(writing, slot, "TSD", level.trailer_positions, under(node.field, "trailer_positions"))
    for at, one in enumerate(level.loads):
        load(writing, slot, one, under(node.field, "loads", at))
    if isinstance(level, ShippedOrder):
        _order(writing, slot, level, node.field)
    elif isinstance(level, Package):
        _package(writing, slot, level, node.field)
    elif isinstance(level, ShippedItem):
        _item(writing, slot, level, node.field)
        if level.order_number is not None and level.order_number != orders.get(level.order or ""):
            writing.add(slot, "PRF", level, node.field, row=_OWN_ORDER)


def _order(writing: Writing, slot: Slot, order: ShippedOrder, field: str) -> None:
    """PRF; what stands in no list of the order gets a segment of its own."""
    values = ROWS["PRF"].values(order)
    if any(value is not None for value in values):
        writing.attach(slot, "PRF", Slot(values, ROWS["PRF"].names, field))
    if order.department and not selection.reference(order.references, DEPARTMENT):
        department = Reference(qualifier=coded("128", DEPARTMENT), value=order.department)
        reference(writing, slot, department, under(field, "department"))
    if order.mark_for and not selection.party(order.parties, MARK_FOR):
        marked = replace(order.mark_for, role=order.mark_for.role or coded("98", MARK_FOR))
        party(writing, slot, marked, under(field, "mark_for"))


def _package(writing: Writing, slot: Slot, package: Package, field: str) -> None:
    """The container code, where no mark of the package holds it."""
    marked = {gs1.sscc_of(mark.value) for mark in package.marks if mark.qualifier.code in SSCC_MARKS}
    if package.sscc is not None and package.sscc not in marked:
        mark = Mark(qualifier=coded("88", SSCC_MARKS[0]), value=package.sscc)
        marks(writing, slot, (mark,), under(field, "sscc"))


def _item(writing: Writing, slot: Slot, item: ShippedItem, field: str) -> None:
    """LIN, SN1 and what hangs on them. The line number stands once: in LIN01, else in SN101."""
    ids = (*item.product_ids, *_further_ids(item))
    lin(writing, slot, item.line, ids, field)
    values = ROWS["SN1"].values(item)
    if ids:
        values[0] = None
    if any(value is not None for value in values):
        writing.attach(slot, "SN1", Slot(values, ROWS["SN1"].names, field))
    if item.expiry is not None and selection.event(item.dates, EXPIRY) is None:
        expiry = replace(item.expiry, qualifier=coded("374", EXPIRY))
        dates(writing, slot, (expiry,), field, "expiry")
    destinations(writing, slot, item.destinations, under(field, "destinations"))
    for at, part in enumerate(item.sublines):
        subline(writing, slot, part, under(field, "sublines", at))


def _further_ids(item: ShippedItem) -> Iterator[ProductId]:
    """Lot and serial number, where nothing else of the item says them."""
    for value, in_ids, in_references in ((item.lot, LOT_ID, LOT), (item.serial, SERIAL_ID, SERIAL)):
        told = selection.product_id(item.product_ids, in_ids)
        if value and not told and not selection.reference(item.references, in_references):
            yield ProductId(coded("235", in_ids), value)
