"""One contract for every connector: delivered once, told twice, refused, away, closed twice."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pytest
from dying import FAR_OPERATIONS, deaths
from fake_erp import FakeErp, fake_erp, status
from openssh_server import OpenSshServer, openssh_server
from s3_store import S3Store, s3_store
from sqlalchemy import Engine, create_engine, make_url, text
from tryton_documents import sample_order, sold_by_hand
from tryton_server import DATABASE, TrytonServer, tryton_server

from outbound.connector import Carried, Connector, Consignment, Outcome, Refused, Searchable, TryLater
from outbound.http_calls import HttpCalls
from outbound.http_json import HttpJson
from outbound.registry import CONNECTORS, connect
from partners.destinations import Destination
from partners.mappings import MappingFile

#: Operations before which a process is killed: all at first, then ever fewer; SFTP has over a hundred.
STEPS = (1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 22, 29, 38, 50, 70, 100, 140, 200, 400, 10_000)
NUMBER = "PO-7" * 5000
ORDER = Consignment(
    "doc-1:v1",
    "order-1.json",
    "application/json",
    b'{"number":"%s"}' % NUMBER.encode(),
    (Carried("doc-1", "doc-1:v1", json.dumps({"number": NUMBER})),),
    {"kind": "order"},
)
HELD = {"sha256": sha256(ORDER.payload).hexdigest(), "number": NUMBER}


@dataclass
class FarEnd:
    """One far end as the contract sees it.

    arrived: payloads by name (rows by key), whole ones only. refuse: makes the next delivery one it
    will never take. away: a connector to the same kind of far end that is not there. preview: what a
    dry run shows, None if it is in the far end's own terms. name: the order's among what has arrived.
    order: what is delivered. one: what arrives of it. held: facts that the far end tells of it.
    """

    connector: Connector
    arrived: Callable[[], dict[str, bytes]]
    refuse: Callable[[], object]
    away: Connector
    preview: bytes | None = ORDER.payload
    name: str = ORDER.file_name
    order: Consignment = ORDER
    one: bytes = ORDER.payload
    held: Mapping[str, str] = field(default_factory=lambda: HELD)

    @property
    def one_order(self) -> dict[str, bytes]:
        """What has arrived once the order has."""
        return {self.name: self.one}


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


CALLS = MappingFile.model_validate(
    {
        "order": {
            "calls": [
                {
                    "name": "create",
                    "path": "/orders",
                    "headers": {"Idempotency-Key": "=key"},
                    "body": {"number": "=document.number"},
                    "endings": [{"when": "=status == `409`", "then": "duplicate"}],
                }
            ]
        }
    }
)
ROWS = MappingFile.model_validate(
    {
        "order": {
            "key_column": "doc_key",
            "rows": [{"table": "orders", "values": {"doc_key": "=key", "number": "=document.number"}}],
        }
    }
)
ROW_PREVIEW = b'[{"table":"orders","row":{"doc_key":"doc-1:v1","number":"%s"}}]\n' % NUMBER.encode()


def calls_end(request: pytest.FixtureRequest, stack: ExitStack, tmp_path: Path) -> FarEnd:
    erp: FakeErp = stack.enter_context(fake_erp())
    given = {"allow_hosts": ["127.0.0.1"], "mapping": "erp", "mapped": CALLS}
    return FarEnd(
        connect(destination(url=erp.url, **given), {}, tmp_path),
        lambda: dict(erp.committed),
        lambda: erp.script(status(422)),
        connect(destination(url=f"http://127.0.0.1:{closed_port()}/", **given), {}, tmp_path),
        name=ORDER.key,
    )


def rows_end(url: str, engine: Engine, away: str, stack: ExitStack, home: Path) -> FarEnd:
    stack.callback(engine.dispose)
    with engine.begin() as tx:
        tx.execute(text("create table orders (doc_key varchar(80) primary key, number text not null)"))

    def arrived() -> dict[str, bytes]:
        with engine.begin() as tx:
            rows = tx.execute(text("select doc_key, number from orders"))
            return {key: b'{"number":"%s"}' % number.encode() for key, number in rows}

    def refuse() -> None:
        with engine.begin() as tx:
            tx.execute(text("drop table orders"))
            tx.execute(
                text("create table orders (doc_key varchar(80) primary key, number varchar(9) not null)")
            )

    def at(place: str) -> Connector:
        return connect(destination(url=place, mapping="erp", mapped=ROWS, sql={"timeout_s": 5.0}), {}, home)

    return FarEnd(at(url), arrived, refuse, at(away), ROW_PREVIEW, ORDER.key)


def sqlite_end(request: pytest.FixtureRequest, stack: ExitStack, tmp_path: Path) -> FarEnd:
    engine = create_engine(f"sqlite:///{tmp_path / 'erp.db'}")
    return rows_end("sqlite:erp.db", engine, "sqlite:not-mounted/erp.db", stack, tmp_path)


def postgresql_end(request: pytest.FixtureRequest, stack: ExitStack, tmp_path: Path) -> FarEnd:
    given = str(request.getfixturevalue("postgres_url"))
    url = make_url(given)
    folder = url.query.get("host", url.host)
    place = f"postgresql://{url.username}@localhost/{url.database}?host={folder}"
    away = f"postgresql://{url.username}@127.0.0.1:{closed_port()}/{url.database}"
    return rows_end(place, create_engine(given), away, stack, tmp_path)


#: By scheme, and a second word where a scheme has several connectors.
@pytest.fixture(scope="module")
def tryton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrytonServer]:
    with tryton_server(tmp_path_factory.mktemp("contract")) as running:
        yield running


def tryton_end(request: pytest.FixtureRequest, stack: ExitStack, tmp_path: Path) -> FarEnd:
    server: TrytonServer = request.getfixturevalue("tryton")
    rpc, order = server.rpc(), sample_order(uuid4().hex)
    number = str(order.documents[0].value["number"])

    def at(port: int) -> Connector:
        url = f"tryton+http://127.0.0.1:{port}/{DATABASE}"
        options = {"application_key": "env:KEY"}
        secrets = {"tryton.application_key": server.key}
        return connect(destination(url=url, allow_hosts=["127.0.0.1"], tryton=options), secrets, tmp_path)

    def arrived() -> dict[str, bytes]:
        ours = [("reference", "=", number), ("description", "!=", None)]
        fields = ["description", "state", "total_amount"]
        sales = rpc.read("sale.sale", ours, fields)
        # Tryton processes what is confirmed in a transaction of its own after that, also of a call
        # whose caller has gone.
        pause, ends = threading.Event(), time.monotonic() + 10
        while any(sale["state"] == "confirmed" for sale in sales) and time.monotonic() < ends:
            pause.wait(0.05)
            sales = rpc.read("sale.sale", ours, fields)
        return {sale["description"]: f"{sale['state']} {sale['total_amount']}".encode() for sale in sales}

    return FarEnd(
        at(server.port),
        arrived,
        lambda: sold_by_hand(rpc, number),
        at(closed_port()),
        preview=None,
        name=f"tradepost {order.key}",
        order=order,
        one=b"processing 339.00",
        held={"number": number, "partner": "ACME", "lines": "2", "quantity": "30", "total": "339.00"},
    )


ENDS = {
    "folder": folder_end,
    "http": http_end,
    "http calls": calls_end,
    "sftp": sftp_end,
    "s3": s3_end,
    "sqlite": sqlite_end,
    "postgresql": postgresql_end,
    "tryton+http": tryton_end,
}


@pytest.fixture(params=ENDS)
def end(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FarEnd]:
    with ExitStack() as stack:
        made = ENDS[request.param](request, stack, tmp_path)
        stack.callback(made.connector.close)
        stack.callback(made.away.close)
        yield made


def test_every_scheme_is_under_this_contract() -> None:
    assert set(CONNECTORS) - {"https", "tryton+https"} == {name.partition(" ")[0] for name in ENDS}


def test_a_consignment_arrives_whole_under_its_name(end: FarEnd) -> None:
    receipt = end.connector.deliver(end.order)
    assert receipt.outcome is Outcome.ACCEPTED
    assert end.arrived() == end.one_order


def test_the_same_key_again_is_a_duplicate_and_has_one_effect(end: FarEnd) -> None:
    """FI-F04."""
    end.connector.deliver(end.order)
    assert end.connector.deliver(end.order).outcome is Outcome.DUPLICATE
    assert end.arrived() == end.one_order


def test_one_key_from_several_workers_at_once_has_one_effect(end: FarEnd) -> None:
    with ThreadPoolExecutor(4) as pool:
        receipts = list(pool.map(end.connector.deliver, [end.order] * 4))
    assert sorted(receipt.outcome for receipt in receipts) == [Outcome.ACCEPTED] + [Outcome.DUPLICATE] * 3
    assert end.arrived() == end.one_order


def test_a_far_end_that_is_away_is_tried_later(end: FarEnd) -> None:
    with pytest.raises(TryLater) as caught:
        end.away.deliver(end.order)
    assert caught.value.reason.startswith("OUT-0")


def test_a_far_end_that_says_no_is_refused_and_keeps_what_it_has(end: FarEnd) -> None:
    end.refuse()
    before = end.arrived()
    with pytest.raises(Refused) as caught:
        end.connector.deliver(end.order)
    assert not caught.value.endpoint_wide
    assert end.arrived() == before


def test_a_dry_run_shows_what_would_be_sent_and_sends_nothing(end: FarEnd) -> None:
    preview = end.connector.dry_run(end.order)
    assert preview.content == end.preview or (end.preview is None and preview.content)
    assert preview.action
    assert end.arrived() == {}


def test_a_far_end_that_can_be_asked_says_what_it_holds(end: FarEnd) -> None:
    if not isinstance(end.connector, Searchable):
        assert isinstance(end.connector, HttpJson)  # a door that only takes cannot be asked
        return
    if isinstance(end.connector, HttpCalls):
        assert end.connector.look_up(end.order) is None  # this mapping says nothing of what is held
        return
    assert end.connector.look_up(end.order) is None
    receipt = end.connector.deliver(end.order)
    held = end.connector.look_up(end.order)
    assert held is not None
    assert held.reference == receipt.reference
    assert end.held.items() & held.facts.items()


def test_a_duplicate_names_what_is_there(end: FarEnd) -> None:
    first = end.connector.deliver(end.order)
    assert end.connector.deliver(end.order).reference == first.reference


def test_a_healthy_far_end_says_so_and_one_that_is_away_is_tried_later(end: FarEnd) -> None:
    assert end.connector.check().endswith(".")
    with pytest.raises(TryLater):
        end.away.check()


def test_killed_at_any_step_and_sent_again_there_is_one_effect(end: FarEnd) -> None:
    """FI-A17, FI-F05: before, between and after what the far end commits."""
    assert list(deaths(lambda: end.connector.deliver(end.order), FAR_OPERATIONS, STEPS))
    assert end.connector.deliver(end.order).outcome is Outcome.DUPLICATE, "the last one came through"
    assert end.arrived() == end.one_order


def test_closing_twice_is_harmless(end: FarEnd) -> None:
    end.connector.deliver(end.order)
    end.connector.close()
    end.connector.close()
