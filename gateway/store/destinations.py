"""Destinations as the ledger knows them: how each is doing, what waits for it, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, delete, func, select, update

from gateway.ports import Job
from gateway.store.core import CONSIGNMENT, DESTINATION, PARKED, TASK, insert_absent
from gateway.store.moves import Act, record
from outbound.breaker import Breaker

#: What a parked consignment waits for.
FOR_DESTINATION = "destination"
FOR_TURN = "turn"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a destination is doing.

    cause, reason: why it is not closed. since: in this state, None if it never had a fault.
    by_person: True if a person paused it. credentials: the mark of the secrets it was paused with.
    """

    name: str
    breaker: Breaker = field(default_factory=Breaker)
    cause: str | None = None
    reason: str | None = None
    since: datetime | None = None
    by_person: bool = False
    credentials: str | None = None
    turn_at: datetime | None = None


#: Built once: it runs for every delivery.
_STANDING = select(DESTINATION).where(DESTINATION.c.id == bindparam("wanted"))
_LOCKED = _STANDING.with_for_update()


def standing(view: Connection, name: str, *, lock: bool = False) -> Standing:
    """How a destination is doing. lock: hold its row until the transaction ends."""
    row = view.execute(_LOCKED if lock else _STANDING, {"wanted": name}).one_or_none()
    return Standing(name) if row is None else _standing(row)


def standings(view: Connection) -> dict[str, Standing]:
    """Every destination that ever had a fault, by name."""
    return {row.id: _standing(row) for row in view.execute(select(DESTINATION))}


def _standing(row: Row[Any]) -> Standing:
    breaker = Breaker(row.state, row.failures, row.openings, row.last_failed, row.probe, row.probe_at)
    return Standing(
        row.id, breaker, row.cause, row.reason, row.since, row.by_person, row.credentials, row.turn_at
    )


def locked(tx: Connection, name: str, now: datetime) -> Standing:
    """How a destination is doing, its row made if need be and held until the transaction ends."""
    insert_absent(tx, DESTINATION, [{"id": name, "state": "closed", "since": now, **_FRESH}])
    return standing(tx, name, lock=True)


_FRESH: dict[str, object] = {"failures": 0, "openings": 0, "by_person": False}


def keep(tx: Connection, act: Act, before: Standing, breaker: Breaker, **values: object) -> None:
    """Store what became of a destination that `locked` gave; one event if its state changed.

    An event is named after the new state: destination.paused, .open, .half_open, .closed; the end
    of a pause is destination.resumed.
    """
    changed = breaker.state != before.breaker.state
    if changed:
        values = {"since": act.at, **values}
        resumed = before.breaker.state == "paused"
        action = "destination.resumed" if resumed else f"destination.{breaker.state}"
        after = breaker.state
        record(tx, act, action, "destination", before.name, before=before.breaker.state, after=after)
    fields = {
        "state": breaker.state,
        "failures": breaker.failures,
        "openings": breaker.openings,
        "last_failed": breaker.last_failed,
        "probe": breaker.probe,
        "probe_at": breaker.probe_at,
    }
    tx.execute(update(DESTINATION).where(DESTINATION.c.id == before.name).values(**fields, **values))


def set_turn(tx: Connection, name: str, turn_at: datetime) -> None:
    """When the next delivery to a destination that `locked` gave may begin."""
    tx.execute(update(DESTINATION).where(DESTINATION.c.id == name).values(turn_at=turn_at))


def under_way(view: Connection, name: str, besides: str) -> int:
    """How many consignments are being handed to a destination, but for one."""
    sending = and_(
        CONSIGNMENT.c.destination == name, CONSIGNMENT.c.state == "sending", CONSIGNMENT.c.id != besides
    )
    return view.execute(select(func.count()).where(sending)).scalar_one()


# parked --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Freed:
    """A consignment that waits no longer. generation: of the task that delivers it next."""

    id: str
    partner: str | None
    generation: int

    @property
    def job(self) -> Job:
        """What delivers it."""
        return Job("deliver", self.id, self.generation, self.partner)


#: The generation of a consignment's next task; what it was told before is in the task table.
NEXT_GENERATION = (
    select(func.coalesce(func.max(TASK.c.generation), -1) + 1)
    .where(TASK.c.stage == "deliver", TASK.c.subject == CONSIGNMENT.c.id)
    .correlate(CONSIGNMENT)
    .scalar_subquery()
    .label("generation")
)


def park(tx: Connection, consignment: str, destination: str, waits_for: str) -> None:
    """Let a consignment wait outside the task queue."""
    row = {"consignment_id": consignment, "destination": destination, "waits_for": waits_for}
    insert_absent(tx, PARKED, [row])


def unpark(tx: Connection, consignments: Sequence[str]) -> None:
    """These wait no longer, whoever let them go or took them back."""
    tx.execute(delete(PARKED).where(PARKED.c.consignment_id.in_(consignments)))


def free_oldest(
    tx: Connection,
    destination: str,
    limit: int,
    waits_for: str = FOR_DESTINATION,
    *conditions: ColumnElement[bool],
) -> list[Freed]:
    """Let go what waits longest for a destination, at most `limit`, in order.

    conditions: on the rows of PARKED, that those let go meet besides.
    """
    rows = tx.execute(
        select(PARKED.c.consignment_id, CONSIGNMENT.c.partner, NEXT_GENERATION)
        .join(CONSIGNMENT, PARKED.c.consignment_id == CONSIGNMENT.c.id)
        .where(PARKED.c.destination == destination, PARKED.c.waits_for == waits_for, *conditions)
        .order_by(PARKED.c.id)
        .limit(limit)
    ).all()
    freed = [Freed(*row) for row in rows]
    if freed:
        unpark(tx, [one.id for one in freed])
    return freed


def waiting_places(view: Connection) -> list[tuple[str, str]]:
    """For which destinations something waits, and what for."""
    rows = view.execute(select(PARKED.c.destination, PARKED.c.waits_for).distinct())
    return sorted((row.destination, row.waits_for) for row in rows)


def parked(view: Connection) -> dict[tuple[str, str], int]:
    """How many wait, by destination and what for."""
    rows = view.execute(
        select(PARKED.c.destination, PARKED.c.waits_for, func.count()).group_by(
            PARKED.c.destination, PARKED.c.waits_for
        )
    )
    return {(row[0], row[1]): row[2] for row in rows}


def waits_for(view: Connection, consignments: Sequence[str]) -> dict[str, str]:
    """What each of these waits for; those that do not wait are left out."""
    rows = view.execute(
        select(PARKED.c.consignment_id, PARKED.c.waits_for).where(PARKED.c.consignment_id.in_(consignments))
    )
    return {row.consignment_id: row.waits_for for row in rows}
