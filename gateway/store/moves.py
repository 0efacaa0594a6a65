"""The one way a row changes its state: by the table of states, with one event for each move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlmodel import SQLModel

from gateway.errors import Overtaken, TradepostError
from gateway.states import no_such, sources
from gateway.store.alert_tables import Alert, Notice
from gateway.store.core import table_of
from gateway.store.delivery_tables import DestinationRow
from gateway.store.tables import (
    Acknowledgement,
    Consignment,
    Delivery,
    Document,
    Event,
    Interchange,
    Transmission,
)

MOVABLE: dict[str, type[SQLModel]] = {
    "transmission": Transmission,
    "interchange": Interchange,
    "document": Document,
    "consignment": Consignment,
    "delivery": Delivery,
    "destination": DestinationRow,
    "acknowledgement": Acknowledgement,
    "alert": Alert,
    "notice": Notice,
}


_EVENT = insert(table_of(Event))


@dataclass(frozen=True, slots=True)
class Act:
    """Who does something, when, and why. Every change of state carries one."""

    actor: str
    at: datetime
    reason: str | None = None


def record(
    tx: Connection,
    act: Act,
    action: str,
    kind: str,
    subject: str,
    *,
    before: str | None = None,
    after: str | None = None,
) -> None:
    """Append one event."""
    tx.execute(_EVENT, [_event(act, action, kind, subject, before, after)])


def _event(
    act: Act, action: str, kind: str, subject: str, before: str | None, after: str | None
) -> dict[str, object]:
    return {
        "at": act.at,
        "actor": act.actor,
        "action": action,
        "subject_kind": kind,
        "subject": subject,
        "before": before,
        "after": after,
        "reason": act.reason,
    }


def state_of(view: Connection, kind: str, subject: str) -> str | None:
    """The state of a row, None if there is no such row."""
    return view.execute(_state(kind), {"row_id": subject}).scalar_one_or_none()


def move(tx: Connection, act: Act, kind: str, subject: str, target: str, **values: object) -> str:
    """Move one row to `target` and set `values` with it; the state it came from.

    Raises TradepostError GTW-001 if the row does not exist or may not move there from where it is.
    """
    before = state_of(tx, kind, subject)
    if before is None or before not in sources(kind, target):
        raise refused(kind, subject, before, target)
    bound = _bound(values) | {"to_state": target, "row_id": subject, "from_state": before}
    if tx.execute(_moving(kind, tuple(values)), bound).rowcount != 1:
        raise refused(kind, subject, before, target)
    record(tx, act, f"{kind}.{target}", kind, subject, before=before, after=target)
    return str(before)


@dataclass(frozen=True, slots=True)
class Move:
    """One row's way to another state, by whom, and what is set with it."""

    act: Act
    kind: str
    subject: str
    target: str
    values: Mapping[str, object] = field(default_factory=dict)


def move_all(tx: Connection, moves: Sequence[Move]) -> None:
    """Move rows, each as `move` would, in a few statements; all of them or, if one is refused, none."""
    befores: dict[tuple[str, str], str] = {}
    for kind in dict.fromkeys(one.kind for one in moves):
        subjects = [one.subject for one in moves if one.kind == kind]
        befores |= {(kind, row.id): row.state for row in tx.execute(_states(kind), {"row_ids": subjects})}
    alike: dict[tuple[str, tuple[str, ...]], list[dict[str, object]]] = {}
    for one in moves:
        before = befores.get((one.kind, one.subject))
        if before is None or before not in sources(one.kind, one.target):
            raise refused(one.kind, one.subject, before, one.target)
        bound = _bound(one.values) | {"to_state": one.target, "row_id": one.subject, "from_state": before}
        alike.setdefault((one.kind, tuple(one.values)), []).append(bound)
    for (kind, columns), bounds in alike.items():
        if tx.execute(_moving(kind, columns), bounds).rowcount != len(bounds):
            raise Overtaken(f"one of {len(bounds)} rows of kind {kind} has moved meanwhile")
    rows = [
        _event(
            one.act,
            f"{one.kind}.{one.target}",
            one.kind,
            one.subject,
            befores[one.kind, one.subject],
            one.target,
        )
        for one in moves
    ]
    if rows:
        tx.execute(_EVENT, rows)


def move_if(tx: Connection, act: Act, kind: str, subject: str, target: str, **values: object) -> bool:
    """Move one row to `target`, as `move`, if it may go there from where it is; whether it moved."""
    if state_of(tx, kind, subject) not in sources(kind, target):
        return False
    move(tx, act, kind, subject, target, **values)
    return True


def move_many(
    tx: Connection, act: Act, kind: str, subjects: Sequence[str], before: str, target: str, **values: object
) -> int:
    """Move all rows of `subjects` that are in `before` to `target`; how many moved."""
    if before not in sources(kind, target):
        raise refused(kind, ", ".join(subjects), before, target)
    if not subjects:
        return 0
    bound = _bound(values) | {"to_state": target, "row_ids": list(subjects), "from_state": before}
    moved = tx.execute(_moving_many(kind, tuple(values)), bound).scalars().all()
    events = [_event(act, f"{kind}.{target}", kind, subject, before, target) for subject in moved]
    if events:
        tx.execute(_EVENT, events)
    return len(events)


@cache  # here and below: building a statement costs more than running it
def _state(kind: str) -> Any:
    table = table_of(MOVABLE[kind])
    return select(table.c.state).where(table.c.id == bindparam("row_id"))


@cache
def _states(kind: str) -> Any:
    table = table_of(MOVABLE[kind])
    return select(table.c.id, table.c.state).where(table.c.id.in_(bindparam("row_ids", expanding=True)))


@cache
def _moving(kind: str, columns: tuple[str, ...]) -> Any:
    table = table_of(MOVABLE[kind])
    return (
        update(table)
        .where(table.c.id == bindparam("row_id"), table.c.state == bindparam("from_state"))
        .values(_assigned(columns))
    )


@cache
def _moving_many(kind: str, columns: tuple[str, ...]) -> Any:
    table = table_of(MOVABLE[kind])
    those = table.c.id.in_(bindparam("row_ids", expanding=True))
    moved = update(table).where(those, table.c.state == bindparam("from_state")).values(_assigned(columns))
    return moved.returning(table.c.id)


def _assigned(columns: tuple[str, ...]) -> dict[str, Any]:
    return {"state": bindparam("to_state")} | {name: bindparam(f"new_{name}") for name in columns}


def _bound(values: Mapping[str, object]) -> dict[str, object]:
    return {f"new_{name}": value for name, value in values.items()}


def refused(kind: str, subject: str, before: str | None, target: str) -> TradepostError:
    """The error for a row that is missing (before None) or may not become `target` from where it is."""
    if before is None:
        return no_such(kind, subject)
    return TradepostError(
        "GTW-002",
        f"The {kind} {subject} is {before} and cannot become {target} from there.",
        "Look at it again: someone or something may have been quicker.",
    )
