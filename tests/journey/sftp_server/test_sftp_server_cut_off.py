"""A client that is cut off is never believed, and a close is answered OK only for what is kept.

The two facts of paramiko's server that make this worth its own file: FI-A02, FI-A03, FI-E01.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import threading
from typing import Any

import pytest
from paramiko import SSHException

from gateway.errors import ArchiveUnavailable
from gateway.ports import Arrival, Received
from gateway.sftp_server.events import SftpEvent
from gateway.sftp_server.limits import SftpLimits


def _drop(client: Any) -> None:
    """Cut the connection as a broken line does: no CLOSE, no goodbye."""
    client.get_channel().get_transport().sock.shutdown(socket.SHUT_RDWR)


def test_a_killed_openssh_client_leaves_nothing_behind_but_a_torso(house: Any) -> None:
    house.open()
    source = house.file("big.edi", b"x" * 4_000_000)
    slowly = house.command("-l", "8000")
    with subprocess.Popen(slowly, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        assert process.stdin is not None
        process.stdin.write(f"put {source} /inbox/big.edi\n".encode())
        process.stdin.flush()
        house.events.wait_for(SftpEvent.UPLOAD_STARTED)
        house.wait_until(lambda: any(path.stat().st_size for path in house.spooled()))
        process.kill()
    cut = house.events.wait_for(SftpEvent.UPLOAD_CUT)
    assert 0 < cut["size"] < 4_000_000
    assert house.boxes.kept == []
    (held,) = house.boxes.held("acme", "big.edi")
    assert not held.complete
    assert held.path.stat().st_size == held.size == cut["size"]


def test_an_interrupted_openssh_client_closes_its_file_like_any_other(house: Any) -> None:
    """A limit, pinned: on Ctrl-C `sftp` sends a CLOSE, goes on with its batch and exits with 0.

    Nothing on the wire tells; the reader will find the end of the interchange missing.
    """
    house.open()
    source = house.file("big.edi", b"x" * 4_000_000)
    slowly = house.command("-l", "8000")
    with subprocess.Popen(
        slowly, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdin is not None
        process.stdin.write(f"put {source} /inbox/big.tmp\nrename /inbox/big.tmp /inbox/big.edi\n".encode())
        process.stdin.close()
        house.wait_until(lambda: any(path.stat().st_size for path in house.spooled()))
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    (kept,) = house.boxes.kept
    assert 0 < len(kept.content) < 4_000_000


@pytest.mark.parametrize("name", ["o.edi", "o.tmp"])
def test_a_dropped_connection_is_no_close(house: Any, name: str) -> None:
    """FI-A02."""
    house.open()
    with house.client() as client:
        file = client.open(f"/inbox/{name}", "w")
        file.write(b"ISA*half")
        _drop(client)
        house.events.wait_for(SftpEvent.UPLOAD_CUT)
    assert house.boxes.kept == []
    assert [held.complete for held in house.boxes.held("acme")] == [False]


def test_a_channel_closed_in_mid_upload_is_no_close_of_the_file(house: Any) -> None:
    house.open()
    with house.client() as client:
        file = client.open("/inbox/o.edi", "w")
        file.write(b"ISA*half")
        client.get_channel().close()
        house.events.wait_for(SftpEvent.UPLOAD_CUT)
    assert house.boxes.kept == []


def test_all_open_uploads_of_a_broken_session_are_cut(house: Any) -> None:
    house.open()
    with house.client() as client:
        files = [client.open(f"/inbox/{n}.edi", "w") for n in range(3)]
        for file in files:
            file.write(b"ISA*half")
        _drop(client)
        house.events.wait_for(SftpEvent.UPLOAD_CUT, times=3)
    assert house.boxes.kept == []


def test_an_upload_cut_before_its_first_byte_leaves_no_trace(house: Any) -> None:
    """FI-A01."""
    house.open()
    with house.client() as client:
        file = client.open("/inbox/o.edi", "w")
        assert file.stat().st_size == 0
        _drop(client)
        house.events.wait_for(SftpEvent.UPLOAD_CUT)
    assert house.boxes.held() == []
    assert house.spooled() == []


def test_a_torso_is_not_renamed_but_may_be_resumed(house: Any) -> None:
    """FI-E01."""
    house.open()
    whole = house.file("whole", b"ISA*half and the other half")
    with house.client() as client:
        file = client.open("/inbox/o.tmp", "w")
        file.write(b"ISA*half")
        _drop(client)
        house.events.wait_for(SftpEvent.UPLOAD_CUT)
    assert house.sftp("rename /inbox/o.tmp /inbox/o.edi").returncode != 0
    assert house.events.wait_for(SftpEvent.REFUSED)["code"] == "GTW-104"
    done = house.sftp(f"reput {whole} /inbox/o.tmp", "rename /inbox/o.tmp /inbox/o.edi")
    assert done.returncode == 0, done.stderr
    assert [kept.content for kept in house.boxes.kept] == [whole.read_bytes()]
    assert house.spooled() == []


def test_a_torso_under_a_final_name_is_resumed_or_replaced(house: Any) -> None:
    """FI-E01."""
    house.open()
    whole = house.file("whole", b"ISA*half and the other half")
    for line in ("reput", "put"):
        with house.client() as client:
            file = client.open("/inbox/o.edi", "w")
            file.write(b"ISA*half")
            _drop(client)
            house.wait_until(lambda: bool(house.boxes.held("acme", "o.edi")))
        done = house.sftp(f"{line} {whole} /inbox/o.edi")
        assert done.returncode == 0, done.stderr
        assert house.boxes.held() == []
        assert house.spooled() == []
    assert [kept.content for kept in house.boxes.kept] == [whole.read_bytes()] * 2


def test_a_resume_that_is_cut_keeps_the_longer_torso(house: Any) -> None:
    house.open()
    for cuts, part in enumerate((b"ISA*", b"more"), start=1):
        with house.client() as client:
            file = client.open("/inbox/o.tmp", "a")
            file.write(part)
            _drop(client)
            house.events.wait_for(SftpEvent.UPLOAD_CUT, times=cuts)
    (held,) = house.boxes.held("acme", "o.tmp")
    assert held.path.read_bytes() == b"ISA*more"
    assert house.spooled() == [held.path]


def test_a_client_is_told_if_its_file_could_not_be_kept(house: Any) -> None:
    """FI-B03."""

    def refuses(arrival: Arrival, content: object) -> Received:
        raise ArchiveUnavailable("GTW-200", "The archive is full.")

    house.keep = refuses
    house.open()
    source = house.file("850.edi", b"ISA*")
    assert house.sftp(f"put {source} /inbox/o.edi").returncode != 0
    assert "full" in house.events.wait_for(SftpEvent.UPLOAD_FAILED)["fault"]
    assert house.events.of(SftpEvent.UPLOAD_CUT) == []
    assert house.spooled() == []


def test_a_client_is_told_if_its_rename_could_not_be_kept_and_may_try_again(house: Any) -> None:
    broken = [True]

    def refuses_once(arrival: Arrival, content: Any) -> Received:
        if broken:
            broken.pop()
            raise ArchiveUnavailable("GTW-200", "The archive is full.")
        return house.boxes.receive(arrival, content)

    house.keep = refuses_once
    house.open()
    source = house.file("850.edi", b"ISA*")
    assert house.sftp(f"put {source} /inbox/o.tmp").returncode == 0
    assert house.sftp("rename /inbox/o.tmp /inbox/o.edi").returncode != 0
    assert house.sftp("rename /inbox/o.tmp /inbox/o.edi").returncode == 0
    assert [kept.content for kept in house.boxes.kept] == [b"ISA*"]
    assert house.spooled() == []


def test_a_rename_repeated_after_a_lost_answer_is_the_same_arrival(house: Any) -> None:
    """FI-A07: the crash between the ledger's commit and the end of the hold: the row is still there."""
    house.open()
    source = house.file("850.edi", b"ISA*")
    assert house.sftp(f"put {source} /inbox/o.tmp").returncode == 0
    (held,) = house.boxes.held()
    bytes_before = held.path.read_bytes()
    assert house.sftp("rename /inbox/o.tmp /inbox/o.edi").returncode == 0
    house.server.stop(drain_s=0)
    held.path.write_bytes(bytes_before)
    house.boxes.hold("acme", held)
    house.open()
    assert house.sftp("rename /inbox/o.tmp /inbox/o.edi").returncode == 0
    assert len(house.boxes.kept) == 1
    assert house.boxes.held() == []


def test_a_client_cut_off_while_its_close_is_served_has_its_file_kept_once(house: Any) -> None:
    """FI-A07."""
    entered, go_on = threading.Event(), threading.Event()

    def slowly(arrival: Arrival, content: Any) -> Received:
        entered.set()
        assert go_on.wait(20)
        return house.boxes.receive(arrival, content)

    house.keep = slowly
    house.open()
    with house.client() as client:
        file = client.open("/inbox/o.edi", "w")
        file.write(b"ISA*whole")
        closing = threading.Thread(target=_close_quietly, args=(file,))
        closing.start()
        assert entered.wait(20)
        _drop(client)
        go_on.set()
        house.events.wait_for(SftpEvent.UPLOAD_KEPT)
        closing.join()
    assert [kept.content for kept in house.boxes.kept] == [b"ISA*whole"]
    assert house.events.of(SftpEvent.UPLOAD_CUT) == []


def _close_quietly(file: Any) -> None:
    try:
        file.close()
    except (OSError, EOFError, SSHException):
        return


def test_a_stop_waits_for_open_uploads(house: Any) -> None:
    """FI-H04."""
    house.open()
    with house.client() as client:
        file = client.open("/inbox/o.edi", "w")
        file.write(b"ISA*")
        drained: list[bool] = []
        stopping = threading.Thread(target=lambda: drained.append(house.server.stop(drain_s=20)))
        stopping.start()
        house.wait_until(lambda: _refuses_uploads(client))
        file.close()
        stopping.join()
    assert drained == [True]
    assert [kept.content for kept in house.boxes.kept] == [b"ISA*"]


def _refuses_uploads(client: Any) -> bool:
    try:
        client.open("/inbox/later.tmp", "w").close()
    except OSError as refused:
        return "GTW-109" in str(refused)
    return False


def test_a_stop_cuts_what_is_not_closed_in_time(house: Any) -> None:
    """FI-H04."""
    house.open()
    with house.client() as client:
        file = client.open("/inbox/o.edi", "w")
        file.write(b"ISA*")
        assert house.server.stop(drain_s=0) is False
    house.events.wait_for(SftpEvent.UPLOAD_CUT)
    assert house.boxes.kept == []


def test_a_start_sweeps_what_no_row_knows_and_keeps_what_is_held(house: Any) -> None:
    """FI-A01."""
    house.open()
    source = house.file("850.edi", b"ISA*")
    assert house.sftp(f"put {source} /inbox/o.tmp").returncode == 0
    house.server.stop(drain_s=0)
    stray = house.spool / "upload-stray"
    stray.write_bytes(b"half")
    house.open()
    (held,) = house.boxes.held()
    assert house.spooled() == [held.path]
    assert house.sftp("rename /inbox/o.tmp /inbox/o.edi").returncode == 0


def test_uploads_that_nobody_came_back_for_are_deleted(house: Any) -> None:
    """FI-A02, FI-E11."""
    house.limits = SftpLimits(hold_s=-1)
    house.open()
    source = house.file("850.edi", b"ISA*")
    assert house.sftp(f"put {source} /inbox/o.tmp").returncode == 0
    assert house.sftp("ls /inbox").returncode == 0
    assert house.events.wait_for(SftpEvent.UPLOAD_EXPIRED)["name"] == "o.tmp"
    assert house.boxes.held() == []
    assert house.spooled() == []


def test_an_idle_session_is_closed_and_its_upload_cut(house: Any) -> None:
    """FI-E11."""
    house.limits = SftpLimits(idle_s=0.2)
    house.open()
    with house.client() as client:
        file = client.open("/inbox/o.edi", "w")
        file.write(b"ISA*")
        assert house.events.wait_for(SftpEvent.TIMED_OUT)["reason"] == "idle"
        house.events.wait_for(SftpEvent.UPLOAD_CUT)
    assert house.boxes.kept == []


def test_an_upload_whose_bytes_lie_on_another_machine_is_not_offered_here(house: Any) -> None:
    """A partner that comes back to another node starts anew, which replaces what waits there."""
    house.open()
    source = house.file("850.edi", b"ISA*")
    assert house.sftp(f"put {source} /inbox/o.tmp").returncode == 0
    (held,) = house.boxes.held()
    held.path.unlink()
    with house.client() as client:
        assert client.listdir("/inbox") == []
    done = house.sftp(f"put {source} /inbox/o.tmp", "rename /inbox/o.tmp /inbox/o.edi")
    assert done.returncode == 0, done.stderr
    assert [kept.content for kept in house.boxes.kept] == [b"ISA*"]
    assert house.boxes.held() == []
