"""The sample mapping to Tryton's JSON-RPC, against a real Tryton: the language proved on a real API."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pytest
from tryton_server import DATABASE, PASSWORD, TrytonServer, tryton_server

from outbound.connector import Carried, Consignment, Holding, Outcome, Refused, TryLater
from outbound.http_calls import HttpCalls
from outbound.registry import connect
from partners.destinations import Destination
from partners.mappings import MappingFile

SAMPLES = Path(__file__).parents[2] / "samples"
MAPPING = SAMPLES / "destinations" / "tryton-rpc.mapping.toml"

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Erp:
    """A Tryton and our connector to it."""

    tryton: TrytonServer
    connector: HttpCalls

    def read(self, model: str, *fields: str) -> list[dict[str, object]]:
        return self.tryton.rpc().read(model, [], fields)


@pytest.fixture
def erp(tmp_path: Path) -> Iterator[Erp]:
    with tryton_server(tmp_path) as tryton:
        yield Erp(tryton, mapped(tryton, tmp_path, MAPPING.read_text("utf-8")))


def mapped(tryton: TrytonServer, folder: Path, mapping: str) -> HttpCalls:
    """Our connector to a Tryton, by a mapping as its file says it."""
    destination = Destination.model_validate(
        {
            "name": "erp",
            "url": f"{tryton.url}/{DATABASE}",
            "allow_hosts": ["127.0.0.1"],
            "mapping": "tryton-rpc",
            "mapped": MappingFile.model_validate(tomllib.loads(mapping)),
            "http": {"basic_user": "admin", "basic_password": "env:P"},
        }
    )
    made = connect(destination, {"http.basic_password": PASSWORD}, folder)
    assert isinstance(made, HttpCalls)
    return made


def consignment(case: str, kind: str, partner: str) -> Consignment:
    """A sample's document as it would be delivered."""
    value = json.loads((SAMPLES / "x12" / case / "canonical.json").read_text("utf-8"))[0]["canonical"]
    key = f"key-{value['number']}"
    carried = (Carried(f"document-{key}", key, json.dumps(value)),)
    return Consignment(key, "f", "application/json", b"{}", carried, {"kind": kind, "partner": partner})


ORDER = consignment("850/simple", "order", "acme-retail")
NOTICE = consignment("856/shipment-order-pack-item", "ship_notice", "delta-supply")
INVOICE = consignment("810/charges-and-tax", "invoice", "delta-supply")


def test_order_notice_and_invoice_end_in_tryton_once(erp: Erp) -> None:
    with pytest.raises(TryLater, match="nothing to invoice yet"):
        erp.connector.deliver(INVOICE)
    for one in (ORDER, NOTICE, INVOICE):
        first, again = erp.connector.deliver(one), erp.connector.deliver(one)
        assert (first.outcome, again.outcome) == (Outcome.ACCEPTED, Outcome.DUPLICATE)
        assert first.reference == again.reference
        held = erp.connector.look_up(one)
        assert isinstance(held, Holding)
        assert held.facts["number"] == one.documents[0].value["number"]
    (sale,) = erp.read(
        "sale.sale",
        "state",
        "reference",
        "party.code",
        "total_amount",
        "shipment_address.party_name",
        "lines.product.code",
        "lines.quantity",
        "lines.unit.symbol",
        "lines.unit_price",
    )
    assert sale["state"] in {"confirmed", "processing"}
    assert (sale["reference"], sale["party.code"], sale["total_amount"]) == (
        "4501000101",
        "ACME",
        Decimal("339.00"),
    )
    assert sale["shipment_address.party_name"] == "Acme Store 0042"
    lines = sale["lines"]
    assert isinstance(lines, list)
    assert [
        (line["product.code"], line["quantity"], line["unit.symbol"], line["unit_price"]) for line in lines
    ] == [("MB-1001", 24, "u", Decimal("3.75")), ("MB-2040", 6, "cs", Decimal("41.5"))]
    (shipment,) = erp.read("stock.shipment.in", "state", "reference", "incoming_moves.quantity")
    assert (shipment["state"], shipment["reference"]) == ("received", "DS-88001")
    invoices = erp.tryton.rpc().read(
        "account.invoice", [("type", "=", "in")], ["state", "reference", "total_amount"]
    )
    assert [(one["state"], one["reference"], one["total_amount"]) for one in invoices] == [
        ("posted", "DS-I-5001", Decimal("198.38"))
    ]


def _without_number(consignment: Consignment, ordinal: int) -> Consignment:
    """An order that gives only the GTIN in one line."""
    (carried,) = consignment.documents
    value = json.loads(json.dumps(carried.value))
    line = value["lines"][ordinal - 1]
    line["product_ids"] = [one for one in line["product_ids"] if one["qualifier"]["code"] != "VN"]
    return replace(consignment, documents=(replace(carried, text=json.dumps(value)),))


def test_an_order_for_what_tryton_does_not_know_names_it_and_goes_once_it_does(
    erp: Erp, tmp_path: Path
) -> None:
    rpc = erp.tryton.rpc()
    product = rpc.find("product.product", ("suffix_code", "=", "MB-2040"))
    rpc.write("product.product", [product], {"suffix_code": "OTHER"})
    with pytest.raises(TryLater, match="MB-2040") as caught:
        erp.connector.deliver(ORDER)
    assert not caught.value.endpoint_wide
    assert erp.read("sale.sale", "state") == []
    rpc.write("product.product", [product], {"suffix_code": "MB-2040"})
    unit = rpc.find("product.uom", ("symbol", "=", "cs"))
    rpc.write("product.uom", [unit], {"symbol": "bx"})
    with pytest.raises(TryLater, match="a unit with the symbol cs"):
        erp.connector.deliver(ORDER)
    rpc.write("product.uom", [unit], {"symbol": "cs"})
    without_cases = MAPPING.read_text("utf-8").replace(', CA = "cs"', "")
    with pytest.raises(TryLater, match=r"crosswalks\.units of the mapping for CA"):
        mapped(erp.tryton, tmp_path, without_cases).deliver(ORDER)
    with pytest.raises(Refused, match=r"no number of ours \(VN\) in line 2"):
        erp.connector.deliver(_without_number(ORDER, 2))
    assert erp.read("sale.sale", "state") == []
    assert erp.connector.deliver(ORDER).outcome is Outcome.ACCEPTED


def test_a_draft_that_a_killed_attempt_left_is_taken_on(erp: Erp) -> None:
    rpc = erp.tryton.rpc()
    preview = json.loads(erp.connector.dry_run(ORDER).content)
    rpc.call(preview["method"], *preview["params"][:-1])
    assert erp.connector.deliver(ORDER).outcome is Outcome.ACCEPTED
    assert [sale["state"] for sale in erp.read("sale.sale", "state")] != ["draft"]
    assert len(erp.read("sale.sale", "state")) == 1
