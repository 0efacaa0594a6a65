"""Delivery into tables of the customer's own database, as a mapping says.

A document's rows are written in one transaction. The first table has a column for the key, with a
unique index on it; a document whose key is there already is a duplicate, and nothing of it is
written. So a crash between the database's commit and ours ends in one document. The tables are
made by whoever owns the database, never by us.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from sqlalchemy import Column, Connection, Engine, MetaData, Row, Table, insert, inspect, select, text
from sqlalchemy.exc import (
    DBAPIError,
    IntegrityError,
    InvalidRequestError,
    NoSuchTableError,
    OperationalError,
    StatementError,
)
from sqlalchemy.exc import TimeoutError as NoConnection

from outbound.connector import Carried, Consignment, Holding, Outcome, Preview, Receipt
from outbound.mapping.applying import Requirements, deliver_each, require, scope_of, told
from outbound.mapping.calls import ALWAYS, requirements
from outbound.mapping.exact_json import to_json
from outbound.mapping.expressions import Expression
from outbound.mapping.template import Compiler, Scope, Template, items_of
from outbound.refusals import refused, try_later
from partners.mappings import DocumentMapping, MappingFile, Rows

#: SQLSTATE classes and codes that mean we are not let in: PostgreSQL, appendix A.
UNWELCOME: Final = ("28", "42501", "3D000")
#: Classes and codes that pass by themselves: connection, rollback, resources, operator, shutdown.
PASSING: Final = ("08", "40", "53", "55", "57")
#: What PostgreSQL says while connecting, where no SQLSTATE comes with it.
_NOT_LET_IN: Final = re.compile(r"FATAL: .*(authentication|does not exist|pg_hba\.conf|permission denied)")


@dataclass(frozen=True, slots=True)
class MappedRows:
    """Rows of one table, checked. table: name, with its schema if it has one."""

    table: str
    each: Expression | None
    item: str
    when: Expression | None
    values: Template


@dataclass(frozen=True, slots=True)
class MappedTables:
    """A kind of document as rows, checked. key_column: in the first table."""

    requires: Requirements
    rows: tuple[MappedRows, ...]
    key_column: str
    reference: Expression | None


def mapped_tables(mapping: MappingFile) -> dict[str, MappedTables]:
    """Every kind of document that the mapping turns into rows. Raises BadExpression (a ValueError)."""
    compiler = Compiler(mapping.crosswalks)
    return {
        kind: MappedTables(
            requirements(compiler, document),
            tuple(_rows(compiler, rows) for rows in document.rows),
            document.key_column,
            _reference(compiler, document),
        )
        for kind, document in mapping.documents.items()
        if document.rows
    }


def _reference(compiler: Compiler, document: DocumentMapping) -> Expression | None:
    return compiler.expression(document.reference, ALWAYS) if document.reference else None


def _rows(compiler: Compiler, rows: Rows) -> MappedRows:
    names = ALWAYS | ({rows.item} if rows.each else frozenset())
    return MappedRows(
        rows.table,
        compiler.expression(rows.each, ALWAYS) if rows.each else None,
        rows.item,
        compiler.expression(rows.when, names) if rows.when else None,
        compiler.template(dict(rows.values), names),
    )


class SqlTable:
    """A `Connector` and `Searchable` over SQLAlchemy. Nothing is connected before it is needed.

    host: what findings call the database.
    """

    def __init__(
        self,
        engine: Engine,
        host: str,
        documents: Mapping[str, MappedTables],
        constants: Mapping[str, object],
    ) -> None:
        self._engine = engine
        self._host = host
        self._documents = documents
        self._constants = constants
        self._tables: dict[str, Table] = {}
        self._keyed: set[str] = set()
        self._lock = threading.Lock()

    def deliver(self, consignment: Consignment) -> Receipt:
        """Write each document's rows. Safe to repeat: a key that is there is a duplicate."""
        mapped = self._mapped(consignment)
        return deliver_each(consignment, lambda carried: self._write(mapped, consignment, carried))

    def dry_run(self, consignment: Consignment) -> Preview:
        """See `Connector.dry_run`: the rows as JSON, by table; the database is not asked."""
        mapped = self._mapped(consignment)
        with told():
            scope = self._scope(consignment, consignment.documents[0])
            rows = [{"table": table, "row": row} for table, row in _filled(mapped, scope)]
        return Preview(f"INSERT into {self._host}", f"{to_json(rows)}\n".encode(), "application/json")

    def look_up(self, consignment: Consignment) -> Holding | None:
        """See `Searchable.look_up`: the document's own row."""
        mapped = self._mapped(consignment)
        carried = consignment.documents[0]
        with self._connection() as connection:
            table = self._table(connection, mapped.rows[0].table)
            row = _row_of(connection, table, mapped.key_column, carried.key)
        if row is None:
            return None
        with told():
            reference = _reference_text(mapped, self._scope(consignment, carried), carried)
        return Holding(
            reference, {name: str(value) for name, value in row._mapping.items() if value is not None}
        )

    def check(self) -> str:
        """See `Connector.check`: the database answers and its tables are as the mapping says."""
        with self._connection() as connection:
            connection.execute(text("select 1"))
            for mapped in self._documents.values():
                self._insist_on_key(connection, mapped)
                for rows in mapped.rows:
                    self._table(connection, rows.table)
        return f"{self._host} answers and has every table."

    def close(self) -> None:
        """Let go of connections."""
        self._engine.dispose()

    def _mapped(self, consignment: Consignment) -> MappedTables:
        kind = consignment.attributes.get("kind", "")
        if kind not in self._documents or not consignment.documents:
            raise refused("OUT-074", kind=kind or "acknowledgement")
        return self._documents[kind]

    def _scope(self, consignment: Consignment, carried: Carried) -> dict[str, object]:
        return scope_of(consignment, carried, self._constants)

    def _write(self, mapped: MappedTables, consignment: Consignment, carried: Carried) -> Receipt:
        """All rows of one document, or none. An unknown commit is settled by the key at the next attempt."""
        scope = self._scope(consignment, carried)
        with told():
            require(mapped.requires, scope)
            rows = list(_filled(mapped, scope))
            reference = _reference_text(mapped, scope, carried)
        try:
            with self._connection() as connection, connection.begin():
                self._insist_on_key(connection, mapped)
                self._insert(connection, rows)
        except IntegrityError as fault:
            if not self._holds(mapped, carried):
                raise refused("OUT-083", table=rows[0][0], reason=_reason(fault)) from fault
            return Receipt(Outcome.DUPLICATE, reference)
        return Receipt(Outcome.ACCEPTED, reference)

    def _holds(self, mapped: MappedTables, carried: Carried) -> bool:
        with self._connection() as connection:
            table = self._table(connection, mapped.rows[0].table)
            return _row_of(connection, table, mapped.key_column, carried.key) is not None

    def _insist_on_key(self, connection: Connection, mapped: MappedTables) -> None:
        """Without a unique index a repeat would be a second row. Raises Refused."""
        name = mapped.rows[0].table
        schema, _, bare = name.rpartition(".")
        with self._lock:
            if name in self._keyed:
                return
        self._table(connection, name)
        shown = inspect(connection)
        unique: list[set[str | None]] = [
            set(shown.get_pk_constraint(bare, schema or None)["constrained_columns"])
        ]
        unique += [set(one["column_names"]) for one in shown.get_unique_constraints(bare, schema or None)]
        unique += [
            set(one["column_names"]) for one in shown.get_indexes(bare, schema or None) if one["unique"]
        ]
        if {mapped.key_column} not in unique:
            reason = f"there is no unique index on {mapped.key_column}"
            raise refused("OUT-082", endpoint_wide=True, table=name, reason=reason)
        with self._lock:
            self._keyed.add(name)

    def _insert(self, connection: Connection, rows: list[tuple[str, dict[str, object]]]) -> None:
        for name, values in rows:
            table = self._table(connection, name)
            with _rows_told(name):
                connection.execute(insert(table), _typed(table, values))

    def _table(self, connection: Connection, name: str) -> Table:
        """The table as the database describes it, looked up once. Raises Refused."""
        with self._lock:
            if name not in self._tables:
                schema, _, bare = name.rpartition(".")
                try:
                    self._tables[name] = Table(
                        bare, MetaData(), schema=schema or None, autoload_with=connection
                    )
                except (NoSuchTableError, InvalidRequestError) as fault:
                    raise refused(
                        "OUT-082", endpoint_wide=True, table=name, reason="there is no such table"
                    ) from fault
            return self._tables[name]

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        """A connection; what is wrong with the database becomes TryLater or Refused, integrity passes."""
        try:
            with self._engine.connect() as connection:
                yield connection
        except IntegrityError:
            raise
        except NoConnection as fault:
            raise try_later("OUT-080", reason="every connection is in use") from fault
        except DBAPIError as fault:
            state = getattr(fault.orig, "sqlstate", None) or ""
            if state.startswith(UNWELCOME) or _NOT_LET_IN.search(str(fault.orig)):
                raise refused("OUT-081", endpoint_wide=True, reason=_reason(fault)) from fault
            if (
                fault.connection_invalidated
                or isinstance(fault, OperationalError)
                or state.startswith(PASSING)
            ):
                raise try_later("OUT-080", reason=_reason(fault)) from fault
            raise refused("OUT-083", table=self._host, reason=_reason(fault)) from fault
        except StatementError as fault:  # a value of a kind that the driver was not even given
            raise refused("OUT-083", table=self._host, reason=_reason(fault)) from fault


@contextmanager
def _rows_told(table: str) -> Iterator[None]:
    """Names the table in what is wrong with a row."""
    try:
        yield
    except (ValueError, TypeError, InvalidOperation) as fault:
        raise refused("OUT-083", table=table, reason=str(fault)) from fault
    except KeyError as fault:
        reason = f"there is no column {fault.args[0]}"
        raise refused("OUT-082", endpoint_wide=True, table=table, reason=reason) from fault


def _filled(mapped: MappedTables, scope: Scope) -> Iterator[tuple[str, dict[str, object]]]:
    """Table and values of every row, in order. Raises Inapplicable."""
    for rows in mapped.rows:
        scopes: Iterator[Scope] | list[Scope] = [scope]
        if rows.each is not None:
            scopes = ({**scope, rows.item: item} for item in items_of(rows.each, scope))
        for inner in scopes:
            if rows.when is None or rows.when.holds(inner):
                yield rows.table, rows.values.fill(inner)


def _row_of(connection: Connection, table: Table, key_column: str, key: str) -> Row[Any] | None:
    return connection.execute(select(table).where(table.c[key_column] == key)).one_or_none()


def _reference_text(mapped: MappedTables, scope: Scope, carried: Carried) -> str:
    value = mapped.reference.value(scope) if mapped.reference else None
    return carried.key if value is None else str(value)


def _typed(table: Table, values: Mapping[str, object]) -> dict[str, object]:
    """The values as the columns' types want them. Raises KeyError, ValueError, InvalidOperation."""
    return {name: _as_column(table.c[name], value) for name, value in values.items()}


def _as_column(column: Column[Any], value: object) -> object:
    wanted = column.type.python_type
    if not isinstance(value, str):
        return to_json(value) if isinstance(value, dict | list) and wanted is str else value
    if wanted is Decimal:
        return Decimal(value)
    if wanted is int:
        return int(value)
    if wanted in {date, datetime, time}:
        return wanted.fromisoformat(value)
    if wanted is float:
        raise ValueError(f"the column {column.name} holds binary fractions, which no amount may become")
    length = getattr(column.type, "length", None)
    if length is not None and len(value) > length:
        raise ValueError(f"the column {column.name} holds {length} characters, {len(value)} were given")
    return value


def _reason(fault: StatementError) -> str:
    """The database's own words, on one line."""
    return " ".join(str(fault.orig).rpartition("FATAL: ")[2].split())[:300]
