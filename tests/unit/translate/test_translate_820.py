"""An 820 says what is paid, how, and for which open items."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal

import pytest

from translators.canonical.remittance import BankAccount, Remittance, RemittanceItem, Trace
from translators.canonical.values import Code, Money, Unmapped
from translators.report import BusinessKey
from translators.translation import Translation

Translate = Callable[..., Translation]
ACCOUNT = "0098765432"
REMITTANCE = f"""
    BPR*C*1390.50*C*ACH*CTX*01*071000013*DA*{ACCOUNT}*1362345678*000000001*01*021000021*DA*55512*20240415*VEN
    TRN*1*TR-20240415-7*1362345678*AP
    CUR*PR*USD
    DTM*097*20240412
    N1*PR*Acme Retail*92*ACME
    PER*AP*Payables*TE*3125550100
    N1*PE*Delta Supply*92*DELTA
    ENT*1*PR*92*0012*PE*92*DELTA
    NM1*PR*2*Acme Store 12
    N3*1 Main Street
    ADX*-50*52*CM*CM-11
    RMR*IV*INV-1001*PI*980*1000*20
    REF*PO*4501000101
    DTM*003*20240320
    RMR*IV*INV-1002*PI*460.50*500**ZZ*0
    ADX*-39.50*04*IV*INV-1002
    NTE*ZZZ*Two cartons wet
    IT1*1*2*CA*19.75**UP*614141000012
    REF*PO*4501000102
    DTM*002*20240318
"""


def remittance_of(translation: Translation) -> Remittance:
    assert isinstance(translation.document, Remittance)
    return translation.document


def usd(amount: str) -> Money:
    return Money(Decimal(amount), "USD")


def test_the_payment_its_way_and_its_accounts(translate: Translate) -> None:
    remittance = remittance_of(translate("820", REMITTANCE))
    assert remittance.handling == Code("C", "payment with remittance")
    assert remittance.amount == usd("1390.50")
    assert remittance.direction == Code("C", "credit")
    assert remittance.method == Code("ACH", "automated clearing house")
    assert remittance.format == Code("CTX", "ACH corporate trade exchange")
    assert remittance.effective == datetime.date(2024, 4, 15)
    assert remittance.business_function == Code("VEN")
    assert (remittance.company, remittance.company_supplement) == ("1362345678", "000000001")
    assert remittance.payer_account == BankAccount(
        bank_qualifier=Code("01", "ABA routing number"),
        bank="071000013",
        kind=Code("DA", "demand deposit"),
        number=ACCOUNT,
    )
    assert remittance.payee_account is not None
    assert remittance.payee_account.number == "55512"
    assert remittance.further_account is None


def test_the_trace_and_both_sides(translate: Translate) -> None:
    remittance = remittance_of(translate("820", REMITTANCE))
    assert remittance.trace == Trace(
        type=Code("1", "this transaction"),
        number="TR-20240415-7",
        company="1362345678",
        reference="AP",
        origin="TRN",
    )
    assert remittance.payer is not None
    assert remittance.payee is not None
    assert (remittance.payer.name, remittance.payee.name) == ("Acme Retail", "Delta Supply")
    assert remittance.payer in remittance.parties


def test_an_entity_has_parties_a_full_name_and_adjustments_of_its_own(translate: Translate) -> None:
    (entity,) = remittance_of(translate("820", REMITTANCE)).entities
    assert entity.number == 1
    assert entity.party is not None
    assert entity.other_party is not None
    assert (entity.party.id, entity.other_party.id) == ("0012", "DELTA")
    assert entity.named_parties[0].kind == Code("2", "organisation")
    assert entity.named_parties[0].name == "Acme Store 12"
    assert entity.named_parties[0].address_lines == ("1 Main Street",)
    (adjustment,) = entity.adjustments
    assert adjustment.amount == usd("-50")
    assert adjustment.reason == Code("52", "credit for overpayment")
    assert adjustment.reference is not None
    assert adjustment.reference.value == "CM-11"


def test_an_item_says_what_it_is_what_was_due_and_what_is_paid(translate: Translate) -> None:
    item, _ = remittance_of(translate("820", REMITTANCE)).items
    assert (item.ordinal, item.entity, item.invoice_number) == (1, 1, "INV-1001")
    assert item.action == Code("PI", "pay item")
    assert (item.paid, item.invoiced, item.discount) == (usd("980"), usd("1000"), usd("20"))
    assert [one.value for one in item.references] == ["4501000101"]
    assert [one.date for one in item.dates] == [datetime.date(2024, 3, 20)]


def test_a_deduction_carries_its_reason_words_and_lines(translate: Translate) -> None:
    item = remittance_of(translate("820", REMITTANCE)).items[1]
    (adjustment,) = item.adjustments
    assert adjustment.amount == usd("-39.50")
    assert adjustment.reason == Code("04", "refused, damaged")
    assert adjustment.notes[0].lines == ("Two cartons wet",)
    (line,) = adjustment.lines
    assert line.price is not None
    assert line.price.amount == usd("19.75")
    assert line.references[0].when is not None
    assert line.references[0].when.date == datetime.date(2024, 3, 18)


def test_nothing_is_left_over_and_the_items_come_to_the_payment(translate: Translate) -> None:
    translation = translate("820", REMITTANCE)
    remittance = remittance_of(translation)
    assert remittance.unmapped == ()
    assert translation.findings == ()
    assert remittance.computed is not None
    assert remittance.computed.amount == usd("1390.50")
    assert remittance.computed.lines == 2


def test_it_is_found_by_trace_invoices_and_orders_and_never_by_an_account(translate: Translate) -> None:
    translation = translate("820", REMITTANCE)
    assert translation.number == "TR-20240415-7"
    assert BusinessKey("trace", "TR-20240415-7") in translation.keys
    assert BusinessKey("invoice", "INV-1002") in translation.keys
    assert BusinessKey("purchase_order", "4501000101") in translation.keys
    assert ACCOUNT not in {key.value for key in translation.keys}


def test_a_payment_that_is_not_the_sum_of_its_items_is_a_note(translate: Translate) -> None:
    (finding,) = translate("820", REMITTANCE.replace("1390.50*C", "1400*C")).findings
    assert finding.code == "TRN-330"
    assert not finding.is_error
    assert "1400" in finding.message
    assert "1390.50" in finding.message


def test_items_given_before_their_adjustments_fit_the_payment_too(translate: Translate) -> None:
    gross = REMITTANCE.replace("*PI*460.50*500**ZZ*0", "*PI*500*500").replace("BPR*C*1390.50", "BPR*C*1390.5")
    assert [finding.code for finding in translate("820", gross).findings] == ["TRN-333"]


@pytest.mark.parametrize(
    "item",
    [
        "RMR*IV*7*PI*95*100*5",
        "RMR*IV*7*PI*90*100*5*24*-5",
        "RMR*IV*7*PP*40*100",
        "RMR*IV*7*PO*40*100",
        "RMR*CM*7*PI*-40*-40",
        "RMR*IV*7*PI*95*100*-5",
        "RMR*IV*7*PI*70*100\nADX*30*04",
        "RMR*IV*7*PI*70*100\nADX*-30*04",
        "RMR*IV*7*PI*40",
    ],
)
def test_an_item_paid_as_told_is_not_remarked_on(translate: Translate, item: str) -> None:
    paid = item.split("*")[4]
    assert translate("820", f"BPR*I*{paid}*C*CHK\nENT*1\n{item}").findings == ()


def test_a_deduction_without_a_reason_is_remarked_on(translate: Translate) -> None:
    (finding,) = translate("820", "BPR*I*90*C*CHK\nENT*1\nRMR*IV*7*PI*90*100*5").findings
    assert finding.code == "TRN-333"
    assert not finding.is_error
    assert "95" in finding.message


def test_a_payment_without_items_is_not_checked(translate: Translate) -> None:
    assert translate("820", "BPR*D*7989.73*C*ACH").findings == ()


def test_an_item_whose_amount_is_unreadable_leaves_the_sum_unknown(translate: Translate) -> None:
    translation = translate("820", "BPR*I*90*C*CHK\nENT*1\nRMR*IV*7*PI*ninety")
    remittance = remittance_of(translation)
    assert translation.findings == ()
    assert remittance.computed is not None
    assert remittance.computed.amount is None
    assert Unmapped("ENT[1]/RMR[1]-04", "ninety") in remittance.unmapped


def test_items_of_several_entities_are_one_flat_list(translate: Translate) -> None:
    body = "BPR*I*3*C*CHK\nENT*1\nRMR*IV*A*PI*1\nENT*2\nRMR*OI*B*PI*2"
    items: tuple[RemittanceItem, ...] = remittance_of(translate("820", body)).items
    assert [(item.ordinal, item.entity, item.invoice_number) for item in items] == [
        (1, 1, "A"),
        (2, 2, None),
    ]


def test_accounts_charged_are_read_in_the_newer_release(translate: Translate) -> None:
    body = "BPR*I*1*C*CHK\nENT*1\nRMR*IV*A*PI*1\nFA1*DF\nFA2*A1*97\nFA2*18*2050"
    (item,) = remittance_of(translate("820", body, "005010")).items
    assert [(part.kind.code if part.kind else None, part.value) for part in item.accounting[0].parts] == [
        ("A1", "97"),
        ("18", "2050"),
    ]


def test_set_parts_of_no_trade_are_kept_as_sent(translate: Translate) -> None:
    remittance = remittance_of(translate("820", "BPR*D*12*C*ACH\nTXP*123456789*01*20240331*1*1200"))
    assert Unmapped("TXP[1]-05", "1200") in remittance.unmapped
