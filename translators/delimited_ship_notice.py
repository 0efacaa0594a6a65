"""The ship notice of a delimited file to the canonical ship notice: one row, one item.

The file has no tree of its own: the shipment is level 1; every order number, every SSCC and
every row is a level below it, numbered in the order met.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

from parsers.delimited.document import DelimitedDocument
from translators import gs1
from translators.canonical.meanings import coded
from translators.canonical.ship_notice import Package, Shipment, ShipNotice, ShippedItem, ShippedOrder
from translators.canonical.transport import Equipment, Lading, Routing
from translators.canonical.values import Mark, Reference
from translators.delimited_cells import ORIGINAL, Cells, all_unmapped, source_of, usage_of
from translators.delimited_details import details, event, goods, header_cells, line_cells
from translators.translation import Translation
from translators.x12_keys import keys_of

#: Container codes that become keys of one notice.
MAX_SSCC_KEYS = 200
_SHIPPED, _EXPECTED, _EXPIRY, _CREATED = "011", "017", "036", "097"
_SHIPMENT, _ORDER, _PACK, _ITEM = "S", "O", "P", "I"
_SHIPMENT_LEVEL = "1"
_SSCC_MARK = "AA"


@dataclass(slots=True)
class _Tree:
    """The levels met so far. packages: the items in each SSCC, by level; orders and packages by number."""

    levels: count[int] = field(default_factory=lambda: count(2))
    orders: dict[str, ShippedOrder] = field(default_factory=dict)
    packages: dict[str, str] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    contents: dict[str, list[str]] = field(default_factory=dict)

    def order(self, number: str | None, origin: str) -> str | None:
        """The level of an order."""
        if number is None:
            return None
        if number not in self.orders:
            self.orders[number] = ShippedOrder(
                level=self.next(),
                parent=_SHIPMENT_LEVEL,
                type=coded("735", _ORDER),
                number=number,
                origin=origin,
            )
        return self.orders[number].level

    def package(self, mark: str | None, origin: str) -> str | None:
        """The level of the package with that mark."""
        if mark is None:
            return None
        if mark not in self.packages:
            self.packages[mark] = self.next()
            self.origins[mark] = origin
        return self.packages[mark]

    def next(self) -> str:
        return str(next(self.levels))


def read(document: DelimitedDocument, layout: str, usage: str) -> Translation:
    """The ship notice, as far as its cells could be read. Never raises.

    layout: name of the layout that read it. usage: of the channel, "production" or "test".
    """
    header = header_cells(document)
    purpose = header.ours("purpose")
    rows = [line_cells(row, None) for row in document.rows]
    notice = _notice(document, header, rows, layout, usage)
    codes = [package.sscc for package in notice.packages][:MAX_SSCC_KEYS]
    return Translation(
        document=notice,
        keys=keys_of(
            ("shipment", notice.number),
            ("bill_of_lading", notice.bill_of_lading),
            ("pro_number", notice.pro_number),
            *(("purchase_order", order.number) for order in notice.orders),
            *(("sscc", code) for code in codes),
            references=[notice.references],
        ),
        number=notice.number or "",
        original=purpose in (None, ORIGINAL),
        purpose=notice.purpose,
    )


def _notice(
    document: DelimitedDocument, header: Cells, rows: Sequence[Cells], layout: str, usage: str
) -> ShipNotice:
    tree = _Tree()
    items = tuple(_item(cells, tree) for cells in rows)
    shipped, expected = event(header, "ship_date", _SHIPPED), event(header, "delivery_date", _EXPECTED)
    shipment = _shipment(header)
    fields = details(header, {})
    fields["dates"] = tuple(when for when in (shipped, expected) if when)
    return ShipNotice(
        **fields,
        source=source_of(document, layout),
        usage=usage_of(document, usage),
        purpose=header.code("purpose", "353"),
        number=header.text("number"),
        created=event(header, "date", _CREATED, "time"),
        shipped=shipped,
        expected=expected,
        carrier_scac=header.text("carrier_scac"),
        pro_number=header.text("pro_number"),
        bill_of_lading=header.text("bill_of_lading"),
        trailer=header.text("trailer"),
        seal=header.text("seal"),
        gross_weight=header.quantity("gross_weight", "weight_unit"),
        lading_quantity=shipment.lading[0].quantity if shipment.lading else None,
        shipments=(shipment,),
        orders=tuple(tree.orders.values()),
        packages=_packages(tree, items),
        items=items,
        unmapped=all_unmapped(document, [header, *rows]),
    )


def _shipment(header: Cells) -> Shipment:
    carrier, name = header.text("carrier_scac"), header.text("carrier_name")
    routing = Routing(
        carrier_qualifier=coded("66", "2") if carrier else None,
        carrier=carrier,
        text=name,
        origin=header.origin,
    )
    packages, weight = header.whole("package_count"), header.quantity("gross_weight", "weight_unit")
    vehicle = Equipment(number=header.text("trailer"), seal=header.text("seal"))
    return Shipment(
        level=_SHIPMENT_LEVEL,
        type=coded("735", _SHIPMENT),
        routings=(routing,) if carrier or name else (),
        lading=(Lading(quantity=packages, weight=weight),) if packages or weight else (),
        equipment=(vehicle,) if vehicle != Equipment() else (),
        references=_shipment_references(header),
        origin=header.origin,
    )


def _shipment_references(header: Cells) -> tuple[Reference, ...]:
    pairs = (("BM", header.text("bill_of_lading")), ("CN", header.text("pro_number")))
    return tuple(
        Reference(qualifier=coded("128", code), value=value, origin=header.origin)
        for code, value in pairs
        if value
    )


def _item(cells: Cells, tree: _Tree) -> ShippedItem:
    order_number, mark = cells.text("line.order_number"), cells.text("line.sscc")
    order, package = tree.order(order_number, cells.origin), tree.package(mark, cells.origin)
    level = tree.next()
    if mark is not None:
        tree.contents.setdefault(mark, []).append(level)
    expiry = event(cells, "line.expiry_date", _EXPIRY)
    return ShippedItem(
        **goods(cells),
        level=level,
        parent=package or order or _SHIPMENT_LEVEL,
        type=coded("735", _ITEM),
        line=cells.text("line.order_line") or cells.text("line.number"),
        quantity=cells.quantity("line.quantity", "line.unit"),
        lot=cells.text("line.lot"),
        serial=cells.text("line.serial"),
        expiry=expiry,
        dates=(expiry,) if expiry else (),
        order=order,
        order_number=order_number,
        package=package,
        origin=cells.origin,
    )


def _packages(tree: _Tree, items: Sequence[ShippedItem]) -> tuple[Package, ...]:
    """One package a mark; it belongs to an order if all its items do."""
    order_of = {item.level: item.order for item in items}
    return tuple(
        _package(mark, level, tree, {order_of[item] for item in tree.contents[mark]})
        for mark, level in tree.packages.items()
    )


def _package(mark: str, level: str, tree: _Tree, orders: set[str | None]) -> Package:
    order = next(iter(orders)) if len(orders) == 1 else None
    return Package(
        level=level,
        parent=order or _SHIPMENT_LEVEL,
        type=coded("735", _PACK),
        sscc=gs1.sscc_of(mark),
        order=order,
        marks=(Mark(qualifier=coded("88", _SSCC_MARK), value=mark),),
        items=tuple(tree.contents[mark]),
        origin=tree.origins[mark],
    )
