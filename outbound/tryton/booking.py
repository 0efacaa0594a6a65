"""What booking a document of any kind has in common: whose it is, and making a record only once.

Tryton knows no idempotency keys. A record that we make carries our key in its description, and is
looked for before it is made. Two of our processes that get past that look at the same time see
each other's record by a second look, and both withdraw: a later attempt makes one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar

from outbound.connector import Carried, Consignment
from outbound.refusals import Words, refused, try_later
from outbound.tryton.client import Record, Tryton
from outbound.tryton.lacking import Lacking
from outbound.tryton.master_data import MasterData
from translators.canonical.commerce import Price
from translators.canonical.document import Document

AnyDocument = TypeVar("AnyDocument", bound=Document)
#: What a record's description begins with that the gateway made; the document's key follows.
MARK = "tradepost "


@dataclass(frozen=True, slots=True)
class Booking(Generic[AnyDocument]):
    """One document on its way into Tryton."""

    tryton: Tryton
    document: AnyDocument
    key: str
    number: str
    master: MasterData

    @property
    def mark(self) -> str:
        """The description of the record that stands for this document."""
        return MARK + self.key

    @property
    def lacking(self) -> Lacking:
        """What is missing so far."""
        return self.master.lacking


@dataclass(frozen=True, slots=True)
class Booked:
    """The record that stands for a document. found: True if it was there before this attempt."""

    record: Record
    found: bool


def booking(
    tryton: Tryton, consignment: Consignment, carried: Carried, document: AnyDocument, number: str
) -> Booking[AnyDocument]:
    """The booking of one document of a consignment."""
    partner = consignment.attributes.get("partner", "")
    sender = (document.source.sender or "").rpartition(":")[2]
    master = MasterData(tryton, consignment.crosswalk, partner, sender, Lacking())
    return Booking(tryton, document, carried.key, number, master)


def find(
    one: Booking[AnyDocument], model: str, domain: Sequence[object], fields: Sequence[str]
) -> Record | None:
    """The record that stands for the document, None if there is none yet.

    domain: what business identity means for the model: party and reference.
    Raises Refused if somebody else has booked the same: making ours would make it two.
    """
    known = one.tryton.search(model, domain, [*fields, "description", "rec_name"])
    ours = [record for record in known if record["description"] == one.mark]
    if ours:
        return ours[0]
    strangers = [record for record in known if not (record["description"] or "").startswith(MARK)]
    if strangers:
        names = ", ".join(record["rec_name"] for record in strangers)
        raise refused("OUT-105", number=one.number, records=Words(names))
    return None


def make(one: Booking[AnyDocument], model: str, values: Record, fields: Sequence[str]) -> Record:
    """The record, made with our mark; see the head of this page. Raises TryLater if a twin was made."""
    made = one.tryton.create(model, {**values, "description": one.mark}, fields)
    withdraw_twin(one.tryton, model, made["id"], [["description", "=", one.mark]])
    return made


def withdraw_twin(tryton: Tryton, model: str, made: int, domain: Sequence[object]) -> None:
    """Take back what was made just now if the second look shows another. Raises TryLater then."""
    if tryton.search(model, [*domain, ["id", "!=", made]], ["id"]):
        tryton.delete(model, made)
        raise try_later("OUT-106", endpoint_wide=False)


def unit_price(price: Price | None, name: str) -> Decimal:
    """The price of one unit. Raises Refused if the document has none that can be counted by."""
    if price is None:
        raise refused("OUT-107", reason=f"{name} has no price")
    if not price.per:
        basis = price.basis.meaning or price.basis.code if price.basis else ""
        raise refused("OUT-107", reason=f"the price of {name} has the basis “{basis}”")
    amount = price.amount.amount / price.per
    return Decimal(format(amount.normalize(), "f"))
