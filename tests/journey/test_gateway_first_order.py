"""A partner's whole day with real clients: orders in over SFTP, documents to the ERP, answers back out."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from business_files import sample
from live_gateway import LiveGateway, live_gateway

from gateway import search, views

pytestmark = pytest.mark.slow


@pytest.fixture
def gateway(tmp_path: Path, database_url: str) -> Iterator[LiveGateway]:
    with live_gateway(tmp_path, "" if "sqlite" in database_url else database_url) as gateway:
        yield gateway


def _erp(gateway: LiveGateway) -> list[Any]:
    return [json.loads(path.read_text("utf-8")) for path in sorted((gateway.home / "erp").glob("*.json"))]


def test_an_order_goes_to_the_erp_and_its_997_comes_back(gateway: LiveGateway, tmp_path: Path) -> None:
    order = tmp_path / "po.edi"
    order.write_bytes(sample("x12/850/simple"))
    gateway.sftp("acme-retail", f"put {order} /inbox/po_4501000101.edi")
    gateway.wait_until_idle()

    [delivered] = _erp(gateway)
    assert delivered["number"] == "4501000101"
    assert [line["quantity"]["value"] for line in delivered["lines"]] == ["24", "6"]

    threads = [int(task.name) for task in Path(f"/proc/{gateway.pid}/task").iterdir()]
    processors: list[set[int]] = []
    for thread in threads:
        with suppress(ProcessLookupError):  # it has ended
            processors.append(os.sched_getaffinity(thread))
    assert len(processors) > 5
    assert len(set.union(*processors)) == 1

    answer = "997_000000001.edi"
    listed = gateway.sftp("acme-retail", "ls -1 /outbox").stdout
    assert answer in listed
    fetched = tmp_path / answer
    gateway.sftp("acme-retail", f"get /outbox/{answer} {fetched}", f"rm /outbox/{answer}")
    assert "AK1*PO*1001~" in fetched.read_text()
    assert "AK9*A*1*1*1~" in fetched.read_text()
    assert answer not in gateway.sftp("acme-retail", "ls -1 /outbox").stdout

    with gateway.view() as view:
        [line] = views.acknowledgements(view, views.Page(), direction="out")
    assert line["state"] == "fetched"
    shown = gateway.ask("acknowledgements", "show", line["id"])
    [entry] = shown["mailbox"]
    assert shown["text"] == fetched.read_text()
    assert entry["fetched_by"].startswith("acme SHA256:")
    assert entry["fetched_at"]
    assert entry["removed_at"]
    assert entry["removed_by"] == entry["fetched_by"]


def test_the_very_bytes_are_found_again_by_purchase_order(gateway: LiveGateway, tmp_path: Path) -> None:
    content = sample("x12/850/simple")
    gateway.send("acme-retail", {"po.edi": content})
    gateway.wait_until_idle()
    found = gateway.ask("archive", "find", "--po", "4501000101")
    assert {(one["direction"], one["name"]) for one in found} == {
        ("in", "po.edi"),
        ("out", "997_000000001.edi"),
    }
    [received] = [one for one in found if one["direction"] == "in"]
    assert gateway.do("archive", "get", received["id"]) == content
    copy = tmp_path / "copy.edi"
    gateway.do("archive", "get", received["id"], "--output", str(copy))
    assert copy.read_bytes() == content


def test_ship_notices_invoices_and_csv_orders_go_the_same_way(gateway: LiveGateway) -> None:
    gateway.send(
        "delta-supply",
        {
            "asn.edi": sample("x12/856/shipment-order-pack-item"),
            "inv.edi": sample("x12/810/charges-and-tax"),
        },
    )
    gateway.send("corner-bikes", {"orders.csv": sample("csv/order/good")})
    gateway.wait_until_idle()

    numbers = {one["number"] for one in _erp(gateway)}
    assert numbers == {"DS-88001", "DS-I-5001", "CB-2101", "CB-2102"}
    answers = gateway.outbox("delta-supply")
    assert sorted(answers) == ["997_000000001.edi", "997_000000002.edi"]
    [receipt] = gateway.outbox("corner-bikes").values()
    assert b"document,1,CB-2101,accepted" in receipt
    with gateway.view() as view:
        by_shipment = search.find(view, search.Wanted((("shipment", "DS-88001"),)))
        by_invoice = search.find(view, search.Wanted((("invoice", "DS-I-5001"),)))
    assert {one["name"] for one in by_shipment if one["direction"] == "in"} == {"asn.edi"}
    assert {one["name"] for one in by_invoice if one["direction"] == "in"} == {"inv.edi"}


def test_a_signal_lets_work_in_hand_finish_and_the_next_start_goes_on(gateway: LiveGateway) -> None:
    """FI-H04."""
    gateway.send("acme-retail", {"po.edi": sample("x12/850/simple")})
    assert gateway.stop() == 0
    gateway.start()
    gateway.wait_until_idle()
    assert len(_erp(gateway)) == 1
    assert len(gateway.outbox("acme-retail")) == 1
    assert gateway.stop() == 0
