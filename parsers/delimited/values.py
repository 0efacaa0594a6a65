"""The text of one cell, read as its column's type: a value, or what exactly is wrong with it."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from parsers.delimited.fields import ColumnType, types_of
from parsers.delimited.formats import date_expression, time_expression

if TYPE_CHECKING:
    from parsers.delimited.layout import Column, Layout

Value = str | int | Decimal | datetime.date | datetime.time

#: Longest text that is read as a number; far beyond any amount, short of any mischief.
LONGEST_NUMBER = 40

#: Codes that a finding lists.
MOST_CODES = 12

_EXPONENT = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]+")
_SERIAL_DAY = re.compile(r"[2-6][0-9]{4}(?:[.,][0-9]+)?")
_GTIN_LENGTHS = (8, 12, 13, 14)
_SSCC_LENGTHS = (18,)


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a text cannot be read: a catalogue code, what would be right, and the cause in words."""

    code: str
    expected: str
    cause: str = ""


Reader = Callable[[str], Value | Wrong]

#: The type of a constant is the first of these that its field takes.
_CONSTANT_TYPES = (ColumnType.TEXT, ColumnType.DECIMAL, ColumnType.DATE, ColumnType.TIME, ColumnType.GTIN)


def reader_of(layout: Layout, column: Column) -> Reader:
    """The function that reads one trimmed, non-empty text of `column`."""
    match column.type:
        case ColumnType.TEXT:
            return _text
        case ColumnType.INTEGER:
            return _number_reader(layout, whole=True, max_decimals=0)
        case ColumnType.DECIMAL | ColumnType.MONEY:
            return _number_reader(layout, whole=False, max_decimals=column.max_decimals)
        case ColumnType.DATE:
            return _date_reader(layout.format_of(column))
        case ColumnType.TIME:
            return _time_reader(layout.format_of(column))
        case ColumnType.CODE:
            return _code_reader(column.codes)
        case ColumnType.GTIN:
            return _gtin
        case ColumnType.SSCC:
            return _sscc


def constant_reader(layout: Layout, field: str) -> Reader:
    """The function that reads a constant of the layout for `field`; codes are written as ours."""
    kind = next(kind for kind in _CONSTANT_TYPES if kind in types_of(layout.document, field))
    match kind:
        case ColumnType.DECIMAL:
            return _number_reader(layout, whole=False, max_decimals=None)
        case ColumnType.DATE:
            return _date_reader(layout.date_format)
        case ColumnType.TIME:
            return _time_reader(layout.time_format)
        case ColumnType.GTIN:
            return _gtin
        case _:
            return _text


def _text(text: str) -> Value | Wrong:
    return text


def _code_reader(codes: Mapping[str, str]) -> Reader:
    more = f" and {len(codes) - MOST_CODES} more" if len(codes) > MOST_CODES else ""
    accepted = ", ".join(list(codes)[:MOST_CODES]) + more

    def read(text: str) -> Value | Wrong:
        ours = codes.get(text)
        return Wrong("CSV-082", f"one of {accepted}") if ours is None else ours

    return read


@dataclass(frozen=True, slots=True)
class _Numerals:
    """How numbers are written in one column."""

    decimal_mark: str
    thousands_mark: str
    whole: bool
    max_decimals: int | None
    plain: re.Pattern[str]
    grouped: re.Pattern[str] | None


def _number_reader(layout: Layout, *, whole: bool, max_decimals: int | None) -> Reader:
    mark, thousands = re.escape(layout.decimal_mark), re.escape(layout.thousands_mark)
    numerals = _Numerals(
        decimal_mark=layout.decimal_mark,
        thousands_mark=layout.thousands_mark,
        whole=whole,
        max_decimals=max_decimals,
        plain=re.compile(rf"-?(?:[0-9]+(?:{mark}[0-9]*)?|{mark}[0-9]+)"),
        grouped=re.compile(rf"-?[0-9]{{1,3}}(?:{thousands}[0-9]{{3}})+(?:{mark}[0-9]*)?")
        if thousands
        else None,
    )
    return lambda text: _number(text, numerals)


def _number(text: str, numerals: _Numerals) -> Value | Wrong:
    if len(text) > LONGEST_NUMBER or not _is_number(text, numerals):
        return _number_fault(text, numerals)
    digits = text.replace(numerals.thousands_mark, "") if numerals.thousands_mark else text
    whole, _, fraction = digits.partition(numerals.decimal_mark)
    if numerals.max_decimals is not None and len(fraction.rstrip("0")) > numerals.max_decimals:
        return _decimals_fault(numerals)
    number = Decimal(f"{whole}.{fraction}" if fraction else whole)
    return int(number) if numerals.whole else number


def _is_number(text: str, numerals: _Numerals) -> bool:
    if numerals.plain.fullmatch(text):
        return True
    return numerals.grouped is not None and numerals.grouped.fullmatch(text) is not None


def _decimals_fault(numerals: _Numerals) -> Wrong:
    if numerals.whole:
        return Wrong("CSV-087", "a whole number")
    return Wrong("CSV-088", f"at most {numerals.max_decimals} digits after the decimal mark")


def _number_fault(text: str, numerals: _Numerals) -> Wrong:
    """The likeliest reason why a text is no number of this column."""
    expected = _example(numerals)
    if _EXPONENT.fullmatch(text):
        return Wrong("CSV-086", expected)
    if "," in text and numerals.decimal_mark != "," and numerals.thousands_mark != ",":
        return Wrong("CSV-084", expected, _comma_cause(text))
    if "." in text and numerals.decimal_mark != "." and numerals.thousands_mark != ".":
        return Wrong("CSV-084", expected, _point_cause(text))
    if re.fullmatch(r"[0-9.,]+-|\([0-9.,]+\)", text):
        return Wrong("CSV-083", expected, "the minus sign must stand in front")
    if re.search(r"[€$£¥%]|[A-Za-z]", text) and re.search(r"[0-9]", text):
        return Wrong("CSV-083", expected, "it holds a unit, a currency or another letter beside the digits")
    if numerals.thousands_mark and numerals.thousands_mark in text:
        return Wrong("CSV-083", expected, f"the marks {numerals.thousands_mark!r} do not stand at thousands")
    if len(text) > LONGEST_NUMBER:
        return Wrong("CSV-083", expected, f"it is longer than {LONGEST_NUMBER} characters")
    return Wrong("CSV-083", expected, "it holds something else than digits")


def _example(numerals: _Numerals) -> str:
    if numerals.whole:
        return "a whole number such as 1250"
    return f"a number such as 1250{numerals.decimal_mark}5"


def _comma_cause(text: str) -> str:
    if re.fullmatch(r"-?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?", text):
        return "it has commas between thousands"
    return "it has a decimal comma"


def _point_cause(text: str) -> str:
    if re.fullmatch(r"-?[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]+)?", text):
        return "it has points between thousands"
    return "it has a decimal point"


def _date_reader(pattern: str) -> Reader:
    expression = date_expression(pattern)
    if expression is None:
        raise ValueError(f"unchecked layout: {pattern!r} is no date format")

    def read(text: str) -> Value | Wrong:
        match = expression.fullmatch(text)
        if match is None:
            return _date_fault(text, pattern)
        return _calendar_date(match, pattern)

    return read


def _calendar_date(match: re.Match[str], pattern: str) -> Value | Wrong:
    year, month, day = int(match["year"]), int(match["month"]), int(match["day"])
    full_year = 2000 + year if "YYYY" not in pattern else year
    try:
        return datetime.date(full_year, month, day)
    except ValueError:
        return Wrong("CSV-093", f"a date that exists, as {pattern}", _calendar_cause(full_year, month, day))


def _calendar_cause(year: int, month: int, day: int) -> str:
    if not 1 <= month <= 12:
        return f"there is no month {month}"
    if year == 0:
        return "there is no year 0"
    return f"month {month} of {year} has no day {day}"


def _date_fault(text: str, pattern: str) -> Wrong:
    if _SERIAL_DAY.fullmatch(text):
        return Wrong("CSV-094", f"a date as {pattern}")
    return Wrong("CSV-092", f"a date as {pattern}")


def _time_reader(pattern: str) -> Reader:
    expression = time_expression(pattern)
    if expression is None:
        raise ValueError(f"unchecked layout: {pattern!r} is no time format")
    wrong = Wrong("CSV-095", f"a time as {pattern}")

    def read(text: str) -> Value | Wrong:
        match = expression.fullmatch(text)
        if match is None:
            return wrong
        try:
            parts = match.groupdict()
            return datetime.time(int(parts["hour"]), int(parts["minute"]), int(parts.get("second", "0")))
        except ValueError:
            return wrong

    return read


def _gtin(text: str) -> Value | Wrong:
    return _checked_digits(text, "GTIN", _GTIN_LENGTHS)


def _sscc(text: str) -> Value | Wrong:
    return _checked_digits(text, "SSCC", _SSCC_LENGTHS)


def _checked_digits(text: str, name: str, lengths: tuple[int, ...]) -> Value | Wrong:
    """A GS1 key: digits of one of `lengths`, the last one the check digit of the others."""
    expected = f"{name} of {' or '.join(map(str, lengths))} digits with its check digit"
    if _EXPONENT.fullmatch(text):
        return Wrong("CSV-086", expected)
    if not (text.isascii() and text.isdigit()):
        return Wrong("CSV-091", expected)
    sound = _check_digit_fits(text)
    if len(text) in lengths:
        return text if sound else Wrong("CSV-090", expected)
    return Wrong("CSV-089", expected, _length_cause(text, lengths, sound=sound))


def _length_cause(text: str, lengths: tuple[int, ...], *, sound: bool) -> str:
    if sound and len(text) < max(lengths):
        return "its check digit fits, so leading zeros were probably lost in a spreadsheet"
    return f"it has {len(text)} digits"


def _check_digit_fits(digits: str) -> bool:
    """True if the weighted sum of GS1 (3, 1, 3 … from the right, check digit 1) is a multiple of ten."""
    weights = (1, 3)
    return len(digits) <= LONGEST_NUMBER and (
        sum(int(digit) * weights[place % 2] for place, digit in enumerate(reversed(digits))) % 10 == 0
    )
