"""The task table: work to do, each piece once, with the fence that refuses a worker of the past."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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


@cache  # here and below: building a statement costs more than running it
def _due(queues: frozenset[str]) -> Select[Any]:
    due = select(TASK.c.id).where(TASK.c.state == "waiting", TASK.c.not_before <= bindparam("now"), _IS_FIRST)
    if queues.issuperset(QUEUES):
        return due
    leaves = TASK.c.stage.in_(LEAVING)
    return due.where(~leaves if WORK in queues else leaves)


def claim_due(tx: Connection, now: datetime, limit: int, queues: frozenset[str] = ALL_QUEUES) -> list[Claim]:
    """Take up to `limit` due tasks in hand, partners in turn so that no flood starves another."""
    lanes = [list(_lane(tx, now, partner, limit, queues)) for partner in _waiting_partners(tx)]
    chosen = [lane[turn] for turn in range(limit) for lane in lanes if turn < len(lane)][:limit]
    if not chosen:
        return []
    rows = tx.execute(_TAKEN, {"chosen": chosen}).all()
    place = {task_id: index for index, task_id in enumerate(chosen)}
    return [Claim(*row) for row in sorted(rows, key=lambda row: place[row.id])]


_TAKEN = (
    update(TASK)
    .where(TASK.c.id.in_(bindparam("chosen", expanding=True)), TASK.c.state == "waiting")
    .values(state="running", attempt=TASK.c.attempt + 1)
    .returning(
        TASK.c.id,
        TASK.c.stage,
        TASK.c.subject,
        TASK.c.generation,
        TASK.c.attempt,
        TASK.c.partner,
        TASK.c.fault,
        TASK.c.faults,
    )
)
_NEXT_PARTNER = (
    select(TASK.c.partner)
    .where(TASK.c.state == "waiting", TASK.c.partner > bindparam("after"))
    .order_by(TASK.c.partner)
    .limit(1)
)


def _waiting_partners(tx: Connection) -> Iterator[str | None]:
    """Nobody first, then every partner with a waiting task: one look each, however many tasks wait."""
    yield None
    after: str | None = ""
    while (after := tx.execute(_NEXT_PARTNER, {"after": after}).scalar_one_or_none()) is not None:
        yield after


@cache
def _in_lane(queues: frozenset[str], is_named: bool) -> Select[Any]:
    mine = TASK.c.partner == bindparam("of_partner") if is_named else TASK.c.partner.is_(None)
    return _due(queues).where(mine).order_by(TASK.c.not_before, TASK.c.id).limit(bindparam("most"))


def _lane(
    tx: Connection, now: datetime, partner: str | None, limit: int, queues: frozenset[str]
) -> Sequence[int]:
    bound: dict[str, object] = {"now": now, "most": limit}
    if partner is not None:
        bound["of_partner"] = partner
    return tx.execute(_in_lane(queues, partner is not None), bound).scalars().all()


_ALIVE = select(TASK.c.id).where(
    TASK.c.id == bindparam("task"), TASK.c.attempt == bindparam("attempted"), TASK.c.state == "running"
)


def check_fence(tx: Connection, claim: Claim) -> None:
    """Raise Fenced unless `claim` is the newest attempt and still running."""
    if tx.execute(_ALIVE, {"task": claim.task_id, "attempted": claim.attempt}).first() is None:
        raise Fenced(f"task {claim.task_id} attempt {claim.attempt}")


_ALL_ALIVE = select(TASK.c.id, TASK.c.attempt).where(
    TASK.c.id.in_(bindparam("those", expanding=True)), TASK.c.state == "running"
)


def check_fences(tx: Connection, claims: Sequence[Claim]) -> None:
    """Raise Fenced unless all of `claims` are the newest attempts and still running."""
    alive = {tuple(row) for row in tx.execute(_ALL_ALIVE, {"those": [claim.task_id for claim in claims]})}
    for claim in claims:
        if (claim.task_id, claim.attempt) not in alive:
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


def finish(tx: Connection, *claims: Claim) -> None:
    """Mark tasks done, in the transaction that holds their effect. Raises Fenced if one is not in hand."""
    if not claims:
        return
    bound = [
        {"task": claim.task_id, "attempted": claim.attempt, "new_state": "done", "new_error": None}
        for claim in claims
    ]
    if tx.execute(_leaving(("state", "error")), bound).rowcount != len(claims):
        raise Fenced(", ".join(f"task {claim.task_id} attempt {claim.attempt}" for claim in claims))


def postpone(
    tx: Connection, claim: Claim, not_before: datetime, reason: str, fault: str | None = None
) -> None:
    """Put the task back, for later; a fault is counted as long as it comes in a row."""
    error = reason[:MAX_ERROR_CHARS]
    faults = claim.in_a_row(fault)
    _leave(tx, claim, state="waiting", not_before=not_before, error=error, fault=fault, faults=faults)


def fail(tx: Connection, claim: Claim, error: str) -> None:
    """Park the task with its error."""
    _leave(tx, claim, state="failed", error=error[-MAX_ERROR_CHARS:])


def take_back(tx: Connection) -> int:
    """Return every running task to waiting: for the start, when no worker can be alive."""
    return tx.execute(update(TASK).where(TASK.c.state == "running").values(state="waiting")).rowcount


def bring_forward(tx: Connection, now: datetime, until: datetime) -> None:
    """Let tasks that were due by `until` run now: the clock said so before it was set back to `now`."""
    was_due = [TASK.c.state == "waiting", TASK.c.not_before > now, TASK.c.not_before <= until]
    tx.execute(update(TASK).where(*was_due).values(not_before=now))


def wake(tx: Connection, task_id: int, now: datetime) -> bool:
    """Let a failed task run again; False if there is no such failed task."""
    woken = tx.execute(
        update(TASK)
        .where(TASK.c.id == task_id, TASK.c.state == "failed")
        .values(state="waiting", not_before=now, fault=None, faults=0)
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


def waiting(view: Connection, partner: str, most: int) -> int:
    """How many tasks of a partner wait; counted no further than `most`."""
    mine = select(TASK.c.id).where(TASK.c.state == "waiting", TASK.c.partner == partner).limit(most)
    return view.execute(select(func.count()).select_from(mine.subquery())).scalar_one()


def any_due(view: Connection, now: datetime, queues: frozenset[str] = ALL_QUEUES) -> bool:
    """True if a claim would find something; a look that needs no write lock."""
    return view.execute(_first_due(queues), {"now": now}).first() is not None


@cache
def _first_due(queues: frozenset[str]) -> Select[Any]:
    return _due(queues).limit(1)
