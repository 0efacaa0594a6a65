"""Reads what Tryton has posted for a customer: sales, shipments, invoices, and what is in stock.

Tryton marks each record with the time of its last change, by its own database's clock, at the start
of the transaction that changes it. Records are asked for in that order. States are reached by
buttons, which always change a record, so that none is missed that was made and never changed.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from outbound.changes import Change, Position, Side, Told
from outbound.refusals import refused
from outbound.schedule import slots_between
from outbound.tryton import told
from outbound.tryton.client import Record, Tryton
from outbound.tryton.codes import Codes
from outbound.tryton.told import Telling, version_of
from translators.canonical.document import Document, Source
from translators.canonical.ship_notice import ShipNotice
from translators.canonical.writing import to_json_bytes

#: Products that one request asks for.
PRODUCTS_AT_ONCE = 200
#: Stands in for a document's source in its digest: that a record was touched says nothing to a partner.
NOWHERE = Source(standard=told.STANDARD, set="")


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of document is read. customer: the field that says for whom a record is.

    states: those in which it says something; withdrawn: that in which it is taken back.
    lines: where its lines are that may come from sales.
    """

    document: str
    model: str
    customer: str
    states: tuple[str, ...]
    withdrawn: str
    also: tuple[object, ...]
    fields: tuple[str, ...]
    lines: str
    tell: Callable[[Record, Telling], Document]


KINDS = (
    Kind(
        document="order_response",
        model="sale.sale",
        customer="party.code",
        # A sale that was never told of is rejected all the same: its customer waits for an answer.
        states=("confirmed", "processing", "done", "cancelled"),
        withdrawn="",
        also=(["reference", "!=", None], ["reference", "!=", ""]),
        fields=told.SALE,
        lines="",
        tell=told.order_response,
    ),
    Kind(
        document="ship_notice",
        model="stock.shipment.out",
        customer="customer.code",
        states=("shipped", "done", "cancelled"),
        withdrawn="cancelled",
        also=(["number", "!=", None],),
        fields=told.SHIPMENT,
        lines="outgoing_moves",
        tell=told.ship_notice,
    ),
    Kind(
        document="invoice",
        model="account.invoice",
        customer="party.code",
        states=("posted", "paid", "cancelled"),
        withdrawn="cancelled",
        also=(["type", "=", "out"], ["number", "!=", None]),
        fields=told.INVOICE_FIELDS,
        lines="lines",
        tell=told.invoice,
    ),
)


class TrytonReader:
    """A `ChangeReader` over Tryton's REST API. now: the time, for what is told by schedule."""

    def __init__(self, tryton: Tryton, side: Side, now: Callable[[], datetime.datetime]) -> None:
        self._tryton = tryton
        self._side = side
        self._codes = Codes(side.crosswalk)
        self._kinds = {kind.model: kind for kind in KINDS if kind.document in side.reads}
        self._stock = StockTaking(tryton, side, now) if "inventory" in side.reads else None

    @property
    def sources(self) -> Sequence[str]:
        """See `ChangeReader`: models of Tryton."""
        return (*self._kinds, *([StockTaking.SOURCE] if self._stock else ()))

    def start(self) -> Position:
        """See `ChangeReader`."""
        return Position(f"{self._side.since.isoformat()}T00:00:00.000000")

    def overlapping(self, source: str, position: Position) -> Position:
        """See `ChangeReader`: earlier by the overlap. Stock is told by the clock, where nothing is late."""
        if source not in self._kinds:
            return position
        moment = _moment(position.version) - datetime.timedelta(seconds=self._side.overlap_s)
        return Position(moment.strftime(told.VERSION))

    def changes(self, source: str, after: Position, limit: int) -> list[Change]:
        """See `ChangeReader`."""
        if self._stock is not None and source == StockTaking.SOURCE:
            return self._stock.changes(after)
        kind = self._kinds[source]
        moment = _moment(after.version)
        behind = [
            "OR",
            ["write_date", ">", moment],
            [["write_date", "=", moment], ["id", ">", after.number]],
        ]
        domain = [*self._domain(kind), behind]
        found = self._tryton.page(
            source, domain, ("state", "write_date"), order=("write_date", "id"), limit=limit
        )
        return [_change(kind, record) for record in found]

    def tell(self, changes: Sequence[Change]) -> Iterator[Told]:
        """See `ChangeReader`. A record that changed again meanwhile is told under the change it has now."""
        source = changes[0].source
        if self._stock is not None and source == StockTaking.SOURCE:
            yield from (self._stock.tell(change, self._telling({})) for change in changes)
            return
        kind = self._kinds[source]
        domain = [*self._domain(kind), ["id", "in", [change.at.number for change in changes]]]
        records = self._tryton.page(source, domain, kind.fields, order=("write_date", "id"))
        telling = self._telling(self._orders(kind, records))
        for record in records:
            yield as_told(_change(kind, record), kind.tell(record, telling))

    def close(self) -> None:
        """See `ChangeReader`; nothing is held open between requests."""

    def _domain(self, kind: Kind) -> list[object]:
        return [
            ["company", "=", self._tryton.company["id"]],
            [kind.customer, "=", self._side.party],
            ["state", "in", list(kind.states)],
            *kind.also,
        ]

    def _telling(self, orders: Mapping[str, Record]) -> Telling:
        return Telling(self._codes, self._side.usage, orders)

    def _orders(self, kind: Kind, records: Sequence[Record]) -> dict[str, Record]:
        """The sales that lines of these records come from, by Tryton's reference to the sale's line."""
        origins = (line.get("origin") or "" for one in records for line in one.get(kind.lines) or ())
        numbers = sorted({int(origin.partition(",")[2]) for origin in origins if _is_of_sale(origin)})
        if not numbers:
            return {}
        found = self._tryton.search("sale.line", [["id", "in", numbers]], told.ORDER_OF_LINE)
        return {f"{told.SALE_LINE},{line['id']}": line["sale"] for line in found}


class StockTaking:
    """What is in stock, told at the slots of a schedule: each slot is a change."""

    SOURCE = "stock"

    def __init__(self, tryton: Tryton, side: Side, now: Callable[[], datetime.datetime]) -> None:
        self._tryton = tryton
        self._side = side
        self._now = now

    def changes(self, after: Position) -> list[Change]:
        """The last slot that has come since; those that were slept through are not made up for."""
        if self._side.stock is None:
            return []
        after_slot, now, zone = _moment(after.version), self._now(), ZoneInfo(self._side.zone)
        for span in _LOOKS_BACK:
            slots = slots_between(self._side.stock, zone, max(after_slot, now - span), now)
            if slots:
                return [Change(self.SOURCE, Position(slots[-1].strftime(told.VERSION)))]
        return []

    def tell(self, change: Change, telling: Telling) -> Told:
        """What is in the warehouses now."""
        now = self._now()
        there = list(self._products(stock_assign=False))
        free = {one["id"]: told.plain(one["quantity"]) for one in self._products(stock_assign=True)}
        both = [product for product in there if product["id"] in free]
        number = f"STOCK-{_moment(change.at.version):%Y%m%dT%H%M}"
        return as_told(change, told.inventory(number, now.replace(microsecond=0), both, free, telling))

    def _products(self, *, stock_assign: bool) -> Iterator[Record]:
        """Goods for sale with their quantity in the warehouses."""
        houses = self._warehouses()
        last = 0
        while True:
            domain = [
                ["template.salable", "=", True],
                ["template.type", "=", "goods"],
                ["code", "!=", None],
                ["id", ">", last],
            ]
            page = self._tryton.page(
                "product.product",
                domain,
                told.STOCKED,
                limit=PRODUCTS_AT_ONCE,
                locations=houses,
                with_childs=True,
                stock_assign=stock_assign,
            )
            yield from page
            if len(page) < PRODUCTS_AT_ONCE:
                return
            last = page[-1]["id"]

    def _warehouses(self) -> list[int]:
        wanted = self._side.warehouses
        domain = [["type", "=", "warehouse"], *([["code", "in", list(wanted)]] if wanted else [])]
        found = self._tryton.search("stock.location", domain, ("code",))
        lacking = set(wanted) - {one["code"] for one in found}
        if lacking or not found:
            raise refused("OUT-112", warehouses=", ".join(sorted(lacking)) or "of any kind")
        return [one["id"] for one in found]


#: How far back the last slot is looked for, little by little: a schedule may have one a minute or one a year.
_LOOKS_BACK = tuple(datetime.timedelta(hours=hours) for hours in (1, 24, 32 * 24, 400 * 24))


def as_told(change: Change, document: Document) -> Told:
    """A document as what the record says."""
    says = hashlib.sha256(to_json_bytes(_timeless(document))).hexdigest()
    return Told(change, to_json_bytes(document), says)


def _timeless(document: Document) -> Document:
    """What a document says, without its source and without a shipment's day: Tryton sets that late."""
    bare = replace(document, source=NOWHERE)
    return replace(bare, shipped=None) if isinstance(bare, ShipNotice) else bare


def _change(kind: Kind, record: Record) -> Change:
    return Change(
        kind.model, Position(version_of(record), record["id"]), withdrawn=record["state"] == kind.withdrawn
    )


def _is_of_sale(origin: str) -> bool:
    return origin.startswith(f"{told.SALE_LINE},")


def _moment(version: str) -> datetime.datetime:
    return datetime.datetime.strptime(version, told.VERSION).replace(tzinfo=datetime.UTC)
