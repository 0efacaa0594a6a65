"""Canonical values as JSON text, written straight from the dataclasses.

The same text as `codec.to_json` dumped on one line, several times as fast: what stands in a class
is found out once, with its first value. The form is told in `codec`.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from decimal import Decimal
from json import encoder
from operator import attrgetter
from typing import Any

from translators.canonical.document import Document
from translators.canonical.kinds import LEADING, kind_of
from translators.canonical.values import Code, Value

Writer = Callable[[Any], str]
#: Text as JSON, in quotes; characters beyond ASCII stay as they are.
quoted: Callable[[str], str] = encoder.encode_basestring


def _code(code: Code) -> str:
    if code.meaning is None:
        return f'{{"code":{quoted(code.code)}}}'
    return f'{{"code":{quoted(code.code)},"meaning":{quoted(code.meaning)}}}'


def _list(values: tuple[object, ...]) -> str:
    return f"[{','.join(map(json_text, values))}]"


#: What writes the values of a class; classes join with their first value.
_WRITERS: dict[type, Writer] = {
    str: quoted,
    int: str,
    Decimal: lambda value: f'"{value:f}"',
    datetime.date: lambda value: f'"{value.isoformat()}"',
    datetime.time: lambda value: f'"{value.isoformat()}"',
    tuple: _list,
    Code: _code,
}
#: Of a class: what takes all its fields from a value, and each field's name with its label in JSON.
_LAYOUTS: dict[type, tuple[attrgetter[tuple[object, ...]], tuple[tuple[str, str], ...]]] = {}


def _join(kind: type) -> Writer:
    """Find out what writes the values of a class, and keep it."""
    if issubclass(kind, Value):
        _WRITERS[kind] = _object
    else:
        _WRITERS[kind] = next(_WRITERS[base] for base in kind.__mro__ if base in _WRITERS)
    return _WRITERS[kind]


def _lay_out(kind: Any) -> tuple[attrgetter[tuple[object, ...]], tuple[tuple[str, str], ...]]:
    names = tuple(field.name for field in fields(kind))
    layout = attrgetter(*names), tuple((name, f'"{name}":') for name in names)
    return _LAYOUTS.setdefault(kind, layout)


def json_text(value: object) -> str:
    """A canonical value, or a part of one, as JSON."""
    kind = type(value)
    return (_WRITERS.get(kind) or _join(kind))(value)


def members(value: Value) -> Iterator[tuple[str, str]]:
    """Name and JSON text ('"name":…') of every field that has a value, in the order of definition."""
    get, names = _LAYOUTS.get(type(value)) or _lay_out(type(value))
    for (name, label), held in zip(names, get(value), strict=True):
        if held is not None and held != ():
            kind = type(held)
            yield name, label + (_WRITERS.get(kind) or _join(kind))(held)


def _object(value: Value) -> str:
    get, names = _LAYOUTS.get(type(value)) or _lay_out(type(value))
    texts = [
        label + (_WRITERS.get(type(held)) or _join(type(held)))(held)
        for (_, label), held in zip(names, get(value), strict=True)
        if held is not None and held != ()
    ]
    return "{" + ",".join(texts) + "}"


def document_text(schema: str, texts: Mapping[str, str]) -> str:
    """A document as JSON. texts: of its members, by name and in the order of definition."""
    leading = [texts[name] for name in LEADING if name in texts]
    others = [text for name, text in texts.items() if name not in LEADING]
    return "{" + ",".join([f'"schema":"{schema}"', *leading, *others]) + "}"


def to_json_bytes(document: Document) -> bytes:
    """The document as UTF-8 JSON on one line, the same bytes for the same document."""
    return document_text(kind_of(document).schema, dict(members(document))).encode()
