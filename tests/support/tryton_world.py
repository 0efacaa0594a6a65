"""The sample partners, a gateway and a real Tryton behind a proxy, and what must be in Tryton in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from breaking_proxy import BreakingProxy, breaking_proxy
from erp_world import ACME, DELTA, ErpWorld, keep_secret
from live_gateway import prepared_gateway
from tryton_rpc import TrytonRpc
from tryton_server import DATABASE, PASSWORD, TrytonServer, tryton_server

ERP = """\
url = "tryton+http://127.0.0.1:{port}/{database}"
allow_hosts = ["127.0.0.1"]
order = "order"
tryton = {{ application_key = "file:secrets/tryton-key" }}
retry = {{ first_s = 0.05, max_wait_s = 0.5, max_attempts = 500 }}
breaker = {{ failures = 5, first_s = 0.2, max_s = 0.5 }}
"""
CROSSWALKS = {
    ACME: "list,theirs,ours\nparty,acme-retail,ACME\nunit,CA,cs\n",
    DELTA: "list,theirs,ours\ncharge,D240,FREIGHT\ntax,ST,State sales tax\n",
}


@dataclass
class World(ErpWorld):
    """All three, running. The gateway reaches Tryton through the proxy; tests look into Tryton directly."""

    tryton: TrytonServer
    proxy: BreakingProxy


@contextmanager
def world(
    folder: Path, furnish: Callable[[Path], None] = lambda _home: None, erp: str = ERP
) -> Iterator[World]:
    """A fresh Tryton, proxy and gateway.

    furnish: changes the home before the gateway is started. erp: how documents get into Tryton.
    """
    with (
        tryton_server(folder) as tryton,
        breaking_proxy(tryton.port) as proxy,
        prepared_gateway(folder) as gateway,
    ):
        gateway.destinations(erp.format(port=proxy.port, database=DATABASE))
        keep_secret(gateway, "tryton-key", tryton.key)
        keep_secret(gateway, "tryton-password", PASSWORD)
        for partner, text in CROSSWALKS.items():
            (gateway.home / "partners" / partner / "crosswalk.csv").write_text(text, "utf-8")
        furnish(gateway.home)
        gateway.start()
        yield World(gateway, tryton, proxy)


def assert_booked(rpc: TrytonRpc) -> None:
    """One sale, one received shipment and one posted invoice, as the sample files say, and nothing else."""
    assert_one_sale(rpc)
    assert_one_shipment(rpc)
    assert_one_invoice(rpc)


def assert_one_sale(rpc: TrytonRpc) -> None:
    """The sale of the sample order, with parties, lines, units, prices and totals."""
    (sale,) = rpc.read(
        "sale.sale",
        [],
        [
            *("reference", "state", "total_amount", "sale_date", "currency.code", "party.code", "comment"),
            *("shipment_address.party_name", "invoice_address.party_name", "shipments"),
            *("lines.product.code", "lines.quantity", "lines.unit.symbol", "lines.unit_price"),
        ],
    )
    assert (sale["reference"], sale["state"], sale["party.code"]) == ("4501000101", "processing", "ACME")
    assert sale["sale_date"].isoformat() == "2026-11-02"
    assert sale["shipment_address.party_name"] == "Acme Store 0042"
    assert sale["invoice_address.party_name"] == "Acme Retail Accounts"
    assert (sale["currency.code"], sale["total_amount"]) == ("USD", Decimal("339.00"))
    assert "department: 014" in sale["comment"]
    assert len(sale["shipments"]) == 1
    lines = [
        (line["product.code"], line["quantity"], line["unit.symbol"], line["unit_price"])
        for line in sale["lines"]
    ]
    assert lines == [("MB-1001", 24, "u", Decimal("3.75")), ("MB-2040", 6, "cs", Decimal("41.50"))]


def assert_one_shipment(rpc: TrytonRpc) -> None:
    """The incoming shipment of the sample ship notice, received, against its purchase."""
    (shipment,) = rpc.read(
        "stock.shipment.in",
        [],
        ["reference", "state", "supplier.code", "incoming_moves.product.code", "incoming_moves.quantity"],
    )
    assert (shipment["reference"], shipment["state"]) == ("DS-88001", "received")
    assert shipment["supplier.code"] == "DELTA"
    moves = {move["product.code"]: move["quantity"] for move in shipment["incoming_moves"]}
    assert moves == {"CLAMP-40": 40, "HOSE-2": 16}
    (purchase,) = rpc.read("purchase.purchase", [], ["number", "shipment_state", "invoice_state"])
    assert (purchase["number"], purchase["shipment_state"]) == ("MB-70011", "received")


def assert_one_invoice(rpc: TrytonRpc) -> None:
    """The supplier invoice of the sample invoice, posted, matched to its purchase and shipment."""
    (invoice,) = rpc.read(
        "account.invoice",
        [("type", "=", "in")],
        [
            *("reference", "state", "party.code", "invoice_date", "total_amount", "tax_amount", "purchases"),
            *(
                "lines.product.code",
                "lines.quantity",
                "lines.unit_price",
                "lines.stock_moves",
                "lines.origin",
            ),
        ],
    )
    assert (invoice["reference"], invoice["state"], invoice["party.code"]) == ("DS-I-5001", "posted", "DELTA")
    assert invoice["invoice_date"].isoformat() == "2026-11-05"
    assert (invoice["total_amount"], invoice["tax_amount"]) == (Decimal("198.38"), Decimal("8.78"))
    lines = {line["product.code"]: (line["quantity"], line["unit_price"]) for line in invoice["lines"]}
    assert lines == {
        "CLAMP-40": (40, Decimal("2.35")),
        "HOSE-2": (16, Decimal("5.10")),
        "FREIGHT": (1, Decimal("14.00")),
    }
    bought = [line for line in invoice["lines"] if line["origin"]]
    assert len(bought) == len([line for line in bought if line["stock_moves"]]) == 2
    assert len(invoice["purchases"]) == 1
