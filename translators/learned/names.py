"""What business keys are made of, kept of each part of a set, so that they need no document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from translators.canonical.values import Reference

#: Fields of documents, lines and levels that keys are made of, beside their references.
NAMES = (
    "number",
    "order_number",
    "contract",
    "seller_order_number",
    "original_invoice",
    "sscc",
)
_REFERENCES = len(NAMES)

#: The values of `NAMES` in a part, and its references with nothing but qualifier and value.
Names = tuple[Any, ...]


def names_of(get: Callable[[str], Any]) -> Names:
    """What a part holds, given what gives a field of it; None where it has none."""
    references: tuple[Reference, ...] = get("references") or ()
    bare = tuple(Reference(qualifier=one.qualifier, value=one.value) for one in references)
    return (*map(get, NAMES), bare)


def named(names: Names, further: Mapping[str, Any] | None = None) -> Any:
    """A part as far as keys are concerned. further: fields beside, as the document has them."""
    fields = dict(zip(NAMES, names, strict=False))
    return SimpleNamespace(**fields, references=names[_REFERENCES], **(further or {}))
