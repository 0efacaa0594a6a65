"""The SFTP server short of files, and keys exchanged anew in the middle of an upload (FI-B05, FI-E13)."""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from gateway.sftp_server.events import SftpEvent

pytestmark = pytest.mark.slow


@contextmanager
def no_more_files() -> Iterator[None]:
    """This process may open no file and no socket."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    probe = os.dup(0)
    os.close(probe)
    resource.setrlimit(resource.RLIMIT_NOFILE, (probe, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_server_without_a_file_to_spare_does_not_spin_and_serves_again_once_it_has_one(house: Any) -> None:
    """FI-B05: a connection waits in the queue of the system, at no cost to the processor."""
    house.open()
    with socket.socket() as caller, house.client() as before:
        with no_more_files():
            spent = time.process_time()
            caller.connect(("127.0.0.1", house.server.port))
            house.events.wait_for(SftpEvent.FAILED, times=3)
            assert "inbox" in before.listdir("/")
            assert time.process_time() - spent < 0.5
        caller.settimeout(10)
        assert caller.recv(8).startswith(b"SSH-2.0")
    with house.client() as after:
        assert after.listdir("/inbox") == []


@pytest.mark.parametrize("options", [("-o", "RekeyLimit=256K"), ("-R", "1", "-B", "1000")])
def test_an_upload_goes_on_over_new_keys_and_through_a_narrow_window(
    house: Any, options: tuple[str, ...]
) -> None:
    """FI-E13: with OpenSSH's client."""
    house.open()
    content = os.urandom(3 << 20 if "RekeyLimit" in options[1] else 1 << 18)
    source = house.file("850.edi", content)
    done = subprocess.run(
        house.command(*options),
        input=f"put {source} /inbox/850.edi\n",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert [kept.content for kept in house.boxes.kept] == [content]
