"""What is counted and timed of the ledger: events behind a reader's place, and how things stand now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, func, select

from gateway.store.core import (
    ACKNOWLEDGEMENT,
    ALERT,
    CONSIGNMENT,
    DELIVERY,
    DESTINATION,
    DOCUMENT,
    EVENT,
    FINDING,
    INTERCHANGE,
    NOTICE,
    TASK,
    TRANSMISSION,
)


@dataclass(frozen=True, slots=True)
class Tally:
    """So many of something, by what it is told apart by. size: bytes, of arrivals."""

    labels: tuple[str, ...]
    count: int
    size: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """How many are in a state, and since when the oldest is."""

    labels: tuple[str, ...]
    count: int
    oldest: datetime | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Events from `after`, itself not among them, up to `until`."""

    after: int
    until: int

    def of(self, *actions: str) -> ColumnElement[bool]:
        """These events."""
        return EVENT.c.id.between(self.after + 1, self.until) & EVENT.c.action.in_(actions)


def newest_finding(view: Connection) -> int:
    """The number of the newest finding, 0 before the first."""
    return int(view.execute(select(func.max(FINDING.c.id))).scalar_one() or 0)


def arrivals(view: Connection, span: Span) -> list[Tally]:
    """Files that came, by partner, with their bytes."""
    tx = TRANSMISSION
    query = (
        select(tx.c.partner, func.count(), func.sum(tx.c.size))
        .select_from(_subjects(tx))
        .where(span.of("transmission.received"), tx.c.direction == "in", EVENT.c.before.is_(None))
        .group_by(tx.c.partner)
    )
    return [Tally((row[0] or "",), row[1], int(row[2])) for row in view.execute(query)]


def outcomes_of_files(view: Connection, span: Span) -> list[Tally]:
    """What became of files that were read, by partner and state."""
    actions = ("transmission.read", "transmission.quarantined", "transmission.duplicate")
    query = (
        select(TRANSMISSION.c.partner, EVENT.c.after, func.count())
        .select_from(_subjects(TRANSMISSION))
        .where(span.of(*actions))
        .group_by(TRANSMISSION.c.partner, EVENT.c.after)
    )
    return _tallies(view, query)


def documents(view: Connection, span: Span) -> list[Tally]:
    """Documents that came into a state, by partner, kind and state."""
    actions = [f"document.{state}" for state in ("ready", "held", "rejected", "kept", "delivered")]
    query = (
        select(DOCUMENT.c.partner, DOCUMENT.c.kind, EVENT.c.after, func.count())
        .select_from(_subjects(DOCUMENT))
        .where(span.of(*actions))
        .group_by(DOCUMENT.c.partner, DOCUMENT.c.kind, EVENT.c.after)
    )
    return _tallies(view, query)


def answers(view: Connection, span: Span) -> list[Tally]:
    """Answers of ours that were put where the partner finds them, by partner and kind."""
    ack = ACKNOWLEDGEMENT
    query = (
        select(ack.c.partner, ack.c.kind, func.count())
        .select_from(_subjects(ack))
        .where(span.of("acknowledgement.sent"))
        .group_by(ack.c.partner, ack.c.kind)
    )
    return _tallies(view, query)


def attempts(view: Connection, span: Span) -> list[Tally]:
    """Attempts at deliveries that ended, by destination and what they came to."""
    query = (
        select(CONSIGNMENT.c.destination, EVENT.c.after, func.count())
        .select_from(_subjects(CONSIGNMENT))
        .where(span.of("consignment.delivered", "consignment.retrying", "consignment.dead"))
        .group_by(CONSIGNMENT.c.destination, EVENT.c.after)
    )
    return _tallies(view, query)


def findings(view: Connection, after: int, until: int) -> list[Tally]:
    """Findings that were made, by code and severity."""
    query = (
        select(FINDING.c.code, FINDING.c.severity, func.count())
        .where(FINDING.c.id.between(after + 1, until))
        .group_by(FINDING.c.code, FINDING.c.severity)
    )
    return _tallies(view, query)


def answer_times(view: Connection, span: Span) -> list[tuple[str, float]]:
    """Seconds from a file's arrival to each answer in its place, by partner."""
    query = (
        select(TRANSMISSION.c.partner, TRANSMISSION.c.received_at, EVENT.c.at)
        .select_from(
            _subjects(ACKNOWLEDGEMENT)
            .join(INTERCHANGE, ACKNOWLEDGEMENT.c.interchange_id == INTERCHANGE.c.id)
            .join(TRANSMISSION, INTERCHANGE.c.transmission_id == TRANSMISSION.c.id)
        )
        .where(span.of("acknowledgement.sent"))
    )
    return _times(view, query)


def delivery_times(view: Connection, span: Span) -> list[tuple[str, float]]:
    """Seconds from a file's arrival to each of its documents' delivery, by partner."""
    query = (
        select(TRANSMISSION.c.partner, TRANSMISSION.c.received_at, EVENT.c.at)
        .select_from(
            _subjects(CONSIGNMENT)
            .join(DELIVERY, DELIVERY.c.consignment_id == CONSIGNMENT.c.id)
            .join(DOCUMENT, DELIVERY.c.document_id == DOCUMENT.c.id)
            .join(TRANSMISSION, DOCUMENT.c.transmission_id == TRANSMISSION.c.id)
        )
        .where(span.of("consignment.delivered"))
    )
    return _times(view, query)


def queue(view: Connection) -> list[Standing]:
    """Tasks that are not done, by stage and state; the oldest by when it was to begin."""
    query = (
        select(TASK.c.stage, TASK.c.state, func.count(), func.min(TASK.c.not_before))
        .where(TASK.c.state.in_(("waiting", "running", "failed")))
        .group_by(TASK.c.stage, TASK.c.state)
    )
    return [Standing((row[0], row[1]), row[2], row[3]) for row in view.execute(query)]


def backlog(view: Connection) -> list[Standing]:
    """Tasks that wait or run, by partner."""
    query = (
        select(TASK.c.partner, func.count())
        .where(TASK.c.state.in_(("waiting", "running")))
        .group_by(TASK.c.partner)
    )
    return [Standing((row[0] or "",), row[1]) for row in view.execute(query)]


def held_documents(view: Connection) -> list[Standing]:
    """Documents that wait for a person or are on their way, by state."""
    query = (
        select(DOCUMENT.c.state, func.count(), func.min(DOCUMENT.c.created_at))
        .where(DOCUMENT.c.state.in_(("held", "ready")))
        .group_by(DOCUMENT.c.state)
    )
    return [Standing((row[0],), row[1], row[2]) for row in view.execute(query)]


def open_consignments(view: Connection) -> list[Standing]:
    """Consignments not delivered and not given back, by destination and state."""
    query = (
        select(
            CONSIGNMENT.c.destination, CONSIGNMENT.c.state, func.count(), func.min(CONSIGNMENT.c.created_at)
        )
        .where(CONSIGNMENT.c.state.in_(("due", "sending", "retrying", "dead")))
        .group_by(CONSIGNMENT.c.destination, CONSIGNMENT.c.state)
    )
    return [Standing((row[0], row[1]), row[2], row[3]) for row in view.execute(query)]


def quarantined(view: Connection) -> int:
    """Files in quarantine."""
    query = select(func.count()).where(TRANSMISSION.c.state == "quarantined")
    return int(view.execute(query).scalar_one())


def destinations(view: Connection) -> dict[str, str]:
    """The state of each destination that ever had a fault."""
    return {row.id: row.state for row in view.execute(select(DESTINATION.c.id, DESTINATION.c.state))}


def open_alerts(view: Connection) -> list[Standing]:
    """Alerts that are not over, by kind."""
    query = select(ALERT.c.kind, func.count()).where(ALERT.c.resolved_at.is_(None)).group_by(ALERT.c.kind)
    return [Standing((row[0],), row[1]) for row in view.execute(query)]


def waiting_notices(view: Connection) -> int:
    """Notices that are not sent yet."""
    return int(view.execute(select(func.count()).where(NOTICE.c.state == "waiting")).scalar_one())


def _subjects(table: Any) -> FromClause:
    """Events with the rows of `table` that they are about."""
    return EVENT.join(table, EVENT.c.subject == table.c.id)


def _tallies(view: Connection, query: Select[Any]) -> list[Tally]:
    """The last column is the count, the others are labels."""
    return [Tally(tuple(str(part or "") for part in row[:-1]), row[-1]) for row in view.execute(query)]


def _times(view: Connection, query: Select[Any]) -> list[tuple[str, float]]:
    rows: Sequence[Any] = view.execute(query).all()
    return [(partner or "", max(0.0, (at - came).total_seconds())) for partner, came, at in rows]
