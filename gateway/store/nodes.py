"""Nodes: the processes at work on this ledger, seen or not seen, by the database's own clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select, type_coerce, update

from gateway.store.columns import UtcDateTime
from gateway.store.core import NODE

#: Nodes that are gone are listed for so long.
REMEMBERED = timedelta(days=1)
_NOW = func.current_timestamp()


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A node as its row says. unseen_s: seconds since it was last seen. doing: stage and subject, each."""

    id: str
    name: str
    roles: tuple[str, ...]
    version: str
    address: str
    started_at: datetime
    seen_at: datetime
    stopped_at: datetime | None
    doing: tuple[str, ...]
    unseen_s: float


def now(view: Connection) -> datetime:
    """The time by the database's clock, UTC."""
    found: datetime = view.execute(select(type_coerce(_NOW, UtcDateTime))).scalar_one()
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def enter(tx: Connection, node: str, name: str, roles: Sequence[str], version: str) -> None:
    """A process begins to work; those that are long gone are forgotten."""
    tx.execute(delete(NODE).where(NODE.c.seen_at < now(tx) - REMEMBERED))
    row = {"id": node, "name": name, "roles": ",".join(roles), "version": version, "address": "", "doing": ""}
    tx.execute(insert(NODE).values(**row, started_at=_NOW, seen_at=_NOW))


def beat(tx: Connection, node: str, address: str, doing: Sequence[str]) -> None:
    """It is alive, listens there, and does this."""
    values = {"address": address, "doing": "\n".join(doing), "seen_at": _NOW}
    tx.execute(update(NODE).where(NODE.c.id == node).values(values))


def leave(tx: Connection, node: str) -> None:
    """It stops in good order."""
    tx.execute(update(NODE).where(NODE.c.id == node).values(doing="", seen_at=_NOW, stopped_at=_NOW))


def listed(view: Connection) -> list[NodeRow]:
    """Every node that is remembered, the newest first."""
    at = now(view)
    rows = view.execute(select(NODE).order_by(NODE.c.started_at.desc(), NODE.c.id))
    return [
        NodeRow(
            **{
                **row._mapping,
                "roles": tuple(row.roles.split(",")),
                "doing": tuple(row.doing.splitlines()),
                "unseen_s": max(0.0, (at - row.seen_at).total_seconds()),
            }
        )
        for row in rows
    ]
