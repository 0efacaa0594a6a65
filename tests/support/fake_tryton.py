"""A Tryton in memory, behind the connector's own door: what it holds, and what it was told to do.

    erp = FakeTryton()
    erp.add("party.party", code="ACME", name="Acme Retail", addresses=[])
    TrytonConnector(erp, TrytonOptions()).deliver(consignment)
    erp.told                      # [("POST", "sale.sale", {…}), ("POST", "sale.sale/7/quote", {}), …]

It knows no business rule. Records stand as the API shows them, related ones inside, and are given
whole. What a real Tryton makes of the same calls, the tests of journeys and steps say.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

from outbound.http_answers import Answer
from outbound.http_door import DoorOptions, HttpDoor, Request

#: The state that a button takes a record to.
STATES = {
    "quote": "quotation",
    "confirm": "processing",
    "receive": "received",
    "do": "done",
    "validate_invoice": "validated",
    "post": "posted",
    "cancel": "cancelled",
}
DOLLAR = {"id": 3, "code": "USD"}
Told = tuple[str, str, Any]


class FakeTryton(HttpDoor):
    """One database of one company.

    told: method, path and values of every change, in order. before: called with each change before
    it is made; it may answer in Tryton's place, or change records as somebody else.
    total: of every invoice that is made or changed.
    """

    def __init__(self) -> None:
        super().__init__(DoorOptions("https://erp.example/db"))
        self.told: list[Told] = []
        self.before: Callable[[Told], Answer | None] = lambda _told: None
        self.total = Decimal(0)
        self._ids = count(1)
        self._records: dict[str, dict[int, dict[str, Any]]] = {}
        self.add("company.company", party={"name": "Millbrook", "code": "M"}, currency=DOLLAR)

    def add(self, model: str, **values: Any) -> dict[str, Any]:
        """A record, as somebody has made it; its `id` is drawn if it is not given."""
        record = {"id": next(self._ids), "__name__": model, **values}
        self._records.setdefault(model, {})[record["id"]] = record
        return record

    def remove(self, model: str, record: dict[str, Any]) -> None:
        """Take a record away, as somebody has."""
        del self._records[model][record["id"]]

    def every(self, model: str) -> list[dict[str, Any]]:
        """The records of a model, oldest first."""
        return list(self._records.get(model, {}).values())

    def ask(self, request: Request) -> Answer:
        """See `HttpDoor.ask`."""
        parts = urlsplit(request.target)
        path = parts.path.removeprefix("/rest/model/")
        if request.method == "GET":
            query = parse_qs(parts.query)
            domain = (
                json.loads(urlsafe_b64decode(query["d"][0]), object_hook=_from_json) if "d" in query else []
            )
            return said([one for one in self.every(path) if _fits(one, domain)])
        values = json.loads(request.body, object_hook=_from_json) if request.body else {}
        told = (request.method, path, values)
        self.told.append(told)
        return self.before(told) or self._change(*told)

    def _change(self, method: str, path: str, values: dict[str, Any]) -> Answer:
        model, *rest = path.split("/")
        if not rest:
            return said(self.add(model, **{**_new(model), "total_amount": self.total, **_kept(values)}))
        record = self._records[model][int(rest[0])]
        if method == "DELETE":
            self.remove(model, record)
            return Answer(204, {}, b"")
        changed = {"state": STATES[rest[1]]} if rest[1:] else {**_kept(values), "total_amount": self.total}
        record.update(changed)
        return said(record)


def said(value: object, status: int = 200) -> Answer:
    """An answer of Tryton's."""
    return Answer(status, {"content-type": "application/json"}, json.dumps(value, default=_to_json).encode())


def no(words: str) -> Answer:
    """What Tryton says when it does not accept something."""
    return said({"status": 400, "message": words, "description": ""}, 400)


def _new(model: str) -> dict[str, Any]:
    """What every new record of a model has."""
    return {"state": "draft", **({"incoming_moves": []} if model == "stock.shipment.in" else {})}


def _kept(values: dict[str, Any]) -> dict[str, Any]:
    """Values as a record keeps them: of related records those that are made or added."""
    return {name: _related(value) if isinstance(value, list) else value for name, value in values.items()}


def _related(commands: list[Any]) -> list[Any]:
    made = [record for command in commands if command[0] == "create" for record in command[1]]
    added = [number for command in commands if command[0] == "add" for number in command[1]]
    return made + [{"id": number, "quantity": Decimal(1)} for number in added]


def _fits(record: dict[str, Any], domain: Sequence[Any]) -> bool:
    return all(_holds(record.get(field), operator, value) for field, operator, value in domain)


def _holds(held: Any, operator: str, value: Any) -> bool:
    held = held["id"] if isinstance(held, dict) else held
    return {"=": held == value, "!=": held != value, "in": operator == "in" and held in value}[operator]


def _to_json(value: object) -> object:
    if isinstance(value, date):
        return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
    return {"__class__": "Decimal", "decimal": str(value)}


def _from_json(value: dict[str, Any]) -> object:
    if value.get("__class__") == "date":
        return date(value["year"], value["month"], value["day"])
    return Decimal(value["decimal"]) if value.get("__class__") == "Decimal" else value


def millbrook() -> FakeTryton:
    """A Tryton with what the sample documents need: Acme, Delta Supply, their goods, units and journals."""
    erp = FakeTryton()
    party = {
        "customer_payment_term": None,
        "supplier_payment_term": None,
        "sale_invoice_method": "order",
        "sale_shipment_method": "order",
        "account_payable": 21,
    }
    store = {
        "id": 101,
        "invoice": True,
        "delivery": False,
        "postal_code": "62701",
        "street": "118 Kettle Lane",
    }
    acme = erp.add("party.party", name="Acme Retail", code="ACME", addresses=[store], **party)
    yard = {
        "id": 102,
        "invoice": True,
        "delivery": True,
        "postal_code": "80011",
        "street": "2200 Foundry Road",
    }
    delta = erp.add("party.party", name="Delta Supply", code="DELTA", addresses=[yard], **party)
    erp.add("party.identifier", code="D1", address=None, party=delta)
    erp.add("party.identifier", code="0042", address={"id": 101, "party": {"id": acme["id"]}}, party=acme)
    erp.add("product.uom", symbol="u", factor=Decimal(1), category=1)
    erp.add("product.uom", symbol="cs", factor=Decimal(12), category=1)
    account = {"account_category": {"account_expense": 51, "customer_taxes": [8]}}
    goods = {"sale_uom": 1, "purchase_uom": 1, "template": account}
    for code, name, gtin, theirs in (
        ("MB-1001", "Enamel mug, blue", "614141000012", ""),
        ("MB-2040", "Kettle, 1.7 l", "614141000029", ""),
        ("CLAMP-40", "Hose clamp, 40 mm", "614141000036", "DS-310"),
        ("HOSE-2", "Hose, 2 m", "614141000043", "DS-322"),
    ):
        product = erp.add("product.product", code=code, rec_name=f"[{code}] {name}", **goods)
        erp.add("product.identifier", code=gtin, product=product)
        if theirs:
            erp.add("purchase.product_supplier", code=theirs, party=delta["id"], product=product)
    erp.add("product.product", code="FREIGHT", rec_name="[FREIGHT] Freight", **{**goods, "template": None})
    erp.add("account.tax", name="State sales tax", invoice_account=61, credit_note_account=62)
    erp.add("account.journal", type="expense", code="EXP")
    erp.add("account.configuration", default_category_account_expense=52, default_account_payable=22)
    return erp
