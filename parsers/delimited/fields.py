"""The canonical fields that a column of a delimited file may fill, by document kind.

A field whose name begins with "line." belongs to the line; every other field belongs to the
document as a whole and must agree in all its rows. "reference.<qualifier>" is open: any
reference that no other field names, under a qualifier of two or three characters ("reference.DP").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class DocumentKind(StrEnum):
    """What the rows of a file become."""

    ORDER = "order"
    SHIP_NOTICE = "ship_notice"
    INVOICE = "invoice"


class ColumnType(StrEnum):
    """How the text of a cell is read."""

    #: Any text, blanks at both ends removed if the layout trims.
    TEXT = "text"
    #: Whole number, leading "-" allowed.
    INTEGER = "integer"
    #: Exact number with the layout's decimal and thousands marks.
    DECIMAL = "decimal"
    #: An amount; read as decimal, in the document's currency.
    MONEY = "money"
    #: Calendar date in the column's format.
    DATE = "date"
    #: Time of day in the column's format.
    TIME = "time"
    #: One of the listed codes, mapped to ours.
    CODE = "code"
    #: GTIN-8, -12, -13 or -14 with its check digit.
    GTIN = "gtin"
    #: Serial shipping container code: 18 digits with their check digit.
    SSCC = "sscc"


TEXTS = frozenset({ColumnType.TEXT, ColumnType.CODE, ColumnType.INTEGER})
CODES = frozenset({ColumnType.TEXT, ColumnType.CODE})
NUMBERS = frozenset({ColumnType.DECIMAL, ColumnType.INTEGER, ColumnType.MONEY})
DATES = frozenset({ColumnType.DATE})
TIMES = frozenset({ColumnType.TIME})
GTINS = frozenset({ColumnType.GTIN})
SSCCS = frozenset({ColumnType.SSCC, ColumnType.TEXT})

ROLES = ("buyer", "seller", "ship_to", "ship_from", "bill_to", "remit_to")
_PARTY = ("id", "id_qualifier", "name", "street", "street_2", "city", "region", "postal_code", "country")
_REFERENCE = re.compile(r"(?:line\.)?reference\.[A-Z0-9]{2,3}")

Fields = Mapping[str, frozenset[ColumnType]]

_COMMON: dict[str, frozenset[ColumnType]] = {
    "number": TEXTS,
    "date": DATES,
    "time": TIMES,
    "purpose": CODES,
    "note": TEXTS,
    **{f"{role}.{part}": TEXTS for role in ROLES for part in _PARTY},
    "line.number": TEXTS,
    "line.quantity": NUMBERS,
    "line.unit": CODES,
    "line.gtin": GTINS,
    "line.buyer_item": TEXTS,
    "line.seller_item": TEXTS,
    "line.description": TEXTS,
    "line.note": TEXTS,
}

_ORDER = {
    "type": CODES,
    "release": TEXTS,
    "contract": TEXTS,
    "currency": CODES,
    "requested_delivery_date": DATES,
    "requested_ship_date": DATES,
    "cancel_after_date": DATES,
    "payment_terms": TEXTS,
    "freight_terms": CODES,
    "routing": TEXTS,
    "total_amount": NUMBERS,
    "total_quantity": NUMBERS,
    "line.unit_price": NUMBERS,
    "line.amount": NUMBERS,
    "line.requested_delivery_date": DATES,
    "line.requested_ship_date": DATES,
}

_SHIP_NOTICE = {
    "ship_date": DATES,
    "delivery_date": DATES,
    "carrier_scac": CODES,
    "carrier_name": TEXTS,
    "pro_number": TEXTS,
    "bill_of_lading": TEXTS,
    "trailer": TEXTS,
    "seal": TEXTS,
    "gross_weight": NUMBERS,
    "weight_unit": CODES,
    "package_count": frozenset({ColumnType.INTEGER}),
    "line.order_number": TEXTS,
    "line.order_line": TEXTS,
    "line.sscc": SSCCS,
    "line.lot": TEXTS,
    "line.serial": TEXTS,
    "line.expiry_date": DATES,
}

_INVOICE = {
    "type": CODES,
    "currency": CODES,
    "order_number": TEXTS,
    "order_release": TEXTS,
    "order_date": DATES,
    "original_invoice": TEXTS,
    "shipment_number": TEXTS,
    "ship_date": DATES,
    "payment_terms": TEXTS,
    "due_date": DATES,
    "discount_percent": NUMBERS,
    "discount_date": DATES,
    "total_amount": NUMBERS,
    "tax_type": CODES,
    "tax_rate": NUMBERS,
    "tax_amount": NUMBERS,
    "freight_amount": NUMBERS,
    "line.unit_price": NUMBERS,
    "line.amount": NUMBERS,
    "line.order_number": TEXTS,
    "line.order_line": TEXTS,
    "line.tax_rate": NUMBERS,
    "line.tax_amount": NUMBERS,
}

FIELDS: Mapping[DocumentKind, Fields] = MappingProxyType(
    {
        DocumentKind.ORDER: MappingProxyType({**_COMMON, **_ORDER}),
        DocumentKind.SHIP_NOTICE: MappingProxyType({**_COMMON, **_SHIP_NOTICE}),
        DocumentKind.INVOICE: MappingProxyType({**_COMMON, **_INVOICE}),
    }
)

#: Without these a document of the kind is not usable; a layout must fill them by a column.
INDISPENSABLE: Mapping[DocumentKind, tuple[str, ...]] = MappingProxyType(
    {
        DocumentKind.ORDER: ("number", "line.quantity"),
        DocumentKind.SHIP_NOTICE: ("number", "line.quantity"),
        DocumentKind.INVOICE: ("number", "date"),
    }
)


def types_of(kind: DocumentKind, field: str) -> frozenset[ColumnType]:
    """The column types that may fill `field` in a document of `kind`; empty if there is no such field."""
    if _REFERENCE.fullmatch(field):
        return TEXTS
    return FIELDS[kind].get(field, frozenset())


def is_line_field(field: str) -> bool:
    """True if the field may differ from row to row of one document."""
    return field.startswith("line.")
