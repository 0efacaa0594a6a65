"""Reads JSON that came from elsewhere, and says of every value what JSON alone forbids.

One object, a list of objects, or one object after another (a line each, as in NDJSON). Repeated
names, numbers that are none, texts past all measure and depths that no document has are faults
of the object that holds them; a file that is no JSON is refused as a whole.

Source: BI-059; RFC 8259 and, for pointers, RFC 6901.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, BinaryIO

from parsers.catalogue import found, shown
from parsers.finding import Finding, Location
from parsers.record import record

#: The largest file, the longest text and the deepest nesting that are read.
MAX_BYTES = 32 * 1024**2
MAX_TEXT_CHARS = 64 * 1024
MAX_DEPTH = 64
#: Faults of one object that are told.
MAX_FAULTS = 100
_BLANK = " \t\r\n"


@record
class JsonObject:
    """An object of a file. ordinal: from 1. findings: what JSON alone forbids; empty if it may be used."""

    value: dict[str, Any]
    ordinal: int
    findings: tuple[Finding, ...] = ()


class _Doubled(dict[str, Any]):
    """An object that names something twice."""

    names: tuple[str, ...] = ()


class _NoNumber(str):
    """NaN or an Infinity, which JSON does not have."""


def read(stream: BinaryIO) -> Iterator[JsonObject | Finding]:
    """The objects of a file in order; or one finding alone, if it is no JSON or no objects.

    stream: read to its end. Never raises for what the bytes are.
    """
    data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        yield found("TRN-346", expected=f"{MAX_BYTES} bytes")
        return
    try:
        values = list(_values(data.decode("utf-8-sig")))
    except UnicodeDecodeError as fault:
        yield _no_json(fault.start, "a byte that is not UTF-8")
    except json.JSONDecodeError as fault:
        yield _no_json(len(fault.doc[: fault.pos].encode("utf-8")), fault.msg)
    except (ValueError, RecursionError):
        yield _no_json(0, "a number or a nesting without measure")
    else:
        yield from _objects(values)


def pointer(*names: str | int) -> str:
    """The JSON pointer to a value by the names that lead to it: "/lines/0/price"."""
    return "".join(f"/{str(name).replace('~', '~0').replace('/', '~1')}" for name in names)


def _no_json(offset: int, reason: str) -> Finding:
    return found("TRN-340", Location(byte_offset=offset), reason=reason)


def _values(text: str) -> Iterator[Any]:
    """One value after another."""
    decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_NoNumber)
    place = _past_blanks(text, 0)
    while place < len(text):
        value, place = decoder.raw_decode(text, place)
        place = _past_blanks(text, place)
        yield value


def _past_blanks(text: str, place: int) -> int:
    while place < len(text) and text[place] in _BLANK:
        place += 1
    return place


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    doubled = _Doubled(plain)
    counts = Counter(name for name, _ in pairs)
    doubled.names = tuple(name for name, count in counts.items() if count > 1)
    return doubled


def _objects(values: list[Any]) -> Iterator[JsonObject | Finding]:
    items = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    if not items or not all(isinstance(item, dict) for item in items):
        yield found("TRN-341")
        return
    for ordinal, item in enumerate(items, start=1):
        yield JsonObject(item, ordinal, tuple(_faults(item)))


def _faults(value: dict[str, Any]) -> list[Finding]:
    """What JSON alone forbids in an object, by place; the first faults of many."""
    faults: list[Finding] = []
    left: list[tuple[tuple[str | int, ...], Any]] = [((), value)]
    while left and len(faults) < MAX_FAULTS:
        path, one = left.pop()
        if fault := _fault(path, one):
            faults.append(fault)
        elif isinstance(one, dict):
            left += [((*path, name), part) for name, part in one.items()]
        elif isinstance(one, list):
            left += [((*path, place), part) for place, part in enumerate(one)]
    return faults


def _fault(path: tuple[str | int, ...], value: Any) -> Finding | None:
    match value:
        case _Doubled():
            return _at(path, f"names twice: {', '.join(value.names)}", "every name once")
        case _NoNumber():
            return _at(path, value, "a decimal as text, such as '12.50'")
        case str() if len(value) > MAX_TEXT_CHARS:
            return _at(path, f"a text of {len(value)} characters", f"at most {MAX_TEXT_CHARS}")
        case str() if _has_surrogates(value):
            return _at(path, value, "characters of Unicode")
        case dict() | list() if len(path) >= MAX_DEPTH:
            return _at(path[:3], f"{len(path)} levels deep", f"at most {MAX_DEPTH}")
        case dict() if any(len(name) > MAX_TEXT_CHARS or _has_surrogates(name) for name in value):
            return _at(path, "a name that is no text", "names of fields")
    return None


def _at(path: tuple[str | int, ...], value: str, expected: str) -> Finding:
    where = shown(pointer(*path)) or "/"
    return found("TRN-343", Location(column=where), value=value, expected=expected, pointer=where)


def _has_surrogates(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)
