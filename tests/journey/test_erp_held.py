"""What waits on its way into Tryton says what is to be done, and goes on once it is done."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import tryton_seed
from business_files import interchange, order_850
from erp_world import ACME, INVOICE
from tryton_world import CROSSWALKS, World, world

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("held")) as running:
        yield running


def order_of(number: int, order: str, *lines: str, store: str = "0042") -> bytes:
    """An 850 with these PO1 segments."""
    body = [f"ST*850*{number:04}", f"BEG*00*SA*{order}**20261102", f"N1*ST*A store*92*{store}", *lines]
    return interchange(*body, f"SE*{len(body) + 1}*{number:04}", number=number)


def states(running: World, order: str) -> list[str]:
    found = running.tryton.rpc().read("sale.sale", [("reference", "=", order)], ["state"])
    return [sale["state"] for sale in found]


def erp_state(running: World) -> str:
    (erp,) = [one for one in running.gateway.ask("destinations", "list") if one["name"] == "erp"]
    return str(erp)


def test_an_order_that_names_what_tryton_lacks_waits_with_all_of_it_named_and_goes_once_it_is_there(
    running: World,
) -> None:
    lines = ("PO1*1*10*EA*2.5*PE*UP*614141000050*VN*MB-9", "PO1*2*3*PL*90*PE*VN*MB-1001")
    running.gateway.send(ACME, {"new.edi": order_of(101, "NEW-1", *lines, store="0099")})
    waiting = running.consignment("NEW-1", "retrying", "OUT-104")
    for words in (
        "product of line 1 (UP 614141000050, VN MB-9): add the identifier 614141000050 to the product",
        "or add the row product,614141000050,<the product's code> to acme-retail/crosswalk.csv",
        "unit PL: add a unit with the symbol PL in Tryton, or the row unit,PL,<the unit's symbol>",
        "ship to 0099 A store: add the identifier 0099 to that address in Tryton",
    ):
        assert words in waiting["error"]
    assert states(running, "NEW-1") == []

    rpc = running.tryton.rpc()
    tryton_seed.product(rpc, "MB-9", "Teapot", "614141000050", "3.00")
    party = rpc.find("party.party", ("code", "=", "ACME"))
    store = rpc.find("party.address", ("party_name", "=", "Acme Store 0042"))
    rpc.create("party.identifier", {"party": party, "address": store, "code": "0099"})
    crosswalk = running.gateway.home / "partners" / ACME / "crosswalk.csv"
    crosswalk.write_text(CROSSWALKS[ACME] + "unit,PL,cs\nproduct,VN:MB-1001,MB-2040\n", "utf-8")
    running.gateway.do("partners", "apply")

    running.delivered("NEW-1")
    (sale,) = rpc.read(
        "sale.sale",
        [("reference", "=", "NEW-1")],
        ["total_amount", "lines.product.code", "lines.unit.symbol"],
    )
    assert sale["total_amount"] == Decimal("295.00")
    codes = [(line["product.code"], line["unit.symbol"]) for line in sale["lines"]]
    assert codes == [("MB-9", "u"), ("MB-2040", "cs")]


def test_an_invoice_before_its_goods_waits_for_the_ship_notice(running: World) -> None:
    running.send(INVOICE)
    waiting = running.consignment(INVOICE[2], "retrying", "OUT-104")
    assert (
        "40 u of [CLAMP-40] Hose clamp, 40 mm on purchase MB-70011: billed, but not received"
        in waiting["error"]
    )
    assert running.tryton.rpc().count("account.invoice", ("reference", "=", INVOICE[2])) == 0


def test_what_tryton_refuses_comes_to_a_person_in_trytons_own_words(running: World) -> None:
    line = "PO1*1*10.5*EA*2.5*PE*VN*MB-2040"
    running.gateway.send(ACME, {"half.edi": order_of(103, "HALF-1", line)})
    dead = running.consignment("HALF-1", "dead")
    assert dead["error"].startswith("OUT-100 Tryton does not accept the document: “The number of digits in")
    assert '"Quantity"' in dead["error"]
    assert "<" not in dead["error"]
    assert states(running, "HALF-1") == []


def test_an_order_that_somebody_typed_in_by_hand_is_not_booked_again(running: World) -> None:
    rpc = running.tryton.rpc()
    party = rpc.find("party.party", ("code", "=", "ACME"))
    dollar = rpc.find("currency.currency", ("code", "=", "USD"))
    rpc.create("sale.sale", {"party": party, "reference": "HAND-1", "currency": dollar})
    running.gateway.send(ACME, {"hand.edi": order_850(104, ["HAND-1"])})
    dead = running.consignment("HAND-1", "dead")
    assert "OUT-105 Tryton holds" in dead["error"]
    assert "[HAND-1] under the number HAND-1 and the gateway did not make it" in dead["error"]
    assert states(running, "HAND-1") == ["draft"]


def test_a_key_that_was_withdrawn_pauses_the_destination_and_documents_wait(tmp_path: Path) -> None:
    """FI-F02."""
    with world(tmp_path) as running:
        rpc = running.tryton.rpc()
        old = rpc.find("res.user.application", ("state", "=", "validated"))
        rpc.press("res.user.application", "cancel", old)
        running.gateway.send(ACME, {"key.edi": order_850(105, ["KEY-1"])})
        # Whichever document meets the refusal first pauses the destination; none of them is given up.
        running.gateway.wait_for(lambda _: "paused" in erp_state(running), "a pause")
        assert states(running, "KEY-1") == []

        # A pause of ours: else the gateway may see the new key and resume before we do.
        running.gateway.do("destinations", "pause", "erp", "--reason", "its key is being changed")
        secret = running.gateway.home / "secrets" / "tryton-key"
        secret.write_text(tryton_seed.application_key(rpc))
        running.gateway.do("destinations", "resume", "erp", "--reason", "a new key")
        running.delivered("KEY-1")
        assert states(running, "KEY-1") == ["processing"]
