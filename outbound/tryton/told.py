"""What Tryton's records say to a partner, as canonical documents."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from outbound.tryton.client import Record
from outbound.tryton.codes import Codes
from translators.canonical.commerce import PaymentTerms, Price, Subtotals, Tax
from translators.canonical.document import Document, Source
from translators.canonical.inventory import Inventory, InventoryLine, Stock
from translators.canonical.invoice import Invoice, InvoiceLine, InvoiceTotals
from translators.canonical.order_response import LineAnswer, OrderResponse, OrderResponseLine
from translators.canonical.ship_notice import Shipment, ShipNotice, ShippedItem, ShippedOrder
from translators.canonical.values import (
    Code,
    Currency,
    DatedEvent,
    Description,
    Money,
    Party,
    Quantity,
    Reference,
)

STANDARD = "tryton"
ORIGINAL, CANCELLATION = Code("00", "original"), Code("01", "cancellation")
ACCEPTED, REJECTED = Code("AT", "accepted"), Code("RJ", "rejected, no detail")
ITEM_ACCEPTED = Code("IA", "item accepted")
INVOICE, CREDIT = Code("DI", "debit invoice"), Code("CR", "credit memo")
ON_HAND, AVAILABLE = Code("17", "on hand"), Code("33", "available for sale")
SHIP_TO, SHIP_FROM, BILL_TO = Code("ST", "ship to"), Code("SF", "ship from"), Code("BT", "bill to")
SHIPPED, WILL_SHIP = Code("011", "shipped"), Code("068", "current schedule ship")
#: Qualifier of the seller's own order number (element 128).
SELLERS_ORDER = Code("VN", "vendor order number")
ZONE = "unknown"
#: How a change's time is written, so that it sorts as text.
VERSION = "%Y-%m-%dT%H:%M:%S.%f"
SALE_LINE = "sale.line"

PRODUCT = ("code", "name", "identifiers.type", "identifiers.code")
ADDRESS = ("party_name", "street", "city", "postal_code", "subdivision.code", "country.code", "party.name")


def nested(name: str, fields: Iterable[str]) -> tuple[str, ...]:
    """Fields of a related record."""
    return tuple(f"{name}.{field}" for field in fields)


SALE = (
    "state",
    "write_date",
    "number",
    "reference",
    "sale_date",
    "shipping_date",
    "currency.code",
    "total_amount",
    *nested("shipment_address", ADDRESS),
    *nested("invoice_address", ADDRESS),
    "lines.type",
    "lines.quantity",
    "lines.unit.symbol",
    "lines.unit_price",
    "lines.description",
    *nested("lines.product", PRODUCT),
)
SHIPMENT = (
    "state",
    "write_date",
    "number",
    "effective_date",
    "warehouse.code",
    "warehouse.name",
    *nested("delivery_address", ADDRESS),
    "outgoing_moves.state",
    "outgoing_moves.quantity",
    "outgoing_moves.unit.symbol",
    "outgoing_moves.origin",
    *nested("outgoing_moves.product", PRODUCT),
)
INVOICE_FIELDS = (
    "state",
    "write_date",
    "number",
    "invoice_date",
    "currency.code",
    "total_amount",
    "tax_amount",
    "payment_term.name",
    "origin_invoices.number",
    *nested("invoice_address", ADDRESS),
    "taxes.description",
    "taxes.amount",
    "taxes.base",
    "taxes.tax.rate",
    "lines.type",
    "lines.quantity",
    "lines.unit.symbol",
    "lines.unit_price",
    "lines.description",
    "lines.origin",
    *nested("lines.product", PRODUCT),
)
STOCKED = ("name", *PRODUCT, "quantity", "default_uom.symbol")
#: The order that a line of a sale belongs to.
ORDER_OF_LINE = ("sale.number", "sale.reference", "sale.sale_date")


@dataclass(frozen=True, slots=True)
class Telling:
    """What documents are made with. orders: the sale of a sale's line, by Tryton's reference to that line."""

    codes: Codes
    usage: str
    orders: Mapping[str, Record]

    def order(self, line: Record) -> Record:
        """The sale that a move or an invoice line is for; empty if it is for none."""
        return self.orders.get(line.get("origin") or "", {})


def order_response(sale: Record, telling: Telling) -> Document:
    """What a sale says: that the order is accepted and what is sold, or that it is rejected."""
    cancelled = sale["state"] == "cancelled"
    currency = sale["currency"]["code"]
    promised = _date(WILL_SHIP, sale["shipping_date"])
    lines = () if cancelled else tuple(_answered_lines(sale, telling, currency))
    return OrderResponse(
        source=_source("sale.sale", sale),
        usage=telling.usage,
        purpose=ORIGINAL,
        answer=REJECTED if cancelled else ACCEPTED,
        order_number=sale["reference"],
        order_date=sale["sale_date"],
        seller_order_number=sale["number"],
        currency=Currency(currency),
        dates=() if promised is None else (promised,),
        parties=_parties((SHIP_TO, sale["shipment_address"]), (BILL_TO, sale["invoice_address"])),
        declared=Subtotals(lines=len(lines), amount=Money(sale["total_amount"], currency)),
        lines=lines,
    )


def _answered_lines(sale: Record, telling: Telling, currency: str) -> Iterator[OrderResponseLine]:
    for ordinal, line in enumerate(_goods(sale["lines"]), start=1):
        quantity = _quantity(line, telling)
        yield OrderResponseLine(
            ordinal=ordinal,
            quantity=quantity,
            price=_price(line, currency),
            product_ids=telling.codes.of_product(line["product"]),
            descriptions=_described(line),
            answers=(LineAnswer(status=ITEM_ACCEPTED, quantity=quantity),),
        )


def ship_notice(shipment: Record, telling: Telling) -> Document:
    """What a shipment to the customer says: what has left, for which orders.

    Tryton dates a shipment only when it is done; one that has left and is not yet done is dated by its
    last change.
    """
    moves = [move for move in shipment["outgoing_moves"] if move["state"] != "cancelled"]
    sales = {order["id"]: order for move in moves if (order := telling.order(move))}
    levels = {number: str(place) for place, number in enumerate(sales, start=2)}
    first_item = 2 + len(levels)
    items = [_item(move, str(place), levels, telling) for place, move in enumerate(moves, start=first_item)]
    return ShipNotice(
        source=_source("stock.shipment.out", shipment),
        usage=telling.usage,
        purpose=_purpose(shipment),
        number=shipment["number"],
        shipped=_date(SHIPPED, shipment["effective_date"] or shipment["write_date"].date()),
        parties=(
            *_parties((SHIP_TO, shipment["delivery_address"])),
            Party(role=SHIP_FROM, id=shipment["warehouse"]["code"], name=shipment["warehouse"]["name"]),
        ),
        shipments=(Shipment(level="1", type=Code("S", "shipment")),),
        orders=tuple(_shipped_order(order, levels[number]) for number, order in sales.items()),
        items=tuple(items),
    )


def _shipped_order(sale: Record, level: str) -> ShippedOrder:
    return ShippedOrder(
        level=level,
        parent="1",
        type=Code("O", "order"),
        number=sale["reference"],
        date=sale["sale_date"],
        references=(Reference(qualifier=SELLERS_ORDER, value=sale["number"]),),
    )


def _item(move: Record, level: str, levels: Mapping[int, str], telling: Telling) -> ShippedItem:
    sale = telling.order(move)
    order = levels.get(sale.get("id", 0))
    return ShippedItem(
        level=level,
        parent=order or "1",
        type=Code("I", "item"),
        product_ids=telling.codes.of_product(move["product"]),
        quantity=_quantity(move, telling),
        order=order,
        order_number=sale.get("reference"),
    )


def invoice(bill: Record, telling: Telling) -> Document:
    """What an invoice or credit note to the customer says; amounts are negative in a credit note."""
    currency = bill["currency"]["code"]
    total = Money(bill["total_amount"], currency)
    credit = total.amount < 0
    lines = tuple(_billed_lines(bill, telling, currency))
    orders = {line.order_number for line in lines}
    corrected = [one["number"] for one in bill["origin_invoices"] or () if one["number"]]
    return Invoice(
        source=_source("account.invoice", bill),
        usage=telling.usage,
        purpose=_purpose(bill),
        number=bill["number"],
        date=bill["invoice_date"],
        type=CREDIT if credit else INVOICE,
        direction="credit" if credit else "payable",
        sign=1,
        order_number=orders.pop() if len(orders) == 1 else None,
        original_invoice=corrected[0] if corrected else None,
        currency=Currency(currency),
        parties=_parties((BILL_TO, bill["invoice_address"])),
        payment_terms=_terms(bill["payment_term"]),
        taxes=tuple(_tax(tax, currency) for tax in bill["taxes"]),
        totals=InvoiceTotals(total=total),
        payable=total,
        lines=lines,
    )


def _billed_lines(bill: Record, telling: Telling, currency: str) -> Iterator[InvoiceLine]:
    for ordinal, line in enumerate(_goods(bill["lines"]), start=1):
        yield InvoiceLine(
            ordinal=ordinal,
            quantity=_quantity(line, telling),
            price=_price(line, currency),
            product_ids=telling.codes.of_product(line["product"]),
            descriptions=_described(line),
            order_number=telling.order(line).get("reference"),
        )


def _tax(tax: Record, currency: str) -> Tax:
    rate = (tax["tax"] or {}).get("rate")
    return Tax(
        type=Code(tax["description"]),
        amount=Money(tax["amount"], currency),
        percent=None if rate is None else plain(rate * 100),
        basis=Money(tax["base"], currency),
    )


def _terms(term: Record | None) -> tuple[PaymentTerms, ...]:
    return (PaymentTerms(description=term["name"]),) if term else ()


def inventory(
    number: str,
    at: datetime.datetime,
    on_hand: Sequence[Record],
    available: Mapping[int, Decimal],
    telling: Telling,
) -> Document:
    """What is in stock. on_hand: products with their quantity. available: what of it is not yet promised."""
    return Inventory(
        source=Source(standard=STANDARD, set="product.product", version=at.isoformat()),
        usage=telling.usage,
        purpose=ORIGINAL,
        number=number,
        created=DatedEvent(date=at.date(), time=at.time(), zone="UTC"),
        lines=tuple(
            _stock_line(ordinal, product, available[product["id"]], telling)
            for ordinal, product in enumerate(on_hand, start=1)
        ),
    )


def _stock_line(ordinal: int, product: Record, available: Decimal, telling: Telling) -> InventoryLine:
    unit = telling.codes.of_unit(product["default_uom"]["symbol"])
    there, free = (Quantity(plain(value), unit) for value in (product["quantity"], available))
    return InventoryLine(
        ordinal=ordinal,
        product_ids=telling.codes.of_product(product),
        descriptions=(Description(text=product["name"]),),
        on_hand=there,
        available=free,
        stocks=(Stock(qualifier=ON_HAND, quantity=there), Stock(qualifier=AVAILABLE, quantity=free)),
    )


def version_of(record: Record) -> str:
    """Tryton's mark of a record's last change, as text that sorts."""
    changed: datetime.datetime = record["write_date"]
    return changed.strftime(VERSION)


def plain(value: Any) -> Decimal:
    """A quantity of Tryton's, which is a floating point number there, without digits that say nothing."""
    exact = Decimal(value)
    return exact.quantize(Decimal(1)) if exact == exact.to_integral_value() else exact.normalize()


def _source(model: str, record: Record) -> Source:
    return Source(
        standard=STANDARD, set=model, set_control_number=str(record["id"]), version=version_of(record)
    )


def _purpose(record: Record) -> Code:
    return CANCELLATION if record["state"] == "cancelled" else ORIGINAL


def _goods(lines: Iterable[Record]) -> Iterator[Record]:
    """Lines that sell something: titles, comments and subtotals are for people."""
    return (line for line in lines if line["type"] == "line")


def _quantity(line: Record, telling: Telling) -> Quantity:
    unit = line["unit"]
    return Quantity(plain(line["quantity"]), telling.codes.of_unit(unit["symbol"]) if unit else None)


def _price(line: Record, currency: str) -> Price:
    return Price(amount=Money(line["unit_price"], currency), per=Decimal(1))


def _described(line: Record) -> tuple[Description, ...]:
    text = line["description"] or (line["product"] or {}).get("name")
    return (Description(text=text),) if text else ()


def _date(qualifier: Code, day: datetime.date | None) -> DatedEvent | None:
    return None if day is None else DatedEvent(qualifier=qualifier, date=day, zone=ZONE)


def _parties(*places: tuple[Code, Record | None]) -> tuple[Party, ...]:
    return tuple(_party(role, address) for role, address in places if address)


def _party(role: Code, address: Record) -> Party:
    region = (address["subdivision"] or {}).get("code") or ""
    return Party(
        role=role,
        name=address["party_name"] or address["party"]["name"],
        address_lines=tuple((address["street"] or "").splitlines()),
        city=address["city"],
        region=region.rpartition("-")[2] or None,
        postal_code=address["postal_code"],
        country=(address["country"] or {}).get("code"),
    )
