"""Delivery to a Tryton: each document is looked for, made if it is not there, and taken through its steps.

Tryton is told one document at a time, in several calls. A crash between any two of them leaves a
record in an early state, which the next attempt finds and goes on with.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zlib import crc32

from outbound.connector import (
    Carried,
    Consignment,
    Holding,
    Outcome,
    Preview,
    Receipt,
    Refused,
    Result,
    TryLater,
)
from outbound.http_door import HIDDEN, HttpDoor
from outbound.refusals import Words, refused
from outbound.tryton import drafts, invoices, sales, shipments
from outbound.tryton.booking import Booked, Booking, booking
from outbound.tryton.client import Record, Tryton
from outbound.tryton.memory import Asking, Memory
from translators.canonical.codec import InvalidCanonical, from_json

#: One document is worked on by one thread of a process at a time; as many may be worked on at once.
LOCKS = 64
#: What a document may meet because something remembered is not so any more: refused, lacking.
MAY_BE_OLD = frozenset({"OUT-100", "OUT-104"})


@dataclass(frozen=True, slots=True)
class TrytonOptions:
    """company: its company's name or code, "" if there is only one. accept_warnings: see `Tryton`.

    order, ship_notice, invoice: the state that a document's record is brought to.
    """

    company: str = ""
    accept_warnings: bool = False
    order: str = "confirmed"
    ship_notice: str = "received"
    invoice: str = "posted"


@dataclass(frozen=True, slots=True)
class Kind:
    """How documents of one kind are booked. model: Tryton's name of what they become."""

    model: str
    book: Callable[[Booking[Any], str], Booked]
    look_up: Callable[[Booking[Any]], Record | None]
    prepared: Callable[[Booking[Any]], Record]
    until: Callable[[TrytonOptions], str]


KINDS: Mapping[str, Kind] = {
    "order": Kind(sales.MODEL, sales.book, sales.look_up, sales.prepared, lambda o: o.order),
    "ship_notice": Kind(
        shipments.MODEL, shipments.book, shipments.look_up, shipments.prepared, lambda o: o.ship_notice
    ),
    "invoice": Kind(drafts.MODEL, invoices.book, invoices.look_up, invoices.prepared, lambda o: o.invoice),
}


class TrytonConnector:
    """A `Connector`, and `Searchable`, over Tryton's REST API."""

    def __init__(self, door: HttpDoor, options: TrytonOptions) -> None:
        self._door = door
        self._options = options
        self._tryton = Tryton(door, options.company, accept_warnings=options.accept_warnings)
        self._memory = Memory()
        self._locks = [threading.Lock() for _ in range(LOCKS)]

    def deliver(self, consignment: Consignment) -> Receipt:
        """See `Connector.deliver`. Of a batch, each document has its own result."""
        if len(consignment.documents) == 1:
            booked = self._book(consignment, consignment.documents[0])
            return Receipt(_outcome(booked), _reference(booked.record), _response([booked.record]))
        return self._deliver_all(consignment)

    def dry_run(self, consignment: Consignment) -> Preview:
        """See `Connector.dry_run`: what would be created, with Tryton's own ids in it."""
        made, models = [], []
        for carried in consignment.documents:
            kind, one = self._booking(consignment, carried)
            made.append(kind.prepared(one))
            models.append(kind.model)
        content = json.dumps(made if len(made) != 1 else made[0], default=str, indent=2).encode()
        action = f"POST {self._door.address()}/rest/model/{', '.join(dict.fromkeys(models))}"
        return Preview(action, content, "application/json", {"Authorization": HIDDEN})

    def look_up(self, consignment: Consignment) -> Holding | None:
        """See `Searchable.look_up`: by our key, or by the supplier's number; None unless all is there."""
        held = []
        for carried in consignment.documents:
            kind, one = self._booking(consignment, carried)
            record = kind.look_up(one)
            if record is None:
                return None
            held.append(record)
        facts = _facts(held[0]) if len(held) == 1 else {}
        return Holding(", ".join(_reference(record) for record in held), facts) if held else None

    def check(self) -> str:
        """See `Connector.check`: the key is good for the company. Nothing is changed."""
        return f"Tryton answers for {self._tryton.company['party']['name']}."

    def close(self) -> None:
        """Nothing is held open between calls."""

    def _deliver_all(self, consignment: Consignment) -> Receipt:
        """Every document of a batch. Raises at once what concerns the whole endpoint."""
        results: dict[str, Result] = {}
        records: list[Record] = []
        for carried in consignment.documents:
            try:
                booked = self._book(consignment, carried)
            except Refused as refusal:
                if refusal.endpoint_wide:
                    raise
                results[carried.id] = Result(Outcome.REJECTED, reason=refusal.reason, code=refusal.code)
            except TryLater as wait:
                if wait.endpoint_wide:
                    raise
                results[carried.id] = Result(Outcome.TRY_LATER, reason=wait.reason, code=wait.code)
            else:
                results[carried.id] = Result(_outcome(booked), _reference(booked.record))
                records.append(booked.record)
        return Receipt(Outcome.ACCEPTED, "", _response(records), results)

    def _book(self, consignment: Consignment, carried: Carried) -> Booked:
        """Book one document; what fails with what was remembered is tried again with what is so now."""
        asking = Asking(self._tryton, self._memory)
        with self._locks[crc32(carried.key.encode()) % LOCKS]:
            try:
                return self._book_by(asking, consignment, carried)
            except (Refused, TryLater) as no:
                self._memory.forget()
                if not asking.recalled or no.code not in MAY_BE_OLD:
                    raise
            return self._book_by(Asking(self._tryton, self._memory), consignment, carried)

    def _book_by(self, asking: Asking, consignment: Consignment, carried: Carried) -> Booked:
        kind, one = self._booking(consignment, carried, asking)
        return kind.book(one, kind.until(self._options))

    def _booking(
        self, consignment: Consignment, carried: Carried, asking: Asking | None = None
    ) -> tuple[Kind, Booking[Any]]:
        """How a document is booked; without `asking`, by what Tryton says now."""
        name = str(carried.value.get("schema", "")).rpartition("-")[0]
        kind = KINDS.get(name)
        if kind is None:
            raise refused("OUT-109", kind=name, kinds=", ".join(KINDS))
        try:
            document = from_json(carried.value)
        except InvalidCanonical as fault:
            raise refused("OUT-107", reason=Words(str(fault))) from fault
        number = carried.value.get("number")
        if not isinstance(number, str):
            raise refused("OUT-107", reason="it has no number")
        asking = asking or Asking(self._tryton, Memory())
        return kind, booking(asking, consignment, carried, document, number)


def _outcome(booked: Booked) -> Outcome:
    return Outcome.DUPLICATE if booked.found else Outcome.ACCEPTED


def _reference(record: Record) -> str:
    """A record as Tryton itself refers to it: "sale.sale,12"."""
    return f"{record['__name__']},{record['id']}"


def _response(records: Sequence[Record]) -> bytes:
    return json.dumps(records if len(records) != 1 else records[0], default=str).encode()


def _facts(record: Record) -> dict[str, str]:
    """What can be compared with what another ERP holds of the same document."""
    lines: list[Record] = record.get("lines") or record.get("incoming_moves") or []
    party: Record = record.get("party") or record.get("supplier") or {}
    quantity = sum((Decimal(line["quantity"] or 0) for line in lines), Decimal(0))
    facts = {
        "number": record.get("reference"),
        "partner": party.get("code"),
        "state": record["state"],
        "lines": len(lines),
        "quantity": format(quantity.normalize(), "f"),
        "total": record.get("total_amount"),
        "currency": (record.get("currency") or {}).get("code"),
    }
    return {name: str(value) for name, value in facts.items() if value is not None}
