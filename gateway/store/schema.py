"""Brings the ledger's schema to the version this program needs, or refuses."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from gateway.errors import TradepostError

MIGRATIONS = Path(__file__).parent / "migrations"
#: Serialises migrations of several processes on one PostgreSQL ("tradepost" in telephone keys).
ADVISORY_LOCK = 872_337_678


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's configuration, without a file."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine) -> None:
    """Apply what is missing. Raises TradepostError GTW-021 if the schema is newer than this program."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_lock({ADVISORY_LOCK})")
        refuse_newer(connection)
        connection.rollback() if engine.dialect.name == "sqlite" else connection.commit()
        command.upgrade(configuration(connection), "head")
        connection.commit()
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_unlock({ADVISORY_LOCK})")


def refuse_newer(connection: Connection) -> None:
    """Raise TradepostError GTW-021 if the database has a revision that this program does not know."""
    current = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions()}
    if current is not None and current not in known:
        raise TradepostError(
            "GTW-021",
            f"The ledger has schema {current}, which this version of tradepost does not know.",
            "Start the version that made it, or a newer one.",
        )
