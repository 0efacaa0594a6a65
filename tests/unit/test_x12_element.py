"""Simple elements: what is wrong with a value, and what it means."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

import pytest

from parsers.x12 import element
from parsers.x12.element import CharacterSet, ValueFault

EXTENDED = element.character_class(CharacterSet.EXTENDED, "004010")


@pytest.mark.parametrize(
    ("text", "low", "high", "fault"),
    [
        ("1250", 1, 6, None),
        ("-1250", 1, 4, None),
        ("0007", 4, 4, None),
        ("12.50", 1, 6, ValueFault.BAD_CHARACTER),
        ("+5", 1, 6, ValueFault.BAD_CHARACTER),
        ("-", 1, 6, ValueFault.BAD_CHARACTER),
        ("-00", 1, 6, ValueFault.BAD_CHARACTER),
        ("٣", 1, 6, ValueFault.BAD_CHARACTER),
        ("1 ", 1, 6, ValueFault.BAD_CHARACTER),
        ("7", 2, 6, ValueFault.TOO_SHORT),
        ("-1234567", 1, 6, ValueFault.TOO_LONG),
    ],
)
def test_an_implied_decimal_is_digits_with_an_optional_minus(
    text: str, low: int, high: int, fault: ValueFault | None
) -> None:
    assert element.numeric_fault(text, low, high) is fault


@pytest.mark.parametrize(
    ("text", "low", "high", "fault"),
    [
        ("9.95", 1, 3, None),
        ("-9.95", 1, 3, None),
        (".5", 1, 3, None),
        ("9.", 1, 3, ValueFault.BAD_CHARACTER),
        ("1,000", 1, 9, ValueFault.BAD_CHARACTER),
        ("1E3", 1, 9, ValueFault.BAD_CHARACTER),
        ("1.2.3", 1, 9, ValueFault.BAD_CHARACTER),
        ("12.345", 1, 4, ValueFault.TOO_LONG),
        ("1.5", 3, 9, ValueFault.TOO_SHORT),
    ],
)
def test_sign_and_point_of_a_decimal_do_not_count_as_length(
    text: str, low: int, high: int, fault: ValueFault | None
) -> None:
    assert element.decimal_fault(text, low, high) is fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("20240229", None),
        ("20230229", ValueFault.BAD_DATE),
        ("20241301", ValueFault.BAD_DATE),
        ("20240431", ValueFault.BAD_DATE),
        ("00000101", ValueFault.BAD_DATE),
        ("2024013A", ValueFault.BAD_DATE),
        ("240131", ValueFault.TOO_SHORT),
        ("202401311", ValueFault.TOO_LONG),
    ],
)
def test_a_date_is_a_day_of_the_calendar(text: str, fault: ValueFault | None) -> None:
    """FI-G03."""
    assert element.date_fault(text, 8, 8) is fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("2359", None),
        ("235959", None),
        ("2359599", None),
        ("23595999", None),
        ("2400", ValueFault.BAD_TIME),
        ("1260", ValueFault.BAD_TIME),
        ("125960", ValueFault.BAD_TIME),
        ("12345", ValueFault.BAD_TIME),
        ("12:30", ValueFault.BAD_TIME),
        ("930", ValueFault.TOO_SHORT),
        ("123456789", ValueFault.TOO_LONG),
    ],
)
def test_a_time_is_a_time_of_day(text: str, fault: ValueFault | None) -> None:
    assert element.time_fault(text, 4, 8) is fault


@pytest.mark.parametrize(
    ("text", "low", "high", "fault"),
    [
        ("ACME", 1, 4, None),
        (" ACME", 1, 5, None),
        ("AB   ", 1, 2, None),
        ("A ", 2, 2, None),
        ("A", 2, 4, ValueFault.TOO_SHORT),
        ("ACME INC", 1, 4, ValueFault.TOO_LONG),
        ("AC\x07ME", 1, 9, ValueFault.BAD_CHARACTER),
        ("Zürich", 1, 9, ValueFault.BAD_CHARACTER),
    ],
)
def test_trailing_spaces_fill_a_text_up_but_never_make_it_too_long(
    text: str, low: int, high: int, fault: ValueFault | None
) -> None:
    assert element.text_fault(text, low, high, EXTENDED) is fault


@pytest.mark.parametrize(
    ("charset", "release", "text", "good"),
    [
        (CharacterSet.BASIC, "004010", "ACME & CO.", True),
        (CharacterSet.BASIC, "004010", "acme", False),
        (CharacterSet.EXTENDED, "004010", "acme@b.com", True),
        (CharacterSet.EXTENDED, "004010", "a^b", False),
        (CharacterSet.EXTENDED, "005010", "a^b`c", True),
        (CharacterSet.UTF8, "004010", "Zürich 東京", True),
        (CharacterSet.UTF8, "004010", "\udce9", False),
    ],
)
def test_the_agreed_character_set_decides_which_characters_pass(
    charset: CharacterSet, release: str, text: str, *, good: bool
) -> None:
    fault = element.text_fault(text, 1, 80, element.character_class(charset, release))
    assert fault is (None if good else ValueFault.BAD_CHARACTER)


def test_an_implied_point_is_put_in_exactly() -> None:
    assert element.decode_numeric("-1250", 2) == Decimal("-12.50")
    assert element.decode_numeric("12345678901234567890123456789012345", 2) == Decimal(
        "123456789012345678901234567890123.45"
    )
    assert element.decode_numeric("12.5", 2) is ValueFault.BAD_CHARACTER


def test_a_value_with_more_decimals_than_the_element_carries_is_refused() -> None:
    with pytest.raises(ValueError, match="more than 2 decimals"):
        element.encode_numeric(Decimal("1.005"), 2)


@pytest.mark.parametrize(
    ("value", "text"),
    [("1E+3", "1000"), ("9.9500", "9.95"), ("-0.0", "0"), ("-0.50", "-0.5"), ("100", "100")],
)
def test_a_decimal_is_written_plainly(value: str, text: str) -> None:
    assert element.encode_decimal(Decimal(value)) == text


def test_an_implied_decimal_is_filled_up_with_zeros() -> None:
    assert element.encode_numeric(Decimal("12.5"), 2) == "1250"
    assert element.encode_numeric(Decimal("-0.05"), 2) == "-5"
    assert element.encode_numeric(Decimal(7), 0, low=4) == "0007"
    assert element.encode_numeric(Decimal(0), 2) == "0"


@pytest.mark.parametrize(
    ("year", "reference", "full"),
    [
        (24, 2026, 2024),
        (75, 2026, 2075),
        (76, 2026, 1976),
        (99, 1999, 1999),
        (0, 1999, 2000),
        (49, 1999, 1949),
    ],
)
def test_a_two_digit_year_means_the_one_nearest_to_the_reference_year(
    year: int, reference: int, full: int
) -> None:
    """FI-G03."""
    assert element.century(year, reference) == full


def test_dates_and_times_are_decoded_whole() -> None:
    assert element.decode_date("20240229", 2026) == date(2024, 2, 29)
    assert element.decode_date("990131", 2026) == date(1999, 1, 31)
    assert element.decode_date("2024", 2026) is ValueFault.BAD_DATE
    assert element.decode_time("12595907") == time(12, 59, 59, 70_000)
    assert element.decode_time("1259597") == time(12, 59, 59, 700_000)
    assert element.decode_time("2500") is ValueFault.BAD_TIME


def test_text_loses_its_filling_and_gets_it_back() -> None:
    assert element.decode_text("  AB  ") == "  AB"
    assert element.encode_text("AB ", low=4) == "AB  "
