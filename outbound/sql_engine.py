"""Connections to a customer's database."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

#: What a PostgreSQL URL may say behind "?": libpq's own names. host: a folder with a Unix socket.
ALLOWED = frozenset({"host", "sslmode", "sslrootcert"})
OURSELVES = frozenset({"localhost", "127.0.0.1", "::1"})
#: How a database on another machine is reached unless its URL says otherwise.
VERIFIED = {"sslmode": "verify-full", "sslrootcert": "system"}


@dataclass(frozen=True, slots=True)
class SqlPlace:
    """url: postgresql://user@host:port/database, or sqlite:path taken from the home.

    timeout_s: for one step.
    """

    url: str
    password: str = field(repr=False)
    timeout_s: float
    home: Path


def engine_for(place: SqlPlace) -> Engine:
    """Connections, at most five at once; none is made yet. Raises ValueError for a URL that is none of these.

    A database file that is missing is not made.
    """
    scheme, _, rest = place.url.partition(":")
    if scheme == "sqlite" and rest:
        file = (place.home / rest).resolve()
        url = URL.create(
            "sqlite",
            database=f"file:{file}",
            query={"mode": "rw", "uri": "true", "timeout": f"{place.timeout_s:g}"},
        )
        engine = create_engine(url, pool_size=5, max_overflow=0, pool_timeout=place.timeout_s)
        event.listen(engine, "connect", _sqlite_checks_references)
        return engine
    parts = urlsplit(place.url)
    database = parts.path.removeprefix("/")
    given = dict(parse_qsl(parts.query))
    if scheme != "postgresql" or not parts.hostname or not database or given.keys() - ALLOWED:
        raise ValueError(
            f"{place.url!r} must be postgresql://user@host/database or sqlite:path; behind '?' there may be "
            f"{', '.join(sorted(ALLOWED))}"
        )
    url = URL.create(
        "postgresql+psycopg",
        username=unquote(parts.username) if parts.username else None,
        password=place.password or None,
        host=given.get("host", parts.hostname),
        port=parts.port,
        database=unquote(database),
    )
    statement_ms = int(place.timeout_s * 1000)
    options = f"-c statement_timeout={statement_ms} -c idle_in_transaction_session_timeout={2 * statement_ms}"
    secured = {"sslmode": "prefer"} if parts.hostname in OURSELVES else VERIFIED
    return create_engine(
        url,
        pool_size=5,
        max_overflow=0,
        pool_timeout=place.timeout_s,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": max(2, int(place.timeout_s)),
            "options": options,
            **secured,
            **{name: value for name, value in given.items() if name != "host"},
        },
    )


def _sqlite_checks_references(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()
