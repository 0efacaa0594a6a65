"""Where two JSON values differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Change:
    """One place that differs. path: "lines[0].quantity.value". before, after: None where it is absent."""

    path: str
    before: Any
    after: Any


def changes(before: object, after: object, path: str = "") -> Iterator[Change]:
    """Every place where `after` is not as `before`, in the order of the values; none if they are equal."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys([*before, *after]):
            inner = f"{path}.{key}" if path else str(key)
            yield from changes(before.get(key, _ABSENT), after.get(key, _ABSENT), inner)
    elif isinstance(before, list) and isinstance(after, list):
        for place, (one, other) in enumerate(zip_longest(before, after, fillvalue=_ABSENT)):
            yield from changes(one, other, f"{path}[{place}]")
    elif type(before) is not type(after) or before != after:
        yield Change(path, None if before is _ABSENT else before, None if after is _ABSENT else after)
