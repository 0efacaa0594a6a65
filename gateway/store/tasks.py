"""The task table: work to do, each piece once, with the fence that refuses a worker of the past."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, exists, func, or_, select, update

from gateway.errors import Fenced
from gateway.ports import LEAVING, QUEUES, WORK, Claim, Job
from gateway.store.core import TASK, insert_absent

MAX_ERROR_CHARS = 8000
ALL_QUEUES = frozenset(QUEUES)


def insert_new(tx: Connection, jobs: Sequence[Job], now: datetime) -> None:
    """Add tasks that are not there yet; those that are stay as they are."""
    if not jobs:
        return
    rows = [
        {
            "stage": job.stage,
            "subject": job.subject,
            "generation": job.generation,
            "partner": job.partner,
            "state": "waiting",
            "attempt": 0,
            "not_before": job.not_before or now,
            "order_key": job.order_key,
        }
        for job in jobs
    ]
    insert_absent(tx, TASK, rows)


_EARLIER = TASK.alias("earlier")
#: No open task of the same order key was asked for before this one.
_IS_FIRST = or_(
    TASK.c.order_key.is_(None),
    ~exists().where(
        _EARLIER.c.order_key == TASK.c.order_key,
        _EARLIER.c.id < TASK.c.id,
        _EARLIER.c.state.in_(("waiting", "running")),
    ),
)


def _due(now: datetime, queues: frozenset[str]) -> Select[Any]:
    due = select(TASK.c.id).where(TASK.c.state == "waiting", TASK.c.not_before <= now, _IS_FIRST)
    if queues.issuperset(QUEUES):
        return due
    leaves = TASK.c.stage.in_(LEAVING)
    return due.where(~leaves if WORK in queues else leaves)


def claim_due(tx: Connection, now: datetime, limit: int, queues: frozenset[str] = ALL_QUEUES) -> list[Claim]:
    """Take up to `limit` due tasks in hand, partners in turn so that no flood starves another."""
    partners = tx.execute(
        select(TASK.c.partner).where(TASK.c.state == "waiting", TASK.c.not_before <= now).distinct()
    ).scalars()
    lanes = [list(_lane(tx, now, partner, limit, queues)) for partner in partners]
    chosen = [lane[turn] for turn in range(limit) for lane in lanes if turn < len(lane)][:limit]
    if not chosen:
        return []
    rows = tx.execute(
        update(TASK)
        .where(TASK.c.id.in_(chosen), TASK.c.state == "waiting")
        .values(state="running", attempt=TASK.c.attempt + 1)
        .returning(TASK.c.id, TASK.c.stage, TASK.c.subject, TASK.c.generation, TASK.c.attempt, TASK.c.partner)
    ).all()
    place = {task_id: index for index, task_id in enumerate(chosen)}
    return [Claim(*row) for row in sorted(rows, key=lambda row: place[row.id])]


def _lane(
    tx: Connection, now: datetime, partner: str | None, limit: int, queues: frozenset[str]
) -> Sequence[int]:
    mine = TASK.c.partner.is_(None) if partner is None else TASK.c.partner == partner
    due = _due(now, queues).where(mine).order_by(TASK.c.not_before, TASK.c.id)
    return tx.execute(due.limit(limit)).scalars().all()


_ALIVE = select(TASK.c.id).where(
    TASK.c.id == bindparam("task"), TASK.c.attempt == bindparam("attempted"), TASK.c.state == "running"
)


def check_fence(tx: Connection, claim: Claim) -> None:
    """Raise Fenced unless `claim` is the newest attempt and still running."""
    if tx.execute(_ALIVE, {"task": claim.task_id, "attempted": claim.attempt}).first() is None:
        raise Fenced(f"task {claim.task_id} attempt {claim.attempt}")


@cache  # building a statement costs more than running it
def _leaving(columns: tuple[str, ...]) -> Any:
    return (
        update(TASK)
        .where(
            TASK.c.id == bindparam("task"),
            TASK.c.attempt == bindparam("attempted"),
            TASK.c.state == "running",
        )
        .values({name: bindparam(f"new_{name}") for name in columns})
    )


def _leave(tx: Connection, claim: Claim, **values: object) -> None:
    bound: dict[str, object] = {"task": claim.task_id, "attempted": claim.attempt}
    bound |= {f"new_{name}": value for name, value in values.items()}
    if tx.execute(_leaving(tuple(values)), bound).rowcount != 1:
        raise Fenced(f"task {claim.task_id} attempt {claim.attempt}")


def finish(tx: Connection, claim: Claim) -> None:
    """Mark the task done, in the transaction that holds its effect."""
    _leave(tx, claim, state="done", error=None)


def postpone(tx: Connection, claim: Claim, not_before: datetime, reason: str) -> None:
    """Put the task back, for later."""
    _leave(tx, claim, state="waiting", not_before=not_before, error=reason[:MAX_ERROR_CHARS])


def fail(tx: Connection, claim: Claim, error: str) -> None:
    """Park the task with its error."""
    _leave(tx, claim, state="failed", error=error[-MAX_ERROR_CHARS:])


def take_back(tx: Connection) -> int:
    """Return every running task to waiting: for the start, when no worker can be alive."""
    return tx.execute(update(TASK).where(TASK.c.state == "running").values(state="waiting")).rowcount


def wake(tx: Connection, task_id: int, now: datetime) -> bool:
    """Let a failed task run again; False if there is no such failed task."""
    woken = tx.execute(
        update(TASK)
        .where(TASK.c.id == task_id, TASK.c.state == "failed")
        .values(state="waiting", not_before=now)
    )
    return woken.rowcount == 1


def hand_back(tx: Connection, claim: Claim) -> None:
    """Return a claimed task that was not begun; its attempt number stays used."""
    _leave(tx, claim, state="waiting")


def next_generation(view: Connection, stage: str, subject: str) -> int:
    """The generation of the next task for a stage and subject: one more than any there is."""
    newest = view.execute(
        select(func.max(TASK.c.generation)).where(TASK.c.stage == stage, TASK.c.subject == subject)
    ).scalar_one_or_none()
    return 0 if newest is None else int(newest) + 1


def any_due(view: Connection, now: datetime, queues: frozenset[str] = ALL_QUEUES) -> bool:
    """True if a claim would find something; a look that needs no write lock."""
    return view.execute(_due(now, queues).limit(1)).first() is not None
