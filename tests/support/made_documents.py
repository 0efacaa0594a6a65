"""Makes canonical documents of any kind by chance, from the types of their fields alone.

The same seed gives the same document. Every text and number is unlike all others, so that each can
be looked for in what is written. Codes are ones that no list has, unless a field's name says more.
"""

from __future__ import annotations

import datetime
import types
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from decimal import Decimal
from functools import cache
from random import Random
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from translators.canonical.document import Document
from translators.canonical.values import Code, DatedEvent, Money, Note

#: Fields that say where something was read, or what is known of it without being sent.
NOT_SENT = frozenset({"origin", "meaning", "source", "usage", "unmapped", "computed", "ordinal", "currency"})
CODES = ("ZZ", "01", "A", "BY", "92", "UP")
#: Of values that may be absent, so many are there; of lists, so many have members.
PRESENT, FILLED = 0.6, 0.25


class Maker:
    """Makes documents."""

    def __init__(self, random: Random, texts: Sequence[str] = (), numbers: Sequence[Decimal] = ()) -> None:
        """texts, numbers: what to choose from instead of making each unlike all others."""
        self._random = random
        self._texts = texts
        self._numbers = numbers
        self._count = 0

    def document(self, kind: type[Document], source: Any) -> Document:
        """A document of that class, of no currency."""
        return self._value(kind, 0, {"source": source, "usage": "production"})

    def _value(self, kind: type[Any], depth: int, known: dict[str, Any] | None = None) -> Any:
        known = known or {}
        hints = _hints(kind)
        values = {
            one.name: self._field(one.name, hints[one.name], depth)
            for one in fields(kind)
            if one.name not in NOT_SENT or one.name == "ordinal"
        }
        if kind is Note and not values["lines"]:
            values["lines"] = (self._one("lines", str, depth),)
        return kind(**{**values, **known})

    def _field(self, name: str, hint: Any, depth: int) -> Any:
        if get_origin(hint) is Annotated:
            hint = get_args(hint)[0]
        if get_origin(hint) in (Union, types.UnionType):
            inner = next(part for part in get_args(hint) if part is not type(None))
            wanted = self._random.random() < PRESENT and depth < 5
            return self._field(name, inner, depth) if wanted else None
        if get_origin(hint) is tuple:
            wanted = self._random.random() < FILLED and depth < 4
            count = self._random.randint(1, 2) if wanted else 0
            return tuple(self._field(name, get_args(hint)[0], depth + 1) for _ in range(count))
        return self._one(name, hint, depth)

    def _one(self, name: str, hint: Any, depth: int) -> Any:
        self._count += 1
        if hint is str and self._texts:
            return self._random.choice(self._texts)
        if hint is Decimal and self._numbers:
            return self._random.choice(self._numbers)
        if hint is str:
            return "unknown" if name == "zone" else f"T{self._count}"
        if hint is int:
            return self._count
        if hint is Decimal:
            return Decimal(self._count)
        if hint is datetime.date:
            return datetime.date(2000, 1, 1) + datetime.timedelta(days=self._count)
        if hint is datetime.time:
            return datetime.time(9, 30)
        if hint is Code:
            return Code(self._random.choice(CODES))
        if hint is Money:
            return Money(Decimal(self._count))
        if hint is DatedEvent:
            day = self._one(name, datetime.date, depth)
            return DatedEvent(qualifier=Code("002"), date=day, zone="unknown")
        assert is_dataclass(hint), hint
        return self._value(hint, depth + 1)


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    return get_type_hints(kind, localns={"ConfigDict": dict}, include_extras=True)


def leaves(value: Any, way: str = "") -> Iterator[tuple[str, Any]]:
    """Every text, number and date that is sent, by its way from the top: "lines[0].price.amount"."""
    if is_dataclass(value):
        for one in fields(value):
            if one.name not in NOT_SENT:
                yield from leaves(getattr(value, one.name), f"{way}.{one.name}" if way else one.name)
    elif isinstance(value, tuple):
        for at, part in enumerate(value):
            yield from leaves(part, f"{way}[{at}]")
    elif value is not None:
        yield way, value
