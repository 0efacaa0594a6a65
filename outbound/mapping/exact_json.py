"""JSON whose numbers keep every digit, written and read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal


def to_json(value: object) -> str:
    """JSON of texts, whole numbers, Decimals, booleans, None, lists and mappings with text keys.

    Raises TypeError for anything else, binary fractions above all.
    """
    match value:
        case None | bool() | str():
            return json.dumps(value)
        case int():
            return str(value)
        case Decimal():
            return format(value, "f")
        case list() | tuple():
            return f"[{','.join(map(to_json, value))}]"
        case Mapping():
            return (
                f"{{{','.join(f'{json.dumps(str(key))}:{to_json(inner)}' for key, inner in value.items())}}}"
            )
    raise TypeError(f"{type(value).__name__} has no exact form in JSON")


def from_json(body: bytes) -> object:
    """The JSON value; a number with a fraction comes as the text it was written as.

    Raises ValueError if it is none, or nested too deep.
    """
    try:
        return json.loads(body, parse_float=str, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error


def _refuse(name: str) -> object:
    raise ValueError(f"{name} is no JSON number")
