"""One contract for every connector: delivered once, told twice, refused, away, closed twice."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pytest
from fake_erp import FakeErp, fake_erp, status
from openssh_server import OpenSshServer, openssh_server
from s3_store import S3Store, s3_store

from outbound.connector import Connector, Consignment, Outcome, Refused, Searchable, TryLater
from outbound.http_json import HttpJson
from outbound.registry import CONNECTORS, connect
from partners.destinations import Destination

ORDER = Consignment("doc-1:v1", "order-1.json", "application/json", b'{"number": "PO-7"}' * 5000)


@dataclass
class FarEnd:
    """One far end as the contract sees it.

    arrived: payloads by name, whole files only. refuse: makes the next delivery one it will never take.
    away: a connector to the same kind of far end that is not there.
    """

    connector: Connector
    arrived: Callable[[], dict[str, bytes]]
    refuse: Callable[[], object]
    away: Connector


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def destination(**values: object) -> Destination:
    return Destination.model_validate({"name": "erp", **values})


def visible(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith(".")}


@pytest.fixture(scope="module")
def store() -> Iterator[S3Store]:
    with s3_store() as running:
        yield running


def folder_end(request: pytest.FixtureRequest, stack: ExitStack, tmp_path: Path) -> FarEnd:
    folder = tmp_path / "erp"
    folder.mkdir()
    return FarEnd(
        connect(destination(url="folder:erp"), {}, tmp_path),
        lambda: visible(folder),
        lambda: (folder / ORDER.file_name).write_bytes(b"other"),
        connect(destination(url="folder:not-mounted"), {}, tmp_path),
    )


def http_end(request: pytest.FixtureRequest, stack: ExitStack, tmp_path: Path) -> FarEnd:
    erp: FakeErp = stack.enter_context(fake_erp())
    names = {ORDER.key: ORDER.file_name}
    hosts = ["127.0.0.1"]
    return FarEnd(
        connect(destination(url=erp.url, allow_hosts=hosts), {}, tmp_path),
        lambda: {names[key]: body for key, body in erp.committed.items()},
        lambda: erp.script(status(422)),
        connect(destination(url=f"http://127.0.0.1:{closed_port()}/", allow_hosts=hosts), {}, tmp_path),
    )


def sftp_destination(server: OpenSshServer, port: int) -> Destination:
    url = f"sftp://{server.login}@{server.host}:{port}{server.folder}"
    return destination(url=url, sftp={"host_key": server.host_key, "private_key": "env:KEY"})


def sftp_end(request: pytest.FixtureRequest, stack: ExitStack, tmp_path: Path) -> FarEnd:
    server = stack.enter_context(openssh_server(tmp_path))
    secrets = {"sftp.private_key": server.private_key}
    return FarEnd(
        connect(sftp_destination(server, server.port), secrets, tmp_path),
        lambda: visible(server.folder),
        lambda: (server.folder / ORDER.file_name).write_bytes(b"other"),
        connect(sftp_destination(server, closed_port()), secrets, tmp_path),
    )


def s3_end(request: pytest.FixtureRequest, stack: ExitStack, tmp_path: Path) -> FarEnd:
    bucket = f"erp-{uuid4().hex}"
    store: S3Store = request.getfixturevalue("store")
    client = store.client()
    stack.callback(client.close)
    client.create_bucket(Bucket=bucket)
    secrets = {"s3.access_key": store.access_key, "s3.secret_key": store.secret_key}

    def at(endpoint: str) -> Connector:
        options = {"endpoint_url": endpoint, "access_key": "env:A", "secret_key": "env:S"}
        return connect(destination(url=f"s3://{bucket}/in", s3=options), secrets, tmp_path)

    def arrived() -> dict[str, bytes]:
        keys = [entry["Key"] for entry in client.list_objects_v2(Bucket=bucket).get("Contents", [])]
        return {
            key.removeprefix("in/"): client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys
        }

    return FarEnd(
        at(store.url),
        arrived,
        lambda: client.put_object(Bucket=bucket, Key=f"in/{ORDER.file_name}", Body=b"other"),
        at(f"http://127.0.0.1:{closed_port()}"),
    )


ENDS = {"folder": folder_end, "http": http_end, "sftp": sftp_end, "s3": s3_end}


@pytest.fixture(params=ENDS)
def end(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FarEnd]:
    with ExitStack() as stack:
        made = ENDS[request.param](request, stack, tmp_path)
        stack.callback(made.connector.close)
        stack.callback(made.away.close)
        yield made


def test_every_scheme_is_under_this_contract() -> None:
    assert set(CONNECTORS) - {"https"} == set(ENDS)


def test_a_consignment_arrives_whole_under_its_name(end: FarEnd) -> None:
    receipt = end.connector.deliver(ORDER)
    assert receipt.outcome is Outcome.ACCEPTED
    assert end.arrived() == {ORDER.file_name: ORDER.payload}


def test_the_same_key_again_is_a_duplicate_and_has_one_effect(end: FarEnd) -> None:
    """FI-F04."""
    end.connector.deliver(ORDER)
    assert end.connector.deliver(ORDER).outcome is Outcome.DUPLICATE
    assert end.arrived() == {ORDER.file_name: ORDER.payload}


def test_one_key_from_several_workers_at_once_has_one_effect(end: FarEnd) -> None:
    with ThreadPoolExecutor(4) as pool:
        receipts = list(pool.map(end.connector.deliver, [ORDER] * 4))
    assert sorted(receipt.outcome for receipt in receipts) == [Outcome.ACCEPTED] + [Outcome.DUPLICATE] * 3
    assert end.arrived() == {ORDER.file_name: ORDER.payload}


def test_a_far_end_that_is_away_is_tried_later(end: FarEnd) -> None:
    with pytest.raises(TryLater) as caught:
        end.away.deliver(ORDER)
    assert caught.value.reason.startswith("OUT-0")


def test_a_far_end_that_says_no_is_refused_and_keeps_what_it_has(end: FarEnd) -> None:
    end.refuse()
    before = end.arrived()
    with pytest.raises(Refused) as caught:
        end.connector.deliver(ORDER)
    assert not caught.value.endpoint_wide
    assert end.arrived() == before


def test_a_dry_run_shows_what_would_be_sent_and_sends_nothing(end: FarEnd) -> None:
    preview = end.connector.dry_run(ORDER)
    assert preview.content == ORDER.payload
    assert preview.action
    assert end.arrived() == {}


def test_a_far_end_that_can_be_asked_says_what_it_holds(end: FarEnd) -> None:
    if not isinstance(end.connector, Searchable):
        assert isinstance(end.connector, HttpJson)  # a door that only takes cannot be asked
        return
    assert end.connector.look_up(ORDER) is None
    receipt = end.connector.deliver(ORDER)
    held = end.connector.look_up(ORDER)
    assert held is not None
    assert held.reference == receipt.reference
    assert held.facts["sha256"] == sha256(ORDER.payload).hexdigest()


def test_a_duplicate_names_what_is_there(end: FarEnd) -> None:
    first = end.connector.deliver(ORDER)
    assert end.connector.deliver(ORDER).reference == first.reference


def test_a_healthy_far_end_says_so_and_one_that_is_away_is_tried_later(end: FarEnd) -> None:
    assert end.connector.check().endswith(".")
    with pytest.raises(TryLater):
        end.away.check()


def test_closing_twice_is_harmless(end: FarEnd) -> None:
    end.connector.deliver(ORDER)
    end.connector.close()
    end.connector.close()
