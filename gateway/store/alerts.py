"""Alerts and notices in the ledger: one open alert a cause, one notice an address."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Integer, Select, Table, cast, func, select, update

from gateway.store.core import (
    ACKNOWLEDGEMENT,
    CONSIGNMENT,
    DESTINATION,
    DOCUMENT,
    NOTICE,
    TASK,
    TRANSMISSION,
    insert_absent,
)
from gateway.store.core import ALERT as AL
from gateway.store.core import ALERT_SUBJECT as SUB
from gateway.store.identity import drawn
from gateway.store.moves import Act, record

#: Where the state of a subject stands.
SUBJECTS: Mapping[str, Table] = {
    "transmission": TRANSMISSION,
    "document": DOCUMENT,
    "consignment": CONSIGNMENT,
    "acknowledgement": ACKNOWLEDGEMENT,
    "destination": DESTINATION,
    "task": TASK,
}


@dataclass(frozen=True, slots=True)
class Cause:
    """What an alert is about: a kind, and whose or where. says: what happened, in one sentence.

    place: what makes it this cause among those of its kind; empty if there is only one.
    """

    kind: str
    place: str
    says: str
    partner: str | None = None
    destination: str | None = None

    @property
    def key(self) -> str:
        """What makes it this cause and no other."""
        return f"{self.kind} {self.place}".rstrip()


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert as the ledger has it."""

    id: str
    cause: str
    kind: str
    partner: str | None
    destination: str | None
    state: str
    says: str
    count: int
    told: int
    tell_at: datetime
    first_at: datetime
    last_at: datetime
    resolved_at: datetime | None


class Subject(NamedTuple):
    """Something that an alert is about, by its kind and id."""

    kind: str
    id: str


class Due(NamedTuple):
    """A notice whose turn it is."""

    id: str
    alert_id: str | None
    address: str
    content: str
    attempts: int
    created_at: datetime


_COLUMNS = [AL.c[name] for name in Alert.__match_args__]


def unresolved(view: Connection, *, kinds: Collection[str] | None = None) -> list[Alert]:
    """Alerts that are not over, oldest first."""
    query = select(*_COLUMNS).where(AL.c.resolved_at.is_(None)).order_by(AL.c.id)
    if kinds is not None:
        query = query.where(AL.c.kind.in_(sorted(kinds)))
    return _alerts(view, query)


def listed(view: Connection, *, state: str | None, partner: str | None, limit: int) -> list[Alert]:
    """Alerts, newest first."""
    query = select(*_COLUMNS).order_by(AL.c.id.desc()).limit(limit)
    for column, wanted in ((AL.c.state, state), (AL.c.partner, partner)):
        if wanted is not None:
            query = query.where(column == wanted)
    return _alerts(view, query)


def alert(view: Connection, alert_id: str) -> Alert:
    """One alert. Raises NoResultFound."""
    return Alert(*view.execute(select(*_COLUMNS).where(AL.c.id == alert_id)).one())


def of_cause(view: Connection, cause: Cause) -> Alert | None:
    """The alert of a cause that goes on, if any."""
    found = _alerts(view, select(*_COLUMNS).where(AL.c.cause == cause.key, AL.c.resolved_at.is_(None)))
    return found[0] if found else None


def open_alert(tx: Connection, act: Act, cause: Cause) -> Alert:
    """A new alert for a cause that has none that goes on."""
    begun = Alert(
        id=drawn("al", act.at),
        cause=cause.key,
        kind=cause.kind,
        partner=cause.partner,
        destination=cause.destination,
        state="open",
        says=cause.says,
        count=0,
        told=0,
        tell_at=act.at,
        first_at=act.at,
        last_at=act.at,
        resolved_at=None,
    )
    tx.execute(AL.insert().values(**asdict(begun)))
    record(tx, act, "alert.open", "alert", begun.id, after="open")
    return begun


def count(tx: Connection, alert_id: str, more: int, at: datetime, says: str) -> None:
    """It happened `more` times again, last at `at`."""
    tx.execute(update(AL).where(AL.c.id == alert_id).values(count=AL.c.count + more, last_at=at, says=says))


def counted(view: Connection, events: Sequence[int]) -> set[int]:
    """Those of `events` that count towards an alert already."""
    return set(view.execute(select(SUB.c.event_id).where(SUB.c.event_id.in_(events))).scalars())


def insert_subjects(tx: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Note which events count towards which alert."""
    insert_absent(tx, SUB, rows)


def subjects(view: Connection, alert_id: str, limit: int) -> list[Subject]:
    """What an alert is about, newest first."""
    query = select(SUB.c.subject_kind, SUB.c.subject).where(SUB.c.alert_id == alert_id)
    return [Subject(*row) for row in view.execute(query.order_by(SUB.c.event_id.desc()).limit(limit))]


def goes_on(view: Connection, alert_id: str, states: Mapping[str, Sequence[str]]) -> bool:
    """True if a subject of the alert is still in one of these states, by kind of subject."""
    return any(
        view.execute(
            select(SUB.c.event_id)
            .join(SUBJECTS[kind], SUBJECTS[kind].c.id == _subject_id(kind))
            .where(SUB.c.alert_id == alert_id, SUB.c.subject_kind == kind)
            .where(SUBJECTS[kind].c.state.in_(names))
            .limit(1)
        ).first()
        for kind, names in states.items()
    )


def _subject_id(kind: str) -> ColumnElement[Any]:
    return cast(SUB.c.subject, Integer) if kind == "task" else SUB.c.subject


def told(tx: Connection, alert_id: str, count: int, tell_at: datetime) -> None:
    """People are told that it happened `count` times; not again before `tell_at`."""
    tx.execute(update(AL).where(AL.c.id == alert_id).values(told=count, tell_at=tell_at))


def insert_notices(tx: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Put notices into the queue."""
    insert_absent(tx, NOTICE, rows)


def due_notices(view: Connection, now: datetime, limit: int, among: Sequence[str] | None = None) -> list[Due]:
    """Notices whose turn it is, oldest first. among: only these."""
    query = select(*(NOTICE.c[name] for name in Due._fields))
    query = query.where(NOTICE.c.state == "waiting", NOTICE.c.not_before <= now)
    if among is not None:
        query = query.where(NOTICE.c.id.in_(among))
    return [Due(*row) for row in view.execute(query.order_by(NOTICE.c.created_at, NOTICE.c.id).limit(limit))]


def claim_notice(tx: Connection, notice: str, attempts: int, until: datetime) -> bool:
    """Begin the next try of a notice; False if another process was quicker.

    until: when it is tried again if this try leaves no trace, for its process was killed.
    """
    taken = tx.execute(
        update(NOTICE)
        .where(NOTICE.c.id == notice, NOTICE.c.state == "waiting", NOTICE.c.attempts == attempts)
        .values(attempts=attempts + 1, not_before=until)
    )
    return taken.rowcount == 1


def postpone_notice(tx: Connection, notice: str, attempt: int, due: datetime, error: str) -> None:
    """The try failed; the next one is dated. One that was overtaken changes nothing."""
    tx.execute(
        update(NOTICE)
        .where(NOTICE.c.id == notice, NOTICE.c.state == "waiting", NOTICE.c.attempts == attempt)
        .values(not_before=due, error=error)
    )


def notices(view: Connection, ids: Sequence[str]) -> list[dict[str, Any]]:
    """How these notices are doing: notice, state, error."""
    query = select(NOTICE.c.id, NOTICE.c.state, NOTICE.c.error).where(NOTICE.c.id.in_(ids))
    return [{"notice": row.id, "state": row.state, "error": row.error} for row in view.execute(query)]


def notice_states(view: Connection) -> dict[str, int]:
    """How many notices are in each state."""
    query = select(NOTICE.c.state, func.count()).group_by(NOTICE.c.state)
    return {row[0]: row[1] for row in view.execute(query)}


def _alerts(view: Connection, query: Select[Any]) -> list[Alert]:
    return [Alert(*row) for row in view.execute(query)]
