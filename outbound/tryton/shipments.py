"""A ship notice becomes an incoming shipment of the moves that its purchases wait for.

The shipment is made empty under the supplier's number, filled, then received: each step finds what
the one before has left. A part of what was ordered takes a part of a move; Tryton itself makes a
move of what is still to come, once the shipment is received.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from outbound.refusals import refused
from outbound.tryton.booking import Booked, Booking, advance, insist_on_one
from outbound.tryton.client import Record
from outbound.tryton.master_data import in_unit, of_item
from translators.canonical.ship_notice import ShipNotice, ShippedItem
from translators.canonical.values import Party

MODEL = "stock.shipment.in"
FIELDS = ("state", "number", "reference", "incoming_moves")
#: The button that takes a shipment from a state to the next, by the state it is to be brought to.
STEPS: Mapping[str, Mapping[str, str]] = {
    "draft": {},
    "received": {"draft": "receive"},
    "done": {"draft": "receive", "received": "do"},
}
SUPPLIERS = ("SU", "VN", "SE", "SF")
PURCHASE = (
    "number",
    "state",
    "warehouse.input_location",
    "warehouse.storage_location",
    "lines.sequence",
    "moves.product",
    "moves.quantity",
    "moves.unit.factor",
    "moves.state",
    "moves.shipment",
    "moves.origin",
)


@dataclass
class Waiting:
    """A move that a purchase waits for. taken: how much of it this shipment brings so far."""

    move: Record
    place: int
    taken: Decimal = field(default=Decimal(0))

    @property
    def left(self) -> Decimal:
        """What of it is not yet taken."""
        return Decimal(self.move["quantity"]) - self.taken


def book(one: Booking[ShipNotice], until: str) -> Booked:
    """The incoming shipment of a ship notice, brought to the state `until` ("draft", "received", "done").

    Twice: a shipment of that supplier under that number is found and taken on from the state it is in.
    Raises TryLater or Refused.
    """
    supplier = _supplier(one)
    domain: list[object] = [["supplier", "=", supplier["id"]], ["reference", "=", reference(one)]]
    known = one.tryton.search(MODEL, domain, FIELDS)
    shipment = known[0] if known else None
    if shipment is None or (shipment["state"] == "draft" and not shipment["incoming_moves"]):
        header, moves = contents(one, supplier)
        if shipment is None:
            shipment = _made(one, header, domain)
        shipment = one.tryton.update(MODEL, shipment["id"], {"incoming_moves": moves}, FIELDS)
    return Booked(advance(one.tryton, MODEL, shipment, STEPS[until], FIELDS), bool(known))


def _made(one: Booking[ShipNotice], header: Record, domain: list[object]) -> Record:
    """The shipment, made and still empty. Raises TryLater if a twin was made at the same time."""
    made = one.tryton.create(MODEL, header, FIELDS)
    number = made["id"]

    def withdraw() -> None:
        """Only administrators may delete a shipment; a cancelled one without a number disturbs nobody."""
        one.tryton.update(MODEL, number, {"reference": None}, FIELDS)
        one.tryton.press(MODEL, number, "cancel", FIELDS)

    insist_on_one(one.tryton, MODEL, number, domain, withdraw)
    return made


def look_up(one: Booking[ShipNotice]) -> Record | None:
    """The shipment that stands for a ship notice, None if there is none."""
    domain = [["supplier", "=", _supplier(one)["id"]], ["reference", "=", reference(one)]]
    found = one.tryton.search(MODEL, domain, (*FIELDS, "supplier.code", "incoming_moves.quantity"))
    return found[0] if found else None


def prepared(one: Booking[ShipNotice]) -> Record:
    """The shipment as it would be made. Raises TryLater if something is lacking, Refused if it cannot be."""
    header, moves = contents(one, _supplier(one))
    return {**header, "incoming_moves": moves}


def reference(one: Booking[ShipNotice]) -> str:
    """The supplier's number; a later version under the same number, which a person let in, has it added.

    Shipments have no description that could hold our key.
    """
    version = one.key.rpartition("-")[2]
    return one.number if version in {"", "1"} or not version.isdigit() else f"{one.number}/{version}"


def _supplier(one: Booking[ShipNotice]) -> Record:
    parties: list[Party] = list(one.document.parties)
    parties += [party for shipment in one.document.shipments for party in shipment.parties]
    return one.master.partner(parties, SUPPLIERS)


def contents(one: Booking[ShipNotice], supplier: Record) -> tuple[Record, list[object]]:
    """The shipment's own values, and its moves as Tryton takes them. Raises TryLater or Refused."""
    notice = one.document
    purchases = _purchases(one, supplier)
    moves = _moves(one, supplier, purchases)
    one.lacking.insist()
    houses = {number: purchase["warehouse"] for number, purchase in purchases.items()}
    house = next(iter(houses.values()))
    if any(other["id"] != house["id"] for other in houses.values()):
        raise refused("OUT-107", reason=f"its orders {', '.join(houses)} are for different warehouses")
    expected = notice.expected or notice.shipped
    header = {
        "company": one.tryton.company["id"],
        "supplier": supplier["id"],
        "reference": reference(one),
        "warehouse": house["id"],
        "warehouse_input": house["input_location"],
        "warehouse_storage": house["storage_location"],
        "planned_date": expected.date if expected else None,
    }
    return header, moves


def _purchases(one: Booking[ShipNotice], supplier: Record) -> dict[str, Record]:
    """The purchases that the notice names, by number; only those from this supplier."""
    numbers = sorted({item.order_number for item in one.document.items if item.order_number})
    if not numbers or any(not item.order_number for item in one.document.items):
        raise refused("OUT-107", reason="an item of it names no order")
    domain = [["number", "in", numbers], ["party", "=", supplier["id"]]]
    found = {one["number"]: one for one in one.tryton.search("purchase.purchase", domain, PURCHASE)}
    for number in numbers:
        if number not in found:
            one.lacking.note(f"purchase {number}", f"there is none from {supplier['name']} in Tryton")
        elif found[number]["state"] not in {"processing", "done"}:
            one.lacking.note(
                f"purchase {number}", f"its state is {found[number]['state']}: confirm it in Tryton"
            )
        elif not found[number]["warehouse"]:
            one.lacking.note(f"purchase {number}", "it has no warehouse")
    return found


def _moves(one: Booking[ShipNotice], supplier: Record, purchases: Mapping[str, Record]) -> list[object]:
    """What of each waiting move is shipped, as Tryton takes it."""
    items = one.document.items
    names = [of_item(item) for item in items]
    goods = one.master.goods(names, supplier=supplier["id"])
    waiting = {number: _waiting(purchase) for number, purchase in purchases.items()}
    used: dict[int, Waiting] = {}
    for item, name, ware in zip(items, names, goods, strict=True):
        if item.quantity is None:
            raise refused("OUT-107", reason=f"{name.name} has no quantity")
        fitting = waiting[item.order_number or ""][ware.product["id"]]
        taken = _take(item.quantity.value, ware.unit, _in_order(fitting, item))
        if not taken and item.quantity.value:
            one.lacking.note(
                f"{ware.product['rec_name']} of purchase {item.order_number}",
                "nothing of it is left to be received: add it to the purchase in Tryton",
            )
        used |= {one.move["id"]: one for one in taken}
    changed = [one for one in used.values() if one.taken != Decimal(one.move["quantity"])]
    writes = [["write", [one.move["id"]], {"quantity": one.taken}] for one in changed]
    return [["add", sorted(used)], *writes]


def _waiting(purchase: Record) -> Mapping[int, list[Waiting]]:
    """The moves that a purchase still waits for, by product, in the order of its lines."""
    places = {line["id"]: place for place, line in enumerate(purchase["lines"] or (), start=1)}
    waiting: defaultdict[int, list[Waiting]] = defaultdict(list)
    for move in sorted(purchase["moves"] or (), key=lambda move: int(move["id"])):
        if move["state"] == "draft" and not move["shipment"]:
            line = int(str(move["origin"] or "").rpartition(",")[2] or 0)
            waiting[move["product"]].append(Waiting(move, places.get(line, 0)))
    return waiting


def _in_order(fitting: list[Waiting], item: ShippedItem) -> list[Waiting]:
    """The moves of a product, those of the purchase line that the item names first."""
    named = int(item.line) if item.line and item.line.isascii() and item.line.isdigit() else -1
    return sorted(fitting, key=lambda one: one.place != named)


def _take(quantity: Decimal, unit: Record | None, fitting: Sequence[Waiting]) -> list[Waiting]:
    """Take a quantity from moves, one after another; more than all of them hold is added to the last."""
    if not fitting:
        return []
    counted = fitting[0].move["unit"]
    alike = [one for one in fitting if one.move["unit"]["id"] == counted["id"]]
    wanted = in_unit(quantity, unit, counted)
    taken: list[Waiting] = []
    for one in alike:
        part = min(wanted, one.left)
        if part > 0:
            one.taken += part
            wanted -= part
            taken.append(one)
    if taken:
        taken[-1].taken += wanted
    return taken
