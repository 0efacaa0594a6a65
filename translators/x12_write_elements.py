"""Canonical values as the text of X12 elements, by the type that the dictionary gives each element."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from parsers.x12.definition import COMPOSITE, ElementUse
from parsers.x12.element import encode_date, encode_decimal, encode_numeric, encode_time
from parsers.x12.model import Separators
from parsers.x12.writer import Element, Joined
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


def writer_of(use: ElementUse) -> Callable[[object], Element]:
    """What turns a value into an element of that use: a tuple for a composite, else text.

    It takes text, Code, Money, Decimal, int, date, time, or a tuple of such for a composite. Text is
    taken as it is, so that what was read as text is written as it was; an AN element is filled up to
    its least length. It raises TooExact if digits would be lost.
    """
    if use.type == COMPOSITE:
        return _composite(tuple(map(writer_of, use.components)))
    writers: dict[type, Callable[[Any], str]] = {
        str: _filled_text(use.min) if use.type == "AN" else _same,
        Joined: _same,
        Decimal: _number(use),
        datetime.date: lambda day: encode_date(day, 6 if use.max == 6 else 8),
        datetime.time: lambda time: _clock(time, use.min),
    }
    text, number = writers[str], writers[Decimal]
    writers[Code] = lambda code: text(code.code)
    writers[Money] = lambda money: number(money.amount)
    writers[int] = lambda whole: number(Decimal(whole))
    return lambda value: writers[type(value)](value)


def _composite(writers: tuple[Callable[[object], Element], ...]) -> Callable[[object], Element]:
    """Components beyond the last one are kept as text; the check of the segment tells of them."""

    def composite(value: object) -> Element:
        if isinstance(value, Joined):
            return value
        parts = value if isinstance(value, tuple) else (value,)
        known = [
            "" if part is None else str(write(part)) for part, write in zip(parts, writers, strict=False)
        ]
        return (*known, *map(str, parts[len(writers) :]))

    return composite


def _same(text: str) -> str:
    return text


def _filled_text(low: int) -> Callable[[str], str]:
    return _same if low <= 1 else lambda text: text.ljust(low) if text else text


def _number(use: ElementUse) -> Callable[[Decimal], str]:
    if use.type[0] != "N":
        return encode_decimal if use.min <= 1 else lambda value: _filled(encode_decimal(value), use.min)
    decimals = int(use.type[1:])

    def implied(value: Decimal) -> str:
        try:
            return encode_numeric(value, decimals, use.min)
        except ValueError as fault:
            raise TooExact(str(fault)) from fault

    return implied


def _filled(text: str, low: int) -> str:
    """A number of at least `low` digits, by zeros after its last decimal: 1 of four digits is 1.000."""
    missing = low - sum(mark.isdigit() for mark in text)
    if missing <= 0:
        return text
    return text + ("" if "." in text else ".") + "0" * missing


def _clock(value: datetime.time, low: int) -> str:
    """The shortest form that holds it: HHMM, HHMMSS or HHMMSSDD."""
    if value.microsecond % _HUNDREDTH_US:
        raise TooExact(f"{value} is finer than hundredths of a second")
    digits = 8 if value.microsecond else 6 if value.second else 4
    return encode_time(value, max(digits, low))
