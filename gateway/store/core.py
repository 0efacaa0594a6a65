"""The ledger's tables as queries use them: SQLModel defines them, SQLAlchemy Core reads and writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect, Insert, Table, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.schema import ScalarElementColumnDefault
from sqlmodel import SQLModel

from gateway.store.alert_tables import Alert, AlertSubject, EventCursor, Notice
from gateway.store.delivery_tables import DestinationRow, Parked, Replay, Turn
from gateway.store.reading_tables import ErpCursor, ErpRecord
from gateway.store.tables import (
    AcceptedIdentity,
    Acknowledgement,
    Blob,
    BusinessKey,
    Consignment,
    ControlNumber,
    ControlReservation,
    Delivery,
    DeliveryAttempt,
    Document,
    Event,
    FindingRow,
    FunctionalGroup,
    HeldUpload,
    Interchange,
    MailboxEntry,
    ProfileVersion,
    ScheduleSlot,
    Transmission,
)
from gateway.store.work_tables import Node, Task


def table_of(model: type[SQLModel]) -> Table:
    """The Core table of a model."""
    table = vars(model)["__table__"]
    if not isinstance(table, Table):
        raise TypeError(f"{model.__name__} has no table")
    return table


ACCEPTED_IDENTITY = table_of(AcceptedIdentity)
ACKNOWLEDGEMENT = table_of(Acknowledgement)
ALERT = table_of(Alert)
ALERT_SUBJECT = table_of(AlertSubject)
BLOB = table_of(Blob)
BUSINESS_KEY = table_of(BusinessKey)
CONSIGNMENT = table_of(Consignment)
CONTROL_NUMBER = table_of(ControlNumber)
CONTROL_RESERVATION = table_of(ControlReservation)
DELIVERY = table_of(Delivery)
DELIVERY_ATTEMPT = table_of(DeliveryAttempt)
DESTINATION = table_of(DestinationRow)
DOCUMENT = table_of(Document)
ERP_CURSOR = table_of(ErpCursor)
ERP_RECORD = table_of(ErpRecord)
EVENT = table_of(Event)
EVENT_CURSOR = table_of(EventCursor)
FINDING = table_of(FindingRow)
FUNCTIONAL_GROUP = table_of(FunctionalGroup)
HELD_UPLOAD = table_of(HeldUpload)
INTERCHANGE = table_of(Interchange)
MAILBOX_ENTRY = table_of(MailboxEntry)
NODE = table_of(Node)
NOTICE = table_of(Notice)
PARKED = table_of(Parked)
PROFILE_VERSION = table_of(ProfileVersion)
REPLAY = table_of(Replay)
SCHEDULE_SLOT = table_of(ScheduleSlot)
TASK = table_of(Task)
TRANSMISSION = table_of(Transmission)
TURN = table_of(Turn)


class _Many:
    """The statement that inserts many rows of a table, with the same columns, and what its driver is given.

    SQLAlchemy's own way looks at every value of every row; here only those are looked at that the
    database keeps in another form.
    """

    def __init__(self, dialect: Dialect, table: Table, names: tuple[str, ...]) -> None:
        #: Of columns that the rows leave out.
        self._defaults = {
            column.name: column.default.arg
            for column in table.c
            if isinstance(column.default, ScalarElementColumnDefault) and column.name not in names
        }
        compiled = insert(table).compile(dialect=dialect, column_keys=names)
        self.sql = str(compiled)
        self._order = compiled.positiontup if compiled.positional else None
        kinds = {name: table.c[name].type.dialect_impl(dialect) for name in names}
        steps = {name: kind.bind_processor(dialect) for name, kind in kinds.items()}
        self._steps = [(name, step) for name, step in steps.items() if step is not None]

    def parameters(self, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        """The rows as the driver takes them."""
        kept = [
            {**self._defaults, **row, **{name: step(row[name]) for name, step in self._steps}} for row in rows
        ]
        return kept if self._order is None else list(map(itemgetter(*self._order), kept))


@lru_cache(maxsize=128)
def _many(dialect: Dialect, table: Table, names: tuple[str, ...]) -> _Many:
    return _Many(dialect, table, names)


def insert_many(tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, all with the columns of the first."""
    if rows:
        many = _many(tx.dialect, table, tuple(rows[0]))
        tx.exec_driver_sql(many.sql, many.parameters(rows))


@cache  # building a statement costs more than running it
def inserting(table: Table) -> Insert:
    """The statement that inserts whole rows."""
    return insert(table)


def insert_absent(tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows; those whose key is there already stay as they are."""
    if rows:
        tx.execute(_absent(tx.dialect.name, table), list(rows))


def insert_first(tx: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert a row unless its key is there already; whether it was inserted."""
    return tx.execute(_first(tx.dialect.name, table), row).one_or_none() is not None


def upsert(tx: Connection, table: Table, row: Mapping[str, Any], *, replacing: Sequence[str]) -> None:
    """Insert a row; if its primary key is there already, replace these columns of it."""
    statement = _insert(tx.dialect.name)(table).values(**row)
    values = {name: row[name] for name in replacing}
    key = [column.name for column in table.primary_key]
    tx.execute(statement.on_conflict_do_update(index_elements=key, set_=values))


def _insert(dialect: str) -> Any:
    return postgresql.insert if dialect == "postgresql" else sqlite.insert


@cache
def _absent(dialect: str, table: Table) -> Any:
    return _insert(dialect)(table).on_conflict_do_nothing()


@cache
def _first(dialect: str, table: Table) -> Any:
    return _absent(dialect, table).returning(*table.primary_key)
