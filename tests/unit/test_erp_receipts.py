"""What ship notices and invoices become in Tryton, over a Tryton in memory."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from fake_tryton import FakeTryton, Told, millbrook, no
from tryton_documents import consignment, crosswalk, invoice, ship_notice

from outbound.connector import Consignment, Outcome, Refused, TryLater
from outbound.http_answers import Answer
from outbound.tryton.connector import TrytonConnector, TrytonOptions
from partners.crosswalk import Crosswalk

DELTA, ACME_ID = "delta-supply", 2
CLAMP, HOSE = "DS-310", "DS-322"
HOUSE = {"id": 31, "input_location": 32, "storage_location": 33}
MODEL = "stock.shipment.in"


@pytest.fixture
def erp() -> FakeTryton:
    return millbrook()


def named(erp: FakeTryton, model: str, **wanted: str) -> dict[str, Any]:
    """The record of a model whose field is this."""
    ((field, value),) = wanted.items()
    return next(one for one in erp.every(model) if one[field] == value)


def clamp(erp: FakeTryton) -> int:
    number: int = named(erp, "product.product", code="CLAMP-40")["id"]
    return number


def each(erp: FakeTryton) -> dict[str, Any]:
    return named(erp, "product.uom", symbol="u")


def delta(erp: FakeTryton) -> int:
    number: int = named(erp, "party.party", code="DELTA")["id"]
    return number


def purchase(erp: FakeTryton, number: str = "MB-1", **values: Any) -> dict[str, Any]:
    """A purchase from Delta Supply for ten clamps, one line and one move."""
    line = erp.add("purchase.line", product=clamp(erp), unit=each(erp), moves=[])
    waits = move(erp, line["id"], "10")
    known = {"lines": [line], "moves": [waits], "invoices": [], "invoice_method": "shipment"}
    known |= {"state": "processing", "warehouse": HOUSE, "party": delta(erp)}
    return erp.add("purchase.purchase", number=number, **{**known, **values})


def move(erp: FakeTryton, line: int, quantity: str, **values: Any) -> dict[str, Any]:
    known = {"state": "draft", "shipment": None, "origin": f"purchase.line,{line}", "unit": each(erp)}
    return erp.add("stock.move", product=clamp(erp), quantity=Decimal(quantity), **{**known, **values})


def book(erp: FakeTryton, one: Consignment, **options: str) -> Any:
    return TrytonConnector(erp, TrytonOptions(**options)).deliver(one)


def lacking(erp: FakeTryton, one: Consignment) -> str:
    """What a person is told is missing; nothing was changed."""
    with pytest.raises(TryLater) as caught:
        book(erp, one)
    assert (caught.value.code, erp.told) == ("OUT-104", [])
    return caught.value.reason


def refused(erp: FakeTryton, one: Consignment) -> Refused:
    with pytest.raises(Refused) as caught:
        book(erp, one)
    assert not caught.value.endpoint_wide
    return caught.value


def changed(one: Consignment, **values: Any) -> Consignment:
    """The same with other values; those that are None are taken out."""
    document = {**one.documents[0].value, **values}
    return consignment({k: v for k, v in document.items() if v is not None}, DELTA, one.key)


# ship notices ----------------------------------------------------------------------------------


def notice(quantity: str = "10", *, order: str = "MB-1", key: str = "1") -> Consignment:
    return ship_notice(key, order, [(CLAMP, quantity)])


def moves_told(erp: FakeTryton) -> list[Any]:
    """What was added and written of moves."""
    (moves,) = [values["incoming_moves"] for method, _, values in erp.told if method == "PUT"]
    found: list[Any] = moves
    return found


def test_a_shipment_is_made_filled_and_received_and_a_repeat_finds_it(erp: FakeTryton) -> None:
    waits = purchase(erp)["moves"][0]["id"]
    assert book(erp, notice()).outcome is Outcome.ACCEPTED
    assert moves_told(erp) == [["add", [waits]]]
    (shipment,) = erp.every(MODEL)
    assert (shipment["reference"], shipment["state"], shipment["warehouse"]) == ("SN-1", "received", 31)
    assert book(erp, notice()).outcome is Outcome.DUPLICATE
    assert len(erp.told) == 3


def test_a_shipment_that_a_crash_left_empty_is_filled(erp: FakeTryton) -> None:
    """FI-F05."""
    purchase(erp)
    erp.add(MODEL, supplier=delta(erp), reference="SN-1", state="draft", incoming_moves=[])
    assert book(erp, notice(), ship_notice="done").outcome is Outcome.DUPLICATE
    assert [path.rpartition("/")[2] for _, path, _ in erp.told][1:] == ["receive", "do"]


def test_a_twin_of_a_shipment_is_withdrawn_by_cancelling_ours(erp: FakeTryton) -> None:
    """FI-G06."""
    purchase(erp)

    def meanwhile(told: Told) -> None:
        if told[:2] == ("POST", MODEL):
            erp.add(MODEL, **told[2])

    erp.before = meanwhile
    with pytest.raises(TryLater) as caught:
        book(erp, notice())
    assert caught.value.code == "OUT-106"
    assert [one["reference"] for one in erp.every(MODEL)] == ["SN-1", None]
    assert erp.told[-1][1].endswith("/cancel")


def test_a_later_version_that_a_person_let_in_has_its_version_in_its_number(erp: FakeTryton) -> None:
    purchase(erp)
    later = replace(notice(), documents=(replace(notice().documents[0], key="erp.1-2"),))
    book(erp, later)
    assert erp.every(MODEL)[0]["reference"] == "SN-1/2"


def test_a_part_is_taken_of_a_move_and_more_than_ordered_is_added_to_the_last(erp: FakeTryton) -> None:
    bought = purchase(erp)
    line, first = bought["lines"][0]["id"], bought["moves"][0]["id"]
    second = move(erp, line, "5")
    other_unit = move(erp, line, "1", unit=named(erp, "product.uom", symbol="cs"))
    gone = [
        move(erp, line, "7", state="done"),
        move(erp, line, "7", shipment=9),
        move(erp, 0, "3", origin=None),
    ]
    bought["moves"] += [second, other_unit, *gone[:2]]
    items = [(CLAMP, "4"), (CLAMP, "20")]
    book(erp, ship_notice("1", "MB-1", items))
    assert moves_told(erp) == [
        ["add", [first, second["id"]]],
        ["write", [second["id"]], {"quantity": Decimal(14)}],
    ]


def test_a_quantity_in_another_unit_is_counted_in_the_unit_of_the_purchase(erp: FakeTryton) -> None:
    waits = purchase(erp, moves=[move(erp, 0, "36", origin=None)])["moves"][0]["id"]
    value = dict(notice("2").documents[0].value)
    value["items"][0]["quantity"]["unit"] = {"code": "CA"}  # type: ignore[index]
    cases = Crosswalk({("unit", "CA"): "cs"})
    book(erp, replace(consignment(value, DELTA, "erp.1-1"), crosswalk=cases))
    assert moves_told(erp) == [["add", [waits]], ["write", [waits], {"quantity": Decimal(24)}]]


def test_the_line_of_the_purchase_that_an_item_names_is_served_first(erp: FakeTryton) -> None:
    bought = purchase(erp)
    line = erp.add("purchase.line", product=clamp(erp), unit=each(erp), moves=[])
    bought["lines"].append(line)
    second = move(erp, line["id"], "10")
    bought["moves"].append(second)
    value = dict(notice("3").documents[0].value)
    value["items"][0]["line"] = "2"  # type: ignore[index]
    book(erp, consignment(value, DELTA, "erp.1-1"))
    assert moves_told(erp)[0] == ["add", [second["id"]]]


def test_an_item_of_which_nothing_was_shipped_takes_nothing(erp: FakeTryton) -> None:
    purchase(erp)
    book(erp, ship_notice("1", "MB-1", [(CLAMP, "0"), (CLAMP, "10")]))
    assert moves_told(erp)[0][0] == "add"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"state": "quotation"}, "purchase MB-1: its state is quotation: confirm it in Tryton"),
        ({"warehouse": None}, "purchase MB-1: it has no warehouse"),
        ({"party": ACME_ID}, "purchase MB-1: there is none from Delta Supply in Tryton"),
        (
            {"moves": None, "lines": None},
            "[CLAMP-40] Hose clamp, 40 mm of purchase MB-1: nothing of it is left",
        ),
    ],
)
def test_a_purchase_that_does_not_wait_for_the_goods_is_named(
    erp: FakeTryton, values: dict[str, Any], words: str
) -> None:
    purchase(erp, **values)
    assert words in lacking(erp, notice())


def test_a_notice_that_cannot_be_booked_is_refused(erp: FakeTryton) -> None:
    purchase(erp)
    item = {"level": "4", "product_ids": [{"qualifier": {"code": "VN"}, "value": CLAMP}]}
    assert "names no order" in refused(erp, changed(notice(), items=[item])).reason
    assert "names no order" in refused(erp, changed(notice(), items=[])).reason
    item["order_number"] = "MB-1"
    assert "item 4 has no quantity" in refused(erp, changed(notice(), items=[item])).reason


def test_goods_for_two_warehouses_are_no_single_shipment(erp: FakeTryton) -> None:
    purchase(erp)
    purchase(erp, "MB-2", warehouse={**HOUSE, "id": 41})
    both = changed(
        notice(),
        items=[
            {**notice().documents[0].value["items"][0], "order_number": order}  # type: ignore[index]
            for order in ("MB-1", "MB-2")
        ],
    )
    assert "MB-1, MB-2 are for different warehouses" in refused(erp, both).reason


def test_a_notice_without_dates_has_no_planned_day_and_can_be_looked_at_before(erp: FakeTryton) -> None:
    purchase(erp)
    connector = TrytonConnector(erp, TrytonOptions())
    undated = changed(notice(), expected=None, shipped=None)
    assert b'"planned_date": null' in connector.dry_run(undated).content
    assert connector.look_up(notice()) is None
    connector.deliver(notice())
    erp.every(MODEL)[0]["supplier"] = named(erp, "party.party", code="DELTA")
    held = connector.look_up(notice())
    assert held is not None
    assert (held.facts["number"], held.facts["partner"]) == ("SN-1", "DELTA")


# invoices --------------------------------------------------------------------------------------


def bill(quantity: str = "10", total: str = "20.00", *, key: str = "1", **values: Any) -> Consignment:
    return changed(invoice(key, "MB-1", [(CLAMP, quantity, "2.00")], total), **values)


def drafted(erp: FakeTryton, bought: dict[str, Any], *quantities: str, **values: Any) -> list[dict[str, Any]]:
    """An invoice that Tryton has drafted for a purchase; its lines."""
    lines = [
        {
            "id": 900 + len(bought["invoices"]) * 10 + place,
            "product": clamp(erp),
            "quantity": Decimal(quantity),
            "unit": each(erp),
            "origin": f"purchase.line,{bought['lines'][0]['id']}",
            "taxes": None,
        }
        for place, quantity in enumerate(quantities)
    ]
    known = {"type": "in", "state": "draft", "reference": None, "description": None, "lines": lines}
    known["party"] = delta(erp)
    bought["invoices"].append(erp.add("account.invoice", **{**known, **values})["id"])
    return lines


def test_what_tryton_has_drafted_is_given_the_suppliers_number_and_posted(erp: FakeTryton) -> None:
    bought, erp.total = purchase(erp), Decimal("20.00")
    (line,) = drafted(erp, bought, "10")
    assert book(erp, bill()).outcome is Outcome.ACCEPTED
    (_, _, written), (_, button, _) = erp.told
    assert written["reference"] == "IN-1"
    assert written["lines"] == [["write", [line["id"]], {"quantity": 10, "unit_price": Decimal("2.00")}]]
    assert button.endswith("/post")
    assert book(erp, bill()).outcome is Outcome.DUPLICATE


def test_lines_of_several_drafts_are_moved_into_one_and_the_emptied_draft_goes(erp: FakeTryton) -> None:
    bought, erp.total = purchase(erp), Decimal("20.00")
    one, nothing = drafted(erp, bought, "4", "0")
    two, three = drafted(erp, bought, "6", "3")
    others = drafted(erp, bought, "2", "0", "5")
    taken = drafted(erp, bought, "8", description="tradepost erp.other-1")
    tax = [{"type": {"code": "ST"}, "amount": {"amount": "1"}, "percent": "5"}]
    rows = Crosswalk({("tax", "ST"): "State sales tax"})
    book(erp, replace(bill("12", "20.00", taxes=tax), crosswalk=rows))
    kinds = [command[0] for command in erp.told[0][2]["lines"]]
    assert kinds == ["add", "write", "write", "write", "delete"]
    assert erp.told[0][2]["lines"][-1] == ["delete", [nothing["id"]]]
    assert erp.told[0][2]["lines"][0] == ["add", [two["id"], three["id"]]]
    assert erp.told[0][2]["lines"][1][2]["taxes"] == [["remove", []]]
    assert [method for method, _, _ in erp.told] == ["PUT", "DELETE", "POST"]
    assert (len(others), len(taken), one["quantity"]) == (3, 1, 4)


def test_what_of_a_draft_is_not_billed_leaves_it(erp: FakeTryton) -> None:
    bought, erp.total = purchase(erp), Decimal("8.00")
    one, two = drafted(erp, bought, "4", "6")
    book(erp, bill("4", "8.00"))
    assert erp.told[0][2]["lines"][-1] == ["delete", [two["id"]]]
    assert one["id"] != two["id"]


def test_an_invoice_is_made_where_tryton_drafts_none_and_bound_to_what_was_received(erp: FakeTryton) -> None:
    bought, erp.total = purchase(erp, invoice_method="manual"), Decimal("20.00")
    received = [move(erp, 1, "10", state="done", invoice_lines=None)]
    received += [move(erp, 1, "10", state="done", invoice_lines=[5]), move(erp, 1, "1")]
    bought["lines"][0]["moves"] = received
    drafted(erp, bought, "4", lines=None)
    book(erp, bill())
    assert erp.told[0][2]["description"] == "tradepost erp.1-1"
    (line,) = erp.told[0][2]["lines"][0][1]
    assert line["stock_moves"] == [["add", [received[0]["id"]]]]
    assert (line["account"], erp.told[0][2]["account"]) == (51, 21)


def test_what_was_not_received_or_not_ordered_is_told_apart(erp: FakeTryton) -> None:
    purchase(erp)
    told = lacking(erp, bill())
    assert "10 u of [CLAMP-40] Hose clamp, 40 mm on purchase MB-1: billed, but not received" in told
    hose = changed(
        bill(), lines=[{**line_of(bill()), "product_ids": vendor(HOSE), "quantity": {"value": "10"}}]
    )
    assert "10 of [HOSE-2] Hose, 2 m on purchase MB-1: add a line for it" in lacking(erp, hose)


def line_of(one: Consignment) -> dict[str, Any]:
    (line,) = one.documents[0].value["lines"]  # type: ignore[attr-defined]
    found: dict[str, Any] = line
    return found


def vendor(code: str) -> list[dict[str, Any]]:
    return [{"qualifier": {"code": "VN"}, "value": code}]


def test_an_invoice_whose_total_is_another_stays_a_draft_for_a_person(erp: FakeTryton) -> None:
    bought, erp.total = purchase(erp), Decimal("19.99")
    drafted(erp, bought, "10")
    said = refused(erp, bill())
    assert (said.code, "19.99" in said.reason) == ("OUT-108", True)
    assert len(erp.told) == 1


def test_the_computed_total_counts_where_none_is_stated_and_without_any_nothing_is_posted(
    erp: FakeTryton,
) -> None:
    bought, erp.total = purchase(erp), Decimal("20.00")
    drafted(erp, bought, "10")
    computed = {"lines": 1, "amount": {"amount": "20.00", "currency": "USD"}}
    book(erp, bill(payable=None, computed=computed))
    assert erp.every("account.invoice")[0]["state"] == "posted"
    other = millbrook()
    drafted(other, purchase(other), "10")
    assert "it names no total" in refused(other, bill(payable=None, computed=None)).reason


def test_an_invoice_may_be_left_a_draft_for_people(erp: FakeTryton) -> None:
    drafted(erp, purchase(erp), "10")
    book(erp, bill(), invoice="draft")
    assert [method for method, _, _ in erp.told] == ["PUT"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"order_number": None}, "it names no order"),
        ({"lines": [{**line_of(bill()), "quantity": None}]}, "line 1 has no quantity"),
        ({"charges": [{"kind": {"code": "C"}, "agency_code": "X"}]}, "charge X of the invoice has no amount"),
        ({"charges": [{"kind": {"code": "C"}}]}, "charge  of the invoice has no amount"),
        ({"taxes": [{"type": {"code": "ST"}}]}, "tax ST has no amount"),
        ({"taxes": [{}]}, "tax  has no amount"),
    ],
)
def test_an_invoice_that_cannot_be_booked_is_refused_and_nothing_is_made(
    erp: FakeTryton, values: dict[str, Any], words: str
) -> None:
    drafted(erp, purchase(erp), "10")
    assert " ".join(words.split()) in " ".join(refused(erp, bill(**values)).reason.split())
    assert erp.told == []


def test_charges_and_taxes_of_invoice_lines_and_charges_are_all_booked(erp: FakeTryton) -> None:
    drafted(erp, purchase(erp), "10")
    money = {"amount": "5.00", "currency": "USD"}
    tax = {"type": {"code": "ST"}, "amount": {"amount": "0.25", "currency": "USD"}}
    charges = [
        {"kind": {"code": "A"}, "service": {"code": "D240"}, "amount": money, "taxes": [tax]},
        {"kind": {"code": "C"}, "service": {"code": "D240"}, "amount": money, "handling": {"code": "15"}},
    ]
    line = {**line_of(bill()), "charges": charges[:1], "taxes": [tax]}
    basis = {"amount": "20.00", "currency": "USD"}
    rows = Crosswalk({**crosswalk(DELTA).rows})
    one = bill(charges=charges, taxes=[{**tax, "percent": "5", "basis": basis}], lines=[line])
    book(erp, replace(one, crosswalk=rows), invoice="draft")
    written = erp.told[0][2]
    (_, made) = written["lines"][-1]
    assert [(one["quantity"], one["account"]) for one in made] == [(Decimal(-1), 52)] * 2
    taxes = written["taxes"][0][1]
    assert [(one["description"], one["base"]) for one in taxes] == [
        ("ST 5 %", Decimal("20.00")),
        *[("ST", Decimal(0))] * 3,
    ]
    assert {one["account"] for one in taxes} == {61}


def test_all_that_a_new_invoice_lacks_in_tryton_is_told_at_once(erp: FakeTryton) -> None:
    purchase(erp, invoice_method="manual")
    named(erp, "party.party", code="DELTA").update(addresses=[], account_payable=None)
    for model in ("account.journal", "account.configuration"):
        for record in erp.every(model):
            erp.remove(model, record)
    told = lacking(erp, bill())
    for words in ("address of Delta Supply", "journal: add a journal", "account default_account_payable"):
        assert words in told
    charge = {"kind": {"code": "C"}, "agency_code": "X", "amount": {"amount": "5.00", "currency": "USD"}}
    tax = {"type": {"code": "ZZ"}, "amount": {"amount": "1", "currency": "USD"}}
    told = lacking(erp, bill(charges=[charge], taxes=[tax]))
    assert "charge X of the invoice: add the row charge,X" in told
    assert "tax ZZ: add the row tax,ZZ,<a tax's name in Tryton>" in told


def test_a_purchase_of_somebody_else_is_not_billed(erp: FakeTryton) -> None:
    purchase(erp, party=ACME_ID)
    assert "purchase MB-1: there is none from Delta Supply in Tryton" in lacking(erp, bill())


def test_a_new_invoice_in_the_suppliers_own_unit_without_date_is_made(erp: FakeTryton) -> None:
    erp.total = Decimal("48.00")
    purchase(erp, invoice_method="manual")
    line = {**line_of(bill()), "quantity": {"value": "2"}, "price": {"amount": {"amount": "24"}, "per": "1"}}
    book(erp, changed(bill("2", "48.00"), lines=[line], date=None, currency=None))
    made = erp.told[0][2]
    assert "invoice_date" not in made
    assert (made["currency"], made["lines"][0][1][0]["unit"]) == (3, each(erp)["id"])


# credits ---------------------------------------------------------------------------------------


def credit(original: str = "IN-0", **values: Any) -> Consignment:
    return changed(invoice("9", "MB-1", [(CLAMP, "4", "2.00")], "8.00", corrects=original), **values)


def billed_before(erp: FakeTryton, **values: Any) -> dict[str, Any]:
    delta = named(erp, "party.party", code="DELTA")["id"]
    known = {
        "type": "in",
        "party": delta,
        "reference": "IN-0",
        "state": "posted",
        "description": "tradepost x",
    }
    lines = [{"id": 77, "product": clamp(erp)}]
    return erp.add("account.invoice", **{**known, "lines": lines, **values})


def test_a_credit_is_bound_to_the_lines_of_the_invoice_that_it_corrects(erp: FakeTryton) -> None:
    purchase(erp)
    billed_before(erp)
    erp.total = Decimal("-8.00")
    book(erp, credit())
    (line,) = erp.told[0][2]["lines"][0][1]
    assert (line["origin"], line["quantity"]) == ("account.invoice.line,77", Decimal(-4))
    assert "taxes" not in erp.told[0][2]


def test_a_credit_of_nothing_in_particular_stands_by_itself_with_its_taxes(erp: FakeTryton) -> None:
    purchase(erp)
    tax = {"type": {"code": "ST"}, "amount": {"amount": "0.40", "currency": "USD"}}
    erp.total = Decimal("-8.00")
    book(erp, replace(credit(original_invoice=None, taxes=[tax]), crosswalk=crosswalk(DELTA)))
    made = erp.told[0][2]
    assert "origin" not in made["lines"][0][1][0]
    assert [(one["account"], one["amount"]) for one in made["taxes"][0][1]] == [(62, Decimal("-0.40"))]


def test_a_credit_waits_for_the_invoice_that_it_corrects_and_one_without_lines_binds_nothing(
    erp: FakeTryton,
) -> None:
    purchase(erp)
    assert "invoice IN-0, which it corrects: there is none from Delta Supply" in lacking(erp, credit())
    billed_before(erp, lines=None)
    erp.total = Decimal("-8.00")
    book(erp, credit())
    assert "origin" not in erp.told[0][2]["lines"][0][1][0]


def test_invoices_and_credits_can_be_looked_at_before_and_after(erp: FakeTryton) -> None:
    bought, erp.total = purchase(erp), Decimal("20.00")
    drafted(erp, bought, "10")
    billed_before(erp)
    connector = TrytonConnector(erp, TrytonOptions())
    assert b'"reference": "IN-1"' in connector.dry_run(bill()).content
    assert b"account.invoice.line,77" in connector.dry_run(credit()).content
    assert connector.look_up(bill()) is None
    connector.deliver(bill())
    erp.every("account.invoice")[0]["party"] = named(erp, "party.party", code="DELTA")
    held = connector.look_up(bill())
    assert held is not None
    assert (held.facts["number"], held.facts["total"]) == ("IN-1", "20.00")


def test_a_draft_that_somebody_deleted_meanwhile_is_tried_anew_later(erp: FakeTryton) -> None:
    drafted(erp, purchase(erp), "10")
    gone = Answer(404, {}, b"")
    erp.before = lambda told: gone if told[0] == "PUT" else None
    with pytest.raises(TryLater) as caught:
        book(erp, bill())
    assert caught.value.code == "OUT-103"
    erp.before = lambda told: no("It is locked.") if told[0] == "PUT" else None
    assert "It is locked." in refused(erp, bill()).reason
