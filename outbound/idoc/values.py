"""Canonical JSON values read for IDocs: whatever is absent or of another shape is nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from partners.crosswalk import Crosswalk
from partners.destinations import IdocOptions

Values = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Setting:
    """What a document is written with: the destination's options and the partner's codes."""

    options: IdocOptions
    crosswalk: Crosswalk

    def unit(self, quantity: Values) -> str:
        """The unit of a quantity: ours by the crosswalk, else as the sender wrote it."""
        sent = code(quantity, "unit")
        return self.crosswalk.ours("unit", sent) or sent if sent else ""


def at(values: Values, *keys: str) -> object:
    """What stands under the keys, one below another; None if there is nothing."""
    found: object = values
    for key in keys:
        if not isinstance(found, Mapping):
            return None
        found = found.get(key)
    return found


def text(values: Values, *keys: str) -> str:
    """The text under the keys, numbers as text; "" if there is none."""
    found = at(values, *keys)
    if isinstance(found, str):
        return found
    return str(found) if isinstance(found, int) and not isinstance(found, bool) else ""


def code(values: Values, *keys: str) -> str:
    """The sender's code of a coded value, "" if there is none."""
    return text(values, *keys, "code")


def items(values: Values, *keys: str) -> Sequence[Values]:
    """The mappings in the list under the keys."""
    found = at(values, *keys)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list | tuple) else []


def texts(values: Values, key: str) -> Sequence[str]:
    """The texts in the list under the key."""
    found = at(values, key)
    return [one for one in found if isinstance(one, str)] if isinstance(found, list | tuple) else []


def day(values: Values, *keys: str) -> str:
    """A date as YYYYMMDD, "" if there is none."""
    return text(values, *keys).replace("-", "")


def decimal(values: Values, *keys: str) -> Decimal | None:
    """The exact number under the keys, None if there is none."""
    try:
        number = Decimal(text(values, *keys))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def number(value: Decimal | None) -> str:
    """An exact number as SAP writes it: digits, a point, and a minus behind."""
    if value is None:
        return ""
    digits = format(abs(value), "f")
    return f"{digits}-" if value < 0 else digits
