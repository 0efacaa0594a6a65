"""Canonical values as JSON text, written straight from the dataclasses.

The same text as `codec.to_json` dumped on one line, several times as fast: a function is made for
each class with its first value, from the names of its fields. The form is told in `codec`.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from decimal import Decimal
from json import encoder
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


def _decimal(value: Decimal) -> str:
    text = str(value)
    return f'"{text}"' if "E" not in text else f'"{value:f}"'


def _list(values: tuple[object, ...]) -> str:
    return "[" + ",".join([_WRITERS[type(value)](value) for value in values]) + "]"


class _Writers(dict[type, Writer]):
    """What writes the values of each class; a class joins with its first value."""

    def __missing__(self, kind: type) -> Writer:
        inherited = (self[base] for base in kind.__mro__[1:] if base in self)
        self[kind] = writer = _object_writer(kind) if issubclass(kind, Value) else next(inherited)
        return writer


_WRITERS = _Writers(
    {
        str: quoted,
        int: str,
        Decimal: _decimal,
        datetime.date: lambda value: f'"{value.isoformat()}"',
        datetime.time: lambda value: f'"{value.isoformat()}"',
        tuple: _list,
        Code: _code,
    }
)


def _object_writer(kind: Any) -> Writer:
    """What writes the values of a class of fields, those left out that are None or an empty list."""
    lines = ["def write(value):", "    text = ''"]
    for one in fields(kind):
        is_list = one.default == ()
        lines += [
            f"    held = value.{one.name}",
            # A number is not compared with a tuple: that takes longer than to write it.
            "    if held:"
            if is_list
            else "    if held is not None and (held.__class__ is not tuple or held):",
            f"        text += ',\"{one.name}\":' + writers[type(held)](held)",
        ]
    lines.append("    return '{' + text[1:] + '}'")
    made: dict[str, Any] = {"writers": _WRITERS}
    exec("\n".join(lines), made)  # noqa: S102 - names of fields alone
    writer: Writer = made["write"]
    return writer


def json_text(value: object) -> str:
    """A canonical value, or a part of one, as JSON."""
    return _WRITERS[type(value)](value)


def members(value: Value) -> Iterator[tuple[str, str]]:
    """Name and JSON text ('"name":…') of every field that has a value, in the order of definition."""
    for one in fields(value):  # type: ignore[arg-type]
        held = getattr(value, one.name)
        if held is not None and held != ():
            yield one.name, f'"{one.name}":{json_text(held)}'


def document_text(schema: str, texts: Mapping[str, str]) -> str:
    """A document as JSON. texts: of its members, by name and in the order of definition."""
    leading = [texts[name] for name in LEADING if name in texts]
    others = [text for name, text in texts.items() if name not in LEADING]
    return "{" + ",".join([f'"schema":"{schema}"', *leading, *others]) + "}"


def to_json_bytes(document: Document) -> bytes:
    """The document as UTF-8 JSON on one line, the same bytes for the same document."""
    return document_text(kind_of(document).schema, dict(members(document))).encode()
