"""GS1 numbers: lengths and check digits of GTIN, SSCC and GLN.

Source: GS1 General Specifications, check digit calculation (modulo 10, weights 3 and 1).
"""

from __future__ import annotations

#: Digits of a serial shipping container code, and the application identifier before it in a barcode.
SSCC_DIGITS = 18
SSCC_IDENTIFIER = "00"
GLN_DIGITS = 13
#: Digits of a GTIN by X12 product id qualifier.
GTIN_DIGITS = {"UP": 12, "EN": 13, "UK": 14}


def check_digit(body: str) -> str:
    """The check digit of a number without its last digit: weights 3, 1, 3 … from the right."""
    total = 3 * sum(map(int, body[::-2])) + sum(map(int, body[-2::-2]))
    return str(-total % 10)


def _valid(text: str, digits: int) -> bool:
    return len(text) == digits and text.isascii() and text.isdigit() and check_digit(text[:-1]) == text[-1]


def is_gtin(qualifier: str, text: str) -> bool:
    """True if text is a GTIN of the length that the qualifier names; also for any other qualifier."""
    digits = GTIN_DIGITS.get(qualifier)
    return digits is None or _valid(text, digits)


def is_gln(text: str) -> bool:
    """True if text is a global location number."""
    return _valid(text, GLN_DIGITS)


def has_identifier(text: str) -> bool:
    """True if text is as long as an SSCC with its application identifier, and begins with that."""
    return len(text) == SSCC_DIGITS + len(SSCC_IDENTIFIER) and text.startswith(SSCC_IDENTIFIER)


def sscc_of(text: str) -> str | None:
    """The 18 digits of an SSCC written with or without its application identifier, else None."""
    digits = text[len(SSCC_IDENTIFIER) :] if has_identifier(text) else text
    return digits if _valid(digits, SSCC_DIGITS) else None
