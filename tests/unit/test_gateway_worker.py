"""The worker: which faults pass, and when one that should have passed is taken for a bug."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, OperationalError
from stages import Stages, archive_fault, copied_stages, database_fault

from gateway.ports import Claim, Job
from gateway.store.core import TASK
from gateway.worker import PATIENCE, Worker

#: What a stage does that wants to be run later.
BUSY = None
MINUTES = timedelta(minutes=5)
Deed = Callable[[], Exception] | None


@pytest.fixture
def stages(tmp_path: Path) -> Iterator[Stages]:
    stages = copied_stages(tmp_path)
    yield stages
    stages.close()


def lost_race() -> IntegrityError:
    return IntegrityError("a statement", {}, RuntimeError("there is one already"))


def lost_connection() -> OperationalError:
    fault = database_fault()
    fault.connection_invalidated = True
    return fault


def states_after(stages: Stages, *deeds: Deed) -> list[str]:
    """The states of a task after each thing that its stage did, one after the other, time between."""
    left = list(deeds)

    def stage(claim: Claim) -> None:
        fault = left.pop(0)
        if fault is not BUSY:
            raise fault()
        with stages.ledger.write() as tx:
            stages.jobs.postpone(tx, claim, stages.clock.now() + MINUTES, "The far end is busy.")

    worker = Worker({"deliver": stage}, stages.ledger, stages.jobs, stages.clock)
    with stages.ledger.write() as tx:
        stages.jobs.enqueue(tx, [Job("deliver", "one")])
    states = []
    while stages.jobs.drain(worker.run):
        with stages.view() as view:
            states += view.execute(select(TASK.c.state).where(TASK.c.subject == "one")).scalars()
        stages.clock.pass_time(minutes=5 if left else 0)
    return states


@pytest.mark.parametrize(("kind", "fault"), [(IntegrityError, lost_race), (OperationalError, database_fault)])
def test_a_fault_that_comes_again_and_again_is_taken_for_a_bug(
    stages: Stages, kind: type[Exception], fault: Deed
) -> None:
    most = PATIENCE[kind]
    assert states_after(stages, BUSY, *[fault] * most) == ["waiting"] * most + ["failed"]


def test_a_delivery_that_was_tried_often_bears_a_lost_race_like_any_other(stages: Stages) -> None:
    states = states_after(stages, *[BUSY] * 60, lost_race, BUSY, database_fault, BUSY)
    assert states == ["waiting"] * 64


def test_faults_of_different_kinds_do_not_come_in_a_row(stages: Stages) -> None:
    states = states_after(stages, *[archive_fault] * 6, lost_race, database_fault, *[lost_race] * 4)
    assert states == ["waiting"] * 12


def test_a_connection_that_is_lost_is_never_taken_for_a_bug(stages: Stages) -> None:
    assert states_after(stages, *[lost_connection] * 60, database_fault) == ["waiting"] * 61
