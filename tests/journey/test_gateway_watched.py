"""Files that lie in others' stores: a bucket, a folder and an OpenSSH server, watched by `tradepost run`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from business_files import order_csv, sample
from live_gateway import LiveGateway, prepared_gateway
from openssh_server import OpenSshServer, openssh_server
from s3_store import S3Store, s3_store

pytestmark = pytest.mark.slow

BUCKET = "journey-watched"
STORE = """
endpoint_url = "{url}"
access_key = "env:STORE_ACCESS"
secret_key = "env:STORE_SECRET"
"""
ANSWERS = """
[bucket-answers]
url = "s3://{bucket}/answers"
[bucket-answers.s3]
{store}
"""
FOLDER = """
[[channels]]
kind = "folder"
name = "corner-folder"
path = "from-corner"
poll_s = 0.2
mode = "rename"
"""
REMOTE = """
[[channels]]
kind = "sftp"
name = "delta-remote"
host = "{server.host}"
port = {server.port}
login = "{server.login}"
private_key = "file:secrets/delta-remote"
host_key = "{server.host_key}"
path = "{server.folder}"
poll_s = 0.2
stable_s = 0.3
"""


@dataclass(frozen=True)
class World:
    """The gateway and the stores around it."""

    gateway: LiveGateway
    bucket: S3Store
    remote: OpenSshServer

    def erp(self) -> dict[str, str]:
        """What the ERP's folder holds: partner by number."""
        folder = self.gateway.home / "erp"
        files = {path.name: json.loads(path.read_text("utf-8")) for path in folder.glob("*.json")}
        return {document["number"]: name.split("_")[-3] for name, document in files.items()}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("watched")
    (folder / "sshd").mkdir()
    with (
        s3_store(BUCKET) as bucket,
        openssh_server(folder / "sshd") as remote,
        prepared_gateway(folder, STORE_ACCESS=bucket.access_key, STORE_SECRET=bucket.secret_key) as gateway,
    ):
        _name_the_stores(gateway, bucket, remote)
        gateway.start()
        yield World(gateway, bucket, remote)


def _name_the_stores(gateway: LiveGateway, bucket: S3Store, remote: OpenSshServer) -> None:
    store = STORE.format(url=bucket.url)
    destinations = gateway.home / "partners" / "destinations.toml"
    destinations.write_text(destinations.read_text() + ANSWERS.format(bucket=BUCKET, store=store))
    gateway.profile(
        "harbor-distribution",
        lambda text: "\n".join(
            line
            for line in text.replace('url = "s3://harbor-edi/orders"', f'url = "s3://{BUCKET}/orders"{store}')
            .replace("enabled = false", "poll_s = 0.2")
            .replace('to = "harbor-answers"', 'to = "bucket-answers"')
            .splitlines()
            if not line.startswith("schedule")
        ),
    )
    (gateway.home / "from-corner").mkdir()
    gateway.profile("corner-bikes", lambda text: text + FOLDER)
    key = gateway.home / "secrets" / "delta-remote"
    key.write_text(remote.private_key)
    key.chmod(0o600)
    gateway.profile("delta-supply", lambda text: text + REMOTE.format(server=remote))


def test_an_order_in_a_bucket_is_taken_once_and_answered_in_the_bucket(world: World) -> None:
    client = world.bucket.client()
    content = sample("x12/850/accepted-with-errors")
    client.put_object(Bucket=BUCKET, Key="orders/HD-60017.edi", Body=content)
    read = world.gateway.transmission("HD-60017.edi")
    world.gateway.wait_until_idle()
    assert read.transmission["status"] == "accepted_with_errors"
    assert len(world.erp()) >= 1
    listed = client.list_objects_v2(Bucket=BUCKET, Prefix="answers/")["Contents"]
    answers = {one["Key"]: client.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read() for one in listed}
    assert sorted(key.split("_")[1] for key in answers) == ["997", "TA1"]
    world.gateway.wait_for(
        lambda _: client.get_object_tagging(Bucket=BUCKET, Key="orders/HD-60017.edi")["TagSet"], "the tag"
    )
    client.close()


def test_a_csv_file_moved_into_a_folder_is_taken_away_and_its_receipt_waits_in_the_mailbox(
    world: World,
) -> None:
    folder = world.gateway.home / "from-corner"
    beside = world.gateway.home / "orders-7.csv"
    beside.write_bytes(order_csv(["CB-7"]))
    beside.rename(folder / "orders-7.csv")
    world.gateway.transmission("orders-7.csv")
    world.gateway.wait_until_idle()
    assert world.erp()["CB-7"] == "corner-bikes"
    [receipt] = world.gateway.outbox("corner-bikes").values()
    assert b"document,1,CB-7,accepted" in receipt


def test_a_ship_notice_on_an_openssh_server_is_fetched_and_moved_aside(world: World) -> None:
    content = sample("x12/856/shipment-order-pack-item")
    (world.remote.folder / "asn.edi").write_bytes(content)
    read = world.gateway.transmission("asn.edi")
    world.gateway.wait_until_idle()
    assert world.erp()["DS-88001"] == "delta-supply"
    assert world.gateway.do("archive", "get", read.transmission["id"]) == content
    world.gateway.wait_for(lambda _: _below(world.remote.folder) == {"taken/asn.edi"}, "the move")
    assert len(world.gateway.outbox("delta-supply")) == 1


def _below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
