"""Clients that mean harm, before and after their login. BI-071, SEC-06 to SEC-09."""

from __future__ import annotations

import json
import resource
import shutil
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from paramiko import AuthenticationException, Message, SFTPClient, SSHException, Transport
from paramiko.common import cMSG_CHANNEL_DATA, cMSG_CHANNEL_EXTENDED_DATA
from paramiko.sftp import CMD_OPENDIR, CMD_READ, CMD_STAT

from gateway.sftp_server.events import SftpEvent
from gateway.sftp_server.host_key import ensure_host_key
from gateway.sftp_server.limits import PartnerLimits, SftpLimits
from gateway.sftp_server.line import MAX_GREETING_BYTES, MAX_UNREAD_BYTES
from gateway.sftp_server.mailbox import OUTBOX
from gateway.sftp_server.penalties import PenaltyRules

NO_EXEMPTION = PenaltyRules(free=2, first_s=60, exempt=())
QUICK = SftpLimits(password_refusal_s=0, key_refusal_s=0)


@contextmanager
def _transport(house: Any) -> Iterator[Transport]:
    transport = Transport(("127.0.0.1", house.server.port))
    try:
        yield transport
    finally:
        transport.close()


def _still_serves(house: Any) -> None:
    with house.client("bolt") as other:
        assert other.listdir("/") == ["inbox", "outbox", "archive"]


def test_an_outside_audit_finds_no_weak_algorithm(house: Any) -> None:
    """Its one warning: key exchanges that are no help against a quantum computer, for older clients."""
    program = shutil.which("ssh-audit", path=str(Path(sys.executable).parent))
    assert program, "ssh-audit is missing, so this test could not run: make install"
    house.open()
    command = [program, "--json", "--skip-rate-test", "-p", str(house.server.port), "127.0.0.1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    audit = json.loads(done.stdout)
    notes = [
        (severity, note)
        for kind in ("kex", "key", "enc", "mac")
        for algorithm in audit[kind]
        for severity, texts in algorithm["notes"].items()
        for note in texts
        if severity in ("fail", "warn")
    ]
    assert set(notes) <= {("warn", "does not provide protection against post-quantum attacks")}
    assert [one["algorithm"] for one in audit["key"]] == ["ssh-ed25519"]
    assert not audit["cves"]


def test_who_guesses_passwords_is_shut_out_and_others_are_told(house: Any) -> None:
    house.limits = replace(QUICK, penalties=NO_EXEMPTION)
    house.open()
    for _ in range(3):
        with _transport(house) as transport, pytest.raises((AuthenticationException, EOFError, SSHException)):
            transport.connect(username="acme", password="wrong")
    told = house.events.wait_for(SftpEvent.SHUT_OUT)
    assert (told["source"], told["seconds"]) == ("127.0.0.1", 60)
    with socket.create_connection(("127.0.0.1", house.server.port), 10) as late:
        assert late.recv(100) == b""
    assert house.sftp("ls").returncode != 0


def test_a_session_goes_on_while_its_address_is_shut_out(house: Any) -> None:
    house.limits = replace(QUICK, penalties=NO_EXEMPTION)
    house.open()
    with house.client() as client:
        for _ in range(3):
            with (
                _transport(house) as transport,
                pytest.raises((AuthenticationException, EOFError, SSHException)),
            ):
                transport.connect(username="acme", password="wrong")
        house.events.wait_for(SftpEvent.SHUT_OUT)
        assert client.listdir("/inbox") == []


def test_keys_that_will_not_do_count_once_a_connection(house: Any, tmp_path: Path) -> None:
    house.limits = replace(QUICK, penalties=NO_EXEMPTION)
    house.open()
    stranger = ensure_host_key(tmp_path / "stranger")
    for _ in range(3):
        assert not house.events.of(SftpEvent.SHUT_OUT)
        with _transport(house) as transport:
            transport.start_client(timeout=10)
            for _ in range(2):
                with pytest.raises(AuthenticationException):
                    transport.auth_publickey("acme", stranger)
    house.events.wait_for(SftpEvent.SHUT_OUT)


def test_a_connection_may_try_only_so_many_passwords(house: Any) -> None:
    house.limits = replace(QUICK, tries=3)
    house.open()
    with _transport(house) as transport:
        transport.start_client(timeout=10)
        for _ in range(3):
            with pytest.raises(SSHException):
                transport.auth_password("acme", "wrong", fallback=False)
        house.wait_until(lambda: not transport.is_active())
    assert house.events.wait_for(SftpEvent.CUT_OFF)["reason"] == "too many tries"


@pytest.mark.parametrize(
    "sent",
    [
        b"SSH-2.0-x\r\n" + struct.pack(">I", 0xFFFFFFF0) + b"\x00" * 64,
        b"x" * (4 * MAX_GREETING_BYTES),
        b"SSH-2.0-x\r\n" + struct.pack(">IB", 12, 4) + b"\x14" + b"\x00" * 400,
        b"GET / HTTP/1.1\r\n\r\n" * 200,
    ],
    ids=["huge packet", "endless greeting", "broken key exchange", "web browser"],
)
def test_nonsense_before_the_login_ends_its_connection_only(house: Any, sent: bytes) -> None:
    house.open()
    with socket.create_connection(("127.0.0.1", house.server.port), 10) as peer:
        try:
            peer.sendall(sent)
            while peer.recv(4096):
                pass
        except ConnectionError:
            pass  # closed while we were still sending
    _still_serves(house)


def test_half_open_handshakes_are_ended_and_hinder_nobody(house: Any) -> None:
    """FI-E12."""
    house.limits = replace(QUICK, login_grace_s=1.0, penalties=replace(NO_EXEMPTION, free=10))
    house.open()
    address = ("127.0.0.1", house.server.port)
    silent = [socket.create_connection(address, 10) for _ in range(30)]
    try:
        for peer in silent[::2]:
            peer.sendall(b"SSH-2.0-x\r\n")
        _still_serves(house)
        for peer in silent:
            while peer.recv(4096):
                pass
    finally:
        for peer in silent:
            peer.close()
    house.events.wait_for(SftpEvent.TIMED_OUT)
    house.events.wait_for(SftpEvent.SHUT_OUT)


def test_a_login_without_a_session_is_ended_too(house: Any) -> None:
    house.limits = replace(QUICK, login_grace_s=0.5)
    house.open()
    with _transport(house) as transport:
        transport.connect(username="acme", pkey=house.keys["acme"])
        house.wait_until(lambda: not transport.is_active())
    assert house.events.wait_for(SftpEvent.TIMED_OUT)["reason"] == "no session in time"


def test_a_connection_may_rest_between_two_sessions(house: Any) -> None:
    """Pools of connections do so; it is idle then, not late."""
    house.limits = replace(QUICK, login_grace_s=0.3, idle_s=60)
    house.open()
    with _transport(house) as transport, _transport(house) as late:
        transport.connect(username="acme", pkey=house.keys["acme"])
        first = SFTPClient.from_transport(transport)
        assert first is not None
        first.close()
        late.connect(username="acme", pkey=house.keys["acme"])
        house.events.wait_for(SftpEvent.TIMED_OUT)
        second = SFTPClient.from_transport(transport)
        assert second is not None
        assert second.listdir("/inbox") == []


def test_only_so_many_channels_open_on_one_connection(house: Any) -> None:
    house.limits = replace(QUICK, sessions_per_partner=3)
    house.open()
    with _transport(house) as transport:
        transport.connect(username="acme", pkey=house.keys["acme"])
        channels = [transport.open_session() for _ in range(3)]
        with pytest.raises(SSHException):
            transport.open_session()
        assert len(channels) == 3


@pytest.mark.parametrize("kind", [cMSG_CHANNEL_DATA, cMSG_CHANNEL_EXTENDED_DATA], ids=["data", "stderr"])
def test_who_sends_more_than_its_window_is_cut_off(house: Any, kind: bytes) -> None:
    """FI-E13: paramiko keeps what nobody reads, without end: channel data before a session, stderr ever."""
    house.open()
    with _transport(house) as transport:
        transport.connect(username="acme", pkey=house.keys["acme"])
        channel = transport.open_session()
        message = Message()
        message.add_byte(kind)
        message.add_int(channel.remote_chanid)
        if kind == cMSG_CHANNEL_EXTENDED_DATA:
            message.add_int(1)
        message.add_string(b"x" * 32_000)
        for _ in range(2 * MAX_UNREAD_BYTES // 32_000):
            if not transport.is_active():
                break
            transport._send_user_message(message)
        house.wait_until(lambda: not transport.is_active())
    assert house.events.wait_for(SftpEvent.CUT_OFF)["reason"] == "sent more than its window"
    _still_serves(house)


def test_who_asks_without_reading_the_answers_holds_no_memory_and_goes_idle(house: Any) -> None:
    """FI-E12, FI-E13."""
    house.limits = replace(QUICK, idle_s=1.0)
    house.boxes.put("acme", OUTBOX, "big.edi", b"x" * (4 << 20))
    house.open()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with house.client() as client:
        file = client.open("/outbox/big.edi", "r")
        channel = client.get_channel()
        for number in range(5_000):
            request = Message()
            request.add_int(number)
            request.add_string(file.handle)
            request.add_int64(0)
            request.add_int(1 << 18)
            packet = struct.pack(">IB", len(request.asbytes()) + 1, CMD_READ) + request.asbytes()
            channel.sendall(packet)
        house.events.wait_for(SftpEvent.TIMED_OUT)
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kb < 100 * 1024, "5,000 answers of 256 KiB would be 1.2 GiB"
    _still_serves(house)


def test_thousands_of_handles_are_not_had(house: Any) -> None:
    """FI-E12."""
    house.open()
    with house.client() as client:
        for _ in range(house.limits.handles_per_session):
            client._request(CMD_OPENDIR, "/inbox")
        for _ in range(2_000):
            with pytest.raises(OSError, match="GTW-107"):
                client._request(CMD_OPENDIR, "/inbox")
        client.close()
    _still_serves(house)


def test_a_fast_partner_waits_and_another_does_not(house: Any) -> None:
    """FI-E12."""
    house.boxes.logins = [
        replace(facts, limits=PartnerLimits(requests_per_s=20)) if facts.login == "acme" else facts
        for facts in house.boxes.logins
    ]
    house.open()
    with house.client() as client, house.client("bolt") as other:
        done: list[str] = []

        def ask(name: str, at: SFTPClient) -> None:
            for _ in range(40):
                at._request(CMD_STAT, "/inbox")
            done.append(name)

        threads = [threading.Thread(target=ask, args=pair) for pair in (("acme", client), ("bolt", other))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
    assert done == ["bolt", "acme"]


def test_a_partner_uploads_only_so_much_a_day_over_all_its_sessions(house: Any) -> None:
    limits = PartnerLimits(files_per_day=3, bytes_per_day=250_000)
    house.boxes.logins = [replace(facts, limits=limits) for facts in house.boxes.logins]
    house.open()
    source = house.file("850.edi", b"x" * 100_000)
    for number in range(2):
        assert house.sftp(f"put {source} /inbox/{number}.edi").returncode == 0
    assert house.sftp(f"put {source} /inbox/2.edi").returncode != 0
    assert house.sftp(f"put {house.file('s.edi', b'x')} /inbox/3.edi").returncode != 0
    assert len(house.boxes.kept) == 2
    assert "GTW-113" in {fields["code"] for fields in house.events.of(SftpEvent.REFUSED)}
    assert house.sftp(f"put {source} /inbox/b.edi", login="bolt").returncode == 0


def test_an_idle_session_is_closed_within_five_seconds_of_losing_its_key(house: Any) -> None:
    """SEC-06: the server needs 1.5 of them; a gateway sees new profiles within two."""
    house.open()
    with house.client() as client, house.client("bolt") as other:
        file = client.open("/inbox/o.edi", "w")
        file.write(b"ISA*")
        file.flush()
        house.boxes.logins = [replace(one, public_keys=()) if one.login == "acme" else one
                              for one in house.boxes.logins]  # fmt: skip
        assert house.events.wait_for(SftpEvent.LOGIN_WITHDRAWN)["login"] == "acme"
        house.events.wait_for(SftpEvent.UPLOAD_CUT)
        house.wait_until(lambda: not client.get_channel().get_transport().is_active())
        assert other.listdir("/inbox") == []
    assert house.boxes.kept == []


def test_a_ledger_that_is_away_ends_no_session_and_no_later_look(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FI-C02."""
    house.open()
    with house.client() as client:
        honest = type(house.boxes).login

        def away(boxes: Any, name: str) -> Any:
            raise ConnectionError("no database")

        monkeypatch.setattr(type(house.boxes), "login", away)
        house.events.wait_for(SftpEvent.FAILED)
        monkeypatch.setattr(type(house.boxes), "login", honest)
        assert client.listdir("/inbox") == []
        house.boxes.logins = []
        house.events.wait_for(SftpEvent.LOGIN_WITHDRAWN)


def test_openssh_learns_the_next_host_key_before_it_is_in_force(house: Any) -> None:
    """FI-E14."""
    coming = ensure_host_key(house.home / "next")
    house.host_keys = [house.host_key, coming]
    house.open()
    command = house.command("-o", "UpdateHostKeys=yes")
    done = subprocess.run(command, input="ls\n", capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    known = house.home / "known_hosts"
    house.wait_until(lambda: coming.get_base64() in known.read_text())
    learned, old_port = known.read_text(), house.server.port
    assert house.host_key.get_base64() in learned
    house.server.stop(drain_s=0)
    house.host_keys = [coming]
    house.open()
    known.write_text(learned.replace(f":{old_port} ", f":{house.server.port} "))
    assert house.sftp("ls").returncode == 0
