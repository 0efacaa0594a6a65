"""Check digits of GS1 numbers."""

from __future__ import annotations

import pytest

from translators import gs1


@pytest.mark.parametrize(
    ("body", "digit"),
    [("01234567890", "5"), ("400638133393", "1"), ("061414100001", "2"), ("00614141000000001", "2")],
)
def test_the_check_digit_follows_the_weights(body: str, digit: str) -> None:
    assert gs1.check_digit(body) == digit


@pytest.mark.parametrize(
    ("qualifier", "text", "valid"),
    [
        ("UP", "012345678905", True),
        ("UP", "012345678900", False),
        ("UP", "12345678905", False),
        ("EN", "4006381333931", True),
        ("UK", "10012345678902", True),
        ("VN", "anything", True),
        ("UP", "٠١٢٣٤٥٦٧٨٩٠٥", False),
    ],
)
def test_a_gtin_is_checked_by_its_qualifier(qualifier: str, text: str, *, valid: bool) -> None:
    assert gs1.is_gtin(qualifier, text) is valid


@pytest.mark.parametrize(
    ("text", "sscc"),
    [
        ("006141410000000012", "006141410000000012"),
        ("00006141410000000012", "006141410000000012"),
        ("006141410000000013", None),
        ("01006141410000000012", None),
        ("", None),
    ],
)
def test_a_container_code_is_read_with_or_without_its_identifier(text: str, sscc: str | None) -> None:
    assert gs1.sscc_of(text) == sscc
