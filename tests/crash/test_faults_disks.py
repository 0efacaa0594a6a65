"""A running gateway on real disks that fill up, run out of inodes or become read-only (FI-B)."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from uuid import uuid4

import pytest
from business_files import order_850
from disks import small_disk
from fake_erp import fake_erp, status
from live_gateway import QUICK_RETRY, LiveGateway, live_gateway, prepared_gateway
from paramiko.sftp import CMD_CLOSE

from gateway.archive.local import create_local_archive

pytestmark = pytest.mark.slow

PARTNER = "acme-retail"
MEGABYTES = 24
NO_RESERVE = {"TRADEPOST_DISK_RESERVE_BYTES": "0"}


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def refused(gateway: LiveGateway, file: Path) -> None:
    """OpenSSH's client is told that its upload failed."""
    with pytest.raises(AssertionError, match=r"Failure|No space"):
        gateway.sftp(PARTNER, f"put {file} /inbox/{file.name}")


def order_goes_through(gateway: LiveGateway, folder: Path, number: int) -> None:
    file = write(folder, f"po-{number}.edi", order_850(number, [f"A-{number}"]))
    gateway.sftp(PARTNER, f"put {file} /inbox/{file.name}")
    assert gateway.transmission(file.name).transmission["state"] == "read"
    gateway.wait_until_idle()
    assert any(f"A-{number}" in path.read_text() for path in (gateway.home / "erp").iterdir())


def doctor_on_archive(gateway: LiveGateway) -> str:
    checks = json.loads(gateway.tradepost("doctor", "--json").stdout)
    (archive,) = [check for check in checks if check["name"] == "archive"]
    assert archive["state"] == "failed"
    return str(archive["says"])


def names(gateway: LiveGateway) -> list[str]:
    return sorted(one["name"] for one in gateway.ask("transmissions", "list") if one["direction"] == "in")


def test_uploads_that_fill_the_disk_are_refused_and_the_next_is_taken_once_there_is_room(
    stack: ExitStack, tmp_path: Path
) -> None:
    """FI-B01: everything of the gateway is on that disk."""
    disk = stack.enter_context(small_disk(tmp_path / "disk", MEGABYTES))
    gateway = stack.enter_context(prepared_gateway(disk.folder, **NO_RESERVE))
    gateway.start()
    order_goes_through(gateway, tmp_path, 1)
    large = write(tmp_path, "large.edi", bytes(MEGABYTES << 20))
    refused(gateway, large)
    assert list((gateway.home / "spool").iterdir()) == []
    order_goes_through(gateway, tmp_path, 2)
    disk.fill()
    small = write(tmp_path, "po-3.edi", order_850(3, ["A-3"]))
    refused(gateway, small)
    assert gateway.runs
    assert gateway.sftp(PARTNER, "ls /outbox").stdout
    disk.free()
    order_goes_through(gateway, tmp_path, 3)
    assert names(gateway) == ["po-1.edi", "po-2.edi", "po-3.edi"]
    assert gateway.stop() == 0


def test_a_ledger_whose_disk_is_full_refuses_uploads_and_goes_on_once_there_is_room(
    stack: ExitStack, tmp_path: Path
) -> None:
    """FI-B02."""
    disk = stack.enter_context(small_disk(tmp_path / "disk", MEGABYTES))
    url = f"sqlite:///{disk.folder / 'ledger.db'}"
    gateway = stack.enter_context(prepared_gateway(tmp_path, url, **NO_RESERVE))
    gateway.start()
    order_goes_through(gateway, tmp_path, 1)
    disk.fill()
    # The journal has pages of its own to use up before the disk is asked for more.
    told = list(takewhile(lambda number: told_ok(gateway, number), range(2, 400)))
    assert len(told) < 300
    assert gateway.runs
    disk.free()
    order_goes_through(gateway, tmp_path, 999)
    assert {f"po-{number}.edi" for number in (1, *told, 999)} <= set(names(gateway))
    delivered = "".join(path.read_text() for path in (gateway.home / "erp").iterdir())
    assert [delivered.count(f'"A-{number}"') for number in told] == [1] * len(told)
    assert gateway.stop() == 0


def told_ok(gateway: LiveGateway, number: int) -> bool:
    """Whether the server said OK at the close; paramiko's own close keeps a refusal to itself."""
    with gateway.client(PARTNER) as client:
        try:
            file = client.open(f"/inbox/po-{number}.edi", "wb")
            file.write(order_850(number, [f"A-{number}"]))
            client._request(CMD_CLOSE, file.handle)
        except OSError:
            return False
    return True


def test_an_archive_whose_disk_is_full_keeps_nothing_half_and_tells_nobody_of_success(
    stack: ExitStack, tmp_path: Path
) -> None:
    """FI-B03."""
    disk = stack.enter_context(small_disk(tmp_path / "disk", MEGABYTES))
    archive = {"TRADEPOST_ARCHIVE_URL": str(disk.folder / "archive")}
    gateway = stack.enter_context(prepared_gateway(tmp_path, **NO_RESERVE, **archive))
    gateway.start()
    order_goes_through(gateway, tmp_path, 1)
    disk.fill()
    assert not told_ok(gateway, 2)
    assert "cannot take more bytes" in doctor_on_archive(gateway)
    assert list((gateway.home / "spool").iterdir()) == []
    disk.free()
    order_goes_through(gateway, tmp_path, 2)
    assert names(gateway) == ["po-1.edi", "po-2.edi"]


def test_an_archive_out_of_inodes_says_so_and_recovers(stack: ExitStack, tmp_path: Path) -> None:
    """FI-B05."""
    disk = stack.enter_context(small_disk(tmp_path / "disk", MEGABYTES, inodes=200))
    archive = {"TRADEPOST_ARCHIVE_URL": str(disk.folder / "archive")}
    gateway = stack.enter_context(prepared_gateway(tmp_path, **NO_RESERVE, **archive))
    gateway.start()
    order_goes_through(gateway, tmp_path, 1)
    disk.take_inodes()
    assert not told_ok(gateway, 2)
    disk.free()
    order_goes_through(gateway, tmp_path, 2)


def test_while_little_disk_is_left_new_uploads_are_refused_and_work_in_hand_goes_on(
    stack: ExitStack, tmp_path: Path
) -> None:
    """FI-B04: the ERP gets what was accepted, and the partner fetches its answers."""
    disk = stack.enter_context(small_disk(tmp_path / "disk", MEGABYTES))
    reserve = 8 << 20
    erp = stack.enter_context(fake_erp())
    busy = threading.Event()
    erp.script(replace(status(503), wait=busy))
    gateway = stack.enter_context(prepared_gateway(disk.folder, TRADEPOST_DISK_RESERVE_BYTES=str(reserve)))
    gateway.destinations(f'url = "{erp.url}"\nallow_hosts = ["127.0.0.1"]\n{QUICK_RETRY}')
    gateway.start()
    assert told_ok(gateway, 1)
    erp.wait_for_requests(1)
    disk.fill(leave_bytes=reserve // 2)
    file = write(tmp_path, "po-2.edi", order_850(2, ["A-2"]))
    with gateway.client(PARTNER) as client, pytest.raises(OSError, match="GTW-116"):
        client.open("/inbox/po-2.edi", "wb")
    busy.set()
    gateway.wait_until_idle()
    assert len(erp.committed) == 1
    assert list(gateway.outbox(PARTNER)) == ["997_000000001.edi"]
    disk.free()
    gateway.sftp(PARTNER, f"put {file} /inbox/{file.name}")
    gateway.wait_until_idle()
    assert len(erp.committed) == 2


def test_a_read_only_archive_is_told_of_read_from_and_written_again_once_it_may(
    stack: ExitStack, tmp_path: Path
) -> None:
    """FI-B06."""
    disk = stack.enter_context(small_disk(tmp_path / "disk", MEGABYTES))
    archive = {"TRADEPOST_ARCHIVE_URL": str(disk.folder / "archive")}
    gateway = stack.enter_context(prepared_gateway(tmp_path, **archive, **NO_RESERVE))
    gateway.start()
    order_goes_through(gateway, tmp_path, 1)
    gateway.stop()
    disk.make_read_only()
    gateway.start()
    assert not told_ok(gateway, 2)
    assert "may not be written" in doctor_on_archive(gateway)
    assert gateway.outbox(PARTNER)["997_000000001.edi"].startswith(b"ISA")
    disk.make_writable()
    order_goes_through(gateway, tmp_path, 2)


def test_an_archive_that_is_not_mounted_stops_the_start_and_is_not_made_anew(
    stack: ExitStack, tmp_path: Path
) -> None:
    """FI-B10, FI-B11."""
    mount = tmp_path / "disk"
    archive = {"TRADEPOST_ARCHIVE_URL": str(mount)}
    gateway = stack.enter_context(prepared_gateway(tmp_path, **archive))
    with small_disk(mount, MEGABYTES):
        gateway.do("doctor")
    with pytest.raises(RuntimeError, match="GTW-207"):
        gateway.start()
    assert list(mount.iterdir()) == []
    with small_disk(mount, MEGABYTES) as other:
        create_local_archive(other.folder, uuid4())
        with pytest.raises(RuntimeError, match="GTW-208"):
            gateway.start()


def test_a_disk_that_takes_a_second_to_sync_makes_uploads_wait_and_nobody_else(
    stack: ExitStack, tmp_path: Path
) -> None:
    """FI-B08."""
    slow = {"TRADEPOST_TESTING": "1", "TRADEPOST_FAILPOINTS": "archive.before_fsync=sleep:1"}
    gateway = stack.enter_context(live_gateway(tmp_path, **slow))
    pool = stack.enter_context(ThreadPoolExecutor(8))
    uploads = [pool.submit(told_ok, gateway, number) for number in range(1, 9)]
    with gateway.client(PARTNER) as client:
        assert "inbox" in client.listdir("/")
    assert all(upload.result(30) for upload in uploads)
    gateway.wait_until_idle()
    assert len(list((gateway.home / "erp").iterdir())) == 8
