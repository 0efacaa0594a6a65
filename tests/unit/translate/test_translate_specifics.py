"""Conditions of sale, hazards, accounts and other specifics stand in fields of their own."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal

import pytest

from translators.canonical.commerce import AccountingPart, TaxPlace
from translators.canonical.document import Document
from translators.canonical.invoice import Invoice
from translators.canonical.order import Order, OrderLine
from translators.canonical.ship_notice import ShipNotice
from translators.canonical.values import Code, Money, Quantity, Unmapped
from translators.translation import Translation

Translate = Callable[..., Translation]
EACH = Code("EA", "each")


def document_of(translation: Translation) -> Document:
    assert translation.document is not None
    assert translation.document.unmapped == ()
    return translation.document


@pytest.fixture
def order(translate: Translate) -> Callable[[str, str], Order]:
    """order(segments of the heading, segments of the one line)."""

    def read(heading: str, line: str) -> Order:
        body = f"BEG*00*SA*1**20240314\n{heading}\nPO1*1*5*EA*2*PE*VN*A\n{line}"
        lines = "\n".join(one for one in body.splitlines() if one.strip())
        document = document_of(translate("850", lines))
        assert isinstance(document, Order)
        return document

    return read


@pytest.fixture
def line(order: Callable[[str, str], Order]) -> Callable[[str], OrderLine]:
    return lambda segments: order("", segments).lines[0]


def test_a_tax_registration_keeps_number_places_and_exemption(
    order: Callable[[str, str], Order],
) -> None:
    (tax,) = order("TAX*36-123*SP*IL*CO*COOK*******1", "").tax_registrations
    assert tax.tax_id == "36-123"
    assert tax.places[1] == TaxPlace(qualifier=Code("CO"), place="COOK")
    assert [one.place for one in tax.places] == ["IL", "COOK"]
    assert tax.exempt is not None
    assert tax.exempt.code == "1"


def test_conditions_of_sale_of_an_order_and_of_a_line(order: Callable[[str, str], Order]) -> None:
    read = order("CSH*SC*2*15000*ACC-1*20240401", "IT8*N***ACC-2****UP*614141000012")
    (whole,) = read.sales_requirements
    assert whole.requirement is not None
    assert whole.requirement.code == "SC"
    assert whole.amount == Money(Decimal("150.00"))
    assert (whole.account, whole.date) == ("ACC-1", datetime.date(2024, 4, 1))
    (of_line,) = read.lines[0].sales_requirements
    assert [one.value for one in of_line.product_ids] == ["614141000012"]


def test_a_restriction_in_words_or_as_a_quantity(order: Callable[[str, str], Order]) -> None:
    words, least = order("CTB*OR*No pallets\nCTB*OR**57*100", "").restrictions
    assert words.text == "No pallets"
    assert least.quantity == Quantity(Decimal(100))


def test_a_lead_time_between_ls_and_le_keeps_what_it_is_for(line: Callable[[str], OrderLine]) -> None:
    (lead,) = line(
        "LS*LDT\nLDT*AF*10*DA*20240401\nQTY*01*3*EA\nMSG*rush\nREF*DP*7\nLM*DF\nLQ*0*X\nLE*LDT"
    ).lead_times
    assert (lead.time, lead.date) == (Decimal(10), datetime.date(2024, 4, 1))
    assert lead.quantities[0].quantity == Quantity(Decimal(3), EACH)
    assert lead.notes[0].lines == ("rush",)
    assert lead.references[0].value == "7"
    assert lead.industry_codes[0].code == "X"


def test_a_hazard_keeps_class_and_words(line: Callable[[str], OrderLine]) -> None:
    (hazard,) = line("TD4*FR*9*3*Flammable liquid*Y").hazards
    assert hazard.hazard_class == "3"
    assert hazard.description == "Flammable liquid"
    assert hazard.applies is not None
    assert hazard.applies.code == "Y"


def test_codes_of_an_industry_are_one_value_each(line: Callable[[str], OrderLine]) -> None:
    codes = line("LM*DF*S1\nLQ*0*A\nLQ*74*B").industry_codes
    assert [(one.source_list, one.code, one.origin) for one in codes] == [
        ("S1", "A", "PO1[1]/LM[1]/LQ"),
        ("S1", "B", "PO1[1]/LM[1]/LQ[2]"),
    ]


def test_an_amount_keeps_its_accounts_dates_and_references(order: Callable[[str, str], Order]) -> None:
    (amount,) = order("AMT*TT*100\nREF*DP*7\nDTM*002*20240401\nFA1*DF\nFA2*A1*97", "").amounts
    assert amount.references[0].value == "7"
    assert amount.dates[0].date == datetime.date(2024, 4, 1)
    assert amount.accounting[0].parts == (AccountingPart(kind=Code("A1"), value="97"),)


def test_a_specification_keeps_its_words_and_what_surrounds_them(order: Callable[[str, str], Order]) -> None:
    (clause,) = order(
        "SPI*ZZ*CT*K-7*Packing*How to pack*1\nREF*DP*7\nDTM*002*20240401\nMSG*see page 4", ""
    ).specifications
    assert (clause.title, clause.purpose) == ("Packing", "How to pack")
    assert clause.reference is not None
    assert clause.reference.value == "K-7"
    assert clause.notes[0].lines == ("see page 4",)
    assert clause.dates[0].date == datetime.date(2024, 4, 1)


def test_a_line_keeps_its_variations_and_what_was_shipped_of_it(line: Callable[[str], OrderLine]) -> None:
    read = line("PO3*PC*20240401*UCP*1.95*PE*3*EA*second lot\nIT3*2*EA*BO*3*QO")
    (variation,) = read.variations
    assert variation.price is not None
    assert variation.price.amount == Money(Decimal("1.95"))
    assert variation.quantity == Quantity(Decimal(3), EACH)
    assert variation.description == "second lot"
    (shipped,) = read.shipments
    assert (shipped.quantity, shipped.difference) == (Quantity(Decimal(2), EACH), Decimal(3))


def test_an_invoice_keeps_what_was_shipped_accounts_and_answers_to_questions(translate: Translate) -> None:
    body = """
        BIG*20240320*INV-1
        YNQ*Q1*Y***paid in full
        FA1*DF
        FA2*A1*97
        IT1*1*5*EA*2
        TDS*1000
        ISS*5*EA*12.5*LB*2*CF
        CTT*1
    """
    document = document_of(translate("810", body))
    assert isinstance(document, Invoice)
    assert document.conditions[0].lines == ("paid in full",)
    assert document.accounting[0].parts[0].value == "97"
    (shipped,) = document.shipped
    assert shipped.quantity == Quantity(Decimal(5), EACH)
    assert shipped.weight is not None
    assert shipped.weight.value == Decimal("12.5")


def test_a_level_of_a_shipment_keeps_its_loads_and_place_in_the_trailer(translate: Translate) -> None:
    body = """
        BSN*00*S1*20240318*1405
        HL*1**S
        HL*2*1*I
        LIN*1*VN*A
        SN1*1*40*EA
        TSD*T1*A4
        CLD*2*20*CTN25*10*EA
        REF*LS*L-1
        CTT*2
    """
    document = document_of(translate("856", body))
    assert isinstance(document, ShipNotice)
    item = document.items[0]
    assert (item.trailer_positions[0].number, item.trailer_positions[0].position) == ("T1", "A4")
    (load,) = item.loads
    assert (load.loads, load.units) == (2, Decimal(20))
    assert load.size == Quantity(Decimal(10), EACH)
    assert load.references[0].value == "L-1"


def test_what_has_no_field_in_them_is_still_kept(translate: Translate) -> None:
    document = translate("810", "BIG*20240320*INV-1\nYNQ*Q1*Y*D8*20240401\nIT1*1*5*EA*2\nTDS*1000").document
    assert document is not None
    assert Unmapped("YNQ-04", "20240401") in document.unmapped


def test_words_in_a_loop_are_read_in_the_segment_that_005010_gives_them(translate: Translate) -> None:
    body = """
        BEG*00*SA*1**20240314
        LDT*AF*10*DA
        MTX**rush
        SPI*ZZ*CT*K-7
        MTX**see page 4
        PO1*1*5*EA
    """
    document = document_of(translate("850", body, "005010"))
    assert document.lead_times[0].notes[0].lines == ("rush",)
    assert document.specifications[0].notes[0].lines == ("see page 4",)
