"""Transactions on the ledger, on SQLite and PostgreSQL alike.

Write transactions are short and hold no I/O: they begin IMMEDIATE on SQLite, one at a time
in this process, so that no thread meets a busy database of our own making. Those that end in the
same moment are committed together (see group_commit.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from gateway.store.group_commit import GroupCommit

SQLITE_BUSY_S = 60.0
#: Pages of 4 KiB in the WAL from which on a commit copies it into the database: pages that are
#: written again and again are then copied once.
CHECKPOINT_PAGES = 4_000
#: Held by the one process that runs tasks ("tradepost" in telephone keys, and one).
RUNNER_LOCK = 872_337_679

#: Seconds to wait for a PostgreSQL that accepts a connection and says nothing.
CONNECT_S = 10
#: A machine that is gone without a word is given up after half a minute; libpq's names.
LIVENESS = {
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}

_writing: ContextVar[bool] = ContextVar("tradepost_writing", default=False)


def inside_write_transaction() -> bool:
    """True while this thread holds a write transaction; no outside call may be made then."""
    return _writing.get()


def _on_sqlite_connect(connection: Any, record: object) -> None:
    del record
    connection.isolation_level = None  # we begin transactions ourselves
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
    cursor.execute(f"PRAGMA busy_timeout={int(SQLITE_BUSY_S * 1000)}")
    cursor.close()


class Sqlite(SQLiteDialect_pysqlite):
    """SQLite with transactions that begin when we say so.

    A listener for `begin` would do as well, but with any listener every statement looks for more: it
    took a quarter of what a statement costs.
    """

    supports_statement_cache = True

    def do_begin(self, dbapi_connection: Any) -> None:
        """Writers take their turn at once, so that none has to give up what it has read."""
        driver = dbapi_connection.driver_connection
        driver.execute("BEGIN IMMEDIATE" if inside_write_transaction() else "BEGIN")


registry.register("sqlite.tradepost", __name__, Sqlite.__name__)


def open_engine(url: str) -> Engine:
    """An engine for `url` with the durability that the ledger's promises need."""
    if not url.startswith("sqlite"):
        url = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)
        return create_engine(
            url,
            pool_pre_ping=True,
            hide_parameters=True,
            pool_size=10,
            max_overflow=40,
            connect_args={"connect_timeout": CONNECT_S, **LIVENESS},
        )
    in_memory = url in {"sqlite://", "sqlite:///:memory:"}
    if in_memory:
        raise ValueError("the ledger needs a file: an in-memory database forgets what it promised")
    arguments = {"timeout": SQLITE_BUSY_S, "check_same_thread": False}
    ours = make_url(url).set(drivername="sqlite+tradepost")
    engine = create_engine(ours, hide_parameters=True, connect_args=arguments, pool_size=10, max_overflow=200)
    event.listen(engine, "connect", _on_sqlite_connect)
    return engine


class Ledger:
    """The database. `read` and `write` give a connection inside one transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._group = GroupCommit(engine) if engine.dialect.name == "sqlite" else None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view; nothing written in it lasts. Inside a write transaction, read through that."""
        if inside_write_transaction():
            raise RuntimeError("a view beside a write transaction would deadlock")
        with self.engine.connect() as connection, connection.begin() as transaction:
            try:
                yield connection
            finally:
                transaction.rollback()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One write transaction: committed if the block ends, rolled back if it raises."""
        if inside_write_transaction():
            raise RuntimeError("a write transaction inside a write transaction would deadlock")
        token = _writing.set(True)
        try:
            with self.engine.begin() if self._group is None else self._group.joined() as connection:
                yield connection
        finally:
            _writing.reset(token)

    def expecting(self) -> AbstractContextManager[None]:
        """Around work that ends in a write: on SQLite others that write now wait a moment for it."""
        return nullcontext() if self._group is None else self._group.expecting()

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Hold this ledger for one runner of tasks; False if another holds it.

        On SQLite always True: the file lies in a home, which has its own lock.
        """
        if self.engine.dialect.name == "sqlite":
            yield True
            return
        with self.engine.connect() as connection:
            query = f"SELECT pg_try_advisory_lock({RUNNER_LOCK})"
            yield bool(connection.exec_driver_sql(query).scalar_one())

    def close(self) -> None:
        """Close every connection."""
        if self._group is not None:
            self._group.close()
        self.engine.dispose()
