"""What Tryton has said of master data is remembered for a while, and never stands in a document's way."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from business_files import SAMPLES

from outbound.connector import Carried, Consignment, Outcome, Refused, TryLater
from outbound.http_answers import Answer
from outbound.http_door import DoorOptions, HttpDoor, Request
from outbound.tryton.client import Tryton
from outbound.tryton.connector import TrytonConnector, TrytonOptions
from outbound.tryton.memory import LIFE_S, MOST, Asking, Memory
from partners.crosswalk import Crosswalk

COMPANY = {"id": 1, "party": {"name": "Millbrook", "code": "M"}, "currency": {"id": 2, "code": "USD"}}
PARTY = {
    "id": 7,
    "name": "Acme",
    "code": "ACME",
    "customer_payment_term": None,
    "sale_invoice_method": "order",
    "sale_shipment_method": "order",
    "addresses": [],
}


class FakeTryton(HttpDoor):
    """Answers searches from `records` by model, and counts what was asked for."""

    def __init__(self) -> None:
        super().__init__(DoorOptions("http://erp.example/db"))
        self.records: dict[str, list[dict[str, Any]]] = {
            "company.company": [COMPANY],
            "party.party": [PARTY],
            "product.uom": [{"id": 4, "symbol": "u", "factor": 1}],
        }
        self.asked: list[tuple[str, list[Any]]] = []
        self.refuses = False

    def ask(self, request: Request) -> Answer:
        url = urlsplit(request.target)
        model = url.path.removeprefix("/rest/model/").partition("/")[0]
        found: object
        if request.method == "GET":
            domain = parse_qs(url.query).get("d", ["W10="])[0]
            self.asked.append((model, json.loads(urlsafe_b64decode(domain))))
            found = [one for one in self.records.get(model, []) if fits(one, self.asked[-1][1])]
        elif self.refuses:
            return Answer(400, {}, b'{"message": "No.", "description": ""}', whole=True)
        else:
            made = json.loads(request.body)
            found = {"id": 12, "state": "draft", "__name__": model, "made": made}
        return Answer(200, {}, json.dumps(found).encode(), whole=True)

    def product(self, number: int, code: str) -> None:
        """A product that can be ordered."""
        product = {"id": number, "code": code, "rec_name": code, "sale_uom": 4}
        self.records.setdefault("product.product", []).append(product)

    def of(self, model: str) -> list[list[Any]]:
        """The domains that were asked of a model."""
        return [domain for name, domain in self.asked if name == model]


def fits(record: Mapping[str, Any], domain: list[Any]) -> bool:
    for field, operator, value in domain:
        values = value if operator == "in" else [value]
        if field in {"code", "symbol"} and record.get(field) not in values:
            return False
    return True


@pytest.fixture
def far_end() -> FakeTryton:
    return FakeTryton()


@pytest.fixture
def tryton(far_end: FakeTryton) -> Tryton:
    return Tryton(far_end)


def order(key: str, *codes: str) -> Consignment:
    (sample,) = json.loads((SAMPLES / "x12/850/simple/canonical.json").read_text("utf-8"))
    line = sample["canonical"]["lines"][0]
    lines = [
        {
            **line,
            "ordinal": place,
            "number": str(place),
            "product_ids": [{"qualifier": {"code": "VN"}, "value": code}],
            "quantity": {"value": "1", "unit": {"code": "EA"}},
        }
        for place, code in enumerate(codes, start=1)
    ]
    value = {**sample["canonical"], "number": key, "parties": [], "lines": lines}
    crosswalk = Crosswalk({("party", "acme"): "ACME"})
    return Consignment(
        key,
        "f",
        "application/json",
        b"",
        (Carried(key, key, json.dumps(value)),),
        {"partner": "acme"},
        1,
        crosswalk,
    )


def test_an_answer_is_remembered_for_a_minute_even_if_nothing_was_found() -> None:
    now = [100.0]
    memory = Memory(lambda: now[0])
    memory.keep("units", [{"id": 1}])
    memory.keep("nothing", [])
    now[0] += LIFE_S - 1
    assert (memory.recall("units"), memory.recall("nothing"), memory.recall("else")) == (
        ({"id": 1},),
        (),
        None,
    )
    now[0] += 1
    assert memory.recall("units") is None
    memory.keep("units", [])
    memory.forget()
    assert memory.recall("units") is None


def test_memory_does_not_grow_without_end() -> None:
    memory = Memory()
    for number in range(MOST + 1):
        memory.keep(number, [])
    assert memory.recall(0) is None
    assert memory.recall(MOST) == ()


def test_only_what_is_not_known_is_asked_for(far_end: FakeTryton, tryton: Tryton) -> None:
    far_end.product(1, "A")
    far_end.product(2, "B")
    memory = Memory()
    first, second = Asking(tryton, memory), Asking(tryton, memory)
    assert [one["id"] for one in first.by_value("product.product", "code", {"A", "X"}, ("rec_name",))] == [1]
    found = second.by_value("product.product", "code", {"A", "B", "X"}, ("rec_name",))
    assert [one["id"] for one in found] == [1, 2]
    assert far_end.of("product.product") == [[["code", "in", ["A", "X"]]], [["code", "in", ["B"]]]]
    assert (first.recalled, second.recalled) == (False, True)


def test_whose_a_document_is_is_asked_again_until_it_is_known(far_end: FakeTryton, tryton: Tryton) -> None:
    asking = Asking(tryton, Memory())
    domain = [["code", "=", "NEW"]]
    assert not asking.search("party.party", domain, ("name",))
    far_end.records["party.party"].append({"id": 9, "code": "NEW"})
    assert asking.search("party.party", domain, ("name",)) == [{"id": 9, "code": "NEW"}]
    assert asking.search("party.party", domain, ("name",)) == ({"id": 9, "code": "NEW"},)
    assert len(far_end.of("party.party")) == 2


def test_a_second_order_of_the_same_goods_asks_for_no_master_data(far_end: FakeTryton) -> None:
    far_end.product(1, "A")
    connector = TrytonConnector(far_end, TrytonOptions(order="draft"))
    assert connector.deliver(order("PO-1", "A")).outcome is Outcome.ACCEPTED
    far_end.asked.clear()
    assert connector.deliver(order("PO-2", "A")).outcome is Outcome.ACCEPTED
    assert {model for model, _ in far_end.asked} == {"sale.sale"}


def test_what_a_person_has_just_added_is_found_though_it_was_not_there_before(far_end: FakeTryton) -> None:
    far_end.product(1, "A")
    connector = TrytonConnector(far_end, TrytonOptions(order="draft"))
    with pytest.raises(TryLater, match=r"product of line 2 \(VN B\)"):
        connector.deliver(order("PO-1", "A", "B"))
    connector.deliver(order("PO-2", "A"))
    far_end.product(2, "B")
    assert connector.deliver(order("PO-1", "A", "B")).outcome is Outcome.ACCEPTED


def test_a_refusal_for_something_remembered_is_no_refusal(far_end: FakeTryton) -> None:
    """A product that was made anew under another id in the minute before."""
    far_end.product(1, "A")
    connector = TrytonConnector(far_end, TrytonOptions(order="draft"))
    connector.deliver(order("PO-1", "A"))
    far_end.refuses = True
    asked = len(far_end.of("product.product"))
    with pytest.raises(Refused) as caught:
        connector.deliver(order("PO-2", "A"))
    assert caught.value.code == "OUT-100"
    assert len(far_end.of("product.product")) == asked + 1
