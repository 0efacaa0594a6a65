"""Brings the ledger's schema to the version this program needs, or refuses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from gateway.errors import TradepostError
from gateway.failpoints import failpoint

if TYPE_CHECKING:
    from alembic.config import Config

#: The newest revision; a test holds it to the scripts. Alembic is only imported to get there.
NEWEST = "0007"
MIGRATIONS = Path(__file__).parent / "migrations"
#: Serialises migrations of several processes on one PostgreSQL ("tradepost" in telephone keys).
ADVISORY_LOCK = 872_337_678


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's configuration, without a file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine) -> None:
    """Apply what is missing. Raises TradepostError GTW-021 if the schema is newer than this program."""
    with engine.connect() as connection:
        if _revision(connection) == NEWEST:
            return
        from alembic import command

        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_lock({ADVISORY_LOCK})")
        _refuse_unknown(connection)
        failpoint("schema.begin")
        connection.rollback() if engine.dialect.name == "sqlite" else connection.commit()
        command.upgrade(configuration(connection), "head")
        connection.commit()
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_unlock({ADVISORY_LOCK})")
    failpoint("schema.upgraded")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _refuse_unknown(connection: Connection) -> None:
    from alembic.script import ScriptDirectory

    current = _revision(connection)
    known = {script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions()}
    if current is not None and current not in known:
        raise TradepostError(
            "GTW-021",
            f"The ledger has schema {current}, which this version of tradepost does not know.",
            "Start the version that made it, or a newer one.",
        )
