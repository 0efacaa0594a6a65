"""Single segments, read in the head of an order: what becomes a value and what stays as sent."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal

import pytest

from translators.canonical.order import Order
from translators.canonical.values import Code, Quantity, Unmapped
from translators.translation import Translation

Translate = Callable[..., Translation]
Read = Callable[..., Order]


@pytest.fixture
def read(translate: Translate) -> Read:
    """The order of BEG and these segments."""

    def order(*segments: str) -> Order:
        body = "\n".join(["BEG*00*SA*1**20240314", *segments, "PO1*1*1*EA*1"])
        document = translate("850", body).document
        assert isinstance(document, Order)
        return document

    return order


def test_a_range_of_dates_has_a_first_and_a_last_day(read: Read) -> None:
    (event,) = read("DTM*002****RD8*20240401-20240430").dates
    assert (event.date, event.until) == (datetime.date(2024, 4, 1), datetime.date(2024, 4, 30))
    assert event.text is None


def test_a_range_with_an_impossible_day_stays_text(read: Read) -> None:
    (event,) = read("DTM*002****RD8*20240431-20240430").dates
    assert (event.date, event.text) == (None, "20240431-20240430")


def test_a_period_of_another_form_is_text_and_keeps_its_form(read: Read) -> None:
    order = read("DTM*002****CC*20")
    assert order.dates[0].text == "20"
    assert Unmapped("DTM-05", "CC") in order.unmapped


def test_an_impossible_date_is_kept_as_sent_with_its_qualifier(read: Read) -> None:
    order = read("DTM*002*20240230")
    assert order.dates == ()
    assert order.unmapped == (Unmapped("DTM-01", "002"), Unmapped("DTM-02", "20240230"))


def test_tenths_and_hundredths_of_seconds_are_exact(read: Read) -> None:
    (event,) = read("DTM*002*20240401*08300525*UT").dates
    assert (event.time, event.zone) == (datetime.time(8, 30, 5, 250_000), "UT")


def test_a_composite_reference_gives_related_numbers(read: Read) -> None:
    (reference,) = read("REF*PO*A1**ZZ>1>DP>9").references
    assert [(one.qualifier, one.value) for one in reference.related] == [
        (Code("ZZ", "mutually defined"), "1"),
        (Code("DP", "department"), "9"),
    ]


def test_half_a_composite_stays_as_sent(read: Read) -> None:
    order = read("REF*PO*A1**ZZ")
    assert order.references[0].related == ()
    assert order.unmapped == (Unmapped("REF-04", "ZZ"),)


def test_a_contact_number_without_its_kind_stays_as_sent(read: Read) -> None:
    order = read("PER*BD*Jo**555*EM*jo@acme.example")
    assert [one.value for one in order.contacts[0].numbers] == ["jo@acme.example"]
    assert order.unmapped == (Unmapped("PER-04", "555"),)


def test_trailing_spaces_only_fill_and_leading_spaces_are_data(read: Read) -> None:
    assert read("REF*DP*  9  ").references[0].value == "  9"


def test_the_second_of_two_like_segments_is_named_by_its_number(read: Read) -> None:
    references = read("REF*DP*1", "REF*DP*2").references
    assert [one.origin for one in references] == ["REF", "REF[2]"]


def test_a_measurement_below_a_description_is_not_lost(read: Read) -> None:
    order = read("PO1*9*1*EA*1", "PID*F****Kite", "MEA*PD*WT*1.5*LB")
    assert order.lines[0].measurements[0].value == Decimal("1.5")


def test_a_product_of_units_stays_as_sent(read: Read) -> None:
    order = read("MEA*PD*WT*1.5*LB>2>1>FT")
    assert (order.measurements[0].value, order.measurements[0].unit) == (Decimal("1.5"), None)
    assert order.unmapped == (Unmapped("MEA-04", "LB>2>1>FT"),)


def test_a_price_list_entry_keeps_price_and_quantity(read: Read) -> None:
    (detail,) = read("PO1*9*1*EA*1", "CTP**RES*9.99*5*EA").lines[0].prices
    assert detail.kind is not None
    assert detail.kind.code == "RES"
    assert detail.quantity == Quantity(Decimal(5), Code("EA", "each"))


def test_a_charge_in_its_own_currency_says_so(read: Read) -> None:
    order = read("CUR*BY*USD", "SAC*C*D240***1500", "CUR*BY*CAD", "SAC*C*D240***100")
    assert [one.amount.currency for one in order.charges if one.amount] == ["CAD", "USD"]


def test_where_no_currency_is_named_amounts_have_none(read: Read) -> None:
    order = read("SAC*C*D240***1500")
    assert order.currency is None
    assert order.charges[0].amount is not None
    assert order.charges[0].amount.currency is None


@pytest.mark.parametrize(
    ("basis", "per"), [("PE", Decimal(1)), ("HP", Decimal(100)), ("TP", Decimal(1000)), ("PP", None)]
)
def test_a_price_says_how_many_units_it_buys(read: Read, basis: str, per: Decimal | None) -> None:
    price = read(f"PO1*9*1*EA*1*{basis}").lines[0].price
    assert price is not None
    assert (price.basis is not None and price.basis.code, price.per) == (basis, per)
