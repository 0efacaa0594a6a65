"""A running SFTP server over mailboxes in memory, and clients for it."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from paramiko import PKey, SFTPClient, Transport

from gateway.ports import Arrival, Received
from gateway.sftp_server.events import Fields, SftpEvent
from gateway.sftp_server.host_key import ensure_host_key
from gateway.sftp_server.limits import SftpLimits
from gateway.sftp_server.mailbox import LoginFacts
from gateway.sftp_server.memory import MemoryMailboxes
from gateway.sftp_server.server import SftpServer

DEADLINE_S = 10.0


@dataclass
class Events:
    """What the server reported, and a way to wait for it."""

    seen: list[tuple[SftpEvent, Fields]] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, event: SftpEvent, fields: Fields) -> None:
        with self._changed:
            self.seen.append((event, fields))
            self._changed.notify_all()

    def of(self, event: SftpEvent) -> list[Fields]:
        with self._changed:
            return [fields for name, fields in self.seen if name is event]

    def wait_for(self, event: SftpEvent, times: int = 1) -> Fields:
        with self._changed:
            found = self._changed.wait_for(lambda: len(self.of(event)) >= times, DEADLINE_S)
        assert found, f"no {event} among {self.seen}"
        return self.of(event)[-1]


@dataclass
class House:
    """The server with all that stands around it. keep: what it calls as `receive`."""

    home: Path
    boxes: MemoryMailboxes
    events: Events
    keys: dict[str, PKey]
    limits: SftpLimits = field(default_factory=SftpLimits)
    keep: Callable[[Arrival, object], Received] | None = None

    def __post_init__(self) -> None:
        self.spool = self.home / "spool"
        self.host_key = ensure_host_key(self.home / "host_key")
        self.host_keys = [self.host_key]

    def open(self) -> None:
        receive = self.keep or self.boxes.receive
        self.server = SftpServer(
            "127.0.0.1", 0, self.host_keys, self.boxes, receive, self.limits, self.spool, self.events
        )
        self.server.start()
        host = f"[127.0.0.1]:{self.server.port} {self.host_key.get_name()} {self.host_key.get_base64()}\n"
        (self.home / "known_hosts").write_text(host)

    def command(self, *options: str, login: str = "acme") -> list[str]:
        known = self.home / "known_hosts"
        settings = ("IdentitiesOnly=yes", f"UserKnownHostsFile={known}", "StrictHostKeyChecking=yes")
        return [
            "sftp",
            "-q",
            *("-F", "none"),
            *("-b", "-"),
            *("-P", str(self.server.port)),
            *("-i", str(self.home / f"{login}.key")),
            *(part for setting in settings for part in ("-o", setting)),
            *options,
            f"{login}@127.0.0.1",
        ]

    def sftp(self, *lines: str, login: str = "acme") -> subprocess.CompletedProcess[str]:
        """Run OpenSSH's client over a batch of commands."""
        batch = "".join(f"{line}\n" for line in lines)
        return subprocess.run(
            self.command(login=login), input=batch, capture_output=True, text=True, timeout=60, check=False
        )

    @contextmanager
    def client(self, login: str = "acme") -> Iterator[SFTPClient]:
        """A paramiko client. Keep the files that you open: paramiko closes those it forgets."""
        transport = Transport(("127.0.0.1", self.server.port))
        try:
            transport.connect(username=login, pkey=self.keys[login])
            client = SFTPClient.from_transport(transport)
            assert client is not None
            yield client
        finally:
            transport.close()

    def file(self, name: str, content: bytes) -> Path:
        path = self.home / name
        path.write_bytes(content)
        return path

    def spooled(self) -> list[Path]:
        return list(self.spool.iterdir())

    def wait_until(self, true: Callable[[], bool]) -> None:
        """For what has no event: look again until the deadline."""
        pause, ends = threading.Event(), time.monotonic() + DEADLINE_S
        while not true():
            assert time.monotonic() < ends, "it never came true"
            pause.wait(0.005)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A house with two partners, acme and bolt; call `open` once it is furnished."""
    if shutil.which("sftp") is None:
        pytest.fail("OpenSSH's client is missing: install the package openssh-client to run these tests")
    keys: dict[str, PKey] = {name: ensure_host_key(tmp_path / f"{name}.key") for name in ("acme", "bolt")}
    logins = [
        LoginFacts(name, name, f"{name}-sftp", (f"{key.get_name()} {key.get_base64()} {name}",))
        for name, key in keys.items()
    ]
    house = House(tmp_path, MemoryMailboxes(logins), Events(), keys)
    yield house
    house.server.stop(drain_s=0)
