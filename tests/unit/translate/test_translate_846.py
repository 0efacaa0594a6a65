"""An 846 says what is on hand, available and on order, item by item and place by place."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal

import pytest

from translators.canonical.inventory import Inventory
from translators.canonical.values import Code, Money, Quantity, Unmapped
from translators.report import BusinessKey
from translators.translation import Translation

Translate = Callable[..., Translation]
EACH = Code("EA", "each")
INVENTORY = """
    BIA*00*SI*STOCK-77*20240415*0600
    CUR*SE*USD
    DTM*007*20240415
    REF*IA*DELTA
    N1*WH*Denver*92*DEN
    N4*Denver*CO*80216
    LIN*1*VN*D-100*UP*614141000012
    PID*F*08***Bottle, blue
    CTP**UCP*3.95
    REF*LT*L-4
    QTY*17*480*EA
    QTY*33*455*EA
    UIT*CA*47.40*PE
    DTM*018*20240416
    LDT*AF*3*DA*20240415
    SCH*200*EA*WH*Reno*018*20240420
    QTY*63*600*EA
    LS*REF
    REF*LT*L-9
    DTM*036*20250101
    LE*REF
    LIN*2*VN*D-200
    SDQ*EA*92*DEN*12*RNO*0
    QTY*QH***two cartons wet
    SLN*1**I*2*EA
    CTT*2
"""


def inventory_of(translation: Translation) -> Inventory:
    assert isinstance(translation.document, Inventory)
    return translation.document


def test_the_heading_says_what_it_reports_and_as_of_when(translate: Translate) -> None:
    inventory = inventory_of(translate("846", INVENTORY))
    assert inventory.type == Code("SI", "seller inventory report")
    assert inventory.number == "STOCK-77"
    assert inventory.created is not None
    assert (inventory.created.date, inventory.created.time) == (
        datetime.date(2024, 4, 15),
        datetime.time(6, 0),
    )
    assert inventory.parties[0].name == "Denver"


def test_a_line_tells_every_quantity_by_its_meaning(translate: Translate) -> None:
    line = inventory_of(translate("846", INVENTORY)).lines[0]
    assert (line.number, line.ordinal) == ("1", 1)
    assert [one.value for one in line.product_ids] == ["D-100", "614141000012"]
    assert [one.qualifier.code for one in line.stocks] == ["17", "33", "63"]
    assert line.on_hand == Quantity(Decimal(480), EACH)
    assert line.available == Quantity(Decimal(455), EACH)
    assert line.quantities == ()
    assert [one.value for one in line.references] == ["L-4"]


def test_a_quantity_has_dates_prices_lead_time_and_places_of_its_own(translate: Translate) -> None:
    stock = inventory_of(translate("846", INVENTORY)).lines[0].stocks[1]
    assert [one.date for one in stock.dates] == [datetime.date(2024, 4, 16)]
    (by_case,) = stock.unit_prices
    assert by_case.unit is not None
    assert by_case.unit.code == "CA"
    assert by_case.price is not None
    assert by_case.price.amount == Money(Decimal("47.40"), "USD")
    assert stock.lead_times[0].time == Decimal(3)
    assert stock.schedules[0].party_name == "Reno"
    assert stock.schedules[0].quantity == Quantity(Decimal(200), EACH)


def test_a_lot_between_ls_and_le_belongs_to_its_quantity(translate: Translate) -> None:
    stock = inventory_of(translate("846", INVENTORY)).lines[0].stocks[2]
    (lot,) = stock.lots
    assert lot.reference.value == "L-9"
    assert [one.date for one in lot.dates] == [datetime.date(2025, 1, 1)]


def test_a_line_may_tell_shares_by_location_and_a_remark_for_a_number(translate: Translate) -> None:
    line = inventory_of(translate("846", INVENTORY)).lines[1]
    assert [(one.location, one.quantity.value) for one in line.locations] == [("DEN", 12), ("RNO", 0)]
    assert line.stocks[0].quantity is None
    assert line.stocks[0].remark == "two cartons wet"
    assert (line.on_hand, line.available) == (None, None)
    assert line.sublines[0].quantity == Quantity(Decimal(2), EACH)


def test_nothing_is_left_over_and_the_lines_are_counted(translate: Translate) -> None:
    translation = translate("846", INVENTORY)
    assert inventory_of(translation).unmapped == ()
    assert translation.findings == ()
    (finding,) = translate("846", INVENTORY.replace("CTT*2", "CTT*5")).findings
    assert finding.code == "TRN-001"


def test_on_hand_in_two_places_is_left_to_the_reader(translate: Translate) -> None:
    body = "BIA*00*SI*1*20240415\nLIN**VN*A\nQTY*17*4*EA\nREF*WS*1\nQTY*17*5*EA\nREF*WS*2"
    line = inventory_of(translate("846", body)).lines[0]
    assert line.on_hand is None
    assert [one.quantity.value for one in line.stocks if one.quantity] == [4, 5]


@pytest.mark.parametrize(
    ("head", "number"),
    [
        ("BIA*00*SI*1*20240415*0600", "1/2024-04-15/06:00:00"),
        ("BIA*00*SI*1*20240415*06000075", "1/2024-04-15/06:00:00.750000"),
        ("BIA*00*SI*1*20240416", "1/2024-04-16"),
        ("BIA*00*SI*1", "1"),
    ],
)
def test_reports_that_are_all_numbered_alike_are_told_apart_by_time(
    translate: Translate, head: str, number: str
) -> None:
    translation = translate("846", f"{head}\nLIN**VN*A")
    assert translation.number == number
    assert translation.keys == (BusinessKey("inventory", "1"),)


@pytest.mark.parametrize(("purpose", "original"), [("00", True), ("08", True), ("13", False), ("05", False)])
def test_a_status_is_an_original_and_an_inquiry_is_none(
    translate: Translate, purpose: str, *, original: bool
) -> None:
    assert translate("846", f"BIA*{purpose}*PI*1*20240415\nLIN**VN*A").original is original


def test_a_quantity_without_a_qualifier_is_kept_as_sent(translate: Translate) -> None:
    inventory = inventory_of(translate("846", "BIA*00*SI*1*20240415\nLIN**VN*A\nQTY**4*EA"))
    assert inventory.lines[0].stocks == ()
    assert Unmapped("LIN[1]/QTY[1]-02", "4") in inventory.unmapped
