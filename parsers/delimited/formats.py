"""Date and time formats of a layout: a closed set of tokens, compiled to one strict reading."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

_DIGITS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "YYYY": ("year", r"[0-9]{4}"),
        "YY": ("year", r"[0-9]{2}"),
        "MM": ("month", r"[0-9]{2}"),
        "M": ("month", r"[0-9]{1,2}"),
        "DD": ("day", r"[0-9]{2}"),
        "D": ("day", r"[0-9]{1,2}"),
        "HH": ("hour", r"[0-9]{2}"),
        "mm": ("minute", r"[0-9]{2}"),
        "ss": ("second", r"[0-9]{2}"),
    }
)
_TOKEN = re.compile("YYYY|YY|MM|M|DD|D|HH|mm|ss")
_MARKS = frozenset("-./: ")
_DATE_PARTS = frozenset({"year", "month", "day"})
_TIME_PARTS = (frozenset({"hour", "minute"}), frozenset({"hour", "minute", "second"}))


def _spelled(pattern: str) -> tuple[str, list[str]] | None:
    """The regular expression of a format and the parts it names, or None if a character means nothing."""
    expression, parts, position = "", [], 0
    while position < len(pattern):
        token = _TOKEN.match(pattern, position)
        if token:
            part, digits = _DIGITS[token[0]]
            expression += f"(?P<{part}>{digits})" if part not in parts else digits
            parts.append(part)
            position = token.end()
        elif pattern[position] in _MARKS:
            expression += re.escape(pattern[position])
            position += 1
        else:
            return None
    return expression, parts


def date_expression(pattern: str) -> re.Pattern[str] | None:
    """The expression with groups year, month and day that a date format means.

    None if the format is not one: year, month and day once each, of YYYY or YY, MM or M, DD or D,
    with "-", ".", "/", ":" or blanks between. M and D need a mark beside them to be told apart.
    """
    spelled = _spelled(pattern)
    if spelled is None or len(spelled[1]) != 3 or set(spelled[1]) != _DATE_PARTS:
        return None
    loose = re.search(r"(?<!M)M(?!M)|(?<!D)D(?!D)", pattern)
    return None if loose and pattern.isalpha() else re.compile(spelled[0])


def time_expression(pattern: str) -> re.Pattern[str] | None:
    """The expression with groups hour, minute and, if written, second; None if the format is not one."""
    spelled = _spelled(pattern)
    if spelled is None or len(set(spelled[1])) != len(spelled[1]) or set(spelled[1]) not in _TIME_PARTS:
        return None
    return re.compile(spelled[0])
