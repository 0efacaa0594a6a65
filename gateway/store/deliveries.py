"""Deliveries and consignments: what goes to which destination, in which attempt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, case, delete, func, insert, select, update

from gateway.store.core import ACCEPTED_IDENTITY as IDENTITY
from gateway.store.core import (
    CONSIGNMENT,
    DELIVERY,
    DESTINATION,
    DOCUMENT,
    SCHEDULE_SLOT,
    TASK,
    insert_first,
    inserting,
)
from outbound.breaker import Breaker


@dataclass(frozen=True, slots=True)
class Accepted:
    """How often a business identity was handed on. in_force: False if all of them were rejected since."""

    version: int = 0
    in_force: bool = False


_ACCEPTED = (  # here and below: what every file asks is built once, which costs more than asking
    select(
        IDENTITY.c.identity,
        func.max(IDENTITY.c.version).label("version"),
        func.sum(case((DOCUMENT.c.state == "rejected", 0), else_=1)).label("in_force"),
    )
    .select_from(IDENTITY.join(DOCUMENT, IDENTITY.c.document_id == DOCUMENT.c.id))
    .where(IDENTITY.c.identity.in_(bindparam("identities", expanding=True)))
    .group_by(IDENTITY.c.identity)
)


def accepted_versions(view: Connection, identities: Sequence[str]) -> dict[str, Accepted]:
    """How each business identity was handed on already; those never seen are left out."""
    rows = view.execute(_ACCEPTED, {"identities": list(identities)})
    return {row.identity: Accepted(row.version, row.in_force > 0) for row in rows}


def accept_identities(tx: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Claim (identity, version) for documents; a version that is taken raises an integrity error."""
    if rows:
        tx.execute(inserting(IDENTITY), list(rows))


def take_over_identities(tx: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Give versions that are taken to the documents that supersede their holders."""
    for row in rows:
        tx.execute(
            update(IDENTITY)
            .where(IDENTITY.c.identity == row["identity"], IDENTITY.c.version == row["version"])
            .values(document_id=row["document_id"])
        )


def version_of(view: Connection, document: str, identity: str) -> int | None:
    """The accepted version of `identity` that a document holds, None if it was never handed on as that."""
    return view.execute(
        select(func.max(IDENTITY.c.version)).where(
            IDENTITY.c.document_id == document, IDENTITY.c.identity == identity
        )
    ).scalar_one_or_none()


def identity_of_document(view: Connection, document: str) -> str | None:
    """The business identity under which a document was handed on, None if it was not."""
    return view.execute(
        select(IDENTITY.c.identity).where(IDENTITY.c.document_id == document).limit(1)
    ).scalar_one_or_none()


def insert_deliveries(
    tx: Connection, deliveries: Sequence[dict[str, Any]], consignments: Sequence[dict[str, Any]]
) -> None:
    """Add deliveries and the consignments they are packed in."""
    if consignments:
        tx.execute(inserting(CONSIGNMENT), list(consignments))
    if deliveries:
        tx.execute(inserting(DELIVERY), list(deliveries))


@dataclass(frozen=True, slots=True)
class Packed:
    """A consignment as the deliver stage needs it.

    attempts_before: of its attempts, those that do not count towards the most that are allowed.
    breaker: of its destination, as it was when this was read, or when its attempt began.
    """

    id: str
    partner: str | None
    destination: str
    kind: str
    environment: str
    key: str
    file_name: str
    is_batch: bool
    state: str
    attempts: int
    attempts_before: int
    sha256: str | None
    shaped_by: str | None
    breaker: Breaker


_BREAKER = ("breaker", "failures", "openings", "last_failed", "probe", "probe_at")


_ALL_PACKED = select(
    CONSIGNMENT.c.id,
    CONSIGNMENT.c.partner,
    CONSIGNMENT.c.destination,
    CONSIGNMENT.c.kind,
    CONSIGNMENT.c.environment,
    CONSIGNMENT.c.key,
    CONSIGNMENT.c.file_name,
    CONSIGNMENT.c.is_batch,
    CONSIGNMENT.c.state,
    CONSIGNMENT.c.attempts,
    CONSIGNMENT.c.attempts_before,
    CONSIGNMENT.c.sha256,
    CONSIGNMENT.c.shaped_by,
    func.coalesce(DESTINATION.c.state, "closed").label("breaker"),
    func.coalesce(DESTINATION.c.failures, 0).label("failures"),
    func.coalesce(DESTINATION.c.openings, 0).label("openings"),
    DESTINATION.c.last_failed,
    DESTINATION.c.probe,
    DESTINATION.c.probe_at,
).select_from(CONSIGNMENT.outerjoin(DESTINATION, CONSIGNMENT.c.destination == DESTINATION.c.id))
_PACKED = _ALL_PACKED.where(CONSIGNMENT.c.id == bindparam("consignment"))
_PACKED_ONES = _ALL_PACKED.where(CONSIGNMENT.c.id.in_(bindparam("consignments", expanding=True)))


def consignment(view: Connection, consignment_id: str) -> Packed:
    """One consignment."""
    return _packed(view.execute(_PACKED, {"consignment": consignment_id}).one())


def consignments(view: Connection, ids: Sequence[str]) -> dict[str, Packed]:
    """Consignments by id."""
    rows = view.execute(_PACKED_ONES, {"consignments": list(ids)})
    return {row.id: _packed(row) for row in rows}


def _packed(row: Row[*tuple[Any, ...]]) -> Packed:
    known = dict(row._mapping)
    breaker = Breaker(*[known.pop(name) for name in _BREAKER])
    return Packed(**known, breaker=breaker)


#: The order in which documents came; it never changes, so that a consignment is always the same list.
_AS_THEY_CAME = (DELIVERY.c.created_at, DOCUMENT.c.transmission_id, DOCUMENT.c.sequence, DELIVERY.c.id)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A document in a consignment. key: of its delivery. canonical: its JSON. transmission: it came in."""

    id: str
    key: str
    canonical: str
    transmission: str


_LOADED = (
    select(
        DOCUMENT.c.id,
        DELIVERY.c.key,
        DOCUMENT.c.canonical,
        DOCUMENT.c.transmission_id,
        DELIVERY.c.consignment_id,
    )
    .select_from(DELIVERY.join(DOCUMENT, DELIVERY.c.document_id == DOCUMENT.c.id))
    .where(
        DELIVERY.c.consignment_id.in_(bindparam("consignments", expanding=True)), DELIVERY.c.state == "packed"
    )
    .order_by(*_AS_THEY_CAME)
)


def documents_in(view: Connection, *consignments: str) -> dict[str, list[Loaded]]:
    """The documents in each of these consignments, always in the same order."""
    loaded: dict[str, list[Loaded]] = {one: [] for one in consignments}
    for *document, consignment in view.execute(_LOADED, {"consignments": list(consignments)}):
        loaded[consignment].append(Loaded(*document))
    return loaded


def undate(tx: Connection, consignment_id: str) -> None:
    """A consignment that waits for something else than a time has no next time."""
    tx.execute(update(CONSIGNMENT).where(CONSIGNMENT.c.id == consignment_id).values(next_at=None))


@dataclass(frozen=True, slots=True)
class Share:
    """A document's place in a consignment. id: of its delivery."""

    id: str
    document_id: str
    key: str
    number: str


def shares_of(view: Connection, consignment_id: str) -> list[Share]:
    """The deliveries in a consignment, in the order of its documents."""
    rows = view.execute(
        select(DELIVERY.c.id, DELIVERY.c.document_id, DELIVERY.c.key, DOCUMENT.c.number)
        .select_from(DELIVERY.join(DOCUMENT, DELIVERY.c.document_id == DOCUMENT.c.id))
        .where(DELIVERY.c.consignment_id == consignment_id, DELIVERY.c.state == "packed")
        .order_by(*_AS_THEY_CAME)
    )
    return [Share(**row._mapping) for row in rows]


def note_result(tx: Connection, delivery: str, outcome: str, reference: str) -> None:
    """Keep what the far end said of one document."""
    tx.execute(
        update(DELIVERY).where(DELIVERY.c.id == delivery).values(outcome=outcome, reference=reference or None)
    )


def move_into(tx: Connection, row: dict[str, Any], deliveries: Sequence[str]) -> None:
    """Put packed deliveries into another, new consignment."""
    tx.execute(insert(CONSIGNMENT), [row])
    tx.execute(update(DELIVERY).where(DELIVERY.c.id.in_(deliveries)).values(consignment_id=row["id"]))


def undelivered_documents(view: Connection, *consignments: str) -> list[str]:
    """Documents of delivered consignments of which no other consignment is still under way, each once."""
    rows = view.execute(_undelivered(), {"consignments": list(consignments)}).scalars()
    return list(dict.fromkeys(rows))


@cache
def _undelivered() -> Select[Any]:
    other, carrier = DELIVERY.alias("other"), CONSIGNMENT.alias("carrier")
    under_way = (
        select(other.c.id)
        .select_from(other.outerjoin(carrier, other.c.consignment_id == carrier.c.id))
        .where(
            other.c.document_id == DELIVERY.c.document_id,
            other.c.id != DELIVERY.c.id,
            other.c.state != "cancelled",
            func.coalesce(carrier.c.state, "waiting").not_in(("delivered", "cancelled")),
        )
    )
    return select(DELIVERY.c.document_id).where(
        DELIVERY.c.consignment_id.in_(bindparam("consignments", expanding=True)),
        DELIVERY.c.state == "packed",
        ~under_way.exists(),
    )


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery that waits for its slot."""

    id: str
    document_id: str
    partner: str | None
    destination: str
    key: str
    kind: str
    environment: str
    number: str


def waiting_for(view: Connection, schedule: str, limit: int) -> list[Waiting]:
    """Deliveries that wait for a slot of `schedule`, oldest first."""
    rows = view.execute(
        select(
            DELIVERY.c.id,
            DELIVERY.c.document_id,
            DELIVERY.c.partner,
            DELIVERY.c.destination,
            DELIVERY.c.key,
            DOCUMENT.c.kind,
            DOCUMENT.c.environment,
            DOCUMENT.c.number,
        )
        .select_from(DELIVERY.join(DOCUMENT, DELIVERY.c.document_id == DOCUMENT.c.id))
        .where(DELIVERY.c.state == "waiting", DELIVERY.c.schedule == schedule)
        .order_by(*_AS_THEY_CAME)
        .limit(limit)
    )
    return [Waiting(**row._mapping) for row in rows]


def pack(tx: Connection, row: dict[str, Any], deliveries: Sequence[str]) -> int:
    """Put waiting deliveries into one new consignment; how many were still waiting."""
    tx.execute(insert(CONSIGNMENT), [row])
    return tx.execute(
        update(DELIVERY)
        .where(DELIVERY.c.id.in_(deliveries), DELIVERY.c.state == "waiting")
        .values(state="packed", consignment_id=row["id"])
    ).rowcount


def fire(tx: Connection, schedule: str, slot: datetime, now: datetime) -> bool:
    """Claim a slot; False if it has fired already, here or on another machine."""
    return insert_first(tx, SCHEDULE_SLOT, {"schedule": schedule, "slot": slot, "fired_at": now})


def fire_only(tx: Connection, schedule: str, slot: datetime, now: datetime) -> bool:
    """Claim a slot as `fire` does, and forget the ones before it: nobody asks for them."""
    tx.execute(delete(SCHEDULE_SLOT).where(SCHEDULE_SLOT.c.schedule == schedule, SCHEDULE_SLOT.c.slot < slot))
    return fire(tx, schedule, slot, now)


def last_slot(view: Connection, schedule: str) -> datetime | None:
    """The newest slot of `schedule` that has fired, None if none has."""
    slot = SCHEDULE_SLOT.c
    return view.execute(select(func.max(slot.slot)).where(slot.schedule == schedule)).scalar_one_or_none()


def waiting_schedules(view: Connection) -> set[str]:
    """Names of schedules that something waits for, and that nobody is packing or failed to pack."""
    packing = select(TASK.c.subject).where(TASK.c.stage == "pack", TASK.c.state != "done")
    waiting = select(DELIVERY.c.schedule).where(
        DELIVERY.c.state == "waiting", DELIVERY.c.schedule.not_in(packing)
    )
    return set(view.execute(waiting.distinct()).scalars())


def cancelled_consignments(view: Connection, document: str) -> list[str]:
    """The newest consignment of a document at each destination, where a person took that back."""
    rows = view.execute(
        select(CONSIGNMENT.c.id, CONSIGNMENT.c.destination, CONSIGNMENT.c.state)
        .join(DELIVERY, DELIVERY.c.consignment_id == CONSIGNMENT.c.id)
        .where(DELIVERY.c.document_id == document)
        .order_by(CONSIGNMENT.c.created_at, CONSIGNMENT.c.id)
    )
    newest = {row.destination: row for row in rows}
    return [row.id for row in newest.values() if row.state == "cancelled"]


@dataclass(frozen=True, slots=True)
class Carrier:
    """A consignment that carries a document to a destination. reference: of the far end, of the document."""

    id: str
    destination: str
    reference: str | None
    delivered_at: datetime | None


def carriers_of(view: Connection, document: str) -> list[Carrier]:
    """The newest consignment of a document at each destination, by destination."""
    rows = view.execute(
        select(
            CONSIGNMENT.c.id,
            CONSIGNMENT.c.destination,
            func.coalesce(DELIVERY.c.reference, CONSIGNMENT.c.reference).label("reference"),
            CONSIGNMENT.c.delivered_at,
        )
        .join(DELIVERY, DELIVERY.c.consignment_id == CONSIGNMENT.c.id)
        .where(DELIVERY.c.document_id == document)
        .order_by(CONSIGNMENT.c.destination, CONSIGNMENT.c.created_at)
    )
    newest = {row.destination: Carrier(**row._mapping) for row in rows}
    return list(newest.values())


def documents_at(view: Connection, destinations: Sequence[str], after: str, limit: int) -> list[str]:
    """Documents that any of these destinations was or will be given, by id, behind `after`."""
    rows = view.execute(
        select(DELIVERY.c.document_id)
        .distinct()
        .where(DELIVERY.c.destination.in_(destinations), DELIVERY.c.document_id > after)
        .order_by(DELIVERY.c.document_id)
        .limit(limit)
    )
    return list(rows.scalars())


def delivered_somewhere(view: Connection, documents: Sequence[str]) -> set[str]:
    """Of these documents those that a destination has taken."""
    return set(
        view.execute(
            select(DELIVERY.c.document_id)
            .join(CONSIGNMENT, DELIVERY.c.consignment_id == CONSIGNMENT.c.id)
            .where(DELIVERY.c.document_id.in_(documents), CONSIGNMENT.c.state == "delivered")
        ).scalars()
    )


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which dead letters are meant; None means any. cause: the catalogue's code, "" for those without."""

    cause: str | None = None
    destination: str | None = None
    partner: str | None = None


def dead_letters(view: Connection, chosen: Chosen, limit: int, after: str = "") -> list[str]:
    """Ids of dead letters by id, those after `after`."""
    wanted = [CONSIGNMENT.c.state == "dead", CONSIGNMENT.c.id > after]
    if chosen.cause is not None:
        wanted.append(func.coalesce(CONSIGNMENT.c.cause, "") == chosen.cause)
    if chosen.destination is not None:
        wanted.append(CONSIGNMENT.c.destination == chosen.destination)
    if chosen.partner is not None:
        wanted.append(CONSIGNMENT.c.partner == chosen.partner)
    query = select(CONSIGNMENT.c.id).where(*wanted).order_by(CONSIGNMENT.c.id).limit(limit)
    return list(view.execute(query).scalars())


def documents_of(view: Connection, consignment_id: str) -> list[str]:
    """Ids of the documents in a consignment."""
    return list(
        view.execute(
            select(DELIVERY.c.document_id).where(DELIVERY.c.consignment_id == consignment_id)
        ).scalars()
    )


def next_generation(view: Connection, document: str) -> int:
    """How often a document was sent on already: the generation of its next delivery."""
    newest = view.execute(
        select(func.max(DELIVERY.c.generation)).where(DELIVERY.c.document_id == document)
    ).scalar_one_or_none()
    return 0 if newest is None else int(newest) + 1
