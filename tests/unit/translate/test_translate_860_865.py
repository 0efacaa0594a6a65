"""An 860 changes an order line by line; an 865 answers it, or asks for a change itself."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal

import pytest

from translators.canonical.order_change import OrderChange, OrderChangeResponse
from translators.canonical.values import Code, Quantity, Unmapped
from translators.report import BusinessKey
from translators.translation import Translation

Translate = Callable[..., Translation]
EACH = Code("EA", "each")
CHANGE = """
    BCH*04*SA*4501000101**2*20240314*RQ-2*CT-9*SO-77120*20240315*20240318***AC
    REF*DP*053
    DTM*002*20240405
    N1*ST*Acme Store 12*92*0012
    POC*1*QI*36*12*EA*3.95*PE*IN*A-1*UP*614141000012
    DTM*002*20240408
    POC*2*DI******IN*A-2
    POC*3*PC****8.25*PE*IN*A-3
    POC*4*AI*6*6*CA*41*PE*IN*A-4
    SDQ*CA*92*0012*4*0013*2
    CTT*4
"""
ANSWER = """
    BCA*00*AC*4501000101**2*20240314*RQ-2*CT-9*SO-77120*20240319*20240318**SA
    POC*1*QI*36*12*EA*3.95*PE*IN*A-1
    ACK*IA*24*EA*068*20240408
    ACK*IB*12*EA
    POC*2*DI******IN*A-2
    ACK*ID
    CTT*2
"""


def change_of(translation: Translation) -> OrderChange:
    assert isinstance(translation.document, OrderChange)
    return translation.document


def answer_of(translation: Translation) -> OrderChangeResponse:
    assert isinstance(translation.document, OrderChangeResponse)
    return translation.document


def test_the_heading_of_a_change_names_order_change_and_dates(translate: Translate) -> None:
    change = change_of(translate("860", CHANGE))
    assert change.purpose == Code("04", "change")
    assert change.type == Code("SA", "stand-alone order")
    assert (change.order_number, change.change_sequence) == ("4501000101", "2")
    assert (change.contract, change.request, change.seller_order_number) == ("CT-9", "RQ-2", "SO-77120")
    assert change.order_date == datetime.date(2024, 3, 14)
    assert change.acknowledged == datetime.date(2024, 3, 15)
    assert change.date == datetime.date(2024, 3, 18)
    assert change.expected_answer == Code("AC", "acknowledge, with detail and change")


def test_a_line_says_what_changes_what_is_ordered_and_what_is_left(translate: Translate) -> None:
    more, gone, dearer, new = change_of(translate("860", CHANGE)).lines
    assert more.change == Code("QI", "quantity increase")
    assert more.quantity == Quantity(Decimal(36), EACH)
    assert more.left_to_receive == Quantity(Decimal(12), EACH)
    assert (gone.change, gone.quantity, gone.price) == (Code("DI", "delete item"), None, None)
    assert dearer.price is not None
    assert dearer.price.amount.amount == Decimal("8.25")
    assert [share.location for share in new.destinations] == ["0012", "0013"]
    assert [line.number for line in (more, gone, dearer, new)] == ["1", "2", "3", "4"]


def test_a_change_leaves_nothing_over_and_has_no_findings(translate: Translate) -> None:
    translation = translate("860", CHANGE)
    assert change_of(translation).unmapped == ()
    assert translation.findings == ()


def test_a_change_is_known_by_order_and_sequence_or_else_by_order_and_date(translate: Translate) -> None:
    assert translate("860", CHANGE).number == "4501000101/2"
    unnumbered = CHANGE.replace("4501000101**2*", "4501000101***")
    assert translate("860", unnumbered).number == "4501000101/2024-03-18"


def test_a_change_is_found_by_order_contract_and_the_sellers_order(translate: Translate) -> None:
    assert translate("860", CHANGE).keys == (
        BusinessKey("purchase_order", "4501000101"),
        BusinessKey("contract", "CT-9"),
        BusinessKey("vendor_reference", "SO-77120"),
    )


@pytest.mark.parametrize(
    ("purpose", "original"), [("00", True), ("04", True), ("01", False), ("05", False), ("07", False)]
)
def test_a_change_is_an_original_by_kind_and_a_cancellation_is_none(
    translate: Translate, purpose: str, *, original: bool
) -> None:
    assert translate("860", CHANGE.replace("BCH*04", f"BCH*{purpose}")).original is original


@pytest.mark.parametrize(
    ("line", "kind"),
    [("POC*1*QD*****PE*IN*A-1", "quantity"), ("POC*1*PC*6*6*EA", "price"), ("POC*1*AI*****PE", "quantity")],
)
def test_a_change_without_its_new_value_is_remarked_on(translate: Translate, line: str, kind: str) -> None:
    (finding,) = translate("860", f"BCH*04*SA*1***20240314\n{line}").findings
    assert finding.code == "TRN-332"
    assert not finding.is_error
    assert kind in finding.message


def test_a_new_price_in_a_price_segment_is_enough(translate: Translate) -> None:
    body = "BCH*04*SA*1***20240314\nPOC*1*PC*6*6*EA\nCTP**UCP*7.95"
    assert translate("860", body).findings == ()


def test_the_count_of_changed_lines_is_checked(translate: Translate) -> None:
    (finding,) = translate("860", CHANGE.replace("CTT*4", "CTT*9")).findings
    assert finding.code == "TRN-001"


def test_a_product_of_units_is_kept_as_sent(translate: Translate) -> None:
    change = change_of(translate("860", "BCH*04*SA*1***20240314\nPOC*1*QI*36**EA>1>1*3.95"))
    assert change.lines[0].quantity == Quantity(Decimal(36), None)
    assert Unmapped("POC[1]-05", "EA>1>1") in change.unmapped


def test_the_answer_to_a_change_names_the_change_and_answers_each_line(translate: Translate) -> None:
    answer = answer_of(translate("865", ANSWER))
    assert answer.answer == Code("AC", "acknowledge, with detail and change")
    assert (answer.order_number, answer.change_sequence) == ("4501000101", "2")
    assert answer.change_date == datetime.date(2024, 3, 18)
    assert answer.acknowledged == datetime.date(2024, 3, 19)
    assert answer.type == Code("SA", "stand-alone order")
    assert [[one.status.code for one in line.answers] for line in answer.lines] == [["IA", "IB"], ["ID"]]
    assert answer.lines[0].change == Code("QI", "quantity increase")
    assert answer.unmapped == ()


def test_an_answer_is_known_by_order_change_and_date(translate: Translate) -> None:
    assert translate("865", ANSWER).number == "4501000101/2/2024-03-19"


def test_a_sellers_own_change_answers_nothing_and_is_an_original(translate: Translate) -> None:
    translation = translate("865", "BCA*04**4501***20240314\nPOC*1*RS*36*36*EA*3.95\nDTM*017*20240501\nCTT*1")
    answer = answer_of(translation)
    assert answer.answer is None
    assert answer.lines[0].change == Code("RS", "reschedule")
    assert translation.original


def test_an_answer_as_asked_over_a_rejected_line_is_remarked_on(translate: Translate) -> None:
    codes = [finding.code for finding in translate("865", ANSWER.replace("*00*AC*", "*00*AT*")).findings]
    assert codes == ["TRN-331"]


def test_an_element_without_a_field_is_kept(translate: Translate) -> None:
    body = ANSWER.replace("20240318**SA", "20240318*20240320*SA")
    assert Unmapped("BCA-12", "20240320") in answer_of(translate("865", body)).unmapped
