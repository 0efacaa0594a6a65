"""Canonical values as the text of X12 elements, by the type that the dictionary gives each element."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from parsers.x12.definition import COMPOSITE, ElementUse
from parsers.x12.element import encode_date, encode_decimal, encode_numeric, encode_time
from parsers.x12.model import Separators
from parsers.x12.writer import Element
from translators.canonical.values import Code, Money

#: What a time of hundredths of a second can carry.
_HUNDREDTH_US = 10_000


class TooExact(ValueError):
    """A number with more decimals, or a time with finer parts, than its element can carry."""


@dataclass(frozen=True, slots=True)
class Form:
    """How sets are written.

    separators: of the interchange they will stand in.
    replacement: stands in data where a delimiter would, with a note; None refuses such data.
    sent: separators of the interchange that a document was read from. Composites that its
        reader could not take stand in `unmapped` with these.
    """

    separators: Separators = field(default_factory=Separators)
    replacement: str | None = None
    sent: Separators = field(default_factory=Separators)


def element_of(value: object, use: ElementUse) -> Element:
    """The element that holds `value`: a tuple for a composite, else text; "" for None.

    value: text, Code, Money, Decimal, int, date, time, or a tuple of such for a composite. Text
    is taken as it is, so that what was read as text is written as it was.
    Raises TooExact if digits would be lost.
    """
    if use.type == COMPOSITE:
        parts = value if isinstance(value, tuple) else (value,)
        inner = use.components
        return tuple(_text_of(part, inner[at] if at < len(inner) else _FREE) for at, part in enumerate(parts))
    return _text_of(value, use)


#: Stands for a component that the dictionary does not have; the check of the segment tells of it.
_FREE = ElementUse(0, "", "", "O", 1, "AN", 0, 0)


def _text_of(value: object, use: ElementUse) -> str:
    return "" if value is None else _WRITERS[type(value)](value, use)


def _text(value: str, use: ElementUse) -> str:
    return value.ljust(use.min) if use.type == "AN" and value else value


def _decimal(value: Decimal, use: ElementUse) -> str:
    if use.type[0] != "N":
        return _filled(encode_decimal(value), use.min)
    try:
        return encode_numeric(value, int(use.type[1:]), use.min)
    except ValueError as fault:
        raise TooExact(str(fault)) from fault


def _filled(text: str, low: int) -> str:
    """A number of at least `low` digits, by zeros after its last decimal: 1 of four digits is 1.000."""
    missing = low - sum(mark.isdigit() for mark in text) if low > 1 else 0
    if missing <= 0:
        return text
    return text + ("" if "." in text else ".") + "0" * missing


def _time(value: datetime.time, use: ElementUse) -> str:
    """The shortest form that holds it: HHMM, HHMMSS or HHMMSSDD."""
    if value.microsecond % _HUNDREDTH_US:
        raise TooExact(f"{value} is finer than hundredths of a second")
    digits = 8 if value.microsecond else 6 if value.second else 4
    return encode_time(value, max(digits, use.min))


_WRITERS: Mapping[type, Callable[..., str]] = {
    str: _text,
    Code: lambda value, use: _text(value.code, use),
    Money: lambda value, use: _decimal(value.amount, use),
    Decimal: _decimal,
    int: lambda value, use: _decimal(Decimal(value), use),
    datetime.date: lambda value, use: encode_date(value, 6 if use.max == 6 else 8),
    datetime.time: _time,
}
