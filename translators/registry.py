"""Which function translates what: (standard, set or document kind) to its translator.

A new set is one file and one line here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from parsers.delimited.document import DelimitedDocument
from parsers.x12.model import GroupHeader, InterchangeHeader, TransactionSet
from translators import delimited_invoice, delimited_order, delimited_ship_notice, x12_810, x12_850, x12_856
from translators.translation import Translation


@dataclass(frozen=True, slots=True)
class Translator:
    """kind: the canonical document it gives. read: see the translator's own `read`.

    X12 translators take (TransactionSet, InterchangeHeader, GroupHeader); delimited ones
    (DelimitedDocument, name of the layout, usage of the channel). All return a `Translation` and
    never raise on partner data.
    """

    kind: str
    read: Callable[..., Translation]


TRANSLATORS: Mapping[tuple[str, str], Translator] = {
    ("x12", "850"): Translator("order", x12_850.read),
    ("x12", "856"): Translator("ship_notice", x12_856.read),
    ("x12", "810"): Translator("invoice", x12_810.read),
    ("csv", "order"): Translator("order", delimited_order.read),
    ("csv", "ship_notice"): Translator("ship_notice", delimited_ship_notice.read),
    ("csv", "invoice"): Translator("invoice", delimited_invoice.read),
}


def kind_of(standard: str, set_id: str) -> str | None:
    """The canonical kind ("order") of a set or of a delimited document, None if we translate none."""
    translator = TRANSLATORS.get((standard, set_id))
    return None if translator is None else translator.kind


def translate_x12(
    transaction_set: TransactionSet, header: InterchangeHeader, group: GroupHeader
) -> Translation | None:
    """The set as our business sees it, None if we translate no such set."""
    translator = TRANSLATORS.get(("x12", transaction_set.set_id))
    return None if translator is None else translator.read(transaction_set, header, group)


def translate_delimited(document: DelimitedDocument, layout: str, usage: str) -> Translation:
    """The document of a delimited file as our business sees it.

    layout: name of the layout that read it. usage: of the channel, "production" or "test".
    """
    return TRANSLATORS["csv", document.kind.value].read(document, layout, usage)
