"""The kinds of canonical documents: their names, their classes, the versions of their schemas."""

from __future__ import annotations

from collections.abc import Mapping

from parsers.record import record
from translators.canonical.document import Document
from translators.canonical.inventory import Inventory
from translators.canonical.invoice import Invoice
from translators.canonical.order import Order
from translators.canonical.order_change import OrderChange, OrderChangeResponse
from translators.canonical.order_response import OrderResponse
from translators.canonical.remittance import Remittance
from translators.canonical.ship_notice import ShipNotice


@record
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
        Kind("order", Order, "1.1.0"),
        Kind("ship_notice", ShipNotice, "1.1.0"),
        Kind("invoice", Invoice, "1.1.0"),
        Kind("order_response", OrderResponse, "1.0.0"),
        Kind("order_change", OrderChange, "1.0.0"),
        Kind("order_change_response", OrderChangeResponse, "1.0.0"),
        Kind("remittance", Remittance, "1.0.0"),
        Kind("inventory", Inventory, "1.0.0"),
    )
}

_BY_TYPE = {kind.type: kind for kind in KINDS.values()}

#: Fields that a reader looks for first; they lead in JSON.
LEADING = ("number", "type", "purpose", "date", "usage", "source")


def kind_of(document: Document) -> Kind:
    """The kind of a document. KeyError for a class that is no kind."""
    return _BY_TYPE[type(document)]
