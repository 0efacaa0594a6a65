"""The gateway dies at each statement of a migration; the next start finishes it and nothing is lost."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from dying import Operations, deaths
from sqlalchemy import Boolean, DateTime, Integer, LargeBinary, MetaData, Table, inspect, select
from sqlalchemy.engine.default import DefaultDialect
from sqlmodel import SQLModel

from gateway.store import core, schema
from gateway.store.ledger import Ledger, open_engine

pytestmark = pytest.mark.slow

MODELS = core  # imported so that the metadata to compare with is whole
FIRST = "0001"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
STATEMENTS: Operations = tuple(
    (DefaultDialect, name) for name in ("do_execute", "do_execute_no_params", "do_commit")
)
Rows = dict[str, list[tuple[Any, ...]]]


def first_tables(ledger: Ledger) -> list[Table]:
    """The tables of the first schema as they were then, those that others refer to first."""
    found = MetaData()
    found.reflect(ledger.engine)
    return [table for table in found.sorted_tables if table.name != "alembic_version"]


def fill(ledger: Ledger, tables: list[Table]) -> None:
    """Two rows in each table of the first schema."""
    with ledger.engine.begin() as tx:
        for table in tables:
            checked = allowed(ledger, table)
            for number in (1, 2):
                tx.execute(table.insert().values({c.name: value(c, number, checked) for c in table.columns}))


def allowed(ledger: Ledger, table: Table) -> dict[str, str]:
    """By column, a value that the database's own check lets through."""
    checks = [check["sqltext"] for check in inspect(ledger.engine).get_check_constraints(table.name)]
    found = [re.search(r"(\w+).*?'(\w+)'", check) for check in checks]
    return {match[1]: match[2] for match in found if match}


def value(column: Any, number: int, checked: dict[str, str]) -> object:
    """What stands in a column of row `number`: alike in what refers and what is referred to."""
    if column.name in checked:
        return checked[column.name]
    if isinstance(column.type, Boolean):
        return number == 1
    if isinstance(column.type, Integer):
        return number
    if isinstance(column.type, DateTime):
        return NOON if column.type.timezone else NOON.replace(tzinfo=None)
    return b"%d" % number if isinstance(column.type, LargeBinary) else f"{number}"


def rows(ledger: Ledger, tables: list[Table]) -> Rows:
    """What the first schema's tables hold, column by column."""
    with ledger.engine.connect() as view:
        return {
            table.name: sorted((tuple(row) for row in view.execute(select(table))), key=repr)
            for table in tables
        }


def revision(ledger: Ledger) -> str | None:
    with ledger.engine.connect() as view:
        return MigrationContext.configure(view).get_current_revision()


def test_a_ledger_killed_at_each_statement_of_its_migrations_ends_whole_with_all_its_rows(
    database_url: str,
) -> None:
    """FI-A20."""
    ledger = Ledger(open_engine(database_url))
    with ledger.engine.connect() as connection:
        command.upgrade(schema.configuration(connection), FIRST)
        connection.commit()
    tables = first_tables(ledger)
    fill(ledger, tables)
    before = rows(ledger, tables)
    assert all(len(held) == 2 for held in before.values())
    ledger.engine.dispose()

    def migrate() -> None:
        schema.upgrade(open_engine(database_url))

    killed, at = 0, revision(ledger)
    while at != schema.NEWEST:
        ledger.engine.dispose()
        for _ in deaths(migrate, STATEMENTS):
            killed += 1
            assert rows(ledger, tables) == before
            reached = revision(ledger)
            ledger.engine.dispose()
            if reached != at:
                break
        at = reached
    schema.upgrade(ledger.engine)
    with ledger.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False, "include_name": ours})
        assert compare_metadata(context, SQLModel.metadata) == []
    ledger.close()
    assert killed > 50


def ours(name: str | None, kind: str, _parents: object) -> bool:
    return not (kind == "table" and str(name).startswith("procrastinate_"))
