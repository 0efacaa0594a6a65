"""Corners of the protocol that only an unusual or unfriendly client reaches. BI-071."""

from __future__ import annotations

import errno
import socket
import struct
import subprocess
import threading
from typing import Any

import pytest
from paramiko import SSHException, Transport
from paramiko.sftp import CMD_CLOSE, CMD_EXTENDED, CMD_STATUS

from gateway.errors import TradepostError
from gateway.sftp_server.events import SftpEvent
from gateway.sftp_server.limits import SftpLimits
from gateway.sftp_server.mailbox import OUTBOX, LoginFacts
from gateway.sftp_server.passwords import hash_password
from gateway.sftp_server.server import SftpServer
from gateway.sftp_server.spool import SpoolFile


def test_writes_out_of_order_and_overlapping_make_the_file_they_describe(house: Any) -> None:
    """FI-E08."""
    house.open()
    with house.client() as client, client.open("/inbox/o.edi", "w") as file:
        for offset, data in ((6, b"world"), (0, b"HELLO "), (0, b"hello"), (10, b"d!")):
            file.seek(offset)
            file.write(data)
            file.flush()
    (kept,) = house.boxes.kept
    assert kept.content == b"hello world!"
    assert kept.arrival.attributes["sha256"] == kept.received.sha256


def test_posix_rename_takes_an_upload_in(house: Any) -> None:
    house.open()
    with house.client() as client:
        client.open("/inbox/o.tmp", "w").close()
        client.posix_rename("/inbox/o.tmp", "/inbox/o.edi")
    assert [kept.arrival.name for kept in house.boxes.kept] == ["o.edi"]


def test_a_handle_is_closed_once_and_a_forged_one_never(house: Any) -> None:
    house.open()
    with house.client() as client:
        file = client.open("/inbox/o.edi", "w")
        file.close()
        for handle in (file.handle, b"hx99", b"", b"\xff"):
            with pytest.raises(OSError, match="invalid handle"):
                client._request(CMD_CLOSE, handle)
    assert len(house.boxes.kept) == 1


def test_two_sessions_writing_one_name_make_two_whole_files(house: Any) -> None:
    """FI-E10."""
    house.open()
    with house.client() as one, house.client() as two:
        first, second = one.open("/inbox/o.edi", "w"), two.open("/inbox/o.edi", "w")
        first.write(b"1" * 10)
        second.write(b"2" * 10)
        second.close()
        first.close()
    assert [kept.content for kept in house.boxes.kept] == [b"2" * 10, b"1" * 10]


def test_exclusive_creation_is_honoured(house: Any) -> None:
    house.open()
    with house.client() as client:
        client.open("/inbox/o.edi", "wx").close()
        with pytest.raises(OSError, match="GTW-110"):
            client.open("/inbox/o.edi", "wx")
    assert len(house.boxes.kept) == 1


def test_times_are_taken_without_effect_and_sizes_refused(house: Any) -> None:
    """FI-E09."""
    house.open()
    with house.client() as client:
        with client.open("/inbox/o.edi", "w") as file:
            file.write(b"ISA*")
            file.utime((1, 1))
            file.chmod(0o777)
            with pytest.raises(OSError, match="GTW-108"):
                file.truncate(2)
        client.utime("/inbox/o.edi", (1, 1))
        with pytest.raises(OSError, match="GTW-108"):
            client.truncate("/inbox/o.edi", 1)
        assert client.stat("/inbox/o.edi").st_size == 4
    assert house.boxes.kept[0].content == b"ISA*"


def test_a_file_read_in_part_is_not_fetched(house: Any) -> None:
    house.boxes.put("acme", OUTBOX, "997.edi", b"x" * 100_000)
    house.open()
    with house.client() as client:
        with client.open("/outbox/997.edi") as file:
            assert len(file.read(1000)) == 1000
        with client.open("/outbox/997.edi"):
            pass
    assert house.boxes.fetches == []


def test_a_file_read_to_its_end_by_a_client_that_vanishes_is_not_fetched(house: Any) -> None:
    house.boxes.put("acme", OUTBOX, "997.edi", b"x" * 1000)
    house.open()
    with house.client() as client:
        file = client.open("/outbox/997.edi")
        assert len(file.read()) == 1000
        client.get_channel().get_transport().sock.shutdown(socket.SHUT_RDWR)
        house.server.stop(drain_s=0)
    assert house.boxes.fetches == []


@pytest.mark.parametrize("path", [b"/inbox/\xff.edi", "/inbox/a\x00b", "/inbox/a\nb", "/inbox/" + "x" * 256])
def test_hostile_names_are_refused_and_the_session_lives(house: Any, path: Any) -> None:
    """FI-B13."""
    house.open()
    with house.client() as client:
        with pytest.raises(OSError, match="GTW-100"):
            client.open(path, "w")
        assert client.listdir("/") == ["inbox", "outbox", "archive"]


def test_links_and_unknown_extensions_are_refused(house: Any) -> None:
    house.open()
    with house.client() as client:
        for attempt in (
            lambda: client.symlink("/inbox/a", "/inbox/b"),
            lambda: client.readlink("/inbox/a"),
            lambda: client._request(CMD_EXTENDED, "check-file", b"hx1", "md5"),
            lambda: client._request(CMD_EXTENDED, "hardlink@openssh.com", "/a", "/b"),
            lambda: client._request(CMD_EXTENDED, "copy-data", b"hx1"),
        ):
            with pytest.raises(OSError, match="unsupported"):
                attempt()


def test_a_malformed_request_fails_alone(house: Any) -> None:
    house.open()
    with house.client() as client:
        for kind in (99, CMD_STATUS):
            with pytest.raises(OSError, match=r"Failure|unsupported"):
                client._request(kind, "nonsense")
        assert client.listdir("/inbox") == []


@pytest.mark.parametrize("size", [0, 1 << 20, 0xFFFFFFFF])
def test_a_packet_of_impossible_size_ends_the_session_only(house: Any, size: int) -> None:
    house.open()
    with house.client() as client:
        client.get_channel().sendall(struct.pack(">I", size) + b"x")
        house.wait_until(lambda: client.get_channel().closed)
    with house.client() as client:
        assert client.listdir("/inbox") == []


def _session(house: Any) -> Any:
    transport = Transport(("127.0.0.1", house.server.port))
    transport.connect(username="acme", pkey=house.keys["acme"])
    return transport


def test_there_is_no_shell_no_command_no_forwarding_and_no_other_subsystem(house: Any) -> None:
    house.open()
    transport = _session(house)
    try:
        for ask in (
            lambda channel: channel.invoke_shell(),
            lambda channel: channel.exec_command("id"),
            lambda channel: channel.get_pty(),
            lambda channel: channel.request_x11(),
            lambda channel: channel.invoke_subsystem("shell"),
        ):
            with pytest.raises(SSHException):
                ask(transport.open_session())
        for kind in ("direct-tcpip", "forwarded-tcpip"):
            with pytest.raises(SSHException):
                transport.open_channel(kind, ("127.0.0.1", 22), ("127.0.0.1", 1))
        with pytest.raises(SSHException):
            transport.request_port_forward("127.0.0.1", 0)
    finally:
        transport.close()


@pytest.mark.parametrize(
    ("kind", "old"),
    [
        ("ciphers", "aes128-cbc"),
        ("ciphers", "3des-cbc"),
        ("digests", "hmac-sha1"),
        ("kex", "diffie-hellman-group14-sha256"),
    ],
)
def test_old_algorithms_are_not_negotiated(house: Any, kind: str, old: str) -> None:
    house.open()
    transport = Transport(("127.0.0.1", house.server.port))
    try:
        options = transport.get_security_options()
        options.ciphers = ("aes128-ctr",)  # AES-GCM carries its own digest
        setattr(options, kind, (old,))
        with pytest.raises(SSHException):
            transport.connect(username="acme", pkey=house.keys["acme"])
    finally:
        transport.close()


def test_key_exchange_is_strict(house: Any) -> None:
    house.open()
    transport = _session(house)
    try:
        assert transport.agreed_on_strict_kex
    finally:
        transport.close()


def test_a_password_opens_the_mailbox(house: Any) -> None:
    house.boxes.logins = [LoginFacts("acme", "acme", "acme-sftp", (), hash_password("open sesame, please"))]
    house.open()
    transport = Transport(("127.0.0.1", house.server.port))
    try:
        transport.connect(username="acme", password="open sesame, please")
        transport.open_session().invoke_subsystem("sftp")
    finally:
        transport.close()
    assert house.events.wait_for(SftpEvent.LOGIN_ACCEPTED)["key"] == "password"


def test_a_file_may_not_grow_past_its_limit_nor_a_session_past_its_own(house: Any) -> None:
    """FI-E08."""
    house.limits = SftpLimits(file_bytes=10, session_bytes=15)
    house.open()
    with house.client() as client:
        for name, size, code in (("a.edi", 11, "GTW-105"), ("b.edi", 10, None), ("c.edi", 6, "GTW-106")):
            file = client.open(f"/inbox/{name}", "w")
            if code is None:
                file.write(b"x" * size)
                file.close()
                continue
            with pytest.raises(OSError, match=code):
                file.write(b"x" * size)
            with pytest.raises(OSError, match="GTW-112"):  # paramiko's own close() keeps it to itself
                client._request(CMD_CLOSE, file.handle)
    assert [kept.content for kept in house.boxes.kept] == [b"x" * 10]
    assert house.spooled() == []


def test_a_file_with_a_hole_from_a_failed_write_is_not_kept_though_its_client_closes_it(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FI-B01: OpenSSH closes the file after a failed write, as after a whole upload."""
    honest, writes = SpoolFile.write, []

    def fills_up(self: SpoolFile, offset: int, data: bytes) -> None:
        writes.append(offset)
        if len(writes) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        honest(self, offset, data)

    monkeypatch.setattr(SpoolFile, "write", fills_up)
    house.open()
    source = house.file("850.edi", b"x" * 200_000)
    assert house.sftp(f"put {source} /inbox/o.edi").returncode != 0
    assert house.boxes.kept == []
    assert house.boxes.held() == []
    house.events.wait_for(SftpEvent.UPLOAD_FAILED)
    assert house.spooled() == []


def test_a_session_may_open_only_so_many_files(house: Any) -> None:
    """FI-E12."""
    house.limits = SftpLimits(handles_per_session=2)
    house.open()
    with house.client() as client:
        files = [client.open(f"/inbox/{n}.tmp", "w") for n in range(2)]
        with pytest.raises(OSError, match="GTW-107"):
            client.listdir("/inbox")
        files.pop().close()
        assert client.listdir("/inbox") == ["1.tmp"]
        files.pop().close()


def test_a_partner_may_have_only_so_many_sessions_and_others_are_not_hindered(house: Any) -> None:
    """FI-E12."""
    house.limits = SftpLimits(sessions_per_partner=1)
    house.open()
    with house.client():
        with pytest.raises(SSHException), house.client():
            pass
        with house.client("bolt") as other:
            assert other.listdir("/inbox") == []
    house.wait_until(lambda: house.sftp("ls /").returncode == 0)


def test_a_full_server_turns_the_next_connection_away(house: Any) -> None:
    house.limits = SftpLimits(connections=1)
    house.open()
    with house.client(), socket.create_connection(("127.0.0.1", house.server.port), 10) as late:
        assert late.recv(100) == b""
    house.events.wait_for(SftpEvent.TURNED_AWAY)


def test_one_address_may_have_only_so_many_logins_pending(house: Any) -> None:
    house.limits = SftpLimits(logins_per_address=1)
    house.open()
    address = ("127.0.0.1", house.server.port)
    with socket.create_connection(address, 10) as silent, socket.create_connection(address, 10) as late:
        assert late.recv(100) == b""
        assert silent.recv(100).startswith(b"SSH-2.0-tradepost")
    house.wait_until(lambda: house.sftp("ls /").returncode == 0)


def test_who_does_not_log_in_in_time_is_disconnected(house: Any) -> None:
    house.limits = SftpLimits(login_grace_s=0.2)
    house.open()
    with socket.create_connection(("127.0.0.1", house.server.port), 10) as silent:
        while silent.recv(1000):
            pass
    assert house.boxes.kept == []


def test_a_withdrawn_login_loses_its_session(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.sftp_server.gate.RECHECK_S", 0.0)
    house.open()
    with house.client() as client:
        file = client.open("/inbox/o.edi", "w")
        file.write(b"ISA*")
        house.boxes.logins = []
        with pytest.raises((SSHException, OSError, EOFError)):
            file.close()
        house.events.wait_for(SftpEvent.UPLOAD_CUT)
    assert house.boxes.kept == []


def test_a_port_that_is_taken_stops_the_start(house: Any) -> None:
    house.open()
    second = SftpServer(
        "127.0.0.1",
        house.server.port,
        [house.host_key],
        house.boxes,
        house.boxes.receive,
        SftpLimits(),
        house.home / "other",
        house.events,
    )
    with pytest.raises(TradepostError) as no:
        second.start()
    assert no.value.code == "GTW-111"


def test_many_openssh_clients_at_once_lose_nothing(house: Any) -> None:
    house.open()
    folder = house.home / "many"
    folder.mkdir()
    for number in range(25):
        (folder / f"{number}.edi").write_bytes(f"ISA*{number}".encode() * 100)
    done: list[subprocess.CompletedProcess[str]] = []
    clients = [
        threading.Thread(target=lambda: done.append(house.sftp(f"put {folder}/* /inbox/"))) for _ in range(8)
    ]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert [(one.returncode, one.stderr) for one in done] == [(0, "")] * 8
    assert len(house.boxes.kept) == 200
    assert len({kept.arrival.source_key for kept in house.boxes.kept}) == 200
    assert sorted(kept.content for kept in house.boxes.kept) == sorted(
        path.read_bytes() for path in folder.iterdir() for _ in range(8)
    )
    assert house.spooled() == []
