"""Which function translates what: (standard, set or document kind) to its translator.

A new set is one file and one line here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from itertools import count
from typing import TYPE_CHECKING, Any

from parsers.record import record

if TYPE_CHECKING:
    from parsers.delimited.document import DelimitedDocument
    from parsers.x12.definition import SetDefinition
    from parsers.x12.model import GroupHeader, InterchangeHeader, TransactionSet
    from translators.canonical.document import Document
    from translators.translation import Prepared, Translation
    from translators.x12_shapes import SetShape
    from translators.x12_write_elements import Form
    from translators.x12_writing import Written


@cache
def _module(name: str) -> Any:
    """A module of this package, loaded when it is first needed."""
    return import_module(f"translators.{name}")


#: A set of this size is worth a form of its own.
LARGE_BYTES = 64 * 1024
#: First sets from which on a process, a gateway most likely, will meet more of them.
FEW = 8
_first_sets = count()


@record
class Translator:
    """kind: the canonical document it gives. module: in this package, loaded with its first document.

    learned: True if forms are learned from it; the module's `SHAPE` says how its sets are built.
    """

    kind: str
    module: str
    learned: bool = False

    def read(self, *arguments: object) -> Translation:
        """What the module's `read` gives.

        X12 translators take (TransactionSet, InterchangeHeader, GroupHeader); delimited ones
        (DelimitedDocument, name of the layout, usage of the channel). All return a `Translation`
        and never raise on partner data.
        """
        translation: Translation = _module(self.module).read(*arguments)
        return translation

    def prepared(
        self, transaction_set: TransactionSet, header: InterchangeHeader, group: GroupHeader
    ) -> Prepared | None:
        """The same from forms learned of sets before this one; None if they have none for it.

        The first set of a group, unless it is large, is not worth loading the forms for: not before
        this process has met a few.
        """
        if not self.learned:
            return None
        if transaction_set.ordinal == 1 and transaction_set.size < LARGE_BYTES and next(_first_sets) < FEW:
            return None
        forms, shape = _module("learned.forms"), _module(self.module).SHAPE
        prepared: Prepared | None = forms.write(shape, transaction_set, header, group)
        return prepared

    def write(self, document: Document, definition: SetDefinition, form: Form) -> Written:
        """The document as a set: what `write` of the module's own writer, "<module>_write", gives.

        Only of X12; what we are sent in files of columns we do not write.
        """
        written: Written = _module(f"{self.module}_write").write(document, definition, form)
        return written


TRANSLATORS: Mapping[tuple[str, str], Translator] = {
    ("x12", "850"): Translator("order", "x12_850", learned=True),
    ("x12", "856"): Translator("ship_notice", "x12_856", learned=True),
    ("x12", "810"): Translator("invoice", "x12_810", learned=True),
    ("x12", "855"): Translator("order_response", "x12_855", learned=True),
    ("x12", "860"): Translator("order_change", "x12_860", learned=True),
    ("x12", "865"): Translator("order_change_response", "x12_865", learned=True),
    ("x12", "820"): Translator("remittance", "x12_820"),
    ("x12", "846"): Translator("inventory", "x12_846", learned=True),
    ("csv", "order"): Translator("order", "delimited_order"),
    ("csv", "ship_notice"): Translator("ship_notice", "delimited_ship_notice"),
    ("csv", "invoice"): Translator("invoice", "delimited_invoice"),
}


def kind_of(standard: str, set_id: str) -> str | None:
    """The canonical kind ("order") of a set or of a delimited document, None if we translate none."""
    translator = TRANSLATORS.get((standard, set_id))
    return None if translator is None else translator.kind


def shape_of(set_id: str) -> SetShape | None:
    """How documents of a set are built; None if it is translated in another way, or not at all."""
    translator = TRANSLATORS.get(("x12", set_id))
    if translator is None or not translator.learned:
        return None
    shape: SetShape = _module(translator.module).SHAPE
    return shape


def translate_x12(
    transaction_set: TransactionSet, header: InterchangeHeader, group: GroupHeader
) -> Translation | Prepared | None:
    """The set as our business sees it, None if we translate no such set."""
    translator = TRANSLATORS.get(("x12", transaction_set.set_id))
    if translator is None:
        return None
    prepared = translator.prepared(transaction_set, header, group)
    return prepared or translator.read(transaction_set, header, group)


def translate_delimited(document: DelimitedDocument, layout: str, usage: str) -> Translation:
    """The document of a delimited file as our business sees it.

    layout: name of the layout that read it. usage: of the channel, "production" or "test".
    """
    return TRANSLATORS["csv", document.kind.value].read(document, layout, usage)
