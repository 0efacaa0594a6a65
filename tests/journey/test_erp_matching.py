"""What the connector makes of partial and split shipments, of invoices and of credits, in a real Tryton."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import tryton_seed
from tryton_documents import canonical, consignment, door, invoice, sample_order, ship_notice
from tryton_rpc import TrytonRpc
from tryton_server import TrytonServer, tryton_server

from outbound.connector import Outcome, Refused, TryLater
from outbound.tryton.connector import TrytonConnector, TrytonOptions
from partners.crosswalk import Crosswalk

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

CLAMP, HOSE = "DS-310", "DS-322"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrytonServer]:
    with tryton_server(tmp_path_factory.mktemp("matching")) as running:
        yield running


@pytest.fixture
def rpc(server: TrytonServer) -> TrytonRpc:
    return server.rpc()


@pytest.fixture
def tryton(server: TrytonServer) -> TrytonConnector:
    return TrytonConnector(door(server), TrytonOptions())


def moves_of(rpc: TrytonRpc, purchase: str) -> list[tuple[str, float, str | None]]:
    """State, quantity and shipment's number of the moves of a purchase."""
    (found,) = rpc.read("purchase.purchase", [("number", "=", purchase)], ["moves"])
    moves = rpc.read(
        "stock.move", [("id", "in", found["moves"])], ["state", "quantity", "shipment.reference"]
    )
    return [(move["state"], move["quantity"], move.get("shipment.reference")) for move in moves]


def bill(rpc: TrytonRpc, number: str) -> dict[str, Any]:
    """The supplier invoice under a number."""
    (found,) = rpc.read(
        "account.invoice",
        [("type", "=", "in"), ("reference", "=", number)],
        ["state", "total_amount", "lines.quantity", "lines.stock_moves", "lines.origin"],
    )
    return found


def drafts_of(rpc: TrytonRpc, purchase: str) -> list[tuple[Decimal, list[float]]]:
    """Total and quantities of the drafts that wait for a purchase to be billed."""
    found = rpc.read(
        "account.invoice",
        [("purchases.number", "=", purchase), ("state", "=", "draft")],
        ["total_amount", "lines.quantity"],
    )
    return [(one["total_amount"], [line["quantity"] for line in one["lines"]]) for one in found]


def test_a_part_is_received_and_tryton_waits_for_the_rest_which_a_second_notice_brings(
    tryton: TrytonConnector, rpc: TrytonRpc
) -> None:
    purchase = tryton_seed.purchase(rpc, {CLAMP: ("100", "2.00"), HOSE: ("10", "5.00")})
    tryton.deliver(ship_notice("part-1", purchase, [(CLAMP, "20"), (CLAMP, "10")]))
    assert sorted(moves_of(rpc, purchase)) == [
        ("done", 30, "SN-part-1"),
        ("draft", 10, None),
        ("draft", 70, None),
    ]
    tryton.deliver(ship_notice("part-2", purchase, [(CLAMP, "70"), (HOSE, "10")]))
    assert sorted(moves_of(rpc, purchase)) == [
        ("done", 10, "SN-part-2"),
        ("done", 30, "SN-part-1"),
        ("done", 70, "SN-part-2"),
    ]


def test_one_notice_may_bring_goods_of_two_purchases(tryton: TrytonConnector, rpc: TrytonRpc) -> None:
    one = tryton_seed.purchase(rpc, {CLAMP: ("5", "2.00")})
    two = tryton_seed.purchase(rpc, {CLAMP: ("7", "2.00")})
    notice = ship_notice("two", one, [(CLAMP, "5"), (CLAMP, "7")])
    value = {**notice.documents[0].value}
    value["items"] = [
        {**item, "order_number": order} for item, order in zip(value["items"], (one, two), strict=True)
    ]  # type: ignore[call-overload]
    tryton.deliver(consignment(value, "delta-supply", notice.key))
    assert moves_of(rpc, one) == [("done", 5, "SN-two")]
    assert moves_of(rpc, two) == [("done", 7, "SN-two")]


def test_more_than_was_ordered_waits_for_a_person_unless_warnings_are_accepted(
    server: TrytonServer, tryton: TrytonConnector, rpc: TrytonRpc
) -> None:
    purchase = tryton_seed.purchase(rpc, {CLAMP: ("10", "2.00")})
    notice = ship_notice("more", purchase, [(CLAMP, "12")])
    with pytest.raises(Refused) as caught:
        tryton.deliver(notice)
    assert "is moving 2.0 u in addition to the 10.0 u ordered" in caught.value.reason
    generous = TrytonConnector(door(server), TrytonOptions(accept_warnings=True))
    assert generous.deliver(notice).outcome is Outcome.DUPLICATE
    assert moves_of(rpc, purchase) == [("done", 12, "SN-more")]


def test_goods_that_no_purchase_waits_for_are_named(tryton: TrytonConnector, rpc: TrytonRpc) -> None:
    purchase = tryton_seed.purchase(rpc, {CLAMP: ("10", "2.00")})
    with pytest.raises(TryLater) as caught:
        tryton.deliver(ship_notice("none", purchase, [(HOSE, "1")]))
    assert f"[HOSE-2] Hose, 2 m of purchase {purchase}: nothing of it is left" in caught.value.reason
    assert not caught.value.endpoint_wide
    with pytest.raises(TryLater, match="purchase MB-1: there is none from Delta Supply in Tryton"):
        tryton.deliver(ship_notice("none", "MB-1", [(CLAMP, "1")]))


def test_a_supplier_cannot_ship_against_the_purchase_of_another(
    tryton: TrytonConnector, rpc: TrytonRpc
) -> None:
    purchase = tryton_seed.purchase(rpc, {CLAMP: ("10", "2.00")})
    notice = ship_notice("other", purchase, [(CLAMP, "10")])
    theirs = replace(notice, crosswalk=Crosswalk({("party", "D1"): "ACME"}))
    with pytest.raises(TryLater, match=f"purchase {purchase}: there is none from Acme Retail in Tryton"):
        tryton.deliver(theirs)
    assert moves_of(rpc, purchase) == [("draft", 10, None)]


def test_one_invoice_bills_several_receipts_and_tryton_drafts_the_rest_anew(
    tryton: TrytonConnector, rpc: TrytonRpc
) -> None:
    purchase = tryton_seed.purchase(rpc, {CLAMP: ("100", "2.00")})
    tryton.deliver(ship_notice("r1", purchase, [(CLAMP, "30")]))
    tryton.deliver(ship_notice("r2", purchase, [(CLAMP, "40")]))
    tryton.deliver(invoice("several", purchase, [(CLAMP, "50", "2.10")], "105.00"))
    billed = bill(rpc, "IN-several")
    assert (billed["state"], billed["total_amount"]) == ("posted", Decimal("105.00"))
    assert [line["quantity"] for line in billed["lines"]] == [30, 20]
    assert all(line["stock_moves"] and line["origin"] for line in billed["lines"])
    assert drafts_of(rpc, purchase) == [(Decimal("40.00"), [20])]


def test_what_is_billed_beyond_what_was_received_waits_for_the_goods(
    tryton: TrytonConnector, rpc: TrytonRpc
) -> None:
    purchase = tryton_seed.purchase(rpc, {CLAMP: ("10", "2.00")})
    early = invoice("early", purchase, [(CLAMP, "10", "2.00")], "20.00")
    with pytest.raises(
        TryLater, match=r"10 u of .CLAMP-40. Hose clamp, 40 mm on purchase .*: billed, but not"
    ):
        tryton.deliver(early)
    tryton.deliver(ship_notice("late", purchase, [(CLAMP, "10")]))
    assert tryton.deliver(early).outcome is Outcome.ACCEPTED
    assert drafts_of(rpc, purchase) == []


@pytest.mark.parametrize("method", ["order", "manual"])
def test_an_invoice_of_a_purchase_that_is_billed_before_its_goods_come_is_posted(
    tryton: TrytonConnector, rpc: TrytonRpc, method: str
) -> None:
    purchase = tryton_seed.purchase(rpc, {CLAMP: ("10", "2.00")}, method)
    tryton.deliver(invoice(method, purchase, [(CLAMP, "4", "2.00")], "8.00"))
    billed = bill(rpc, f"IN-{method}")
    assert (billed["state"], billed["total_amount"]) == ("posted", Decimal("8.00"))
    assert billed["lines"][0]["origin"].startswith("purchase.line,")


def test_an_invoice_whose_total_is_another_stays_a_draft_until_somebody_has_corrected_it(
    tryton: TrytonConnector, rpc: TrytonRpc
) -> None:
    purchase = tryton_seed.purchase(rpc, {CLAMP: ("10", "2.00")}, "order")
    wrong = invoice("wrong", purchase, [(CLAMP, "10", "2.00")], "21.00")
    with pytest.raises(Refused, match=r"The partner bills 21\.00, and Tryton comes to 20\.00"):
        tryton.deliver(wrong)
    assert bill(rpc, "IN-wrong")["state"] == "draft"
    line = rpc.find("account.invoice.line", ("invoice.reference", "=", "IN-wrong"))
    rpc.write("account.invoice.line", [line], {"unit_price": Decimal("2.10")})
    assert tryton.deliver(wrong).outcome is Outcome.DUPLICATE
    assert bill(rpc, "IN-wrong")["state"] == "posted"


def test_a_credit_memo_corrects_the_invoice_it_names_and_waits_for_it(
    tryton: TrytonConnector, rpc: TrytonRpc
) -> None:
    purchase = tryton_seed.purchase(rpc, {CLAMP: ("10", "2.00")}, "order")
    credit = invoice("credit", purchase, [(CLAMP, "4", "2.00")], "8.00", corrects="IN-original")
    with pytest.raises(
        TryLater, match="invoice IN-original, which it corrects: there is none from Delta Supply"
    ):
        tryton.deliver(credit)
    tryton.deliver(invoice("original", purchase, [(CLAMP, "10", "2.00")], "20.00"))
    tryton.deliver(credit)
    billed, corrected = bill(rpc, "IN-credit"), bill(rpc, "IN-original")
    assert (billed["state"], billed["total_amount"]) == ("posted", Decimal("-8.00"))
    assert billed["lines"][0]["quantity"] == -4
    assert billed["lines"][0]["origin"] == f"account.invoice.line,{corrected['lines'][0]['id']}"
    assert drafts_of(rpc, purchase) == []


def test_charges_stores_and_conflicting_numbers_of_an_order(tryton: TrytonConnector, rpc: TrytonRpc) -> None:
    value = canonical("x12/850/destinations-and-charges")
    order = consignment(value, "acme-retail", "erp.charges-1")
    rows = {**order.crosswalk.rows, ("address", "9000"): "0042", ("address", "0900"): "0042"}
    rows |= {("charge", code): "FREIGHT" for code in ("C310", "D240", "F800")}
    assert tryton.deliver(replace(order, crosswalk=Crosswalk(rows))).outcome is Outcome.ACCEPTED
    (sale,) = rpc.read(
        "sale.sale",
        [("reference", "=", "4501000102")],
        ["total_amount", "lines.unit_price", "lines.note", "shipping_date", "comment"],
    )
    # 60 x 3.75 + 12 x 41.50 - 25.00 + 45.00 - 12.00
    assert sale["total_amount"] == Decimal("731.00")
    assert sale["lines"][0]["note"] == "0042: 24\n0057: 24\n0063: 12"
    assert sale["shipping_date"].isoformat() == "2026-11-09"
    assert "cancel after: 2026-11-20" in sale["comment"]

    wrong = {**value, "number": "OTHER", "lines": [{**value["lines"][0]}]}
    wrong["lines"][0]["product_ids"][1]["value"] = "MB-2040"
    with pytest.raises(TryLater) as caught:
        tryton.deliver(replace(consignment(wrong, "acme-retail", "erp.o-1"), crosswalk=Crosswalk(rows)))
    assert "its numbers belong to [MB-1001] Enamel mug, blue and [MB-2040] Kettle" in caught.value.reason


def test_a_batch_has_a_result_for_each_document(tryton: TrytonConnector) -> None:
    good, unknown = sample_order("batch"), sample_order("unknown")
    value = {**unknown.documents[0].value, "schema": "remittance-1.0.0"}
    (other,) = consignment(value, "acme-retail", "erp.other-1").documents
    receipt = tryton.deliver(replace(good, documents=(*good.documents, other)))
    results = {key: (one.outcome, one.code) for key, one in receipt.results.items()}
    assert results == {
        good.documents[0].id: (Outcome.ACCEPTED, ""),
        other.id: (Outcome.REJECTED, "OUT-109"),
    }


def test_states_may_be_left_to_people(server: TrytonServer, rpc: TrytonRpc) -> None:
    careful = TrytonConnector(
        door(server), TrytonOptions(order="draft", ship_notice="draft", invoice="draft")
    )
    careful.deliver(sample_order("careful"))
    (sale,) = rpc.read("sale.sale", [("reference", "=", "PO-careful")], ["state"])
    purchase = tryton_seed.purchase(rpc, {CLAMP: ("10", "2.00")}, "order")
    careful.deliver(ship_notice("careful", purchase, [(CLAMP, "10")]))
    (shipment,) = rpc.read("stock.shipment.in", [("reference", "=", "SN-careful")], ["state"])
    careful.deliver(invoice("careful", purchase, [(CLAMP, "10", "2.00")], "20.00"))
    assert sale["state"] == shipment["state"] == bill(rpc, "IN-careful")["state"] == "draft"


@pytest.mark.parametrize(
    ("company", "words"),
    [("Somebody Else", "no company that is meant by “Somebody Else”; our user sees: Millbrook Wholesale")],
)
def test_a_company_that_is_not_there_refuses_the_whole_destination(
    server: TrytonServer, company: str, words: str
) -> None:
    wrong = TrytonConnector(door(server), TrytonOptions(company=company))
    with pytest.raises(Refused) as caught:
        wrong.check()
    assert words in caught.value.reason
    assert caught.value.endpoint_wide
