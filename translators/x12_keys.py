"""The numbers of a document that people search by."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from translators.canonical.values import Reference
from translators.report import BusinessKey

#: Reference qualifiers (element 128) that people search by, and what the key is called.
KEYED_REFERENCES = {
    "PO": "purchase_order",
    "IV": "invoice",
    "OI": "original_invoice",
    "BM": "bill_of_lading",
    "MB": "master_bill_of_lading",
    "CN": "pro_number",
    "SI": "shipment",
    "PK": "packing_list",
    "2I": "tracking_number",
    "CT": "contract",
    "CO": "buyer_reference",
    "CR": "buyer_reference",
    "VN": "vendor_reference",
    "IA": "vendor_reference",
    "VR": "vendor_reference",
}
#: A document is found by its first keys; a pallet of ten thousand cartons is not ten thousand searches.
MAX_KEYS = 500


def keys_of(
    *pairs: tuple[str, str | None], references: Iterable[Iterable[Reference]] = ()
) -> tuple[BusinessKey, ...]:
    """The keys of `pairs` (kind, value) and of the references, each once, in that order."""
    found = {BusinessKey(kind, value): None for kind, value in pairs if value}
    for group in references:
        for reference in group:
            kind = KEYED_REFERENCES.get(reference.qualifier.code) if reference.qualifier else None
            if kind and reference.value:
                found.setdefault(BusinessKey(kind, reference.value))
    return tuple(found)[:MAX_KEYS]


def joined(*parts: str | date | None) -> str:
    """One number of several parts, "4501000101/2/2024-03-15", for a document with none of its own."""
    return "/".join(part if isinstance(part, str) else part.isoformat() for part in parts if part)
