"""What booking a document of any kind has in common: whose it is, and making a record only once.

Tryton knows no idempotency keys. A record that we make carries our key in its description, and is
looked for before it is made. Two of our processes that get past that look at the same time see
each other's record by a second look, and both withdraw: a later attempt makes one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar

from outbound.connector import Carried, Consignment, Refused
from outbound.refusals import Words, refused, try_later
from outbound.tryton.client import Record, Tryton
from outbound.tryton.lacking import Lacking
from outbound.tryton.master_data import MasterData
from outbound.tryton.memory import Asking
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
    asking: Asking, consignment: Consignment, carried: Carried, document: AnyDocument, number: str
) -> Booking[AnyDocument]:
    """The booking of one document of a consignment."""
    partner = consignment.attributes.get("partner", "")
    sender = (document.source.sender or "").rpartition(":")[2]
    master = MasterData(asking, consignment.crosswalk, partner, sender, Lacking())
    return Booking(asking.tryton, document, carried.key, number, master)


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
    number = made["id"]
    mark = [["description", "=", one.mark]]
    insist_on_one(one.tryton, model, number, mark, lambda: one.tryton.delete(model, number))
    return made


def insist_on_one(
    tryton: Tryton, model: str, made: int, domain: Sequence[object], withdraw: Callable[[], object]
) -> None:
    """Look again after making a record. If another is there, withdraw ours and raise TryLater."""
    if tryton.search(model, [*domain, ["id", "!=", made]], ["id"]):
        withdraw()
        raise try_later("OUT-106", endpoint_wide=False)


def advance(
    tryton: Tryton, model: str, record: Record, buttons: Mapping[str, str], fields: Sequence[str]
) -> Record:
    """Press buttons until the record is in a state that has none; each step looks at the state it finds.

    buttons: by state. Raises Refused if Tryton does not accept a step, unless another process has
    taken it meanwhile.
    """
    while record["state"] in buttons:
        try:
            record = tryton.press(model, record["id"], buttons[record["state"]], fields)
        except Refused as refusal:
            now = tryton.search(model, [["id", "=", record["id"]]], fields)
            if refusal.endpoint_wide or not now or now[0]["state"] == record["state"]:
                raise
            record = now[0]
    return record


def unit_price(price: Price | None, name: str) -> Decimal:
    """The price of one unit. Raises Refused if the document has none that can be counted by."""
    if price is None:
        raise refused("OUT-107", reason=f"{name} has no price")
    if not price.per:
        basis = price.basis.meaning or price.basis.code if price.basis else ""
        raise refused("OUT-107", reason=f"the price of {name} has the basis “{basis}”")
    amount = price.amount.amount / price.per
    return Decimal(format(amount.normalize(), "f"))
