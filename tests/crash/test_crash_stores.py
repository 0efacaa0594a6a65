"""The same day on PostgreSQL, with its archive in a bucket, and with files fetched from others' stores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from uuid import uuid4

import pytest
from business_files import order_csv
from ledger_checker import Sent
from life import BROKE, Upload
from lives import ACME, CORNER, KILLED, Lives, lives
from openssh_server import OpenSshServer, openssh_server
from s3_store import S3Store, s3_store
from sqlalchemy import create_engine, text

from gateway.failpoints import FAILPOINTS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

#: Where no stage is under way: what a dead node had in hand is the matter of test_jobs_many_nodes.
ON_POSTGRESQL = (
    "schema.begin",
    "schema.revision",
    "schema.upgraded",
    "profiles.in_transaction",
    "receive.kept",
    "receive.in_transaction",
    "receive.committed",
    "schedule.in_transaction",
)
BUCKETS = count(1)
BUCKET = """
[[channels]]
kind = "s3"
name = "corner-bucket"
url = "s3://{bucket}/orders"
after = "move"
endpoint_url = "{store.url}"
access_key = "env:AWS_ACCESS_KEY_ID"
secret_key = "env:AWS_SECRET_ACCESS_KEY"
"""
SERVER = """
[[channels]]
kind = "sftp"
name = "corner-remote"
host = "{server.host}"
port = {server.port}
login = "{server.login}"
private_key = "file:secrets/corner-remote"
host_key = "{server.host_key}"
path = "{server.folder}"
stable_s = 0.01
"""


@pytest.fixture(scope="module")
def store() -> Iterator[S3Store]:
    with s3_store() as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSshServer]:
    with openssh_server(tmp_path_factory.mktemp("sshd")) as running:
        yield running


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, store: S3Store) -> Iterator[Lives]:
    keys = {"AWS_ACCESS_KEY_ID": store.access_key, "AWS_SECRET_ACCESS_KEY": store.secret_key}
    with lives(tmp_path_factory.mktemp("lives"), **keys) as running:
        yield running


@pytest.fixture
def database(postgres_server: str) -> Callable[[], str]:
    """Each call makes an empty database; the server goes away with all of them."""

    def fresh() -> str:
        name = f"t{uuid4().hex}"
        admin = create_engine(postgres_server, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        admin.dispose()
        return postgres_server.replace("/postgres?", f"/{name}?")

    return fresh


def bucket(store: S3Store) -> str:
    name = f"crash-{next(BUCKETS)}"
    with closing(store.client()) as client:
        client.create_bucket(Bucket=name)
    return name


def kept_in(store: S3Store, name: str) -> dict[str, bytes]:
    """Every kept file in a bucket, by the last part of its key."""
    found = {}
    with closing(store.client()) as client:
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=name):
            for one in page.get("Contents", []):
                last = one["Key"].rpartition("/")[2]
                if len(last) == 64:
                    found[last] = client.get_object(Bucket=name, Key=one["Key"])["Body"].read()
    return found


@pytest.mark.parametrize("name", ON_POSTGRESQL)
def test_a_day_on_postgresql_ends_well_after_a_kill_at(
    name: str, run: Lives, database: Callable[[], str]
) -> None:
    """FI-A07 FI-A11 FI-A16 FI-A20 FI-A25."""
    day = run.day(database_url=database())
    assert day.live(f"{name}=kill:1") == KILLED
    day.live_on()
    assert day.breaches() == []


@pytest.mark.parametrize("name", [one for one in FAILPOINTS if one.startswith("s3.")])
@pytest.mark.parametrize("how", ["kill", "raise:EIO"])
def test_a_day_with_its_archive_in_a_bucket_ends_well_after(
    how: str, name: str, run: Lives, store: S3Store
) -> None:
    """FI-A04 FI-A06 FI-A24 FI-D02."""
    into = bucket(store)
    large = Sent(ACME, "large.bin", b"no EDI at all " * 800_000, ())
    besides = {Upload(ACME, "put", large.name, large.content.decode()): large}
    day = run.day(archive_url=f"s3://{into}/kept?endpoint={store.url}", besides=besides)
    assert day.live(f"{name}={how}:1") in ({KILLED} if how == "kill" else {0, BROKE})
    day.live_on()
    assert day.breaches(kept_in(store, into)) == []


def from_elsewhere() -> dict[Upload, Sent]:
    sent = Sent(CORNER, "orders_9.csv", order_csv(["C-9"]), ("C-9",))
    return {Upload(CORNER, "elsewhere", sent.name, sent.content.decode()): sent}


def adding(channel: str) -> Callable[[Path], None]:
    """Gives corner-bikes one more channel."""

    def furnish(home: Path) -> None:
        profile = home / "partners" / CORNER / "profile.toml"
        profile.write_text(profile.read_text("utf-8") + channel, "utf-8")

    return furnish


@pytest.mark.parametrize("name", ["download.written", *[n for n in FAILPOINTS if n.startswith("s3_source.")]])
@pytest.mark.parametrize("how", ["kill", "raise:EIO"])
def test_an_object_in_a_bucket_is_taken_once_after(how: str, name: str, run: Lives, store: S3Store) -> None:
    """FI-A17 FI-A18."""
    source = bucket(store)
    with closing(store.client()) as client:
        content = order_csv(["C-9"])
        client.put_object(Bucket=source, Key="orders/orders_9.csv", Body=content)
        furnish = adding(BUCKET.format(bucket=source, store=store))
        day = run.day(furnish=furnish, besides=from_elsewhere())
        assert day.live(f"{name}={how}:1") in ({KILLED} if how == "kill" else {0, BROKE})
        day.live_on()
        assert day.breaches() == []
        listed = client.list_objects_v2(Bucket=source)["Contents"]
    assert [one["Key"] for one in listed] == ["orders/taken/orders_9.csv"]


@pytest.mark.parametrize(
    "name", ["download.written", *[n for n in FAILPOINTS if n.startswith("sftp_source.")]]
)
@pytest.mark.parametrize("how", ["kill", "raise:EIO"])
def test_a_file_on_another_sftp_server_is_taken_once_after(
    how: str, name: str, run: Lives, server: OpenSshServer
) -> None:
    """FI-A17 FI-A18."""
    for left in server.folder.glob("**/*.csv"):
        left.unlink()
    (server.folder / "orders_9.csv").write_bytes(order_csv(["C-9"]))

    def furnish(home: Path) -> None:
        adding(SERVER.format(server=server))(home)
        key = home / "secrets" / "corner-remote"
        key.write_text(server.private_key)
        key.chmod(0o600)

    day = run.day(furnish=furnish, besides=from_elsewhere())
    assert day.live(f"{name}={how}:1") in ({KILLED} if how == "kill" else {0, BROKE})
    day.live_on()
    assert day.breaches() == []
    assert [path.name for path in server.folder.glob("*.csv")] == []
