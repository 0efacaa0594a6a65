"""The sample staging tables in a PostgreSQL database, and how a gateway reaches them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, create_engine, func, make_url, select, table, text

SAMPLES = Path(__file__).parents[2] / "samples" / "destinations"
MAPPING = SAMPLES / "staging-tables.mapping.toml"


@dataclass(frozen=True)
class StagingTables:
    """The tables, empty at first. url: what a destination is given."""

    engine: Engine
    url: str

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        """What a statement gives."""
        with self.engine.begin() as tx:
            return [tuple(row) for row in tx.execute(text(statement))]

    def count(self, name: str) -> int:
        """How many rows a table has."""
        with self.engine.begin() as tx:
            return tx.execute(select(func.count()).select_from(table(name))).scalar_one()


@contextmanager
def staging_tables(postgres_url: str) -> Iterator[StagingTables]:
    """The tables in the database of that URL, which is reached through its socket."""
    given = make_url(postgres_url)
    engine = create_engine(given)
    with engine.begin() as tx:
        tx.execute(text((SAMPLES / "staging-tables.sql").read_text("utf-8")))
    socket = given.query.get("host", given.host)
    url = f"postgresql://{given.username}@localhost/{given.database}?host={socket}"
    yield StagingTables(engine, url)
    engine.dispose()
