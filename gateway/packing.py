"""Packing: deliveries and consignments of documents that go on, at once or in the slots of a schedule.

All functions run inside the caller's write transaction and do no other I/O.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sqlalchemy import Connection

from gateway.errors import Overtaken
from gateway.ports import Job
from gateway.routing import may_take
from gateway.store import deliveries, readings, turns
from gateway.store.deliveries import Waiting
from gateway.store.identity import business_identity, following
from gateway.store.moves import Act
from gateway.store.readings import Settled
from gateway.store.rows import ENVIRONMENTS
from outbound.schedule import batches
from partners.directory import Directory
from partners.profile import Destination, DocumentRule, Schedule

_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")
MAX_NAME_CHARS = 40
SHORT_KEY_CHARS = 12


@dataclass(frozen=True, slots=True)
class Ready:
    """A document that goes on. key: of its business identity and version. destinations: one or several."""

    id: str
    kind: str
    number: str
    key: str
    rule: DocumentRule
    destinations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lot:
    """What consignments packed together have in common. size: the most documents in one.

    shaped_by: the profiles whose form they take, None for those in force.
    """

    partner: str | None
    destination: str
    form: str
    kind: str
    environment: str
    size: int
    shaped_by: str | None = None


@dataclass(frozen=True, slots=True)
class Slots:
    """A schedule under the name by which its slots fire. partner: None for a destination's own."""

    name: str
    partner: str | None
    schedule: Schedule


#: The purchase orders that documents are about, by document id.
Orders = Mapping[str, set[str]]


@dataclass(frozen=True, slots=True)
class _Taker:
    """Who takes what waited for a slot. destination: None if the profiles name it no more: then its
    deliveries end as dead letters that say so. size: the most documents in one consignment.
    """

    name: str
    destination: Destination | None
    size: int

    @property
    def form(self) -> str:
        return self.destination.format if self.destination else ""


def schedule_of(rule: DocumentRule, destination: Destination) -> Schedule:
    """When documents of a rule go to a destination: as the destination says, else as the rule does."""
    return destination.schedule or rule.schedule


def schedule_name(partner: str, rule: DocumentRule, destination: Destination) -> str:
    """The name under which slots fire for a rule's documents at a destination; "" for at once."""
    if schedule_of(rule, destination).kind == "at_once":
        return ""
    if destination.schedule is not None:
        return f"destination/{destination.name}"
    versions = f"@{'+'.join(rule.versions)}" if rule.versions else ""
    return f"{partner}/{rule.standard}/{rule.set or rule.layout}{versions}/{destination.name}"


def slots(directory: Directory) -> Iterator[Slots]:
    """Every schedule that fires, by the name that deliveries wait for."""
    for destination in directory.destinations.values():
        for partner in directory.partners:
            for rule in partner.documents:
                name = schedule_name(partner.partner, rule, destination)
                if name and may_take(destination, partner.partner, rule):
                    whose = None if destination.schedule else partner.partner
                    yield Slots(name, whose, schedule_of(rule, destination))


@dataclass(slots=True)
class Plan:
    """Deliveries and consignments of documents that go on, gathered and then written together.

    lanes: those in which consignments have turns, by consignment, in the order in which turns are given.
    """

    deliveries: list[dict[str, Any]] = field(default_factory=list)
    consignments: list[dict[str, Any]] = field(default_factory=list)
    lanes: dict[str, set[str]] = field(default_factory=dict)
    jobs: list[Job] = field(default_factory=list)

    def write(self, tx: Connection) -> list[Job]:
        """Write what was gathered; the jobs that follow."""
        deliveries.insert_deliveries(tx, self.deliveries, self.consignments)
        turns.give(tx, self.lanes)
        return self.jobs


def dispatch(
    tx: Connection,
    act: Act,
    directory: Directory,
    settled: Settled,
    ready: Sequence[Ready],
    generation: int = 0,
) -> list[Job]:
    """Create the deliveries of documents that go on: packed at once, or waiting for their slot."""
    plan = Plan()
    plan_deliveries(tx, plan, act, directory, settled, ready, generation)
    return plan.write(tx)


def plan_deliveries(
    view: Connection,
    plan: Plan,
    act: Act,
    directory: Directory,
    settled: Settled,
    ready: Sequence[Ready],
    generation: int = 0,
) -> None:
    """Add to `plan` the deliveries of an interchange's documents. Writes nothing."""
    for name in dict.fromkeys(name for document in ready for name in document.destinations):
        destination = directory.destinations[name]
        those = [document for document in ready if name in document.destinations]
        for (rule, kind), group in groupby(those, key=lambda document: (document.rule, document.kind)):
            together = list(group)
            schedule = schedule_name(settled.partner or "", rule, destination)
            rows = [_delivery(act, settled, one, name, schedule, generation) for one in together]
            plan.deliveries += rows
            if schedule:
                continue
            lot = Lot(
                partner=settled.partner,
                destination=name,
                form=destination.format,
                kind=kind,
                environment=ENVIRONMENTS.get(settled.usage, "production"),
                size=schedule_of(rule, destination).batch_size,
                shaped_by=settled.profile_version if settled.as_then else None,
            )
            _pack_now(view, plan, act, destination, lot, together, rows)


def _pack_now(
    view: Connection,
    plan: Plan,
    act: Act,
    destination: Destination,
    lot: Lot,
    documents: Sequence[Ready],
    rows: Sequence[dict[str, Any]],
) -> None:
    numbers = {document.id: document.number for document in documents}
    orders = _orders(view, destination, numbers)
    for batch in batches(rows, lot.size):
        packed = _consignment(act, lot, batch, numbers[batch[0]["document_id"]])
        for row in batch:
            row.update(state="packed", consignment_id=packed["id"])
        plan.consignments.append(packed)
        carried = (row["document_id"] for row in batch)
        plan.lanes[packed["id"]] = _lanes(destination, lot.partner, orders, carried)
        plan.jobs.append(Job("deliver", packed["id"], partner=lot.partner))


def pack_chunk(
    tx: Connection, act: Act, directory: Directory, schedule: str, waiting: Sequence[Waiting]
) -> list[Job]:
    """Pack deliveries that waited for a slot, in batches of what their schedule allows.

    Where order is kept, a batch ends where another kind of document begins.
    """
    size = next((one.schedule.batch_size for one in slots(directory) if one.name == schedule), 1)
    jobs: list[Job] = []
    for name, group in groupby(
        sorted(waiting, key=lambda one: one.destination), key=lambda one: one.destination
    ):
        destination = directory.destinations.get(name)
        those = list(group)
        orders = _orders(tx, destination, [one.document_id for one in those])
        if destination is None or destination.order == "none":
            those.sort(key=_alike)
        for _, alike in groupby(those, key=_alike):
            jobs += [
                _pack_waiting(tx, act, schedule, _Taker(name, destination, size), batch, orders)
                for batch in batches(list(alike), size)
            ]
    return jobs


def _pack_waiting(
    tx: Connection, act: Act, schedule: str, to: _Taker, batch: Sequence[Waiting], orders: Orders
) -> Job:
    first = batch[0]
    lot = Lot(first.partner, to.name, to.form, first.kind, first.environment, to.size)
    packed = _consignment(act, lot, [{"id": one.id, "key": one.key} for one in batch], first.number)
    if deliveries.pack(tx, packed, [one.id for one in batch]) != len(batch):
        raise Overtaken(f"another slot of {schedule} has packed some of these")
    lanes = {lane for one in batch for lane in _lanes(to.destination, one.partner, orders, [one.document_id])}
    turns.give(tx, {packed["id"]: lanes})
    return Job("deliver", packed["id"], partner=lot.partner)


def _alike(one: Waiting) -> tuple[str, str]:
    return one.kind, one.environment


def _orders(tx: Connection, destination: Destination | None, documents: Iterable[str]) -> Orders:
    if destination is None or destination.order != "order":
        return {}
    return readings.order_numbers(tx, list(documents))


def _lanes(
    destination: Destination | None,
    partner: str | None,
    orders: Orders,
    documents: Iterable[str],
) -> set[str]:
    """The lanes in which a consignment has its turn; none where no order is asked for."""
    if destination is None or destination.order == "none":
        return set()
    lane = f"{destination.name}/{partner or ''}"
    if destination.order == "partner":
        return {lane}
    return {f"{lane}/{number}" for document in documents for number in orders.get(document, ())}


def _delivery(
    act: Act, settled: Settled, ready: Ready, destination: str, schedule: str, generation: int
) -> dict[str, Any]:
    return {
        "id": following("dl", ready.id, destination, generation),
        "document_id": ready.id,
        "destination": destination,
        "generation": generation,
        "partner": settled.partner,
        "schedule": schedule,
        "key": ready.key,
        "consignment_id": None,
        "state": "waiting",
        "created_at": act.at,
    }


def _consignment(act: Act, lot: Lot, rows: Sequence[dict[str, Any]], number: str) -> dict[str, Any]:
    """A consignment of one or several deliveries. One document lends its key; a batch has its own.

    number: business number of the first document, for the file's name.
    """
    keys = [row["key"] for row in rows]
    first, *others = [row["id"] for row in rows]
    key = keys[0] if len(keys) == 1 else business_identity(*keys)[:32]
    label = _UNSAFE.sub("-", number)[:MAX_NAME_CHARS].strip(".-") if len(keys) == 1 else f"batch-{len(keys)}"
    name = "_".join(part for part in (lot.kind, lot.partner or "", label, _short(key)) if part)
    return {
        "id": following("cs", first, lot.destination, *others),
        "partner": lot.partner,
        "destination": lot.destination,
        "kind": lot.kind,
        "environment": lot.environment,
        "key": f"{lot.destination}.{key}",
        "file_name": f"{name}.{lot.form}".rstrip("."),
        "is_batch": lot.size > 1,
        "state": "due",
        "attempts": 0,
        "shaped_by": lot.shaped_by,
        "created_at": act.at,
    }


def _short(key: str) -> str:
    """The beginning of a key and its version: a later version is another file."""
    identity, _, version = key.rpartition("-")
    return f"{identity[:SHORT_KEY_CHARS]}-{version}" if identity else key[:SHORT_KEY_CHARS]
