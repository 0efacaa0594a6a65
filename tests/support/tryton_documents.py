"""Documents for Tryton as the gateway hands them to its connector, and what people do by hand beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from business_files import SAMPLES
from tryton_rpc import TrytonRpc
from tryton_server import DATABASE, TrytonServer
from tryton_world import CROSSWALKS

from outbound.connector import Carried, Consignment
from outbound.http_door import DoorOptions, HttpDoor
from partners.crosswalk import Crosswalk


def door(server: TrytonServer) -> HttpDoor:
    """What the connector speaks through, let in by the server's key."""
    return HttpDoor(door_options(server))


def door_options(server: TrytonServer) -> DoorOptions:
    """How the server is reached."""
    return DoorOptions(
        url=f"{server.url}/{DATABASE}",
        auth_value=f"bearer {server.key}",
        allow_hosts=frozenset({"127.0.0.1"}),
    )


def crosswalk(partner: str) -> Crosswalk:
    """The crosswalk that the sample partner needs for Tryton."""
    rows = [line.split(",") for line in CROSSWALKS[partner].splitlines()[1:]]
    return Crosswalk({(kind, theirs): ours for kind, theirs, ours in rows})


def canonical(title: str) -> dict[str, Any]:
    """The document of a sample: "x12/850/simple"."""
    (document,) = json.loads((SAMPLES / title / "canonical.json").read_text("utf-8"))
    value: dict[str, Any] = document["canonical"]
    return value


def consignment(value: Mapping[str, Any], partner: str, key: str) -> Consignment:
    """One document of a partner on its way, with the crosswalk it needs."""
    return Consignment(
        key,
        f"{key}.json",
        "application/json",
        json.dumps(value).encode(),
        (Carried(f"doc-{key}", key, json.dumps(value)),),
        {"partner": partner},
        crosswalk=crosswalk(partner),
    )


def sample_order(key: str) -> Consignment:
    """The sample order under a number of its own."""
    value = {**canonical("x12/850/simple"), "number": f"PO-{key}"}
    return consignment(value, "acme-retail", f"erp.{key}-1")


def ship_notice(key: str, purchase: str, items: Sequence[tuple[str, str]]) -> Consignment:
    """A ship notice of Delta Supply. items: its code and the quantity in each."""
    value = canonical("x12/856/shipment-order-pack-item")
    value["number"] = f"SN-{key}"
    value["items"] = [
        {
            "level": str(10 + place),
            "order_number": purchase,
            "product_ids": [{"qualifier": {"code": "VN"}, "value": code}],
            "quantity": {"value": quantity, "unit": {"code": "EA"}},
        }
        for place, (code, quantity) in enumerate(items)
    ]
    return consignment(value, "delta-supply", f"erp.{key}-1")


def invoice(
    key: str, purchase: str, lines: Sequence[tuple[str, str, str]], total: str, *, corrects: str = ""
) -> Consignment:
    """An invoice of Delta Supply, or a credit memo if it corrects one. lines: its code, quantity, price."""
    value = canonical("x12/810/credit")
    value.update(number=f"IN-{key}", order_number=purchase)
    value["totals"] = {"total": {"amount": total, "currency": "USD"}}
    if corrects:
        value.update(original_invoice=corrects, payable={"amount": f"-{total}", "currency": "USD"})
    else:
        del value["original_invoice"]
        value.update(direction="payable", sign=1, type={"code": "DI"})
        value["payable"] = {"amount": total, "currency": "USD"}
    value["lines"] = [
        {
            "ordinal": place,
            "number": str(place),
            "product_ids": [{"qualifier": {"code": "VN"}, "value": code}],
            "quantity": {"value": quantity, "unit": {"code": "EA"}},
            "price": {"amount": {"amount": price, "currency": "USD"}, "per": "1"},
        }
        for place, (code, quantity, price) in enumerate(lines, start=1)
    ]
    return consignment(value, "delta-supply", f"erp.{key}-1")


def sold_by_hand(rpc: TrytonRpc, number: str) -> None:
    """Somebody types a sale in under the customer's number."""
    party = rpc.find("party.party", ("code", "=", "ACME"))
    dollar = rpc.find("currency.currency", ("code", "=", "USD"))
    rpc.create("sale.sale", {"party": party, "reference": number, "currency": dollar})
