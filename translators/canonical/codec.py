"""Canonical documents as JSON and back, validated where they come in.

Form: an object that starts with "schema" ("order-1.0.0") and what names the document, and holds
the other fields in the order of their definition, so that the same document always gives the
same bytes. Decimals are text ("12.50"), dates and times ISO 8601. A field whose value is its
default is left out: None, an empty list. Reading puts the defaults back, so that write then read
gives an equal document.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from parsers.record import record
from translators.canonical.document import Document
from translators.canonical.kinds import KINDS, LEADING, kind_of
from translators.canonical.writing import to_json_bytes

__all__ = [
    "KINDS",
    "Fault",
    "InvalidCanonical",
    "adapter",
    "from_json",
    "from_json_bytes",
    "kind_of",
    "to_json",
    "to_json_bytes",
]


class InvalidCanonical(ValueError):
    """JSON that is no canonical document; the text names the places and what is wrong with them.

    faults: the same one by one; empty if it is of no kind that we know.
    """

    def __init__(self, text: str, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(text)
        self.faults = faults


@record
class Fault:
    """A value that does not fit its schema: the names that lead to it, itself, what would be right."""

    path: tuple[str | int, ...]
    value: object
    expected: str


@cache
def adapter(kind: str) -> TypeAdapter[Document]:
    """What validates, reads and describes documents of `kind`. KeyError for an unknown kind."""
    return TypeAdapter(KINDS[kind].type)


def to_json(document: Document) -> dict[str, Any]:
    """The document as JSON values."""
    kind = kind_of(document)
    body = adapter(kind.name).dump_python(document, mode="json", exclude_defaults=True)
    return {"schema": kind.schema, **{name: body[name] for name in LEADING if name in body}, **body}


def from_json(data: Mapping[str, Any]) -> Document:
    """The document that `to_json` wrote, whatever minor version of our schema it names.

    Raises InvalidCanonical, naming every field that is wrong.
    """
    name, _, version = str(data.get("schema", "")).rpartition("-")
    kind = KINDS.get(name)
    if kind is None or version.partition(".")[0] != kind.version.partition(".")[0]:
        raise InvalidCanonical(f"schema: expected one of {', '.join(k.schema for k in KINDS.values())}")
    body = {key: value for key, value in data.items() if key != "schema"}
    try:
        return adapter(kind.name).validate_python(body)
    except ValidationError as fault:
        faults = tuple(Fault(e["loc"], e["input"], e["msg"]) for e in fault.errors(include_url=False))
        places = (f"{'.'.join(map(str, one.path))}: {one.expected}" for one in faults)
        raise InvalidCanonical("; ".join(places), faults) from fault


def from_json_bytes(data: bytes) -> Document:
    """The document in UTF-8 JSON. Raises InvalidCanonical."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as fault:
        raise InvalidCanonical(f"not JSON: {fault}") from fault
    if not isinstance(value, dict):
        raise InvalidCanonical("not a JSON object")
    return from_json(value)
