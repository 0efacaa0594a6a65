"""The canonical invoice of an 810, credits and totals above all (BI-039)."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal

import pytest

from translators.canonical.invoice import Invoice
from translators.canonical.values import Code, Money, Unmapped
from translators.report import BusinessKey
from translators.translation import Translation

Translate = Callable[..., Translation]

INVOICE = """
    BIG*20240320*INV-77*20240314*4500123*R2*1*DI*00
    CUR*SE*USD
    REF*BM*BOL-5
    N1*RI*Maker Inc*1*123456789
    ITD*01*3*2*20240330*10*20240419*30*1090
    DTM*011*20240318
    IT1*1*10*EA*50.25*PE*UP*012345678905
    PID*F****Kite
    IT1*2*300*EA*15*HP*VN*NAIL
    TXI*ST*2.70*6
    TDS*54520*54250*53430*1090
    CAD*M***ABFS*ABF Freight
    SAC*A*C310***2000*******02
    SAC*C*D240***1500
    SAC*A*F050***99900*******01
    CTT*2*310
"""


@pytest.fixture
def invoice(translate: Translate) -> Invoice:
    document = translate("810", INVOICE).document
    assert isinstance(document, Invoice)
    return document


def test_the_head_of_an_invoice_is_read(invoice: Invoice) -> None:
    assert (invoice.number, invoice.date) == ("INV-77", datetime.date(2024, 3, 20))
    assert (invoice.order_number, invoice.order_date) == ("4500123", datetime.date(2024, 3, 14))
    assert (invoice.release, invoice.change_sequence) == ("R2", "1")
    assert invoice.type == Code("DI", "debit invoice")
    assert invoice.parties[0].role == Code("RI", "remit to")


def test_the_four_amounts_at_the_foot_have_names_and_two_decimals(invoice: Invoice) -> None:
    totals = invoice.totals
    assert totals is not None
    assert totals.total == Money(Decimal("545.20"), "USD")
    assert totals.discountable == Money(Decimal("542.50"), "USD")
    assert totals.discounted == Money(Decimal("534.30"), "USD")
    assert totals.discount == Money(Decimal("10.90"), "USD")


def test_terms_keep_dates_days_percent_and_amount(invoice: Invoice) -> None:
    (terms,) = invoice.payment_terms
    assert (terms.discount_percent, terms.discount_days, terms.net_days) == (Decimal(2), 10, 30)
    assert (terms.discount_due, terms.net_due) == (datetime.date(2024, 3, 30), datetime.date(2024, 4, 19))
    assert terms.discount_amount == Money(Decimal("10.90"), "USD")


def test_the_total_counts_prices_per_hundred_and_leaves_bill_backs_out(invoice: Invoice) -> None:
    assert invoice.computed is not None
    assert invoice.computed.amount == Money(Decimal("545.20"), "USD")


def test_a_faultless_invoice_has_no_findings_and_leaves_nothing_unmapped(translate: Translate) -> None:
    translation = translate("810", INVOICE)
    assert translation.findings == ()
    assert translation.document is not None
    assert translation.document.unmapped == ()


def test_the_numbers_people_search_by_are_keys(translate: Translate) -> None:
    translation = translate("810", INVOICE)
    assert translation.number == "INV-77"
    assert set(translation.keys) >= {
        BusinessKey("invoice", "INV-77"),
        BusinessKey("purchase_order", "4500123"),
        BusinessKey("bill_of_lading", "BOL-5"),
    }


def test_a_total_that_is_not_the_lines_is_a_note_that_no_997_tells(translate: Translate) -> None:
    translation = translate("810", INVOICE.replace("TDS*54520", "TDS*54521"))
    (finding,) = translation.findings
    assert (finding.code, finding.value, finding.expected) == ("TRN-003", "545.21", "545.20")
    assert finding.location.segment == "TDS"
    assert (translation.holds, finding.x12) == ((), {"TED01": "010"})


def test_a_total_with_a_point_holds_and_is_left_out(translate: Translate) -> None:
    translation = translate("810", INVOICE.replace("TDS*54520", "TDS*545.20"))
    document = translation.document
    assert isinstance(document, Invoice)
    assert [finding.code for finding in translation.holds] == ["TRN-010"]
    assert document.totals is not None
    assert document.totals.total is None
    assert Unmapped("TDS-01", "545.20") in document.unmapped


@pytest.mark.parametrize("kind", ["ZZ", "N6", "RA"])
def test_a_type_that_does_not_say_who_owes_whom_holds(translate: Translate, kind: str) -> None:
    translation = translate("810", INVOICE.replace("*DI*00", f"*{kind}*00"))
    assert [finding.code for finding in translation.holds] == ["TRN-016"]
    assert isinstance(translation.document, Invoice)
    assert (translation.document.direction, translation.document.payable) == (None, None)


def _credit(translate: Translate, quantity: str, total: str) -> Translation:
    body = f"BIG*20240320*CM-1*****CR*00\nREF*OI*INV-77\nIT1*1*{quantity}*EA*10\nTDS*{total}\nCTT*1"
    return translate("810", body)


@pytest.mark.parametrize(
    ("quantity", "total", "sign", "codes"),
    [
        ("2", "2000", -1, []),
        ("-2", "-2000", 1, []),
        ("2", "-2000", 1, ["TRN-018"]),
        ("2", "-2100", 1, ["TRN-003"]),
    ],
)
def test_a_credit_is_owed_back_whichever_sign_it_was_sent_with(
    translate: Translate, quantity: str, total: str, sign: int, codes: list[str]
) -> None:
    translation = _credit(translate, quantity, total)
    credit = translation.document
    assert isinstance(credit, Invoice)
    assert (credit.direction, credit.sign, credit.original_invoice) == ("credit", sign, "INV-77")
    assert credit.payable is not None
    assert credit.payable.amount == -abs(Decimal(total)) / 100
    assert [finding.code for finding in translation.findings] == codes


def test_a_negative_total_without_a_credit_type_is_remarked_on(translate: Translate) -> None:
    body = "BIG*20240320*1\nIT1*1*-2*EA*10\nTDS*-2000\nCTT*1"
    translation = translate("810", body)
    assert [finding.code for finding in translation.findings] == ["TRN-017"]
    assert isinstance(translation.document, Invoice)
    assert (translation.document.direction, translation.document.sign) == ("payable", 1)


def test_an_allowance_is_subtracted_also_in_a_negative_credit(translate: Translate) -> None:
    body = "BIG*20240320*1*****CR*00\nIT1*1*-2*EA*10\nTDS*-2100\nSAC*A*C310***100\nCTT*1"
    assert translate("810", body).findings == ()


def test_taxes_repeated_at_the_foot_count_once(translate: Translate) -> None:
    body = "BIG*20240320*1\nIT1*1*2*EA*10\nTXI*ST*1.20\nTDS*2120\nTXI*ST*1.20\nCTT*1"
    assert translate("810", body).findings == ()


def test_a_line_of_a_consolidated_invoice_names_its_order(translate: Translate) -> None:
    body = "BIG*20240320*1*****CI*00\nIT1*1*2*EA*10\nREF*PO*A1\nIT1*2*1*EA*1\nREF*PO*A2\nTDS*2100\nCTT*2"
    translation = translate("810", body)
    assert isinstance(translation.document, Invoice)
    assert [line.order_number for line in translation.document.lines] == ["A1", "A2"]
    assert {key.value for key in translation.keys if key.kind == "purchase_order"} == {"A1", "A2"}


def test_no_total_is_computed_where_a_price_is_missing(translate: Translate) -> None:
    translation = translate("810", INVOICE.replace("EA*15*HP", "EA**HP"))
    assert translation.document is not None
    assert translation.document.computed is not None
    assert translation.document.computed.amount is None
    assert "TRN-003" not in {finding.code for finding in translation.findings}


def test_amounts_of_any_size_stay_exact(translate: Translate) -> None:
    price = "1234567890123.4567"
    body = f"BIG*20240320*1\nIT1*1*9999999999*EA*{price}\nTDS*1\nCTT*1"
    translation = translate("810", body)
    (finding,) = translation.findings
    assert finding.expected == "12345678899999999109876.54"
