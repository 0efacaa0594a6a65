"""What one small file costs, in what does not depend on the machine: statements, transactions, syncs.

Whoever makes the way of every file longer sees it here first (LD-2); a bound is lowered when it may be.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from business_files import order_850
from sqlalchemy import event
from stages import Stages

from gateway.ports import TOGETHER

FILES = 10
#: Statements a file, over all stages, where ten files are claimed together.
MOST_STATEMENTS = 22
#: Transactions that write, a file: its receipt, and its share of those that it goes through with others.
MOST_COMMITS = 2
#: Statements a further chunk of documents of a large interchange, read and handed on.
MOST_A_CHUNK = 16
#: Syncs a file, of files and folders: what came, its answer, what was delivered, and notes of the first two.
MOST_SYNCS = 15


class Costs:
    """Counts what a ledger and this process do."""

    def __init__(self, stages: Stages) -> None:
        self.of: Counter[str] = Counter()
        engine = stages.ledger.engine
        event.listen(engine, "before_cursor_execute", lambda *_: self._count("statements"))
        event.listen(engine, "commit", lambda _: self._count("commits"))

    def _count(self, what: str) -> None:
        self.of[what] += 1


@pytest.fixture
def syncs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    seen: list[int] = []
    real = os.fsync

    def counted(handle: int) -> None:
        seen.append(handle)
        real(handle)

    monkeypatch.setattr(os, "fsync", counted)
    return seen


def test_a_small_file_costs_a_bounded_number_of_statements_commits_and_syncs(
    tmp_path: Path, database_url: str, syncs: list[int]
) -> None:
    stages = Stages(tmp_path / "home", database_url, together=TOGETHER)
    _send(stages, 0, 3)  # what is done once a process is not counted
    costs = Costs(stages)
    before = len(syncs)
    _send(stages, 3, FILES)
    a_file = {what: count / FILES for what, count in costs.of.items()}
    a_file["syncs"] = (len(syncs) - before) / FILES
    assert len(stages.erp.taken["erp"]) == 3 + FILES
    assert a_file["statements"] <= MOST_STATEMENTS, a_file
    assert a_file["commits"] <= MOST_COMMITS, a_file
    assert a_file["syncs"] <= MOST_SYNCS, a_file
    stages.close()


def _send(stages: Stages, first: int, count: int) -> None:
    for number in range(first, first + count):
        stages.receive("acme-retail", f"po{number}.edi", order_850(number + 1, [f"45{number:08}"]))
    stages.drain()


def test_a_large_interchange_costs_statements_by_the_chunk_of_documents_not_by_the_document(
    tmp_path: Path, database_url: str
) -> None:
    stages = Stages(tmp_path / "home", database_url, together=TOGETHER)
    chunk = stages.parts.chunk_documents
    for number, chunks in ((1, 1), (2, 3)):
        orders = [f"{number}{order:07}" for order in range(chunks * chunk)]
        stages.receive("acme-retail", f"po{number}.edi", order_850(number, orders))
    costs = Costs(stages)
    spent = {stage: _each(stages, costs, stage) for stage in ("parse", "hand_on")}
    further = sum(three - one for one, three in spent.values()) / 2
    assert further <= MOST_A_CHUNK, (further, spent)
    assert not stages.documents(state="staged")
    stages.close()


def _each(stages: Stages, costs: Costs, stage: str) -> list[int]:
    """Statements of each task of a stage that is due."""
    spent: list[int] = []
    for claim in stages.jobs._claim(16):
        before = costs.of["statements"]
        if claim.stage == stage:
            stages.worker.run(claim)
            spent.append(costs.of["statements"] - before)
    return spent
