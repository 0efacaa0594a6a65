"""The SFTP server at its edges: full disks, races between two starts, clients that speak something else."""

from __future__ import annotations

import os
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from paramiko import Message, SFTPAttributes
from paramiko.sftp import CMD_INIT, SFTPError
from paramiko.ssh_exception import SSHException

from gateway.ports import Arrival
from gateway.sftp_server import server as server_module
from gateway.sftp_server.allowances import Allowances
from gateway.sftp_server.events import Fields, SftpEvent
from gateway.sftp_server.gate import Doorkeeper, Gate
from gateway.sftp_server.host_key import PROVE_KEYS, ensure_host_key
from gateway.sftp_server.limits import SftpLimits
from gateway.sftp_server.line import Line
from gateway.sftp_server.mailbox import INBOX, OUTBOX, Caller, Folder, LoginFacts, Place
from gateway.sftp_server.memory import MemoryMailboxes
from gateway.sftp_server.passwords import Passwords
from gateway.sftp_server.penalties import Fault, Penalties, PenaltyRules
from gateway.sftp_server.refusal import Refusal
from gateway.sftp_server.server import SftpServer
from gateway.sftp_server.session import MailboxSession
from gateway.sftp_server.spool import Spool
from gateway.sftp_server.subsystem import MailboxSubsystem
from gateway.sftp_server.uploads import Desk, OpenUploads

FACTS = LoginFacts("acme", "acme", "acme-sftp")
CALLER = Caller("acme", "acme", "password", "192.0.2.1")
WRITE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
RESUME = os.O_WRONLY | os.O_CREAT
WAIT_S = 10.0


@dataclass
class House:
    """One partner's mailbox and what stands around it; has_room and is_backed_up are the disks' word."""

    folder: Path
    boxes: MemoryMailboxes = field(default_factory=lambda: MemoryMailboxes([FACTS]))
    events: list[SftpEvent] = field(default_factory=list)
    has_room: bool = True
    is_backed_up: bool = False

    def __post_init__(self) -> None:
        limits = SftpLimits()
        self.desk = Desk(
            self.boxes,
            self.boxes.receive,
            limits,
            Spool(self.folder / "spool"),
            self.note,
            OpenUploads(),
            Allowances(limits),
            lambda: self.has_room,
            lambda partner: self.is_backed_up,
        )

    def note(self, event: SftpEvent, fields: Fields) -> None:
        self.events.append(event)

    def session(self) -> MailboxSession:
        return MailboxSession(cast("Gate", SimpleNamespace(facts=FACTS, caller=CALLER)), self.desk)

    def spooled(self) -> list[Path]:
        return list((self.folder / "spool").iterdir())

    def cut_off(self, name: str, data: bytes) -> None:
        """An upload whose connection broke."""
        handle = self.session().open(name, WRITE, SFTPAttributes())
        handle.write(0, data)
        handle.close()


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.mark.parametrize(("trouble", "code"), [("has_room", "GTW-116"), ("is_backed_up", "GTW-117")])
def test_without_room_or_with_too_much_waiting_no_upload_begins(
    house: House, trouble: str, code: str
) -> None:
    setattr(house, trouble, not getattr(house, trouble))
    with pytest.raises(Refusal) as caught:
        house.session().open("/inbox/po.edi", WRITE, SFTPAttributes())
    assert caught.value.finding.code == code
    assert house.spooled() == []


def test_a_torso_that_cannot_be_copied_stays_and_the_resume_is_refused(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.cut_off("/inbox/po.edi", b"ISA*half")
    torso = house.spooled()

    def full(*args: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        with pytest.raises(OSError, match="No space left"):
            house.session().open("/inbox/po.edi", RESUME, SFTPAttributes())
    assert house.spooled() == torso
    assert house.desk.uploads.drain(0)  # a stop does not wait for what never began


def test_an_upload_of_which_a_write_was_refused_is_not_even_kept_for_a_resume(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = house.session().open("/inbox/po.edi", WRITE, SFTPAttributes())

    def full(*args: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        with pytest.raises(OSError, match="No space left"):
            handle.write(0, b"ISA")
    handle.close()
    assert house.spooled() == []
    assert house.boxes.held() == []


def test_a_whole_file_takes_the_place_of_its_torso(house: House) -> None:
    house.cut_off("/inbox/po.edi", b"ISA*half")
    session = house.session()
    handle = session.open("/inbox/po.edi", WRITE, SFTPAttributes())
    handle.write(0, b"ISA*whole")
    handle.commit()
    assert [one.content for one in house.boxes.kept] == [b"ISA*whole"]
    assert house.boxes.held() == []
    assert house.spooled() == []


def test_a_torso_may_be_removed_and_a_cut_one_may_not_be_renamed(house: House) -> None:
    house.cut_off("/inbox/po.tmp", b"ISA*half")
    session = house.session()
    with pytest.raises(Refusal) as caught:
        session.rename("/inbox/po.tmp", "/inbox/po.edi")
    assert caught.value.finding.code == "GTW-104"
    session.remove("/inbox/po.tmp")
    assert house.spooled() == []


def test_a_rename_to_the_same_name_changes_nothing(house: House) -> None:
    handle = house.session().open("/inbox/po.tmp", WRITE, SFTPAttributes())
    handle.write(0, b"ISA")
    handle.commit()
    house.session().rename("/inbox/po.tmp", "/inbox/po.tmp")
    assert [held.name for held in house.boxes.held()] == ["po.tmp"]


def test_a_held_upload_that_another_session_took_meanwhile_is_not_deleted_twice(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.cut_off("/inbox/po.edi", b"ISA*half")
    (torso,) = house.spooled()
    monkeypatch.setattr(MemoryMailboxes, "drop", lambda boxes, partner, held: False)
    house.session().remove("/inbox/po.edi")
    assert torso.exists()


@pytest.mark.parametrize("path", ["/outbox/997.edi", "/inbox/po.edi"])
def test_a_file_is_no_folder_to_be_listed(house: House, path: str) -> None:
    with pytest.raises(Refusal) as caught:
        house.session().list_folder(path)
    assert caught.value.finding.code == "GTW-101"


@pytest.mark.parametrize("path", ["/", "/inbox", "/archive", "/archive/2026-11-23"])
def test_a_folder_is_no_file_to_be_opened(house: House, path: str) -> None:
    with pytest.raises(Refusal) as caught:
        house.session().open(path, os.O_RDONLY, SFTPAttributes())
    assert caught.value.finding.code == "GTW-102"


def test_an_answer_that_was_fetched_and_removed_between_list_and_open_is_no_more(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.boxes.put("acme", OUTBOX, "997.edi", b"ISA*997")

    def gone(*args: object) -> None:
        raise FileNotFoundError("997.edi")

    monkeypatch.setattr(MemoryMailboxes, "open", gone)
    with pytest.raises(Refusal) as caught:
        house.session().open("/outbox/997.edi", os.O_RDONLY, SFTPAttributes())
    assert caught.value.finding.code == "GTW-101"


def test_times_of_an_answer_being_fetched_are_taken_without_effect_and_its_size_is_not(house: House) -> None:
    house.boxes.put("acme", OUTBOX, "997.edi", b"ISA*997")
    handle = house.session().open("/outbox/997.edi", os.O_RDONLY, SFTPAttributes())
    asked = SFTPAttributes()
    assert handle.chattr(asked) == 0
    asked.st_size = 1
    with pytest.raises(Refusal) as caught:
        handle.chattr(asked)
    assert caught.value.finding.code == "GTW-108"
    handle.close()


def test_a_file_of_no_partner_is_listed_nowhere(house: House, tmp_path: Path) -> None:
    path = tmp_path / "drop.edi"
    path.write_bytes(b"ISA")
    house.boxes.receive(Arrival("folder", "key", "drop.edi", None), path)
    today = Place(Folder.ARCHIVE, date.today())  # noqa: DTZ011 - any day at all
    assert [list(house.boxes.listing("acme", place)) for place in (INBOX, OUTBOX, today)] == [[], [], []]


def test_of_two_servers_that_start_at_once_both_show_the_key_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ensure_host_key(tmp_path / "first")
    path, real = tmp_path / "host_key", os.link

    def link_late(source: Path, target: Path) -> None:
        real(tmp_path / "first", target)  # the other server was quicker
        real(source, target)

    monkeypatch.setattr(os, "link", link_late)
    assert ensure_host_key(path).asbytes() == first.asbytes()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["first", "host_key"]


# the door ------------------------------------------------------------------------------------


class Silence:
    """A connection on which nothing ever comes."""

    def settimeout(self, seconds: float) -> None:
        """Nothing to wait for."""


def gate(house: House, *lines: str) -> Gate:
    boxes = MemoryMailboxes([LoginFacts("acme", "acme", "acme-sftp", lines)])
    limits = SftpLimits(password_refusal_s=0, key_refusal_s=0)
    keys = (ensure_host_key(house.folder / "host_key"),)
    penalties = Penalties(limits.penalties)
    keeper = Doorkeeper(boxes, Passwords(), Allowances(limits), penalties, limits, keys, house.note)
    return Gate(keeper, Line(cast("socket.socket", Silence()), 1.0), "192.0.2.1")


def test_a_connection_that_was_never_let_in_has_no_caller(house: House) -> None:
    with pytest.raises(RuntimeError, match="without a login"):
        gate(house).caller  # noqa: B018 - asking is the test


def test_a_connection_that_greeted_and_tried_nothing_pays_as_a_scanner(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = gate(house)
    paid: list[Fault] = []
    monkeypatch.setattr(ours, "_fail", paid.append)
    ours.ended(late=False)
    ours._line.initial_kex_done = True
    ours.ended(late=False)
    assert paid == [Fault.NOTHING_TRIED]


def test_host_keys_are_proved_to_who_asks_once_the_line_is_up_and_nothing_else_is(house: House) -> None:
    ours = gate(house)
    asked = Message()
    asked.add_string(ensure_host_key(house.folder / "host_key").asbytes())

    def ask(kind: str) -> object:
        return ours.check_global_request(kind, Message(asked.asbytes()))

    assert ask(PROVE_KEYS) is False
    ours._line.session_id = b"a session"
    assert ask("tcpip-forward") is False
    proved = ask(PROVE_KEYS)
    assert isinstance(proved, tuple)
    assert len(proved) == 1


@pytest.mark.parametrize("line", ["ssh-ed25519", "ssh-ed25519 ***"])
def test_a_line_that_is_no_key_opens_for_nobody(house: House, line: str) -> None:
    key = ensure_host_key(house.folder / "key")
    assert gate(house, line).check_auth_publickey("acme", key) != 0
    assert gate(house, line, f"ssh-ed25519 {key.get_base64()}").check_auth_publickey("acme", key) == 0


# the protocol --------------------------------------------------------------------------------


@dataclass
class Ends:
    """A session's protocol loop over one end of a pair of sockets."""

    subsystem: MailboxSubsystem
    left: list[object]
    client: socket.socket


@pytest.fixture
def ends(house: House) -> Iterator[Ends]:
    ours, theirs = socket.socketpair()
    left: list[object] = []
    door = SimpleNamespace(
        facts=FACTS, caller=CALLER, is_withdrawn=False, leave=left.append, tell_host_keys=lambda: None
    )
    transport = SimpleNamespace(get_log_channel=lambda: "paramiko", get_hexdump=lambda: False)
    channel = SimpleNamespace(get_transport=lambda: transport, close=lambda: None)
    subsystem = MailboxSubsystem(
        cast("Any", channel), "sftp", cast("Any", door), cast("Any", door), house.desk
    )
    subsystem.sock = ours
    with closing(ours), closing(theirs):
        yield Ends(subsystem, left, theirs)


@pytest.mark.parametrize("packet", [bytes([CMD_INIT + 1]) + b"\0\0\0\3", bytes([CMD_INIT]) + b"\0"])
def test_who_does_not_greet_as_an_sftp_client_is_not_served(ends: Ends, packet: bytes) -> None:
    ends.client.sendall(struct.pack(">I", len(packet)) + packet)
    with pytest.raises(SFTPError, match="not an SFTP client"):
        ends.subsystem._send_server_version()


def test_a_session_leaves_its_place_even_if_an_open_file_cannot_be_let_go(house: House, ends: Ends) -> None:
    def stuck() -> None:
        raise OSError(5, "Input/output error")

    cut: list[str] = []
    files = {"a": SimpleNamespace(close=stuck), "b": SimpleNamespace(close=lambda: cut.append("b"))}
    ends.subsystem.file_table = cast("Any", files)
    with pytest.raises(OSError, match="Input/output"):
        ends.subsystem.finish_subsystem()
    assert cut == ["b"]
    assert len(ends.left) == 1
    assert house.events == [SftpEvent.FAILED]


# the server ----------------------------------------------------------------------------------


@dataclass
class Events:
    """What a server reports, and a way to wait for it."""

    seen: list[tuple[SftpEvent, Fields]] = field(default_factory=list)
    _told: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, event: SftpEvent, fields: Fields) -> None:
        with self._told:
            self.seen.append((event, fields))
            self._told.notify_all()

    def first(self) -> tuple[SftpEvent, Fields]:
        with self._told:
            assert self._told.wait_for(lambda: self.seen, WAIT_S)
        return self.seen[0]


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def server(house: House, events: Events) -> Iterator[SftpServer]:
    keys = [ensure_host_key(house.folder / "host_key")]
    boxes, spool = house.boxes, house.folder / "spool"
    limits = SftpLimits(penalties=PenaltyRules(exempt=()))
    running = SftpServer("127.0.0.1", 0, keys, boxes, boxes.receive, limits, spool, events)
    running.start()
    yield running
    running.stop(0)


def test_a_connection_that_fails_while_it_is_greeted_is_let_go_and_told(
    server: SftpServer, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_line(*args: object) -> None:
        raise SSHException("no thread to be had")

    monkeypatch.setattr(server_module, "Line", no_line)
    with socket.create_connection(("127.0.0.1", server.port), WAIT_S) as client:
        assert client.recv(1) == b""
    event, fields = events.first()
    assert (event, fields["address"]) == (SftpEvent.FAILED, "127.0.0.1")
    assert server.sessions() == 0


def test_who_waits_for_a_login_while_its_source_is_shut_out_is_cut_off(
    server: SftpServer, events: Events
) -> None:
    with socket.create_connection(("127.0.0.1", server.port), WAIT_S) as client:
        assert client.recv(3) == b"SSH"
        penalties = server._keeper.penalties
        for _ in range(PenaltyRules().free + 1):
            penalties.failed("127.0.0.1", Fault.REFUSED)
        event, fields = events.first()
    assert (event, fields["reason"]) == (SftpEvent.CUT_OFF, "shut out")
