"""The task table where many machines share it: ranks, and jobs of procrastinate beside it. PostgreSQL only.

A job of procrastinate says that a task of ours is due; the task says everything else. A job that is
lost, left behind or one too many does no harm: `begin` asks the task, and `adopt` makes new jobs.
Times are the database's: the clocks of the machines may differ as they like.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Interval, bindparam, func, select, text, update
from sqlalchemy.dialects import postgresql

from gateway.ports import Claim, Job
from gateway.store import tasks
from gateway.store.core import TASK

AT_ONCE = timedelta(0)
#: Tasks that are given new jobs in one transaction.
ADOPTED = 500


@dataclass(frozen=True, slots=True)
class Due:
    """A task that needs a job. due: None for now, else by the database's clock."""

    task: int
    stage: str
    order_key: str | None
    rank: int
    due: datetime | None


_COLUMNS = (TASK.c.id, TASK.c.stage, TASK.c.order_key, TASK.c.rank, TASK.c.not_before)
_DELAYED = func.now() + bindparam("delay", type_=Interval)

_INSERT = (
    postgresql.insert(TASK)
    .values(state="waiting", attempt=0, not_before=_DELAYED)
    .on_conflict_do_nothing()
    .returning(*_COLUMNS)
)


def insert_ranked(tx: Connection, jobs: Sequence[Job], now: datetime) -> list[Due]:
    """Add tasks that are not there yet, each with its rank; those that were added.

    now: the time by which `Job.not_before` was chosen; what counts is how far off it is.
    """
    ranks = _Ranks(tx)
    added = []
    for job in jobs:
        delay = max(job.not_before - now, AT_ONCE) if job.not_before else AT_ONCE
        row = tx.execute(
            _INSERT,
            {
                "stage": job.stage,
                "subject": job.subject,
                "generation": job.generation,
                "partner": job.partner,
                "order_key": job.order_key,
                "rank": ranks.next(job.partner),
                "delay": delay,
            },
        ).one_or_none()
        if row is not None:
            due = row.not_before if delay else None
            added.append(Due(row.id, row.stage, row.order_key, row.rank, due))
    return added


class _Ranks:
    """Draws ranks: a partner's tasks one behind the other, a newcomer beside what is being served.

    So the partners take turns, however much one of them has (start-time fair queueing). Two
    transactions at once may draw the same rank; the task asked for first then goes first.
    """

    def __init__(self, tx: Connection) -> None:
        self._tx = tx
        self._last: dict[str | None, int] = {}

    def next(self, partner: str | None) -> int:
        """The next rank of a partner, 1 or more."""
        last = self._last.get(partner)
        rank = self._first(partner) if last is None else last + 1
        self._last[partner] = rank
        return rank

    def _first(self, partner: str | None) -> int:
        whose = {} if partner is None else {"partner": partner}
        last = self._tx.execute(_LAST if whose else _LAST_OF_NOBODY, whose).scalar_one()
        served = self._tx.execute(_SERVED).scalar_one()
        return max(int(last) + 1, int(served), 1)


_LAST = text(
    "SELECT coalesce(max(rank), 0) FROM task WHERE partner = :partner AND rank > 0"
    " AND state IN ('waiting', 'running')"
)
_LAST_OF_NOBODY = text(str(_LAST).replace("= :partner", "IS NULL"))
_SERVED = text("SELECT coalesce(max(rank), 0) FROM task WHERE rank > 0 AND state = 'running'")

_BEGIN = text(
    "UPDATE task SET state = 'running', attempt = attempt + 1 WHERE id = :task AND ("
    " state = 'waiting' AND not_before <= now()"
    " OR state = 'running' AND NOT EXISTS (SELECT FROM procrastinate_jobs other"
    "  WHERE (other.args ->> 'task')::bigint = :task AND other.id <> :job AND other.status = 'doing'))"
    " RETURNING id, stage, subject, generation, attempt, partner, fault, faults"
)


def begin(tx: Connection, task: int, job: int) -> Claim | None:
    """Take a task in hand for a job; None if it is done, dated for later, or in the hands of another job.

    A task that runs without a job at work on it was left by a dead node: this is its next attempt,
    and what the attempt before still writes is refused.
    """
    row = tx.execute(_BEGIN, {"task": task, "job": job}).one_or_none()
    return None if row is None else Claim(*row)


def postpone(tx: Connection, claim: Claim, delay: timedelta, reason: str, fault: str | None = None) -> Due:
    """Put the task back for later; it goes behind its partner's others, unless order is asked for.

    A fault is counted as long as it comes in a row. Raises Fenced if the claim is not the newest.
    """
    tasks.check_fence(tx, claim)
    row = tx.execute(select(TASK.c.order_key, TASK.c.rank).where(TASK.c.id == claim.task_id)).one()
    rank = row.rank if row.order_key is not None else _Ranks(tx).next(claim.partner)
    put_back = tx.execute(
        update(TASK)
        .where(TASK.c.id == claim.task_id)
        .values(
            state="waiting",
            not_before=_DELAYED,
            error=reason[: tasks.MAX_ERROR_CHARS],
            rank=bindparam("place"),
            fault=fault,
            faults=claim.in_a_row(fault),
        )
        .returning(*_COLUMNS),
        {"delay": max(delay, AT_ONCE), "place": rank},
    ).one()
    return _due_of(put_back)


_STRANDED = text(
    "SELECT id, partner FROM task WHERE state IN ('waiting', 'running') AND NOT EXISTS"
    " (SELECT FROM procrastinate_jobs WHERE (args ->> 'task')::bigint = task.id)"
    " ORDER BY id LIMIT :most FOR UPDATE OF task SKIP LOCKED"
)


def adopt(tx: Connection) -> list[Due]:
    """Open tasks that no job stands for, back to waiting and in need of one; at most 500.

    They come from a version of before, from an outage in the middle of a job, or from a person
    who emptied procrastinate's tables.
    """
    ranks = _Ranks(tx)
    found = tx.execute(_STRANDED, {"most": ADOPTED}).all()
    return [_waiting(tx, row.id, ranks.next(row.partner)) for row in found]


def wake(tx: Connection, task: int) -> Due | None:
    """Let a failed task run again; None if there is no such failed task."""
    row = tx.execute(
        select(TASK.c.partner).where(TASK.c.id == task, TASK.c.state == "failed").with_for_update()
    ).one_or_none()
    if row is None:
        return None
    tx.execute(update(TASK).where(TASK.c.id == task).values(not_before=func.now(), fault=None, faults=0))
    return _waiting(tx, task, _Ranks(tx).next(row.partner))


def _waiting(tx: Connection, task: int, rank: int) -> Due:
    row = tx.execute(
        update(TASK).where(TASK.c.id == task).values(state="waiting", rank=rank).returning(*_COLUMNS)
    ).one()
    return _due_of(row)


def _due_of(row: Any) -> Due:
    return Due(row.id, row.stage, row.order_key, row.rank, row.not_before)


_IDLE_JOBS = text(
    "SELECT id FROM procrastinate_jobs WHERE status = 'doing' AND NOT EXISTS"
    " (SELECT FROM task WHERE task.id = (args ->> 'task')::bigint AND task.state = 'running')"
)


def idle_jobs(view: Connection) -> set[int]:
    """Jobs that are at work, by their own word, on a task that is not."""
    return set(view.execute(_IDLE_JOBS).scalars())


def drop_jobs(tx: Connection, jobs: Iterable[int]) -> None:
    """Take these jobs away; whatever tasks they stood for are adopted if they are still open."""
    tx.execute(text("DELETE FROM procrastinate_jobs WHERE id = ANY(:jobs)"), {"jobs": list(jobs)})
