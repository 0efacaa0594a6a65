"""What an order becomes in Tryton, and what is said where Tryton lacks something, over a Tryton in memory."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from fake_tryton import FakeTryton, Told, millbrook, no, said
from tryton_documents import canonical, consignment, crosswalk

from outbound.connector import Consignment, Outcome, Refused, TryLater
from outbound.http_answers import Answer
from outbound.tryton.client import Tryton
from outbound.tryton.connector import TrytonConnector, TrytonOptions
from partners.crosswalk import Crosswalk

ACME = "acme-retail"


@pytest.fixture
def erp() -> FakeTryton:
    return millbrook()


@pytest.fixture
def order() -> dict[str, Any]:
    return canonical("x12/850/simple")


def sent(value: dict[str, Any], **rows: str) -> Consignment:
    """An order of Acme on its way. rows: beside its crosswalk, by "list_theirs"."""
    known = dict(crosswalk(ACME).rows)
    known |= {(name.partition("_")[0], name.partition("_")[2]): ours for name, ours in rows.items()}
    return replace(consignment(value, ACME, "erp.o-1"), crosswalk=Crosswalk(known))


def book(erp: FakeTryton, one: Consignment, **options: Any) -> Any:
    return TrytonConnector(erp, TrytonOptions(**options)).deliver(one)


def lacking(erp: FakeTryton, one: Consignment) -> str:
    """What a person is told is missing; nothing was changed."""
    with pytest.raises(TryLater) as caught:
        book(erp, one)
    assert (caught.value.code, caught.value.holds, erp.told) == ("OUT-104", True, [])
    return caught.value.reason


def made(erp: FakeTryton) -> dict[str, Any]:
    (sale,) = erp.every("sale.sale")
    return sale


def test_a_sale_is_made_quoted_and_confirmed_and_a_repeat_finds_it(
    erp: FakeTryton, order: dict[str, Any]
) -> None:
    assert book(erp, sent(order)).outcome is Outcome.ACCEPTED
    assert [path.rpartition("/")[2] for _, path, _ in erp.told] == ["sale.sale", "quote", "confirm"]
    assert (made(erp)["reference"], made(erp)["state"]) == ("4501000101", "processing")
    assert book(erp, sent(order)).outcome is Outcome.DUPLICATE
    assert len(erp.told) == 3


def test_an_order_with_a_number_that_somebody_booked_by_hand_waits_for_a_person(
    erp: FakeTryton, order: dict[str, Any]
) -> None:
    acme = erp.every("party.party")[0]["id"]
    erp.add(
        "sale.sale", party=acme, reference=order["number"], description=None, rec_name="S-7", state="draft"
    )
    with pytest.raises(Refused, match="S-7") as caught:
        book(erp, sent(order))
    assert (caught.value.code, erp.told) == ("OUT-105", [])


def test_another_version_of_ours_under_the_same_number_does_not_stand_in_the_way(
    erp: FakeTryton, order: dict[str, Any]
) -> None:
    acme = erp.every("party.party")[0]["id"]
    ours = {"description": "tradepost erp.o-0", "rec_name": "S-6", "state": "processing"}
    erp.add("sale.sale", party=acme, reference=order["number"], **ours)
    assert book(erp, sent(order)).outcome is Outcome.ACCEPTED


def test_a_twin_made_at_the_same_moment_is_seen_and_ours_withdrawn(
    erp: FakeTryton, order: dict[str, Any]
) -> None:
    """FI-G06."""

    def meanwhile(told: Told) -> None:
        if told[0] == "POST" and told[1] == "sale.sale":
            erp.add("sale.sale", **told[2])

    erp.before = meanwhile
    with pytest.raises(TryLater) as caught:
        book(erp, sent(order))
    assert caught.value.code == "OUT-106"
    assert [method for method, _, _ in erp.told] == ["POST", "DELETE"]


def test_a_step_that_another_process_has_taken_meanwhile_is_gone_on_from(
    erp: FakeTryton, order: dict[str, Any]
) -> None:
    def quicker(told: Told) -> Answer | None:
        if told[1].endswith("/quote"):
            made(erp)["state"] = "quotation"
            return no("You cannot quote it.")
        return None

    erp.before = quicker
    assert book(erp, sent(order)).outcome is Outcome.ACCEPTED
    assert made(erp)["state"] == "processing"


def test_a_step_that_tryton_refuses_comes_to_a_person_unless_it_only_warns_and_that_is_accepted(
    erp: FakeTryton, order: dict[str, Any]
) -> None:
    refusals = [no("Stock is short."), no("Stock is short.")]
    erp.before = lambda told: refusals.pop() if told[1].endswith("/quote") and refusals else None
    with pytest.raises(Refused, match=r"Stock is short\."):
        book(erp, sent(order))
    assert book(erp, sent(order), accept_warnings=True).outcome is Outcome.DUPLICATE
    assert made(erp)["state"] == "processing"


def test_a_key_withdrawn_between_two_steps_stops_the_destination_and_not_the_document(
    erp: FakeTryton, order: dict[str, Any]
) -> None:
    erp.before = lambda told: said({}, 401) if told[1].endswith("/quote") else None
    with pytest.raises(Refused) as caught:
        book(erp, sent(order))
    assert caught.value.endpoint_wide


def test_all_that_an_order_names_and_tryton_lacks_is_told_at_once(
    erp: FakeTryton, order: dict[str, Any]
) -> None:
    order["currency"] = {"code": "CHF"}
    order["parties"][0]["id"] = "9999"
    order["lines"][0]["product_ids"] = [{"qualifier": {"code": "BP"}, "value": "THEIRS"}]
    order["lines"][1]["product_ids"] = [{"qualifier": {"code": "VN"}, "value": "NEW"}]
    order["lines"][1]["quantity"]["unit"] = {"code": "PL"}
    charge = {"kind": {"code": "C"}, "service": {"code": "D240"}, "amount": {"amount": "5"}}
    order["lines"][0]["charges"] = [charge]
    told = lacking(erp, sent(order))
    for words in (
        "currency CHF: add it in Tryton",
        "ship to 9999 Acme Store 0042",
        "address,9999,<the address's identifier> to acme-retail/crosswalk.csv",
        "product of line 1 (BP THEIRS): add the row product,THEIRS,<the product's code> to",
        "product of line 2 (VN NEW): give the product the code NEW in Tryton, or add the row product,NEW,",
        "unit PL: add a unit with the symbol PL",
        "charge D240 of line 1: add the row charge,D240,<a product's code in Tryton>",
    ):
        assert words in told


def test_an_order_in_another_currency_that_tryton_knows_is_booked_in_it(
    erp: FakeTryton, order: dict[str, Any]
) -> None:
    franc = erp.add("currency.currency", code="CHF")
    book(erp, sent({**order, "currency": {"code": "CHF"}}))
    assert made(erp)["currency"] == franc["id"]


def test_a_partner_that_tryton_does_not_know_is_named_with_the_row_to_add(
    erp: FakeTryton, order: dict[str, Any]
) -> None:
    stranger = consignment(order, ACME, "erp.o-1")
    unknown = replace(stranger, crosswalk=Crosswalk({}))
    assert "add the identifier ACMERETAIL to the party in Tryton" in lacking(erp, unknown)
    order["parties"].append({"role": {"code": "BY"}, "id": "B7"})
    named = replace(consignment(order, ACME, "erp.o-1"), crosswalk=Crosswalk({}))
    assert "add the identifier B7 to the party in Tryton" in lacking(erp, named)


def test_the_buyer_whom_tryton_knows_comes_before_the_partner_who_sends(
    erp: FakeTryton, order: dict[str, Any]
) -> None:
    order["parties"] = [
        {"role": {"code": "SO"}, "id": "unknown"},
        {"role": {"code": "BT"}, "qualifier": {"code": "92"}, "id": "D1"},
        {"name": "somebody"},
    ]
    order["parties"].append({"role": {"code": "ST"}, "name": "By name only"})
    book(erp, sent(order, address_D1="0042"))
    delta = erp.every("party.party")[1]
    assert made(erp)["party"] == delta["id"]
    assert made(erp)["invoice_address"] == 101
    assert made(erp)["invoice_party"] == erp.every("party.party")[0]["id"]


def test_an_address_without_an_id_is_found_by_street_and_postal_code(
    erp: FakeTryton, order: dict[str, Any]
) -> None:
    order["parties"] = [
        {"role": {"code": "ST"}, "address_lines": ["118  KETTLE lane"], "postal_code": "62701"}
    ]
    book(erp, sent(order))
    assert made(erp)["shipment_address"] == 101
    order["parties"][0]["postal_code"] = "1"
    told = lacking(millbrook(), sent(order))
    assert "add that address to the party Acme Retail in Tryton" in told
    assert "ST 118 KETTLE lane" in told


def test_a_party_that_is_nowhere_has_no_address(erp: FakeTryton, order: dict[str, Any]) -> None:
    erp.every("party.party")[0]["addresses"] = []
    order["parties"] = []
    book(erp, sent(order))
    assert not {"invoice_address", "shipment_address"} & made(erp).keys()


def test_an_order_without_products_known_by_one_number_names_both_that_disagree(
    erp: FakeTryton, order: dict[str, Any]
) -> None:
    order["lines"][0]["product_ids"][1]["value"] = "MB-2040"
    told = lacking(erp, sent(order))
    assert "its numbers belong to [MB-1001] Enamel mug, blue and [MB-2040] Kettle, 1.7 l" in told


def test_a_product_is_found_by_our_number_by_a_gtin_of_any_length_and_by_the_crosswalk(
    erp: FakeTryton, order: dict[str, Any]
) -> None:
    line = order["lines"][0]
    ids = [("UK", "00614141000012"), ("BP", "theirs"), ("VN", "MB-1001"), ("UP", "no gtin"), ("ZZ", "?")]
    line["product_ids"] = [{"qualifier": {"code": code}, "value": value} for code, value in ids]
    other = {**line, "product_ids": [{"qualifier": {"code": "IN"}, "value": "MUG"}], "quantity": None}
    order["lines"] = [line]
    book(erp, sent(order))
    (made_line,) = made(erp)["lines"]
    assert made_line["product"] == erp.every("product.product")[0]["id"]
    other["quantity"] = {"value": "1"}
    order |= {"lines": [other], "number": "PO-2"}
    second = millbrook()
    book(second, sent(order, product_MUG="MB-2040"))
    (made_line,) = made(second)["lines"]
    assert made_line["product"] == second.every("product.product")[1]["id"]
    assert made_line["unit"] == 1


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"quantity": None}, "line 1 has no quantity"),
        ({"price": None}, "line 1 has no price"),
        (
            {"price": {"amount": {"amount": "3"}, "basis": {"code": "CT", "meaning": "contract"}}},
            "the price of line 1 has the basis “contract”",
        ),
        ({"price": {"amount": {"amount": "3"}}}, "the price of line 1 has the basis “”"),
    ],
)
def test_a_line_that_cannot_be_booked_is_refused_and_nothing_is_made(
    erp: FakeTryton, order: dict[str, Any], values: dict[str, Any], words: str
) -> None:
    order["lines"][0] |= values
    with pytest.raises(Refused) as caught:
        book(erp, sent({**order, "lines": [{k: v for k, v in order["lines"][0].items() if v}]}))
    assert words in caught.value.reason
    assert erp.every("sale.sale") == []


def test_charges_become_lines_and_those_without_an_amount_stand_in_the_comment(
    erp: FakeTryton, order: dict[str, Any]
) -> None:
    money = {"amount": "5.00", "currency": "USD"}
    order["charges"] = [
        {"kind": {"code": "A"}, "agency_code": "DISC", "amount": money},
        {"kind": {"code": "C"}, "amount": money, "description": "Freight", "service": {"code": "D240"}},
        {"kind": {"code": "A"}, "percent": "2", "service": {"code": "C310"}},
        {"kind": {"code": "A"}, "percent": "3"},
        {"kind": {"code": "A"}},
    ]
    order["notes"] = [{"lines": ["Ring the bell."]}]
    book(erp, sent(order, charge_DISC="FREIGHT", charge_D240="FREIGHT"))
    charges = made(erp)["lines"][2:]
    assert [(one["unit_price"], one["description"]) for one in charges] == [
        (Decimal("-5.00"), None),
        (Decimal("5.00"), "Freight"),
    ]
    assert [one["taxes"] for one in charges] == [[["add", []]], [["add", []]]]
    assert made(erp)["comment"].endswith("Ring the bell.\nC310: 2 %\n: 3 %")


def test_a_sale_says_no_more_than_the_order_does(erp: FakeTryton, order: dict[str, Any]) -> None:
    for name in ("date", "references", "dates", "parties"):
        del order[name]
    order["lines"][0].pop("descriptions")
    book(erp, sent(order))
    assert not {"sale_date", "comment", "shipping_date"} & made(erp).keys()


@pytest.mark.parametrize(("wanted", "kept"), [("2026-11-16", date(2026, 11, 16)), ("2026-10-01", None)])
def test_a_delivery_that_was_asked_for_before_the_order_is_left_to_people(
    erp: FakeTryton, order: dict[str, Any], wanted: str, kept: date | None
) -> None:
    order["dates"] = [
        {"qualifier": {"code": "002"}, "date": wanted, "zone": "unknown"},
        {"qualifier": {"code": "001"}, "date": "2026-12-01", "zone": "unknown"},
        {"date": "2026-12-02", "zone": "unknown"},
    ]
    book(erp, sent(order))
    assert made(erp).get("shipping_date") == kept


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"schema": "remittance-1.0.0"}, "OUT-109"),
        ({"schema": "order-1.0.0", "lines": "none"}, "OUT-107"),
        ({"number": None}, "OUT-107"),
        ({"lines": [{"ordinal": 1, "product_ids": []}]}, "OUT-107"),
    ],
)
def test_what_is_no_document_for_tryton_is_refused_by_itself(
    erp: FakeTryton, order: dict[str, Any], change: dict[str, Any], code: str
) -> None:
    value = {name: inner for name, inner in {**order, **change}.items() if inner is not None}
    with pytest.raises(Refused) as caught:
        book(erp, sent(value))
    assert (caught.value.code, caught.value.endpoint_wide) == (code, False)


# several documents -----------------------------------------------------------------------------


def both(order: dict[str, Any], **change: Any) -> Consignment:
    """Two orders in one consignment, the second one changed."""
    one = sent(order)
    two = sent({**order, "number": "PO-2", **change}).documents[0]
    return replace(one, documents=(*one.documents, replace(two, id="doc-2", key="erp.o-2")))


def test_each_document_of_a_batch_has_its_own_result(erp: FakeTryton, order: dict[str, Any]) -> None:
    """FI-F13."""
    receipt = book(erp, both(order))
    assert [one.outcome for one in receipt.results.values()] == [Outcome.ACCEPTED] * 2
    elsewhere = millbrook()
    waits = book(elsewhere, both(order, currency={"code": "CHF"}))
    assert [one.code for one in waits.results.values()] == ["", "OUT-104"]
    strange = book(erp, both(order, schema="remittance-1.0.0"))
    assert [one.code for one in strange.results.values()] == ["", "OUT-109"]


@pytest.mark.parametrize(("status", "kind"), [(401, Refused), (503, TryLater)])
def test_what_concerns_the_whole_endpoint_ends_a_batch_at_once(
    erp: FakeTryton, order: dict[str, Any], status: int, kind: type[Exception]
) -> None:
    erp.before = lambda _told: said({}, status)
    with pytest.raises(kind):
        book(erp, both(order))
    assert len(erp.told) == 1


def test_what_would_be_made_is_shown_and_nothing_is(erp: FakeTryton, order: dict[str, Any]) -> None:
    connector = TrytonConnector(erp, TrytonOptions())
    one, two = connector.dry_run(sent(order)), connector.dry_run(both(order))
    assert json.loads(one.content)["reference"] == "4501000101"
    assert [made["reference"] for made in json.loads(two.content)] == ["4501000101", "PO-2"]
    assert one.action == two.action == "POST https://erp.example/db/rest/model/sale.sale"
    assert erp.told == []


def test_what_is_held_is_told_with_what_can_be_compared(erp: FakeTryton, order: dict[str, Any]) -> None:
    connector = TrytonConnector(erp, TrytonOptions())
    assert connector.look_up(sent(order)) is None
    connector.deliver(both(order))
    for sale in erp.every("sale.sale"):
        sale["lines"] = [{"quantity": Decimal(24)}, {"quantity": None}]
        sale["party"], sale["currency"] = {"code": "ACME"}, None
    held = connector.look_up(sent(order))
    assert held is not None
    assert held.facts["number"] == "4501000101"
    assert (held.facts["partner"], held.facts["lines"], held.facts["quantity"]) == ("ACME", "2", "24")
    assert "currency" not in held.facts
    several = connector.look_up(both(order))
    assert several is not None
    assert (several.reference.count("sale.sale,"), several.facts) == (2, {})
    assert connector.look_up(replace(sent(order), documents=())) is None
    assert connector.check() == "Tryton answers for Millbrook."
    connector.close()


def test_a_value_that_tryton_has_no_word_for_is_a_bug_and_never_sent(erp: FakeTryton) -> None:
    with pytest.raises(TypeError, match="set is nothing that Tryton takes"):
        Tryton(erp).create("sale.sale", {"lines": {1}}, [])
    assert erp.told == []
