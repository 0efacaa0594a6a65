"""An 855 says what a seller makes of an order, line by line."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal

import pytest

from translators.canonical.order_response import LineAnswer, OrderResponse, OrderResponseLine
from translators.canonical.values import Code, Quantity, Unmapped
from translators.report import BusinessKey
from translators.translation import Translation

Translate = Callable[..., Translation]
EACH = Code("EA", "each")
RESPONSE = """
    BAK*00*AC*4501000101*20240314*7*RQ-1*CT-9*SO-77120*20240315*SA
    CUR*SE*USD
    REF*CO*4501000101
    N1*SE*Delta Supply*92*DELTA
    PO1*1*24*EA*3.95*PE*VN*D-100*UP*614141000012
    PID*F*08***Bottle, blue
    ACK*IA*20*EA*068*20240402
    ACK*IB*4*EA*068*20240416*RQ-1*VN*D-100*****************VC*X*ZZ*WEB*LATE
    DTM*017*20240420
    PO1*2*12*EA*8.50*PE*VN*D-200
    ACK*IS*12*EA****VN*D-201*UP*614141000036
    SLN*1**I*2*EA*1*PE**VN*D-9
    ACK*IR*2*EA
    CTT*2*36
"""


def response_of(translation: Translation) -> OrderResponse:
    assert isinstance(translation.document, OrderResponse)
    return translation.document


def test_the_heading_names_the_order_and_the_answer(translate: Translate) -> None:
    response = response_of(translate("855", RESPONSE))
    assert response.answer == Code("AC", "acknowledge, with detail and change")
    assert (response.order_number, response.release, response.contract) == ("4501000101", "7", "CT-9")
    assert response.order_date == datetime.date(2024, 3, 14)
    assert response.date == datetime.date(2024, 3, 15)
    assert response.seller_order_number == "SO-77120"
    assert response.request == "RQ-1"
    assert response.transaction_type == Code("SA", "stand-alone")


def test_a_line_keeps_every_answer_with_quantity_date_and_place(translate: Translate) -> None:
    accepted, waiting = response_of(translate("855", RESPONSE)).lines[0].answers
    assert accepted.status == Code("IA", "item accepted")
    assert accepted.quantity == Quantity(Decimal(20), EACH)
    assert accepted.date is not None
    assert accepted.date.date == datetime.date(2024, 4, 2)
    assert accepted.date.qualifier is not None
    assert accepted.date.qualifier.code == "068"
    assert accepted.origin == "PO1[1]/ACK[1]"
    assert waiting.quantity == Quantity(Decimal(4), EACH)
    assert [event.date for event in waiting.dates] == [datetime.date(2024, 4, 20)]


def test_a_reason_code_is_told_from_the_products_before_it(translate: Translate) -> None:
    waiting = response_of(translate("855", RESPONSE)).lines[0].answers[1]
    assert [(one.qualifier.code, one.value) for one in waiting.product_ids] == [("VN", "D-100"), ("VC", "X")]
    assert (waiting.agency, waiting.source_list, waiting.reason) == (Code("ZZ"), "WEB", "LATE")


def test_a_substitution_names_what_comes_instead(translate: Translate) -> None:
    (answer,) = response_of(translate("855", RESPONSE)).lines[1].answers
    assert answer.status.code == "IS"
    assert [one.value for one in answer.product_ids] == ["D-201", "614141000036"]


def test_a_part_of_a_line_has_answers_of_its_own(translate: Translate) -> None:
    (part,) = response_of(translate("855", RESPONSE)).lines[1].sublines
    assert [one.status.code for one in part.answers] == ["IR"]
    assert part.quantity == Quantity(Decimal(2), EACH)


def test_nothing_is_left_over_and_the_totals_agree(translate: Translate) -> None:
    translation = translate("855", RESPONSE)
    response = response_of(translation)
    assert response.unmapped == ()
    assert translation.findings == ()
    assert response.computed == response.declared


def test_it_is_found_by_order_contract_and_the_sellers_order(translate: Translate) -> None:
    assert translate("855", RESPONSE).keys == (
        BusinessKey("purchase_order", "4501000101"),
        BusinessKey("contract", "CT-9"),
        BusinessKey("vendor_reference", "SO-77120"),
        BusinessKey("buyer_reference", "4501000101"),
    )


def test_it_is_known_by_the_order_its_release_and_its_own_date(translate: Translate) -> None:
    assert translate("855", RESPONSE).number == "4501000101/7/2024-03-15"
    assert translate("855", "BAK*00*AD*4501*20240314").number == "4501"
    assert translate("855", "BAK*00*AD**20240314").number == ""


@pytest.mark.parametrize(
    ("purpose", "original"), [("00", True), ("06", True), ("11", True), ("05", False), ("07", False)]
)
def test_a_confirmation_or_response_is_an_original_and_a_replacement_is_none(
    translate: Translate, purpose: str, *, original: bool
) -> None:
    translation = translate("855", f"BAK*{purpose}*AD*4501*20240314")
    assert translation.original is original
    assert translation.findings == ()


def test_an_order_answered_as_a_whole_has_lines_without_answers(translate: Translate) -> None:
    response = response_of(translate("855", "BAK*00*AK*4501*20240314\nPO1*1*5*EA\nCTT*1"))
    assert [line.answers for line in response.lines] == [()]


def test_an_answer_that_says_as_ordered_over_a_changed_line_is_remarked_on_once(
    translate: Translate,
) -> None:
    body = RESPONSE.replace("BAK*00*AC", "BAK*00*AD")
    (finding,) = translate("855", body).findings
    assert finding.code == "TRN-331"
    assert not finding.is_error
    assert "item backordered" in finding.message


def test_an_answer_without_a_status_is_kept_as_sent(translate: Translate) -> None:
    response = response_of(translate("855", "BAK*00*AC*4501*20240314\nPO1*1*5*EA\nACK**5*EA"))
    assert response.lines[0].answers == ()
    assert Unmapped("PO1[1]/ACK[1]-02", "5") in response.unmapped


def test_a_wrong_hash_total_is_a_note(translate: Translate) -> None:
    codes = [finding.code for finding in translate("855", RESPONSE.replace("CTT*2*36", "CTT*3*35")).findings]
    assert codes == ["TRN-001", "TRN-002"]


def test_the_newer_release_reads_alike(translate: Translate) -> None:
    older, newer = (response_of(translate("855", RESPONSE, release)) for release in ("004010", "005010"))
    assert older.lines == newer.lines
    assert isinstance(newer.lines[0], OrderResponseLine)
    assert isinstance(newer.lines[0].answers[0], LineAnswer)
