"""The kinds of column that the ledger's tables are made of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Integer, Text, TypeDecorator
from sqlalchemy.engine import Dialect
from sqlmodel import Column, Field

from gateway.states import TABLES


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time on every database; refuses naive ones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware in, UTC stored; SQLite keeps no zone, so it is dropped there."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone never enters the ledger")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """UTC out."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def moment(*, nullable: bool = False, index: bool = False) -> Any:
    """A time."""
    return Field(default=None, sa_column=Column(UtcDateTime, nullable=nullable, index=index))


def big() -> Any:
    """A number of bytes: files may exceed what 32 bits count."""
    return Field(sa_column=Column(BigInteger, nullable=False))


#: A number that the database counts up: rows may come to outlive 32 bits. SQLite's integers have 64.
COUNTED = BigInteger().with_variant(Integer, "sqlite")


def counted() -> Any:
    """A key that the database counts up."""
    return Field(default=None, sa_column=Column(COUNTED, primary_key=True))


def long_text(*, nullable: bool = True) -> Any:
    """Text of any length."""
    return Field(default=None, sa_column=Column(Text, nullable=nullable))


def states_of(kind: str) -> CheckConstraint:
    """The database's own check that a row of `kind` is in one of its states."""
    names = ", ".join(f"'{name}'" for name in TABLES[kind])
    return CheckConstraint(f"state IN ({names})", name=f"{kind}_state")
