"""Write transactions on SQLite that end together, so that one sync makes many of them durable.

SQLite has one writer at a time and syncs once a commit. Here a writer whose block has ended waits
a moment while others are expected that could join it; the last of them commits for all. Each
member is rolled back alone if its block raises; if the commit fails it fails for every member,
and none of them has been told otherwise.
"""

from __future__ import annotations

import math
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Connection, Engine, RootTransaction
from sqlalchemy.exc import OperationalError, SQLAlchemyError

#: Seconds for which a finished block waits for others at most.
LONGEST_WAIT_S = 0.01
#: Members after which a group waits for nobody any more.
MOST_MEMBERS = 64
#: Pages that the writer may keep in memory, in KiB.
CACHE_KIB = 16_384


class _Group:
    """One open transaction. Touched only by who has the turn; `ended` may be awaited by anybody."""

    def __init__(self, connection: Connection, transaction: RootTransaction) -> None:
        self.connection = connection
        self.transaction = transaction
        self.members = 0
        #: Set when the first member's block has ended.
        self.closes_at = math.inf
        self.ended = threading.Event()
        self.fault: BaseException | None = None


class GroupCommit:
    """The one writer of a SQLite file in this process.

    It keeps a connection of its own, whose pages stay in memory: another connection's writes would
    throw them away.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turn = threading.Lock()
        self._counting = threading.Lock()
        self._queued = 0
        self._expected = 0
        self._connection: Connection | None = None
        self._group: _Group | None = None

    @contextmanager
    def expecting(self) -> Iterator[None]:
        """Others may wait for this thread, which is about to write."""
        self._count(expected=1)
        try:
            yield
        finally:
            self._count(expected=-1)

    @contextmanager
    def joined(self) -> Iterator[Connection]:
        """One block in a transaction that others may share. What it wrote is durable on return."""
        self._count(queued=1)
        self._turn.acquire()
        self._count(queued=-1)
        try:
            group = self._open_group()
            is_first = group.members == 0
            with self._undone_alone(group, is_first):
                yield group.connection
            group.members += 1
            if is_first:
                group.closes_at = time.monotonic() + LONGEST_WAIT_S
            if not self._has_company(group):
                self._end(group)
        except BaseException:
            self._settle_rest()
            raise
        finally:
            self._turn.release()
        self._await(group, is_first)

    def close(self) -> None:
        """Let go of the connection."""
        with self._turn:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _count(self, *, queued: int = 0, expected: int = 0) -> None:
        with self._counting:
            self._queued += queued
            self._expected += expected

    def _open_group(self) -> _Group:
        if self._group is None:
            if self._connection is None:
                self._connection = _connected(self._engine)
            self._group = _Group(self._connection, self._connection.begin())
        return self._group

    @contextmanager
    def _undone_alone(self, group: _Group, is_first: bool) -> Iterator[None]:
        """If the block raises, only what it wrote is undone."""
        if not is_first:
            group.connection.exec_driver_sql("SAVEPOINT member")
        try:
            yield
            _insist_on_transaction(group.connection)
        except BaseException as fault:
            try:
                if is_first:
                    self._drop(group, fault)
                else:
                    group.connection.exec_driver_sql("ROLLBACK TO member")
                    group.connection.exec_driver_sql("RELEASE member")
            except SQLAlchemyError as gone:  # the database has given up the whole transaction
                self._drop(group, gone)  # what this member raised would tell the others something else
            raise
        if not is_first:
            group.connection.exec_driver_sql("RELEASE member")

    def _has_company(self, group: _Group) -> bool:
        """True while it is worth while to wait for another member."""
        if group.members >= MOST_MEMBERS or time.monotonic() >= group.closes_at:
            return False
        return self._queued > 0 or self._expected > group.members

    def _settle_rest(self) -> None:
        """A member has failed; nobody else may be left to end what the others wrote."""
        group = self._group
        if group is not None and not self._has_company(group):
            with suppress(SQLAlchemyError):  # the others hear of it; this member has a fault of its own
                self._end(group)

    def _await(self, group: _Group, is_first: bool) -> None:
        """Until the group has ended. The first member ends it if nobody does in time."""
        if is_first:
            try:
                group.ended.wait(max(0.0, group.closes_at - time.monotonic()))
            finally:
                with self._turn:
                    if not group.ended.is_set():
                        self._end(group)
        group.ended.wait()
        if group.fault is not None:
            raise group.fault

    def _end(self, group: _Group) -> None:
        """Commit for all members. Raises the fault, if there is one, which is every member's."""
        self._group = None
        try:
            group.transaction.commit()
        except BaseException as fault:
            group.fault = fault
            self._discard(group.connection)
            raise
        finally:
            group.ended.set()

    def _drop(self, group: _Group, fault: BaseException) -> None:
        """Undo everything that was written in a group."""
        self._group = None
        group.fault = fault
        try:
            group.transaction.rollback()
        except SQLAlchemyError:
            self._discard(group.connection)
        finally:
            group.ended.set()

    def _discard(self, connection: Connection) -> None:
        """Nobody knows what state it is in: its end undoes what was not committed."""
        self._connection = None
        with suppress(SQLAlchemyError):
            connection.invalidate()
            connection.close()


def _insist_on_transaction(connection: Connection) -> None:
    """SQLite undoes everything by itself on some faults; a member that did not heed one would seem kept."""
    driver: Any = connection.connection.driver_connection
    if not driver.in_transaction:
        fault = sqlite3.OperationalError("the database has undone the transaction")
        raise OperationalError("COMMIT", {}, fault)


def _connected(engine: Engine) -> Connection:
    connection = engine.connect()
    driver: Any = connection.connection.driver_connection
    driver.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
    return connection
