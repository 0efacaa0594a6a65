"""Which function translates what: (standard, set or document kind) to its translator.

A new set is one file and one line here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from parsers.delimited.document import DelimitedDocument
    from parsers.x12.definition import SetDefinition
    from parsers.x12.model import GroupHeader, InterchangeHeader, TransactionSet
    from translators.canonical.document import Document
    from translators.translation import Translation
    from translators.x12_write_elements import Form
    from translators.x12_writing import Written


@dataclass(frozen=True, slots=True)
class Translator:
    """kind: the canonical document it gives. module: in this package, loaded with its first document."""

    kind: str
    module: str

    def read(self, *arguments: object) -> Translation:
        """What the module's `read` gives.

        X12 translators take (TransactionSet, InterchangeHeader, GroupHeader); delimited ones
        (DelimitedDocument, name of the layout, usage of the channel). All return a `Translation`
        and never raise on partner data.
        """
        translation: Translation = import_module(f"translators.{self.module}").read(*arguments)
        return translation

    def write(self, document: Document, definition: SetDefinition, form: Form) -> Written:
        """The document as a set: what `write` of the module's own writer, "<module>_write", gives.

        Only of X12; what we are sent in files of columns we do not write.
        """
        written: Written = import_module(f"translators.{self.module}_write").write(document, definition, form)
        return written


TRANSLATORS: Mapping[tuple[str, str], Translator] = {
    ("x12", "850"): Translator("order", "x12_850"),
    ("x12", "856"): Translator("ship_notice", "x12_856"),
    ("x12", "810"): Translator("invoice", "x12_810"),
    ("x12", "855"): Translator("order_response", "x12_855"),
    ("x12", "860"): Translator("order_change", "x12_860"),
    ("x12", "865"): Translator("order_change_response", "x12_865"),
    ("x12", "820"): Translator("remittance", "x12_820"),
    ("x12", "846"): Translator("inventory", "x12_846"),
    ("csv", "order"): Translator("order", "delimited_order"),
    ("csv", "ship_notice"): Translator("ship_notice", "delimited_ship_notice"),
    ("csv", "invoice"): Translator("invoice", "delimited_invoice"),
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
