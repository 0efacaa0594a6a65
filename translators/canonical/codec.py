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
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from translators.canonical.document import Document
from translators.canonical.inventory import Inventory
from translators.canonical.invoice import Invoice
from translators.canonical.order import Order
from translators.canonical.order_change import OrderChange, OrderChangeResponse
from translators.canonical.order_response import OrderResponse
from translators.canonical.remittance import Remittance
from translators.canonical.ship_notice import ShipNotice


@dataclass(frozen=True, slots=True)
class Kind:
    """A canonical document: its class, and the semantic version of its published schema."""

    name: str
    type: type[Document]
    version: str

    @property
    def schema(self) -> str:
        """What documents of this kind name as their schema: "order-1.0.0"."""
        return f"{self.name}-{self.version}"


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("order", Order, "1.0.0"),
        Kind("ship_notice", ShipNotice, "1.0.0"),
        Kind("invoice", Invoice, "1.0.0"),
        Kind("order_response", OrderResponse, "1.0.0"),
        Kind("order_change", OrderChange, "1.0.0"),
        Kind("order_change_response", OrderChangeResponse, "1.0.0"),
        Kind("remittance", Remittance, "1.0.0"),
        Kind("inventory", Inventory, "1.0.0"),
    )
}


#: Fields that a reader looks for first; they lead in JSON.
LEADING = ("number", "type", "purpose", "date", "usage", "source")


class InvalidCanonical(ValueError):
    """JSON that is no canonical document; the text names the places and what is wrong with them."""


@cache
def adapter(kind: str) -> TypeAdapter[Document]:
    """What validates, reads and describes documents of `kind`. KeyError for an unknown kind."""
    return TypeAdapter(KINDS[kind].type)


def kind_of(document: Document) -> Kind:
    """The kind of a document."""
    return next(kind for kind in KINDS.values() if type(document) is kind.type)


def to_json(document: Document) -> dict[str, Any]:
    """The document as JSON values."""
    kind = kind_of(document)
    body = adapter(kind.name).dump_python(document, mode="json", exclude_defaults=True)
    return {"schema": kind.schema, **{name: body[name] for name in LEADING if name in body}, **body}


def to_json_bytes(document: Document) -> bytes:
    """The document as UTF-8 JSON on one line, the same bytes for the same document."""
    return json.dumps(to_json(document), ensure_ascii=False, separators=(",", ":")).encode()


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
        places = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in fault.errors(include_input=False))
        raise InvalidCanonical("; ".join(places)) from fault


def from_json_bytes(data: bytes) -> Document:
    """The document in UTF-8 JSON. Raises InvalidCanonical."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as fault:
        raise InvalidCanonical(f"not JSON: {fault}") from fault
    if not isinstance(value, dict):
        raise InvalidCanonical("not a JSON object")
    return from_json(value)
