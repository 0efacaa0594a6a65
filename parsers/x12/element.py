"""Decode, encode and check simple X12 data elements. Faults in data are values, never exceptions.

Source: X12.6, data element types; lengths count neither the sign nor the decimal point.
"""

from __future__ import annotations

import re
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from functools import cache

_NUMERIC = re.compile(r"(-?)([0-9]+)")
_DECIMAL = re.compile(r"(-?)([0-9]*\.[0-9]+|[0-9]+)")
_DIGITS = re.compile(r"[0-9]+")
#: Years before the reference year that a two-digit year may mean; the other 49 lie after it.
PIVOT_YEARS_BACK = 50


class ValueFault(StrEnum):
    """What is wrong with a value; each value is the AK403 code that says so."""

    TOO_SHORT = "4"
    TOO_LONG = "5"
    BAD_CHARACTER = "6"
    BAD_CODE = "7"
    BAD_DATE = "8"
    BAD_TIME = "9"


class CharacterSet(StrEnum):
    """Characters that AN and ID elements may hold. UTF8: all that can be printed, in any script."""

    BASIC = "basic"
    EXTENDED = "extended"
    UTF8 = "utf-8"


_BASIC = "A-Z0-9" + re.escape(" !\"&'()*+,-./:;?=")
_EXTENDED = _BASIC + "a-z" + re.escape("%~@[]_{}\\|<>#$")
_CLASSES = {
    (CharacterSet.BASIC, False): f"[{_BASIC}]",
    (CharacterSet.BASIC, True): f"[{_BASIC}]",
    (CharacterSet.EXTENDED, False): f"[{_EXTENDED}]",
    (CharacterSet.EXTENDED, True): f"[{_EXTENDED}\\^`]",
    # Lone surrogates stand for bytes that are no UTF-8.
    (CharacterSet.UTF8, False): "[^\x00-\x1f\x7f-\x9f\ud800-\udfff]",
    (CharacterSet.UTF8, True): "[^\x00-\x1f\x7f-\x9f\ud800-\udfff]",
}


def character_class(charset: CharacterSet, release: str) -> str:
    """The characters of a set as a class of a regular expression. Releases from 005010 add ^ and `."""
    return _CLASSES[charset, release >= "005010"]


@cache
def _runs(characters: str) -> re.Pattern[str]:
    return re.compile(f"{characters}*")


def text_fault(text: str, low: int, high: int, characters: str) -> ValueFault | None:
    """What is wrong with an AN or ID value, or None.

    text: not empty. Trailing spaces count towards the minimum only: a sender may pad with them,
    and is asked to suppress the rest. characters: from `character_class`.
    """
    if not _runs(characters).fullmatch(text):
        return ValueFault.BAD_CHARACTER
    if len(text) < low:
        return ValueFault.TOO_SHORT
    return ValueFault.TOO_LONG if len(text.rstrip(" ")) > high else None


def numeric_fault(text: str, low: int, high: int) -> ValueFault | None:
    """What is wrong with an Nn value, or None. Leading zeros pass; negative zero does not."""
    match = _NUMERIC.fullmatch(text)
    if match is None or (match[1] and not match[2].strip("0")):
        return ValueFault.BAD_CHARACTER
    return length_fault(len(match[2]), low, high)


def decimal_fault(text: str, low: int, high: int) -> ValueFault | None:
    """What is wrong with an R value, or None. No exponent, no separators of thousands, no final point."""
    match = _DECIMAL.fullmatch(text)
    if match is None:
        return ValueFault.BAD_CHARACTER
    return length_fault(len(match[2].replace(".", "")), low, high)


def date_fault(text: str, low: int, high: int) -> ValueFault | None:
    """What is wrong with a DT value of six or eight digits, or None."""
    if not _DIGITS.fullmatch(text):
        return ValueFault.BAD_DATE
    return length_fault(len(text), low, high) or _as_fault(decode_date(text, reference_year=2000))


def time_fault(text: str, low: int, high: int) -> ValueFault | None:
    """What is wrong with a TM value, or None."""
    if not _DIGITS.fullmatch(text):
        return ValueFault.BAD_TIME
    return length_fault(len(text), low, high) or _as_fault(decode_time(text))


def _as_fault(value: object) -> ValueFault | None:
    return value if isinstance(value, ValueFault) else None


def length_fault(length: int, low: int, high: int) -> ValueFault | None:
    """What is wrong with a length alone, or None."""
    if length < low:
        return ValueFault.TOO_SHORT
    return ValueFault.TOO_LONG if length > high else None


def decode_text(text: str) -> str:
    """An AN or ID value without the trailing spaces that only fill. Leading spaces are data."""
    return text.rstrip(" ")


def encode_text(value: str, low: int = 1) -> str:
    """An AN or ID value: trailing spaces dropped, then filled up to `low` characters."""
    return value.rstrip(" ").ljust(low)


def decode_numeric(text: str, decimals: int) -> Decimal | ValueFault:
    """Decode an Nn element, whose decimal point is implied.

    text: digits with an optional leading '-', no point: "-1250".
    decimals: n of Nn; 2 reads "-1250" as -12.50.
    Returns the exact value, or BAD_CHARACTER if a character is not a digit.
    """
    if numeric_fault(text, 1, len(text)):
        return ValueFault.BAD_CHARACTER
    return _scaled(text, decimals)


def _scaled(digits: str, decimals: int) -> Decimal:
    """An integer's text divided by ten to the `decimals`, exactly, whatever its length."""
    sign, number, _ = Decimal(digits).as_tuple()
    return Decimal((sign, number, -decimals))


def encode_numeric(value: Decimal, decimals: int, low: int = 1) -> str:
    """An Nn element: 12.5 with two decimals is "1250", filled with zeros to `low` digits.

    Raises ValueError if the value has more decimals than the element can carry.
    """
    whole, _, fraction = _plain(value).lstrip("-").partition(".")
    if len(fraction) > decimals:
        raise ValueError(f"{value} has more than {decimals} decimals")
    digits = (whole + fraction.ljust(decimals, "0")).lstrip("0").rjust(low, "0") or "0"
    return f"-{digits}" if value < 0 else digits


def decode_decimal(text: str) -> Decimal | ValueFault:
    """Decode an R element, "-12.5". Returns the exact value or BAD_CHARACTER."""
    return Decimal(text) if _DECIMAL.fullmatch(text) else ValueFault.BAD_CHARACTER


def encode_decimal(value: Decimal) -> str:
    """An R element without exponent, final point or zeros after the last decimal: "12.5"."""
    return _plain(value)


def _plain(value: Decimal) -> str:
    """Shortest plain notation: no exponent, no trailing zeros after the point, no negative zero."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if value == 0 else text


def century(year: int, reference_year: int) -> int:
    """The full year of a two-digit one: within 50 years before and 49 after the reference year."""
    first = reference_year - PIVOT_YEARS_BACK
    return first + (year - first) % 100


def decode_date(text: str, reference_year: int) -> date | ValueFault:
    """Decode a DT element: CCYYMMDD, or YYMMDD by `century`. BAD_DATE if there is no such day."""
    if len(text) not in {6, 8} or not _DIGITS.fullmatch(text):
        return ValueFault.BAD_DATE
    year = int(text[:-4]) if len(text) == 8 else century(int(text[:2]), reference_year)
    try:
        return date(year, int(text[-4:-2]), int(text[-2:]))
    except ValueError:
        return ValueFault.BAD_DATE


def encode_date(value: date, digits: int = 8) -> str:
    """A DT element of eight digits, or of six without the century."""
    return f"{value.year:04}{value.month:02}{value.day:02}"[8 - digits :]


def decode_time(text: str) -> time | ValueFault:
    """Decode a TM element: HHMM, HHMMSS, HHMMSSD or HHMMSSDD, D being tenths and DD hundredths."""
    if len(text) not in {4, 6, 7, 8} or not _DIGITS.fullmatch(text):
        return ValueFault.BAD_TIME
    hour, minute, second = int(text[:2]), int(text[2:4]), int(text[4:6] or "0")
    if hour > 23 or minute > 59 or second > 59:
        return ValueFault.BAD_TIME
    return time(hour, minute, second, int(text[6:].ljust(6, "0")))


def encode_time(value: time, digits: int = 4) -> str:
    """A TM element of 4, 6, 7 or 8 digits; what is finer is cut off."""
    hundredths = value.microsecond // 10_000
    return f"{value.hour:02}{value.minute:02}{value.second:02}{hundredths:02}"[:digits]
