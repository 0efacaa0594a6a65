"""Reading the events in order without missing any, beside those who write them.

On SQLite one writes at a time, so events become visible in the order of their numbers. On
PostgreSQL a number is drawn before its transaction commits: one that is slow, or whose process
was stopped, makes an event visible behind others that were read already. The cursor therefore
moves only past events that were there when every transaction of that time has ended; what lies
behind it is read again, and counted once by whoever reads.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, text, update

from gateway.store.core import EVENT, EVENT_CURSOR


@dataclass(frozen=True, slots=True)
class Happened:
    """One event as a reader needs it."""

    id: int
    at: datetime
    actor: str
    action: str
    subject_kind: str
    subject: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Mark:
    """The newest event that was visible, and the database's time after that look."""

    position: int
    at: datetime | None


class Front:
    """How far the events can be read for good, by a reader that looks again and again."""

    def __init__(self) -> None:
        self._earlier: Mark | None = None

    def reached(self, view: Connection, before: int) -> int:
        """Up to where no event can become visible any more; `before` as long as nothing newer is sure."""
        now, earlier = mark(view), self._earlier
        self._earlier = now
        if now.at is None:
            return now.position
        return earlier.position if earlier is not None and is_past(view, earlier) else before


def position(view: Connection, name: str) -> int:
    """How far the reader `name` has come."""
    return int(view.execute(select(EVENT_CURSOR.c.position).where(EVENT_CURSOR.c.name == name)).scalar_one())


def lock(tx: Connection, name: str) -> int:
    """As `position`; until the transaction ends no other process reads on."""
    query = select(EVENT_CURSOR.c.position).where(EVENT_CURSOR.c.name == name)
    return int(tx.execute(query.with_for_update()).scalar_one())


def advance(tx: Connection, name: str, to: int) -> None:
    """Move the cursor forward; never back."""
    tx.execute(
        update(EVENT_CURSOR)
        .where(EVENT_CURSOR.c.name == name, EVENT_CURSOR.c.position < to)
        .values(position=to)
    )


def happened(view: Connection, after: int, actions: Collection[str], limit: int) -> Sequence[Happened]:
    """At most `limit` events of these actions behind `after`, in order."""
    columns = (EVENT.c[name] for name in Happened.__match_args__)
    query = select(*columns).where(EVENT.c.id > after, EVENT.c.action.in_(sorted(actions)))
    return [Happened(*row) for row in view.execute(query.order_by(EVENT.c.id).limit(limit))]


def mark(view: Connection) -> Mark:
    """Where the events end now."""
    newest = view.execute(select(func.max(EVENT.c.id))).scalar_one() or 0
    if view.dialect.name == "sqlite":
        return Mark(newest, None)
    return Mark(newest, view.execute(text("SELECT clock_timestamp()")).scalar_one())


def is_past(view: Connection, earlier: Mark) -> bool:
    """True if no event up to `earlier` can become visible any more: all who wrote then have ended."""
    if earlier.at is None:
        return True
    oldest = view.execute(
        text(
            "SELECT min(xact_start) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    ).scalar_one()
    return oldest is None or oldest > earlier.at
