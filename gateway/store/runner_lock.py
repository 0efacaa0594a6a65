"""Who may run tasks on a PostgreSQL: one gateway of the local runner, or any number that share the work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gateway.store.ledger import RUNNER_LOCK, Ledger


@contextmanager
def together(ledger: Ledger) -> Iterator[bool]:
    """Share the ledger with other runners of shared work; False while a runner works on it alone."""
    with ledger.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        query = f"SELECT pg_try_advisory_lock_shared({RUNNER_LOCK})"
        shared = bool(connection.exec_driver_sql(query).scalar_one())
        try:
            yield shared
        finally:
            if shared and not connection.invalidated:
                connection.exec_driver_sql(f"SELECT pg_advisory_unlock_shared({RUNNER_LOCK})")
