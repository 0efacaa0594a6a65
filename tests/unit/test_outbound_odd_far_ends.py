"""What connectors do at far ends that are odd: slow names, strange answers, full pools, lost races."""

from __future__ import annotations

import errno
import io
import json
import os
import socket
import stat
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpcore2
import paramiko
import pytest
from certificates import identity, server_side
from fake_api import FakeApi, Told, fake_api
from mail_server import Kept, mail_server
from sqlalchemy import create_engine, text

from outbound import durable, guarded_network, mail, sftp_drop
from outbound.connector import Carried, Connector, Consignment, Outcome, Refused, TryLater
from outbound.file_drop import FileDrop, FileDropOptions
from outbound.guarded_network import GuardedNetwork
from outbound.http_answers import Answer, AnswerContract, receipt_of
from outbound.http_calls import HttpCalls
from outbound.http_door import ClientCredentials, DoorOptions, HttpDoor
from outbound.http_json import SIGNATURE, HttpJson, HttpJsonOptions
from outbound.registry import connect
from outbound.s3_drop import S3Drop
from outbound.sftp_client import UnknownHostKey, sftp_login
from outbound.sftp_drop import SftpDrop
from outbound.sql_table import SqlTable
from partners.destinations import Destination
from partners.mappings import MappingFile

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LOOPBACK = frozenset({"127.0.0.1", "erp.example"})
ORDER = Consignment("k/1", "order-1.json", "application/json", b"{}")


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with fake_api() as running:
        yield running


# names and connections -------------------------------------------------------------------------


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let every name have these addresses."""

    real = socket.getaddrinfo

    def found(host: str, port: int, *given: Any, **more: Any) -> list[Any]:
        names = addresses if host == "erp.example" else (host,)
        return [entry for name in names for entry in real(name, port, *given, **more)]

    monkeypatch.setattr(guarded_network.socket, "getaddrinfo", found)


def test_a_host_whose_first_address_is_away_is_reached_at_the_next(
    api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving(monkeypatch, "127.0.0.2", "127.0.0.1", "127.0.0.3")
    port = api.url.rpartition(":")[2]
    door = HttpDoor(DoorOptions(f"http://erp.example:{port}/orders", allow_hosts=LOOPBACK))
    assert door.check() == "erp.example can be reached."


def test_the_address_that_was_checked_is_the_one_that_is_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """BI-074: a name that means another address a moment later changes nothing."""
    resolving(monkeypatch, "93.184.216.34")
    reached: list[str] = []

    def connected(_self: object, host: str, *_given: object) -> httpcore2.NetworkStream:
        reached.append(host)
        raise httpcore2.ConnectError("away")

    monkeypatch.setattr(httpcore2.SyncBackend, "connect_tcp", connected)
    with pytest.raises(httpcore2.ConnectError):
        GuardedNetwork(frozenset(), 5.0).connect_tcp("erp.example", 443)
    assert reached == ["93.184.216.34"]


def test_an_exchange_that_used_up_its_time_ends_at_its_next_step(api: FakeApi) -> None:
    port = int(api.url.rpartition(":")[2])
    stream = GuardedNetwork(LOOPBACK, 0.0).connect_tcp("127.0.0.1", port)
    with pytest.raises(httpcore2.WriteTimeout):
        stream.write(b"GET / HTTP/1.1\r\n\r\n")
    with pytest.raises(httpcore2.ReadTimeout):
        stream.read(1)
    stream.close()


# HTTP ------------------------------------------------------------------------------------------


def test_a_conflict_over_the_same_key_brings_the_number_that_the_far_end_gave_it() -> None:
    """FI-F04."""
    body = b'{"idempotency_key": "k/1", "data": {"id": 7}}'
    contract = AnswerContract(reference_field="data.id")
    receipt = receipt_of(Answer(409, {}, body), contract, "k/1", NOW)
    assert (receipt.outcome, receipt.reference) == (Outcome.DUPLICATE, "7")
    bare = receipt_of(Answer(409, {}, b"taken"), contract, "k/1", NOW)
    assert (bare.outcome, bare.reference) == (Outcome.DUPLICATE, "")


def test_a_contract_that_only_asks_for_json_is_kept_by_any_json() -> None:
    answer = Answer(200, {"content-type": "application/json"}, b"[]")
    assert receipt_of(answer, AnswerContract(json=True), "k/1", NOW).reference == ""


def test_a_dry_run_shows_no_secret_and_says_what_file_the_documents_came_in() -> None:
    """SEC-14."""
    url = "https://erp.example/orders"
    client = ClientCredentials("https://erp.example/token", "edi", "s3cret")
    connector = HttpJson(HttpJsonOptions(url, oauth2=client, hmac_key="key"), now_s=lambda: 0.0)
    shown = connector.dry_run(replace(ORDER, attributes={"transmission": "tx-1"}))
    hidden = {shown.headers[SIGNATURE], shown.headers["Authorization"]}
    assert len(hidden) == 1
    assert "v1=" not in hidden.pop()
    assert shown.headers["Tradepost-Transmission"] == "tx-1"


def test_a_destination_with_tokens_is_well_only_if_a_token_can_be_had(api: FakeApi) -> None:
    client = ClientCredentials(f"{api.url}/token", "edi", "s3cret")
    door = HttpDoor(DoorOptions(api.url, oauth2=client, allow_hosts=LOOPBACK))
    assert door.check() == "127.0.0.1 can be reached."
    api.next["/token"] = Told(401, {"error": "unknown client"})
    with pytest.raises(Refused):
        HttpDoor(DoorOptions(api.url, oauth2=client, allow_hosts=LOOPBACK)).check()


# mappings --------------------------------------------------------------------------------------


def mapped(api: FakeApi, mapping: str) -> Connector:
    given = MappingFile.model_validate(tomllib.loads(mapping))
    values = {"name": "erp", "url": api.url, "allow_hosts": ["127.0.0.1"], "mapping": "erp", "mapped": given}
    return connect(Destination.model_validate(values), {}, Path())


def carrying(*values: dict[str, Any]) -> Consignment:
    carried = tuple(
        Carried(f"doc-{place}", f"k/{place}", json.dumps(value)) for place, value in enumerate(values)
    )
    return replace(ORDER, documents=carried, attributes={"kind": "order"})


LIST = """
[[order.calls]]
name = "known"
method = "GET"
path = "/products"
reads = true
pages = { items = "answer.products", next = "answer.next", limit = 3 }
take = { codes = "items[].code" }
[[order.calls]]
name = "create"
path = "/orders"
when = "document.wanted"
[order.calls.body]
reference = "=key"
codes = "=calls.known.codes"
"""


def test_a_document_for_which_no_call_applies_is_shown_as_one_that_sends_nothing(api: FakeApi) -> None:
    shown = mapped(api, LIST).dry_run(carrying({"number": "1"}))
    assert shown.action == "Nothing would be sent: no call of the mapping applies."


def test_all_pages_are_taken_and_one_that_fails_on_the_way_is_asked_for_later(api: FakeApi) -> None:
    api.products = dict.fromkeys("ABCDEF", 1)
    connector = mapped(api, LIST)
    assert connector.deliver(carrying({"wanted": True})).outcome is Outcome.ACCEPTED
    assert api.orders[0]["codes"] == ["A", "B", "C", "D", "E", "F"]

    class Failing(HttpDoor):
        """Answers the first page, and no other."""

        def ask(self, request: Any) -> Answer:
            return super().ask(request) if "start" not in request.target else Answer(503, {}, b"busy")

    assert isinstance(connector, HttpCalls)
    connector._door = Failing(DoorOptions(api.url, allow_hosts=LOOPBACK))
    with pytest.raises(TryLater):
        connector.deliver(carrying({"wanted": True}))
    assert len(api.orders) == 1


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ('form = "xml"\nbody = { a = 1, b = 2 }', "the body cannot be written: XML begins with exactly"),
        ('form = "form"\nbody = ["a"]', "a web form is an object"),
        ('headers = { X-Order = "=document" }', "is no text"),
        ('query = { q = "=document.open" }', "True is no text"),
    ],
)
def test_a_call_that_cannot_be_written_is_told_and_nothing_is_sent(
    api: FakeApi, call: str, words: str
) -> None:
    mapping = f'[[order.calls]]\nname = "create"\npath = "/orders"\n{call}\n'
    with pytest.raises(Refused, match=words) as caught:
        mapped(api, mapping).deliver(carrying({"open": True}))
    assert (caught.value.code, api.asked) == ("OUT-073", [])


def test_values_that_a_call_computes_first_are_used_in_all_of_it(api: FakeApi) -> None:
    mapping = """
[[order.calls]]
name = "create"
path = "/orders"
values = { short = "=cut(document.number, `2`)", twice = "=join('', [values.short, values.short])" }
query = { q = "=values.twice" }
body = { reference = "=values.short" }
"""
    mapped(api, mapping).deliver(carrying({"number": "abc"}))
    assert (api.asked[0].query, api.orders[0]["reference"]) == ({"q": "abab"}, "ab")


@pytest.mark.parametrize(("status", "kind"), [(401, Refused), (503, TryLater)])
def test_what_concerns_the_whole_endpoint_ends_a_batch_before_its_first_document(
    api: FakeApi, status: int, kind: type[Exception]
) -> None:
    """FI-F13."""
    mapping = '[[order.calls]]\nname = "create"\npath = "/orders"\nbody = { reference = "=key" }\n'
    api.next["/orders"] = Told(status)
    with pytest.raises(kind):
        mapped(api, mapping).deliver(carrying({}, {}))
    assert (len(api.asked), api.orders) == (1, [])


# what a destination lacks ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "secrets", "words"),
    [
        ({"url": "sqlite:erp.db"}, {}, "needs a mapping"),
        ({"url": "sftp://example/in"}, {}, "must be sftp://login@host/folder"),
        ({"url": "tryton+https://erp.example/db"}, {}, "needs tryton.application_key"),
        (
            {"url": "tryton+https://erp.example/"},
            {"tryton.application_key": "key"},
            r"must be tryton\+https://host/database",
        ),
    ],
)
def test_a_destination_that_lacks_something_is_refused_with_what_it_lacks(
    tmp_path: Path, values: dict[str, str], secrets: dict[str, str], words: str
) -> None:
    given = Destination.model_construct(**{**Destination.model_validate(FOLDER).__dict__, **values})
    with pytest.raises(ValueError, match=words):
        connect(given, secrets, tmp_path)


FOLDER = {"name": "erp", "url": "folder:erp"}


# S3 and folders --------------------------------------------------------------------------------


def test_a_store_that_does_not_answer_the_question_is_asked_again_and_not_taken_for_empty(
    api: FakeApi, tmp_path: Path
) -> None:
    values = {"name": "erp", "url": "s3://bucket/in", "s3": {"endpoint_url": api.url}}
    secrets = {"s3.access_key": "a", "s3.secret_key": "b"}
    drop = connect(Destination.model_validate(values), secrets, tmp_path)
    assert isinstance(drop, S3Drop)
    api.next["/bucket/in/order-1.json"] = Told(403, b"", media="application/xml")
    with pytest.raises(Refused) as caught:
        drop.look_up(ORDER)
    assert caught.value.endpoint_wide
    drop.close()


def test_a_folder_that_may_not_be_written_is_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_given: False)
    with pytest.raises(Refused) as caught:
        FileDrop(FileDropOptions(tmp_path)).check()
    assert caught.value.endpoint_wide


def test_a_file_appears_whole_where_there_are_no_hard_links_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(number: int) -> Callable[..., None]:
        def link(*_given: object) -> None:
            raise OSError(number, os.strerror(number))

        return link

    written, final = tmp_path / "written", tmp_path / "final"
    written.write_text("new")
    monkeypatch.setattr(durable.os, "link", refusing(errno.EPERM))
    assert durable.link_new(written, final)
    assert (final.read_text(), written.exists()) == ("new", False)
    written.write_text("other")
    assert not durable.link_new(written, final)
    assert final.read_text() == "new"
    monkeypatch.setattr(durable.os, "link", refusing(errno.EIO))
    with pytest.raises(OSError, match="Input/output error"):
        durable.link_new(written, tmp_path / "third")


# SFTP ------------------------------------------------------------------------------------------


class Channel:
    """What takes a time-out."""

    def settimeout(self, _seconds: float) -> None:
        """Nothing waits here."""


class FakeSftp:
    """A far end's folder in memory. on_rename: what happens instead of a rename."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.on_rename: Callable[[str, str], None] | None = None
        self.on_list: Exception | None = None

    def open_sftp(self) -> FakeSftp:
        return self

    def get_channel(self) -> Channel:
        return Channel()

    def listdir_attr(self, _folder: str) -> list[paramiko.SFTPAttributes]:
        return []

    def listdir(self, _folder: str) -> list[str]:
        if self.on_list is not None:
            raise self.on_list
        return list(self.files)

    def open(self, path: str, _mode: str) -> Any:
        if path not in self.files:
            raise FileNotFoundError(path)
        return io.BytesIO(self.files[path])

    def putfo(self, file: Any, path: str, _size: int, confirm: bool) -> None:
        assert confirm
        self.files[path] = file.read()

    def rename(self, path: str, final: str) -> None:
        if self.on_rename is not None:
            self.on_rename(path, final)
        self.files[final] = self.files.pop(path)

    def remove(self, path: str) -> None:
        del self.files[path]

    def stat(self, path: str) -> paramiko.SFTPAttributes:
        if path not in self.files:
            raise FileNotFoundError(path)
        found = paramiko.SFTPAttributes()
        found.st_mode = stat.S_IFREG
        return found

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def far(monkeypatch: pytest.MonkeyPatch) -> FakeSftp:
    made = FakeSftp()
    monkeypatch.setattr(sftp_drop, "sftp_login", lambda _access: made)
    return made


@pytest.fixture(scope="module")
def host_key() -> str:
    key = paramiko.ECDSAKey.generate()
    return f"{key.get_name()} {key.get_base64()}"


@pytest.fixture
def drop(far: FakeSftp, host_key: str) -> SftpDrop:
    return SftpDrop(sftp_drop.SftpDropOptions("far.example", "us", host_key, "in"))


@pytest.mark.parametrize(("theirs", "taken"), [(b"{}", True), (b"other", False)])
def test_a_name_that_another_writer_took_meanwhile_is_compared_and_never_replaced(
    far: FakeSftp, drop: SftpDrop, theirs: bytes, taken: bool
) -> None:
    def another_was_faster(_path: str, final: str) -> None:
        far.files[final] = theirs
        raise OSError("Failure")

    far.on_rename = another_was_faster
    if taken:
        assert drop.deliver(ORDER).outcome is Outcome.DUPLICATE
    else:
        with pytest.raises(Refused) as caught:
            drop.deliver(ORDER)
        assert caught.value.code == "OUT-021"
    assert far.files == {"in/order-1.json": theirs}


def test_a_file_that_cannot_be_named_leaves_nothing_behind_and_is_tried_later(
    far: FakeSftp, drop: SftpDrop
) -> None:
    def full(_path: str, _final: str) -> None:
        raise OSError("Failure: disk full")

    far.on_rename = full
    with pytest.raises(TryLater, match="disk full"):
        drop.deliver(ORDER)
    assert far.files == {}


def test_a_folder_that_we_may_not_enter_refuses_us_and_not_the_document(
    far: FakeSftp, drop: SftpDrop
) -> None:
    far.on_list = PermissionError(errno.EACCES, "Permission denied")
    with pytest.raises(Refused) as caught:
        drop.check()
    assert (caught.value.code, caught.value.endpoint_wide) == ("OUT-053", True)


def test_a_server_with_a_key_of_another_kind_than_the_one_we_know_is_not_logged_in_to(
    host_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SEC-15."""

    def shows_another(client: paramiko.SSHClient, host: str, *_given: object, **_more: object) -> None:
        client._policy.missing_host_key(client, host, paramiko.ECDSAKey.generate())

    monkeypatch.setattr(paramiko.SSHClient, "connect", shows_another)
    monkeypatch.setattr(socket, "create_connection", lambda *_given: None)
    access = sftp_drop.SftpAccess("far.example", "us", sftp_drop.public_key(host_key))
    with pytest.raises(UnknownHostKey):
        sftp_login(access)


# SQL -------------------------------------------------------------------------------------------


ROWS = """
[order]
key_column = "doc_key"
[[order.rows]]
table = "stage"
[order.rows.values]
doc_key = "=key"
{column} = "=document.value"
[[order.rows]]
table = "notes"
when = "document.note"
values = {{ doc_key = "=key" }}
"""


def table(tmp_path: Path, column: str, kind: str) -> SqlTable:
    """A connector into a database whose table has this column."""
    engine = create_engine(f"sqlite:///{tmp_path / 'erp.db'}")
    with engine.begin() as tx:
        tx.execute(text(f"create table stage (doc_key text primary key, {column} {kind})"))
        tx.execute(text("create table notes (doc_key text)"))
    engine.dispose()
    given = MappingFile.model_validate(tomllib.loads(ROWS.format(column=column)))
    values = {
        "name": "erp",
        "url": "sqlite:erp.db",
        "mapping": "erp",
        "mapped": given,
        "sql": {"timeout_s": 1},
    }
    made = connect(Destination.model_validate(values), {}, tmp_path)
    assert isinstance(made, SqlTable)
    return made


@pytest.mark.parametrize(
    ("kind", "value", "held"),
    [("", "as it is", "as it is"), ("integer", "24", 24), ("text", ["a", 1], '["a",1]')],
)
def test_a_value_is_written_as_its_column_wants_it(
    tmp_path: Path, kind: str, value: object, held: object
) -> None:
    connector = table(tmp_path, "value", kind)
    assert connector.deliver(carrying({"value": value})).outcome is Outcome.ACCEPTED
    engine = create_engine(f"sqlite:///{tmp_path / 'erp.db'}")
    with engine.connect() as view:
        assert view.execute(text("select value from stage")).scalar_one() == held
        assert view.execute(text("select count(*) from notes")).scalar_one() == 0
    engine.dispose()
    connector.close()


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("float", "1.5", "holds binary fractions"),
        ("numeric", ["a"], "must be a string or a real number, not 'list'"),
        ("integer", ["a"], "type 'list' is not supported"),
    ],
)
def test_a_value_that_its_column_cannot_take_is_refused_by_itself(
    tmp_path: Path, kind: str, value: object, words: str
) -> None:
    connector = table(tmp_path, "value", kind)
    with pytest.raises(Refused, match=words) as caught:
        connector.deliver(carrying({"value": value}))
    assert (caught.value.code, caught.value.endpoint_wide) == ("OUT-083", False)
    connector.close()


def test_a_kind_that_has_no_rows_is_refused(tmp_path: Path) -> None:
    connector = table(tmp_path, "value", "text")
    with pytest.raises(Refused) as caught:
        connector.deliver(replace(ORDER, attributes={"kind": "invoice"}))
    assert caught.value.code == "OUT-074"
    connector.close()


def test_a_document_for_which_no_connection_is_free_waits(tmp_path: Path) -> None:
    connector = table(tmp_path, "value", "text")
    held = [connector._engine.connect() for _ in range(5)]
    with pytest.raises(TryLater, match="every connection is in use"):
        connector.deliver(carrying({"value": "x"}))
    for one in held:
        one.close()
    assert connector.deliver(carrying({"value": "x"})).outcome is Outcome.ACCEPTED
    connector.close()


# mail ------------------------------------------------------------------------------------------


LETTER = mail.Mail("no-1", "kim@us.example", "Files in quarantine", "What happened: …", NOW, thread="")


def sending(kept: Kept, **values: Any) -> list[EmailMessage]:
    mail.send(mail.MailServer("localhost", kept.port, "edi@us.example", **values), LETTER)
    return kept.mails


def test_a_first_mail_refers_to_none_and_goes_out_over_tls_from_the_first_byte(tmp_path: Path) -> None:
    """SEC-15."""
    who = identity(tmp_path, "localhost")
    with mail_server(Kept(), server_side(who), secure_at_once=True) as kept:
        (came,) = sending(kept, security="tls", ca_file=who.pem)
    assert (kept.secured, came["References"]) == ([True], None)


def test_a_server_that_refuses_the_words_themselves_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(_self: object, _message: object) -> None:
        raise mail.smtplib.SMTPDataError(554, b"no such words here")

    monkeypatch.setattr(mail.smtplib.SMTP, "send_message", refusing)
    with mail_server(Kept()) as kept, pytest.raises(Refused, match="no such words here"):
        sending(kept, security="none")
