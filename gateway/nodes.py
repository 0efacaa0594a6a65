"""This process among those that work on the ledger: it says that it is alive, and what it does.

Nobody's work hangs on these rows: the engine that runs the tasks keeps its own heartbeats. They are
for people, who want to see who does what.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from gateway.ports import Claim, Clock, Run
from gateway.store import nodes
from gateway.store.identity import drawn
from gateway.store.ledger import Ledger

log = structlog.get_logger()

#: Seconds between signs of life.
BEAT_S = 1.0
#: Stages in hand that a node tells of, at most.
TOLD = 20


class Node:
    """A process at work. address: where its SFTP server listens; empty without one."""

    def __init__(self, ledger: Ledger, clock: Clock, run: Run) -> None:
        self.id = drawn("nd", clock.now())
        self.address = ""
        self._ledger = ledger
        self._run = run
        self._in_hand: dict[int, str] = {}
        self._lock = threading.Lock()

    def run(self, *claims: Claim) -> None:
        """Run claims, and be seen to run them."""
        with self._lock:
            self._in_hand |= {claim.task_id: f"{claim.stage} {claim.subject}" for claim in claims}
        try:
            self._run(*claims)
        finally:
            with self._lock:
                for claim in claims:
                    self._in_hand.pop(claim.task_id, None)

    @contextmanager
    def present(self, roles: Collection[str]) -> Iterator[None]:
        """Listed among the nodes, from now until it leaves in good order."""
        name = f"{socket.gethostname()}:{os.getpid()}"
        with self._ledger.write() as tx:
            nodes.enter(tx, self.id, name, sorted(roles), version("tradepost"))
        yield
        with suppress(OperationalError), self._ledger.write() as tx:
            nodes.leave(tx, self.id)

    def keep_seen(self, stopping: threading.Event) -> None:
        """Give signs of life until the end. A database that is away hears of us once it is back."""
        while not stopping.wait(BEAT_S):
            with self._lock:
                doing = list(self._in_hand.values())[:TOLD]
            try:
                with self._ledger.write() as tx:
                    nodes.beat(tx, self.id, self.address, doing)
            except OperationalError as fault:
                log.warning("ledger.unavailable", reason=str(fault.orig))


@dataclass(frozen=True, slots=True)
class NodeView:
    """A node as people see it. state: at work, silent or stopped."""

    name: str
    state: str
    roles: tuple[str, ...]
    version: str
    address: str
    started: datetime
    last_seen: datetime
    unseen_s: float
    doing: tuple[str, ...]
    id: str


def list_nodes(view: Connection, dead_s: float) -> list[NodeView]:
    """Every node of the last day. One that was not seen for `dead_s` seconds is silent."""
    return [
        NodeView(
            name=row.name,
            state="stopped" if row.stopped_at else "silent" if row.unseen_s > dead_s else "at work",
            roles=row.roles,
            version=row.version,
            address=row.address,
            started=row.started_at.replace(microsecond=0),
            last_seen=row.seen_at.replace(microsecond=0),
            unseen_s=round(row.unseen_s, 1),
            doing=row.doing,
            id=row.id,
        )
        for row in nodes.listed(view)
    ]


def unplayed(found: Collection[NodeView], roles: Collection[str]) -> list[str]:
    """Roles that no node at work plays."""
    played = {role for node in found if node.state == "at work" for role in node.roles}
    return [role for role in roles if role not in played]
