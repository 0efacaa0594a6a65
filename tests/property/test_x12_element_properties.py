"""What is written can be read back, and no text makes a check fail."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.x12 import element

bounded = settings(derandomize=True, max_examples=150, deadline=None)
decimals = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12)
years = st.integers(min_value=1950, max_value=2090)


@bounded
@given(decimals)
def test_a_decimal_written_is_read_back_exactly(value: Decimal) -> None:
    text = element.encode_decimal(value)
    assert element.decimal_fault(text, 1, 30) is None
    assert element.decode_decimal(text) == value


@bounded
@given(st.integers(min_value=-(10**15), max_value=10**15), st.integers(min_value=0, max_value=9))
def test_an_implied_decimal_written_is_read_back_exactly(units: int, places: int) -> None:
    value = Decimal(units).scaleb(-places)
    text = element.encode_numeric(value, places, low=places)
    assert element.numeric_fault(text, 1, 30) is None
    assert element.decode_numeric(text, places) == value


@bounded
@given(st.dates(min_value=date(1, 1, 1)))
def test_a_date_written_is_read_back(value: date) -> None:
    assert element.decode_date(element.encode_date(value), reference_year=2026) == value


@bounded
@given(st.dates(min_value=date(1976, 1, 1), max_value=date(2075, 12, 31)))
def test_a_short_date_near_the_reference_year_is_read_back(value: date) -> None:
    assert element.decode_date(element.encode_date(value, digits=6), reference_year=2026) == value


@bounded
@given(st.times(), st.sampled_from([4, 6, 7, 8]))
def test_a_time_written_is_read_back_as_far_as_its_digits_go(value: time, digits: int) -> None:
    text = element.encode_time(value, digits)
    read = element.decode_time(text)
    assert isinstance(read, time)
    assert element.encode_time(read, digits) == text


@bounded
@given(st.integers(min_value=0, max_value=99), years)
def test_the_century_keeps_the_two_digits_and_stays_near(year: int, reference: int) -> None:
    full = element.century(year, reference)
    assert full % 100 == year
    assert reference - 50 <= full < reference + 50


@bounded
@given(st.text(min_size=1, max_size=12))
def test_no_text_makes_a_check_raise_and_checks_agree_with_decoding(text: str) -> None:
    sound = element.decimal_fault(text, 1, 20) is None
    assert sound == isinstance(element.decode_decimal(text), Decimal)
    assert (element.numeric_fault(text, 1, 20) is None) == isinstance(
        element.decode_numeric(text, 2), Decimal
    )
    assert (element.time_fault(text, 4, 8) is None) == isinstance(element.decode_time(text), time)
    assert (element.date_fault(text, 6, 8) is None) == isinstance(element.decode_date(text, 2000), date)
