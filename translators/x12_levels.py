"""The HL levels of a ship notice: shipments, orders, packages and items, each from its loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from operator import eq
from typing import Any

from parsers.x12.hierarchy import HlNode
from parsers.x12.model import GroupHeader, InterchangeHeader, Segment, TransactionSet
from translators import gs1, selection
from translators.canonical.meanings import coded
from translators.canonical.ship_notice import Package, Shipment, ShippedItem, ShippedOrder
from translators.canonical.values import Mark, ProductId
from translators.translation import Translation
from translators.x12_details import details
from translators.x12_lines import destinations, sublines
from translators.x12_parts import product_ids
from translators.x12_reading import Node, Reading, of, opened
from translators.x12_shapes import Fields, Finished, SetShape
from translators.x12_specifics import loads, trailer_positions
from translators.x12_terms import SSCC_MARKS

#: HL03 (element 735).
SHIPMENT, ORDER = "S", "O"
PACKAGES = frozenset("TPQ")
ITEMS = frozenset("IKFDX")
#: HL04, which the tree says better.
CHILD_CODES = ("0", "1")
#: DTM01 of an expiry (element 374); REF01 of lot, serial number and department (element 128).
EXPIRY = "036"
LOT, SERIAL, DEPARTMENT = "LT", "SE", "DP"
#: LIN qualifiers of lot and serial number (element 235); N101 of mark-for (element 98).
LOT_ID, SERIAL_ID, MARK_FOR = "LT", "SN", "Z7"


@dataclass(frozen=True, slots=True)
class Above:
    """What a level stands under: the nearest order, package and item, by level id."""

    order: str | None = None
    order_number: str | None = None
    package: str | None = None
    item: str | None = None


@dataclass(slots=True)
class Levels:
    """The levels read so far. Packages are kept flat, in the order sent, until all are known."""

    shipments: list[Shipment] = field(default_factory=list)
    orders: list[ShippedOrder] = field(default_factory=list)
    items: list[ShippedItem] = field(default_factory=list)
    packages: list[Package] = field(default_factory=list)
    #: Level of a package -> level of the package that holds it.
    holders: dict[str, str] = field(default_factory=dict)

    def nested(self) -> tuple[Package, ...]:
        """The packages as a tree, each with the items right in it."""
        items: dict[str, list[str]] = {}
        for item in self.items:
            if item.package is not None:
                items.setdefault(item.package, []).append(item.level)
        inside: dict[str | None, list[Package]] = {}
        for package in reversed(self.packages):
            held = tuple(reversed(inside.pop(package.level, [])))
            whole = replace(package, items=tuple(items.get(package.level, ())), packages=held)
            inside.setdefault(self.holders.get(package.level), []).append(whole)
        return tuple(reversed(inside.pop(None, [])))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LevelSet(SetShape):
    """A set whose loop holds levels of a shipment.

    finish: those of the finished fields that are counted, from the others, the count of levels, and
    what the quantities of all items come to; counted: their names. summary: the other ones, which are
    picked from fields, shipments and orders by codes and presence alone. read: reads the whole set.
    """

    finish: Callable[[Fields, int, Decimal], Finished]
    counted: tuple[str, ...]
    summary: Callable[[Fields, Levels], Fields]
    read: Callable[[TransactionSet, InterchangeHeader, GroupHeader], Translation]
    lists: tuple[str, ...] = ("shipments", "orders", "packages", "items")


def read_levels(reading: Reading, roots: Sequence[HlNode]) -> Levels:
    """Every level, from the top down in the order sent."""
    levels = Levels()
    seen: set[str] = set()
    waiting = [(node, Above()) for node in reversed(roots)]
    while waiting:
        node, above = waiting.pop()
        level = node.id if node.id and node.id not in seen else f"#{len(seen) + 1}"
        seen.add(level)
        below = read_level(reading, node, level, above, levels)
        waiting.extend((child, below) for child in reversed(node.children))
    return levels


def read_level(reading: Reading, node: HlNode, level: str, above: Above, levels: Levels) -> Above:
    """Read one level into `levels`; gives what the levels inside it stand under."""
    segment, rest = opened(node.loop)
    if segment is None:
        return above
    taken = (level == node.id, True, True, segment.get(4).strip() in CHILD_CODES)
    reading.take(segment, *(position for position, told in enumerate(taken, start=1) if told))
    common: dict[str, Any] = {
        **details(reading, rest),
        "level": level,
        "parent": node.parent_id or None,
        "type": coded("735", node.level) if node.level else None,
        "loads": tuple(loads(reading, rest)),
        "trailer_positions": tuple(trailer_positions(reading, rest)),
        "origin": reading.path(segment),
    }
    match _kind(node.level, rest):
        case "shipment":
            levels.shipments.append(Shipment(**common))
            return above
        case "order":
            order = _order(reading, rest, common)
            levels.orders.append(order)
            return replace(above, order=level, order_number=order.number)
        case "item":
            levels.items.append(_item(reading, rest, common, above))
            return replace(above, item=level)
        case _:
            return _package(reading, levels, common, level, above)


def _kind(level: str, rest: Sequence[Node]) -> str:
    if level in (SHIPMENT, ORDER):
        return "shipment" if level == SHIPMENT else "order"
    if level in ITEMS:
        return "item"
    goods = any(node.id in ("LIN", "SN1") for node in rest)
    return "item" if goods and level not in PACKAGES else "package"


def _order(reading: Reading, rest: Sequence[Node], common: dict[str, Any]) -> ShippedOrder:
    department = selection.reference(common.get("references", ()), DEPARTMENT)
    marked = selection.party(common.get("parties", ()), MARK_FOR)
    for segment, _ in of(rest, "PRF"):
        common = {
            **common,
            "number": reading.text(segment, 1),
            "release": reading.text(segment, 2),
            "change_sequence": reading.text(segment, 3),
            "date": reading.date(segment, 4),
            "contract": reading.text(segment, 6),
            "order_type": reading.code(segment, 7, "92"),
        }
        break
    return ShippedOrder(**common, department=department, mark_for=marked)


def _package(reading: Reading, levels: Levels, common: dict[str, Any], level: str, above: Above) -> Above:
    sscc = _sscc(reading, common.get("marks", ()))
    levels.packages.append(Package(**common, sscc=sscc, order=above.order, item=above.item))
    if above.package is not None:
        levels.holders[level] = above.package
    return replace(above, package=level)


def _item(reading: Reading, rest: Sequence[Node], common: dict[str, Any], above: Above) -> ShippedItem:
    ids, line = _identified(reading, rest)
    quantities = _shipped(reading, rest, line)
    references = common.get("references", ())
    own_order = next((reading.text(segment, 1) for segment, _ in of(rest, "PRF")), None)
    return ShippedItem(
        **common,
        **quantities,
        product_ids=ids,
        lot=selection.product_id(ids, LOT_ID) or selection.reference(references, LOT),
        serial=selection.product_id(ids, SERIAL_ID) or selection.reference(references, SERIAL),
        expiry=selection.event(common.get("dates", ()), EXPIRY),
        order=above.order,
        order_number=own_order or above.order_number,
        package=above.package,
        item=above.item,
        destinations=tuple(destinations(reading, rest)),
        sublines=tuple(sublines(reading, rest)),
    )


def _identified(reading: Reading, rest: Sequence[Node]) -> tuple[tuple[ProductId, ...], str | None]:
    for segment, _ in of(rest, "LIN"):
        return tuple(product_ids(reading, segment, 2)), reading.text(segment, 1)
    return (), None


def _shipped(reading: Reading, rest: Sequence[Node], line: str | None) -> dict[str, Any]:
    """Quantities of SN1. Its line number counts where LIN has none, and must not contradict it."""
    for segment, _ in of(rest, "SN1"):
        return {
            "line": _line(reading, segment, line),
            "quantity": reading.quantity(segment, 2, 3),
            "cumulative": reading.decimal(segment, 4),
            "ordered": reading.quantity(segment, 5, 6),
            "status": reading.code(segment, 8, "668"),
        }
    return {"line": line}


def _line(reading: Reading, segment: Segment, line: str | None) -> str | None:
    if line is None or reading.checked(eq, reading.look(segment, 1), line):
        return reading.text(segment, 1)
    return line


def _sscc(reading: Reading, marks: Sequence[Mark]) -> str | None:
    for mark in marks:
        if mark.qualifier.code in SSCC_MARKS and reading.checked(gs1.sscc_of, mark.value):
            code = str(mark.value)
            with_identifier = reading.checked(gs1.has_identifier, mark.value)
            return code.removeprefix(gs1.SSCC_IDENTIFIER) if with_identifier else code
    return None
