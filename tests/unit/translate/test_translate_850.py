"""The canonical order of an 850, element by element; totals and units that do not fit (BI-039)."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal

import pytest

from translators.canonical.order import Order
from translators.canonical.values import Code, Money, Quantity, Unmapped
from translators.report import BusinessKey
from translators.translation import Translation

Translate = Callable[..., Translation]

ORDER = """
    BEG*00*SA*4500123**20240314*CT-9
    CUR*BY*USD
    REF*DP*099*Toys
    PER*BD*Jo Buyer*TE*555-0100*EM*jo@acme.example
    FOB*PP*OR*Dayton
    SAC*A*C310***500**********Launch discount
    ITD*01*3*2**10**30
    DTM*002*20240401*0800*ET
    TD5*O*2*ABFS*M*ABF Freight
    N9*L1*SPECIAL
    MSG*Deliver to dock 4
    MSG*Call ahead
    N1*ST*Acme Store 12*UL*0614141000012
    N3*1 Main Street*Door B
    N4*Dayton*OH*45402*US
    PO1*1*24*EA*12.50*PE*UP*012345678905*VN*KITE-7
    PID*F*08***Red kite
    PO4*12*1*EA
    SDQ*EA*92*012*10*013*14
    PO1**100*EA*250*HP*VN*NAIL-2
    SCH*60*EA***002*20240401
    SCH*40*EA***002*20240501
    SLN*1**I*2*EA*1.10*PE**VN*HEAD
    CTT*2*124
    AMT*TT*545
"""


@pytest.fixture
def order(translate: Translate) -> Order:
    document = translate("850", ORDER).document
    assert isinstance(document, Order)
    return document


def test_the_head_of_an_order_is_read(order: Order) -> None:
    assert order.number == "4500123"
    assert order.type == Code("SA", "stand-alone order")
    assert order.purpose == Code("00", "original")
    assert order.date == datetime.date(2024, 3, 14)
    assert order.contract == "CT-9"
    assert order.usage == "production"
    assert order.currency is not None
    assert (order.currency.code, order.currency.origin) == ("USD", "CUR")


def test_the_source_names_every_envelope(order: Order) -> None:
    source = order.source
    assert (source.interchange_control_number, source.group_control_number) == ("000000017", "4")
    assert (source.set_control_number, source.sender, source.receiver) == ("0001", "ZZ:ACME", "ZZ:TRADEPOST")
    assert (source.segments, source.version, source.ordinal) == (27, "004010", 1)


def test_terms_contacts_routing_and_dates_are_read(order: Order) -> None:
    assert order.references[0].value == "099"
    assert order.references[0].description == "Toys"
    assert [number.value for number in order.contacts[0].numbers] == ["555-0100", "jo@acme.example"]
    assert order.freight_terms[0].payment == Code("PP", "prepaid by seller")
    assert order.payment_terms[0].discount_percent == Decimal("2")
    assert (order.payment_terms[0].discount_days, order.payment_terms[0].net_days) == (10, 30)
    assert (order.dates[0].date, order.dates[0].time) == (datetime.date(2024, 4, 1), datetime.time(8, 0))
    assert order.dates[0].zone == "ET"
    assert (order.routings[0].carrier, order.routings[0].carrier_qualifier) == ("ABFS", Code("2", "SCAC"))


def test_an_allowance_in_hundredths_is_an_exact_amount(order: Order) -> None:
    allowance = order.charges[0]
    assert allowance.kind == Code("A", "allowance")
    assert allowance.amount == Money(Decimal("5.00"), "USD")
    assert allowance.description == "Launch discount"


def test_messages_stand_under_the_reference_that_heads_them(order: Order) -> None:
    (note,) = order.notes
    assert note.lines == ("Deliver to dock 4", "Call ahead")
    assert note.subject is not None
    assert note.subject.value == "SPECIAL"


def test_a_party_has_its_address_and_its_path(order: Order) -> None:
    (party,) = order.parties
    assert (party.role, party.qualifier) == (Code("ST", "ship to"), Code("UL", "GLN"))
    assert party.address_lines == ("1 Main Street", "Door B")
    assert (party.city, party.region, party.postal_code, party.country) == ("Dayton", "OH", "45402", "US")
    assert party.origin == "N1[1]"


def test_a_line_has_quantity_price_ids_and_destinations(order: Order) -> None:
    line = order.lines[0]
    assert (line.ordinal, line.number, line.origin) == (1, "1", "PO1[1]")
    assert line.quantity == Quantity(Decimal("24"), Code("EA", "each"))
    assert line.price is not None
    assert (line.price.amount, line.price.per) == (Money(Decimal("12.50"), "USD"), Decimal(1))
    assert [(one.qualifier.code, one.value) for one in line.product_ids] == [
        ("UP", "012345678905"),
        ("VN", "KITE-7"),
    ]
    assert line.descriptions[0].text == "Red kite"
    assert line.packings[0].pack == 12
    assert [(one.location, one.quantity.value) for one in line.destinations] == [
        ("012", Decimal(10)),
        ("013", Decimal(14)),
    ]


def test_a_line_without_a_number_still_has_its_place(order: Order) -> None:
    line = order.lines[1]
    assert (line.number, line.ordinal) == (None, 2)
    assert line.price is not None
    assert line.price.per == Decimal(100)


def test_schedules_and_sublines_belong_to_their_line(order: Order) -> None:
    line = order.lines[1]
    assert [one.quantity.value for one in line.schedules if one.quantity] == [Decimal(60), Decimal(40)]
    assert line.schedules[1].dates[0].date == datetime.date(2024, 5, 1)
    (part,) = line.sublines
    assert part.relation == Code("I", "included")
    assert part.quantity == Quantity(Decimal(2), Code("EA", "each"))
    assert part.product_ids[0].value == "HEAD"


def test_totals_are_declared_and_computed_side_by_side(order: Order) -> None:
    assert order.declared is not None
    assert order.computed is not None
    assert (order.declared.lines, order.declared.quantity) == (2, Decimal(124))
    assert (order.computed.lines, order.computed.quantity) == (2, Decimal(124))
    assert order.computed.amount == Money(Decimal("545.00"), "USD")


def test_a_faultless_order_has_no_findings_and_leaves_nothing_unmapped(translate: Translate) -> None:
    translation = translate("850", ORDER)
    assert translation.findings == ()
    assert translation.document is not None
    assert translation.document.unmapped == ()


def test_the_numbers_people_search_by_are_keys(translate: Translate) -> None:
    translation = translate("850", ORDER)
    assert translation.number == "4500123"
    assert BusinessKey("purchase_order", "4500123") in translation.keys
    assert BusinessKey("contract", "CT-9") in translation.keys


@pytest.mark.parametrize(("code", "original"), [("00", True), ("05", False), ("01", False)])
def test_only_purpose_00_is_an_original(translate: Translate, code: str, original: bool) -> None:
    translation = translate("850", ORDER.replace("BEG*00", f"BEG*{code}"))
    assert translation.original is original
    assert translation.holds == ()


def test_what_has_no_field_is_kept_with_its_path(translate: Translate) -> None:
    body = ORDER.replace("    PID*F*08", "    SI*TI*A1*RED\n    PID*F*08")
    document = translate(
        "850", body.replace("BEG*00*SA*4500123**20240314*CT-9", "BEG*00*SA*1**20240314****ZZZ")
    ).document
    assert document is not None
    assert Unmapped("BEG-09", "ZZZ") in document.unmapped
    assert Unmapped("PO1[1]/SI-02", "A1") in document.unmapped


def test_a_value_that_cannot_be_read_is_kept_as_text(translate: Translate) -> None:
    document = translate("850", ORDER.replace("PO1*1*24*EA*12.50", "PO1*1*two*EA*12,50")).document
    assert isinstance(document, Order)
    assert (document.lines[0].quantity, document.lines[0].price) == (None, None)
    assert Unmapped("PO1[1]-02", "two") in document.unmapped
    assert Unmapped("PO1[1]-03", "EA") in document.unmapped
    assert Unmapped("PO1[1]-04", "12,50") in document.unmapped


@pytest.mark.parametrize(
    ("sent", "instead", "code"),
    [
        ("CTT*2*124", "CTT*3*124", "TRN-001"),
        ("CTT*2*124", "CTT*2*125", "TRN-002"),
        ("AMT*TT*545", "AMT*TT*546", "TRN-003"),
        ("013*14", "013*13", "TRN-004"),
        ("012345678905", "012345678900", "TRN-012"),
        ("0614141000012", "0614141000010", "TRN-013"),
        ("PO1*1*24*EA", "PO1*1*24*CS", "TRN-011"),
        ("BEG*00", "BEG*77", "TRN-015"),
    ],
)
def test_a_business_fault_is_a_note_and_holds_nothing(
    translate: Translate, sent: str, instead: str, code: str
) -> None:
    translation = translate("850", ORDER.replace(sent, instead))
    assert [finding.code for finding in translation.findings] == [code]
    assert translation.holds == ()
    assert set(translation.findings[0].x12) <= {"TED01"}


def test_a_decimal_point_in_hundredths_holds_the_document(translate: Translate) -> None:
    translation = translate("850", ORDER.replace("SAC*A*C310***500", "SAC*A*C310***5.00"))
    (finding,) = translation.holds
    assert finding.code == "TRN-010"
    assert (finding.location.segment, finding.location.element) == ("SAC", 5)
    assert translation.document is not None
    assert Unmapped("SAC[1]-05", "5.00") in translation.document.unmapped


def test_a_fault_on_every_line_is_told_twenty_times(translate: Translate) -> None:
    lines = "\n".join(f"PO1*{at}*1*EA*1*PE*UP*012345678900" for at in range(1, 41))
    translation = translate("850", f"BEG*00*SA*1**20240314\n{lines}\nCTT*40")
    assert len(translation.findings) == 20


def test_text_of_005010_is_read_from_mtx(translate: Translate) -> None:
    body = "BEG*00*SA*1**20240314\nN9*L1*GEN\nMTX**First text*Second text\nPO1*1*1*EA*1\nCTT*1"
    document = translate("850", body, "005010").document
    assert isinstance(document, Order)
    assert document.notes[0].lines == ("First text", "Second text")
    assert document.source.release == "005010"
