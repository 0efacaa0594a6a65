"""The canonical ship notice of an 856: levels in any of the usual orders, broken trees too (BI-041)."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal

import pytest

from translators.canonical.ship_notice import ShipNotice
from translators.canonical.values import Code, Quantity, Unmapped
from translators.report import BusinessKey
from translators.translation import Translation

Translate = Callable[..., Translation]

#: Shipment, order, tare, two packs, three items.
NOTICE = """
    BSN*00*SHP-9*20240318*1405*0001
    HL*1**S*1
    TD1*CTN25*2****G*45.5*LB
    TD5**2*ABFS*M*ABF FREIGHT
    TD3*TL*ABFZ*53012******SEAL-1
    REF*BM*BOL-5
    REF*CN*PRO-8
    DTM*011*20240318*1500*ET
    DTM*017*20240321
    N1*ST*Acme DC*92*DC4
    HL*2*1*O*1
    PRF*4500123*R2**20240314
    REF*DP*099
    N1*Z7*Store 12*92*012
    HL*3*2*T*1
    PAL*4*2*4
    MAN*GM*00006141410000000012
    HL*4*3*P*1
    PO4*12*1*EA**G*20.5*LB***10*8*6*IN
    MAN*GM*006141410000000029**CP*1Z999
    HL*5*4*I*0
    LIN*1*UP*012345678905*LT*L-7
    SN1**24*EA*48*30*EA**AC
    DTM*036*20260101
    HL*6*3*P*1
    MAN*CP*1Z998
    HL*7*6*I*0
    LIN*2*VN*NAIL
    SN1*2*100*EA
    HL*8*6*I*0
    LIN**VN*SCREW
    SN1*3*50*EA
    CTT*8*174
"""


@pytest.fixture
def notice(translate: Translate) -> ShipNotice:
    document = translate("856", NOTICE).document
    assert isinstance(document, ShipNotice)
    return document


def test_what_people_ask_of_a_shipment_stands_at_the_top(notice: ShipNotice) -> None:
    assert (notice.number, notice.structure) == (
        "SHP-9",
        Code("0001", "shipment-order-packaging-item"),
    )
    assert (notice.carrier_scac, notice.pro_number, notice.bill_of_lading) == ("ABFS", "PRO-8", "BOL-5")
    assert (notice.trailer, notice.seal, notice.lading_quantity) == ("ABFZ53012", "SEAL-1", 2)
    assert notice.gross_weight == Quantity(Decimal("45.5"), Code("LB", "pound"))
    assert notice.created is not None
    assert notice.created.time == datetime.time(14, 5)
    assert notice.shipped is not None
    assert (notice.shipped.date, notice.shipped.zone) == (datetime.date(2024, 3, 18), "ET")
    assert notice.expected is not None
    assert (notice.expected.date, notice.expected.zone) == (datetime.date(2024, 3, 21), "unknown")


def test_an_order_has_number_department_and_mark_for(notice: ShipNotice) -> None:
    (order,) = notice.orders
    assert (order.level, order.parent, order.number, order.release) == ("2", "1", "4500123", "R2")
    assert order.date == datetime.date(2024, 3, 14)
    assert order.department == "099"
    assert order.mark_for is not None
    assert order.mark_for.id == "012"


def test_packages_nest_as_they_are_packed_with_every_mark(notice: ShipNotice) -> None:
    (tare,) = notice.packages
    assert (tare.type, tare.order) == (Code("T", "shipping tare"), "2")
    assert tare.sscc == "006141410000000012"
    assert [pack.level for pack in tare.packages] == ["4", "6"]
    first, second = tare.packages
    assert [(mark.qualifier.code, mark.value) for mark in first.marks] == [
        ("GM", "006141410000000029"),
        ("CP", "1Z999"),
    ]
    assert (first.items, second.items) == (("5",), ("7", "8"))
    packing = first.packings[0]
    assert (packing.length, packing.width, packing.height) == (Decimal(10), Decimal(8), Decimal(6))


def test_an_item_says_what_was_shipped_for_which_order_in_which_package(notice: ShipNotice) -> None:
    item = notice.items[0]
    assert (item.line, item.order, item.order_number, item.package) == ("1", "2", "4500123", "4")
    assert item.quantity == Quantity(Decimal(24), Code("EA", "each"))
    assert (item.cumulative, item.ordered) == (Decimal(48), Quantity(Decimal(30), Code("EA", "each")))
    assert item.lot == "L-7"
    assert item.expiry is not None
    assert item.expiry.date == datetime.date(2026, 1, 1)


def test_the_line_number_comes_from_lin_else_from_sn1(notice: ShipNotice) -> None:
    assert [item.line for item in notice.items] == ["1", "2", "3"]


def test_totals_count_levels_and_quantities(notice: ShipNotice) -> None:
    assert notice.computed is not None
    assert (notice.computed.lines, notice.computed.quantity) == (8, Decimal(174))


def test_nothing_of_a_usual_notice_stays_unmapped(notice: ShipNotice) -> None:
    assert notice.unmapped == ()


def test_a_container_code_with_a_wrong_check_digit_is_a_note(translate: Translate) -> None:
    translation = translate("856", NOTICE.replace("006141410000000029", "006141410000000020"))
    told = [finding for finding in translation.findings if finding.value == "006141410000000020"]
    assert [finding.code for finding in told] == ["TRN-014"]
    assert translation.holds == ()


def test_orders_carriers_and_containers_are_keys(translate: Translate) -> None:
    keys = translate("856", NOTICE).keys
    assert set(keys) >= {
        BusinessKey("shipment", "SHP-9"),
        BusinessKey("purchase_order", "4500123"),
        BusinessKey("bill_of_lading", "BOL-5"),
        BusinessKey("pro_number", "PRO-8"),
        BusinessKey("sscc", "006141410000000029"),
    }


def test_a_count_that_is_not_the_levels_is_a_note(translate: Translate) -> None:
    codes = [finding.code for finding in translate("856", NOTICE.replace("CTT*8", "CTT*3")).findings]
    assert codes == ["TRN-001"]


STANDARD_PACK = """
    BSN*00*SHP-1*20240318*1405*0002
    HL*1**S*1
    HL*2*1*O*1
    PRF*A1
    HL*3*2*I*1
    LIN*1*VN*KITE
    SN1**2*EA
    HL*4*3*P*0
    MAN*CP*BOX-1
    HL*5*3*P*0
    MAN*CP*BOX-2
    CTT*5
"""


def test_packages_below_an_item_name_the_item(translate: Translate) -> None:
    notice = translate("856", STANDARD_PACK).document
    assert isinstance(notice, ShipNotice)
    assert [(one.item, one.order, one.items) for one in notice.packages] == [("3", "2", ()), ("3", "2", ())]
    assert (notice.items[0].package, notice.items[0].order_number) == (None, "A1")


def test_a_pallet_above_orders_holds_the_items_of_both(translate: Translate) -> None:
    body = """
        BSN*00*SHP-2*20240318*1405*0003
        HL*1**S
        HL*2*1*T
        MAN*W*PALLET-1
        HL*3*2*O
        PRF*A1
        HL*4*3*I
        LIN**VN*X
        SN1**1*EA
        HL*5*2*O
        PRF*A2
        HL*6*5*I
        LIN**VN*Y
        SN1**2*EA
    """
    notice = translate("856", body).document
    assert isinstance(notice, ShipNotice)
    assert [(item.order_number, item.package) for item in notice.items] == [("A1", "2"), ("A2", "2")]
    assert notice.packages[0].items == ("4", "6")
    assert notice.packages[0].order is None


def test_a_component_names_the_item_it_is_part_of(translate: Translate) -> None:
    body = STANDARD_PACK.replace("HL*4*3*P*0\n    MAN*CP*BOX-1", "HL*4*3*F*0\n    LIN**VN*TAIL")
    notice = translate("856", body).document
    assert isinstance(notice, ShipNotice)
    assert [(item.level, item.item) for item in notice.items] == [("3", None), ("4", "3")]


def test_a_level_with_a_number_already_used_is_kept_under_another_name(translate: Translate) -> None:
    notice = translate("856", STANDARD_PACK.replace("HL*5*3*P", "HL*4*3*P")).document
    assert isinstance(notice, ShipNotice)
    levels = [package.level for package in notice.packages]
    assert len(set(levels)) == 2
    assert {mark.value for package in notice.packages for mark in package.marks} == {"BOX-1", "BOX-2"}


def test_a_level_with_an_unknown_parent_is_not_lost(translate: Translate) -> None:
    notice = translate("856", STANDARD_PACK.replace("HL*3*2*I", "HL*3*77*I")).document
    assert isinstance(notice, ShipNotice)
    assert [(item.level, item.parent, item.order) for item in notice.items] == [("3", "77", None)]


def test_two_line_numbers_that_disagree_are_both_kept(translate: Translate) -> None:
    notice = translate("856", STANDARD_PACK.replace("SN1**2*EA", "SN1*9*2*EA")).document
    assert isinstance(notice, ShipNotice)
    assert notice.items[0].line == "1"
    assert Unmapped("HL[3]/SN1-01", "9") in notice.unmapped
