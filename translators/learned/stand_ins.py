"""Values that stand for those of a set while a whole is made: they write themselves as tokens.

They may be put into a document, and nothing else. Whoever counts with one, or compares it, asks for a
value that differs from set to set; then there is no whole.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

from translators.learned.templates import Mark

_QUESTIONS = (
    *("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__", "__bool__"),
    *("__add__", "__radd__", "__sub__", "__rsub__", "__mul__", "__rmul__", "__neg__", "__abs__", "__int__"),
)


class ValueDecides(Exception):
    """What becomes of a set depends on a value in it."""


def _refuse(*_: object) -> Any:
    raise ValueDecides


def _stand_in(base: Any, *value: int) -> Callable[[str], Any]:
    """Makes values of a subclass of `base` from the texts that they write."""
    members: dict[str, Any] = {name: _refuse for name in _QUESTIONS if hasattr(base, name)}
    for name in ("__str__", "isoformat"):
        members[name] = lambda self: self.text
    kind: Any = type(f"Standing{base.__name__.title()}", (base,), members)

    def made(text: str) -> Any:
        one = kind(*value)
        one.text = text
        return one

    return made


_KINDS: dict[type, Callable[[str], Any]] = {
    Decimal: _stand_in(Decimal, 0),
    int: _stand_in(int, 0),
    datetime.date: _stand_in(datetime.date, 2000, 1, 1),
    datetime.time: _stand_in(datetime.time, 0),
}


def standing(mark: Mark) -> Mark:
    """The mark, giving stand-ins made of the tokens in a row. A text is its tokens."""
    kind = _KINDS.get(type(mark.value))
    if kind is None:
        return mark
    other = copy(mark)
    other.way = replace(mark.way, value=partial(_shown, kind, mark.way.shown))
    return other


def _shown(kind: Callable[[str], Any], shown: str, *parts: str) -> Any:
    return kind(shown % parts)
