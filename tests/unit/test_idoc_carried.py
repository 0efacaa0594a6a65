"""What an IDoc carries of a document that has more, or less, than the samples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from outbound.idoc.checking import check
from outbound.idoc.tree import Node
from outbound.idoc.writing import write_idocs
from partners.crosswalk import Crosswalk
from partners.destinations import IdocOptions

SAMPLES = Path(__file__).parents[2] / "samples"
OPTIONS = IdocOptions(sender_number="100", receiver_port="SAPQ", receiver_number="Q100", text_id="0001")


@pytest.fixture
def order() -> dict[str, Any]:
    return sample("x12/850/simple")


@pytest.fixture
def invoice() -> dict[str, Any]:
    return sample("x12/810/charges-and-tax")


@pytest.fixture
def notice() -> dict[str, Any]:
    return sample("x12/856/shipment-order-pack-item")


def sample(title: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((SAMPLES / title / "canonical.json").read_bytes())[0]["canonical"]
    return value


def idoc(value: dict[str, Any], kind: str, codes: dict[tuple[str, str], str] | None = None) -> Any:
    rendered = write_idocs([value], kind, OPTIONS, Crosswalk(codes or {}))
    assert rendered.findings == ()
    return etree.fromstring(rendered.payload).find("IDOC")


def fields(tree: Any, segment: str, *names: str) -> list[tuple[str, ...]]:
    """These fields of every segment of a name, wherever it stands."""
    return [tuple(found.findtext(name, "") for name in names) for found in tree.iter(segment)]


def test_an_order_with_nothing_but_its_number_is_still_an_idoc() -> None:
    tree = idoc({"number": "PO-1", "source": {"sender": "ZZ:ACME"}}, "order")
    assert fields(tree, "E1EDK02", "QUALF", "BELNR", "DATUM") == [("001", "PO-1", "")]
    assert fields(tree, "E1EDK03", "IDDAT") == []
    assert fields(tree, "E1EDS01", "SUMID", "SUMME") == [("001", "0")]


def test_the_total_and_the_schedule_that_a_customer_states_reach_sap(order: dict[str, Any]) -> None:
    order["declared"] = {"amount": {"amount": "339.00", "currency": "USD"}}
    later = [{"qualifier": {"code": "002"}, "date": "2026-12-01"}]
    order["lines"][0]["schedules"] = [{"quantity": {"value": "24"}, "dates": later}, {}]
    tree = idoc(order, "order")
    assert ("002", "339.00") in fields(tree, "E1EDS01", "SUMID", "SUMME")
    assert fields(tree, "E1EDP20", "WMENG", "EDATU") == [("24", "20261201"), ("", "")]


def test_only_the_requested_delivery_is_a_date_and_only_roles_that_sap_has_are_partners(
    order: dict[str, Any],
) -> None:
    order["dates"] = [
        {"qualifier": {"code": "001"}, "date": "2026-11-20"},
        {"qualifier": {"code": "002"}},
        {"qualifier": {"code": "002"}, "date": "2026-11-16"},
    ]
    order["parties"] = [{"role": {"code": "ZZ"}, "id": "?"}, {"role": {"code": "BY"}, "name": "Acme"}]
    tree = idoc(order, "order")
    assert ("002", "20261116") in fields(tree, "E1EDK03", "IDDAT", "DATUM")
    assert {kind for (kind,) in fields(tree, "E1EDK03", "IDDAT")} == {"012", "002"}
    assert fields(tree, "E1EDKA1", "PARVW", "NAME1") == [("AG", "Acme")]


def test_notes_are_folded_at_the_width_of_sap_and_an_empty_one_is_left_out(order: dict[str, Any]) -> None:
    order["notes"] = [{"lines": []}, {"lines": ["a" * 70 + "b", "c"]}]
    tree = idoc(order, "order")
    assert fields(tree, "E1EDKT1", "TDID") == [("0001",)]
    assert fields(tree, "E1EDKT2", "TDLINE", "TDFORMAT") == [("a" * 70, "*"), ("b", "="), ("c", "*")]


def test_a_promotion_is_neither_charge_nor_allowance_and_is_not_carried(order: dict[str, Any]) -> None:
    amount = {"amount": "25.00", "currency": "USD"}
    order["charges"] = [
        {"kind": {"code": code}, "amount": amount, "service": {"code": "C310"}} for code in ("P", "A")
    ]
    tree = idoc(order, "order", {("charge", "C310"): "RA00"})
    assert fields(tree, "E1EDK05", "ALCKZ", "KSCHL", "BETRG") == [("-", "RA00", "25.00")]


def test_our_own_number_of_a_product_stands_in_place_of_the_one_that_was_sent(order: dict[str, Any]) -> None:
    order["lines"] = order["lines"][:1]
    tree = idoc(order, "order", {("product", "MB-1001"): "4711"})
    numbers = fields(tree, "E1EDP19", "QUALF", "IDTNR", "KTEXT")
    assert numbers == [("002", "4711", "Enamel mug, blue"), ("003", "614141000012", "")]


def test_a_product_number_of_nobody_that_sap_knows_is_left_out(order: dict[str, Any]) -> None:
    order["lines"][0]["product_ids"] = [{"qualifier": {"code": "ZZ"}, "value": "?"}]
    order["lines"] = order["lines"][:1]
    assert fields(idoc(order, "order"), "E1EDP19", "IDTNR") == []


def test_an_invoice_without_order_date_price_and_total_says_none_of_them(invoice: dict[str, Any]) -> None:
    for name in ("order_number", "order_date", "date", "totals"):
        invoice.pop(name, None)
    for line in invoice["lines"]:
        line.pop("order_number", None)
        line.pop("price", None)
    tree = idoc(invoice, "invoice")
    assert fields(tree, "E1EDK02", "QUALF") == [("009",)]
    assert fields(tree, "E1EDK03", "IDDAT") == []
    assert fields(tree, "E1EDP02", "QUALF") == []
    assert fields(tree, "E1EDP26", "BETRG") == []
    assert fields(tree, "E1EDS01", "SUMME") == []


def test_a_price_for_several_is_divided_out_in_the_net_amount(invoice: dict[str, Any]) -> None:
    invoice["lines"] = invoice["lines"][:1]
    invoice["lines"][0] |= {"quantity": {"value": "40"}, "price": {"amount": {"amount": "235"}, "per": "100"}}
    assert fields(idoc(invoice, "invoice"), "E1EDP26", "QUALF", "BETRG") == [("003", "94")]


def test_a_ship_notice_without_dates_and_a_package_without_a_number_are_delivered(
    notice: dict[str, Any],
) -> None:
    for name in ("shipped", "expected"):
        notice.pop(name, None)
    inner = {"level": notice["items"][0]["package"], "sscc": "106141410000000017"}
    notice["packages"] = [{"level": "T", "packages": [inner]}]
    tree = idoc(notice, "ship_notice")
    assert fields(tree, "E1EDT13", "QUALF") == []
    assert fields(tree, "E1EDL37", "EXIDV") == [("00106141410000000017",)]
    assert fields(tree, "E1EDL44", "POSNR")[0] == ("000001",)


def test_each_partner_function_stands_once_in_a_delivery(notice: dict[str, Any]) -> None:
    ship_to = {"role": {"code": "ST"}, "name": "First"}
    notice["parties"] = [{"role": {"code": "ZZ"}}, ship_to]
    notice["shipments"] = [{"parties": [{**ship_to, "name": "Second"}]}]
    assert fields(idoc(notice, "ship_notice"), "E1ADRM1", "PARTNER_Q", "NAME1") == [("WE", "First")]


def test_the_check_names_fields_that_are_not_in_their_order() -> None:
    nodes = [Node("EDI_DC40", {"IDOCTYP": "ORDERS05", "TABNAM": "EDI_DC40"}), Node("E1EDK01", {})]
    messages = [finding.message for finding in check("ORDERS05", nodes)]
    assert messages == ["ORDERS05/EDI_DC40[1]: its fields are not in their order."]


def test_a_character_that_xml_cannot_carry_is_told_with_its_field(order: dict[str, Any]) -> None:
    order["parties"][0]["name"] = "Acme\x0b"
    rendered = write_idocs([order], "order", OPTIONS, Crosswalk())
    assert (rendered.payload, [one.code for one in rendered.findings]) == (b"", ["OUT-088"])
    assert "NAME1" in rendered.findings[0].message
