"""What a real Tryton posts for a customer comes back as documents: confirmed, shipped, invoiced, in stock."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from erp_world import ACME, ORDER
from sqlalchemy import Connection, select
from tryton_rpc import TrytonRpc
from tryton_world import World, world

from gateway import views
from gateway.store.core import DOCUMENT, ERP_CURSOR

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

KINDS = ("order_response", "ship_notice", "invoice", "inventory")
CHANNEL = """
[[channels]]
kind = "erp"
name = "acme-tryton"
destination = "erp"
party = "ACME"
since = 2020-01-01
poll_s = 0.2
requests_per_s = 100
reads = ["order_response", "ship_notice", "invoice", "inventory"]
stock = { kind = "cron", expression = "0 0 1 1 *" }
"""


def _asks(home: Path) -> None:
    profile = home / "partners" / ACME / "profile.toml"
    profile.write_text(profile.read_text("utf-8") + CHANNEL, "utf-8")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, _asks) as running:
        yield running


def test_a_sale_that_is_confirmed_shipped_and_invoiced_in_tryton_is_told_once_at_each_step(
    running: World,
) -> None:
    running.send(ORDER)
    running.delivered(ORDER[2])
    rpc = running.tryton.rpc()
    _ship(rpc)
    _bill(rpc)
    running.gateway.wait_for(lambda view: len(_kept(view)) >= len(KINDS), "all that Tryton says")
    _look_again(running)
    told = running.gateway.ask("documents", "list", "--partner", ACME, "--state", "kept")
    assert sorted(one["kind"] for one in told) == sorted(KINDS)
    assert {(one["direction"], one["status"]) for one in told} == {("out", "accepted")}

    for_order = running.gateway.ask("documents", "list", "--number", ORDER[2])
    assert {one["kind"] for one in for_order} == {"order", "order_response", "ship_notice", "invoice"}
    with running.gateway.view() as view:
        says = {one["kind"]: views.document(view, one["id"]).canonical for one in told}
    _assert_confirmed(says["order_response"])
    _assert_shipped(says["ship_notice"])
    _assert_billed(says["invoice"])
    assert {_numbers(line)["VN"] for line in says["inventory"]["lines"]} >= {"MB-1001", "MB-2040"}


def _assert_confirmed(response: dict[str, Any]) -> None:
    assert (response["answer"]["code"], response["order_number"]) == ("AT", "4501000101")
    assert response["declared"]["amount"]["amount"] == "339.00"
    lines = [
        (line["quantity"]["value"], line["quantity"]["unit"]["code"], _numbers(line)["VN"])
        for line in response["lines"]
    ]
    assert lines == [("24", "EA", "MB-1001"), ("6", "CA", "MB-2040")]


def _assert_shipped(notice: dict[str, Any]) -> None:
    items = [(item["order_number"], item["quantity"]["value"]) for item in notice["items"]]
    assert items == [("4501000101", "24"), ("4501000101", "6")]
    assert notice["shipped"]["date"]


def _assert_billed(invoice: dict[str, Any]) -> None:
    assert (invoice["order_number"], invoice["date"]) == ("4501000101", "2026-11-20")
    assert (invoice["type"]["code"], invoice["payable"]["amount"]) == ("DI", "339.00")


def _numbers(line: dict[str, Any]) -> dict[str, str]:
    return {one["qualifier"]["code"]: one["value"] for one in line["product_ids"]}


def _ship(rpc: TrytonRpc) -> None:
    """Once it has left, and once it is done: one ship notice."""
    shipment = rpc.find("stock.shipment.out")
    for button in ("assign_force", "pick", "pack", "ship", "do"):
        rpc.press("stock.shipment.out", button, shipment)


def _bill(rpc: TrytonRpc) -> None:
    invoice = rpc.find("account.invoice", ("type", "=", "out"))
    rpc.write("account.invoice", [invoice], {"invoice_date": datetime.date(2026, 11, 20)})
    rpc.press("account.invoice", "post", invoice)


def _kept(view: Connection) -> list[str]:
    return list(view.execute(select(DOCUMENT.c.id).where(DOCUMENT.c.state == "kept")).scalars())


def _look_again(running: World) -> None:
    """Wait until every kind of record was read to its end twice more, which takes a whole look."""
    for _ in range(2):
        now = datetime.datetime.now(datetime.UTC)

        def looked(view: Connection, after: datetime.datetime = now) -> bool:
            ends = view.execute(select(ERP_CURSOR.c.read_at)).scalars().all()
            return len(ends) == len(KINDS) and all(end is not None and end > after for end in ends)

        running.gateway.wait_for(looked, "another look")
    running.gateway.wait_until_idle()
