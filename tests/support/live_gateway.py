"""A gateway as people and partners meet it: `tradepost run` as a process, its SFTP door, its command line.

    with live_gateway(tmp_path, database_url) as gateway:
        gateway.sftp("acme-retail", f"put {file} inbox/po.edi")     # OpenSSH's client
        gateway.wait_until_idle()
        gateway.ask("transmissions", "list")                        # the command line's JSON

Before `start` the test may change the home: `destinations`, `profile`.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from paramiko import Ed25519Key, SFTPClient, Transport
from sqlalchemy import Connection

from gateway import home as homes
from gateway import views
from gateway.settings import Settings
from gateway.store.ledger import Ledger, open_engine

TRADEPOST = Path(sys.executable).with_name("tradepost")
DEADLINE_S = 60.0
STEP_S = 0.02
LISTENS = "The SFTP server listens on "
LOGINS = {
    "acme-retail": "acme",
    "corner-bikes": "corner",
    "delta-supply": "delta",
    "rhein-teile": "rhein",
    "summit-outfitters": "summit",
}

DESTINATIONS = """\
[erp]
{erp}
[erp-test]
url = "folder:erp-test"
environment = "test"
[harbor-answers]
url = "folder:harbor-answers"
"""
QUICK_RETRY = "retry = { first_s = 0.05, max_wait_s = 0.4, max_attempts = 6 }"

Found = TypeVar("Found")


class LiveGateway:
    """One home and the process that runs in it, which may be started and stopped any number of times."""

    def __init__(self, home: Path, database_url: str = "", **options: str) -> None:
        self.home = home
        self.settings = Settings(home=home, database_url=database_url)
        self.environment = {
            **os.environ,
            "TRADEPOST_HOME": str(home),
            "TRADEPOST_DATABASE_URL": database_url,
            "TRADEPOST_JOB_POLL_S": "0.1",
            "COLUMNS": "200",
            **options,
        }
        self.port = 0
        #: What its process does; empty for everything.
        self.roles: tuple[str, ...] = ()
        self._process: subprocess.Popen[str] | None = None
        self._ledger: Ledger | None = None

    # the home ----------------------------------------------------------------------------------

    def prepare(self) -> None:
        """A home with the sample partners."""
        homes.prepare(self.settings, samples=True)

    def destinations(self, erp: str) -> None:
        """Name another ERP; the other sample destinations stay."""
        text = DESTINATIONS.format(erp=erp)
        (self.home / "partners" / "destinations.toml").write_text(text, "utf-8")

    def profile(self, partner: str, change: Callable[[str], str]) -> None:
        """Change a partner's profile in the home; in force after the first start, or `partners apply`."""
        path = self.home / "partners" / partner / "profile.toml"
        path.write_text(change(path.read_text("utf-8")), "utf-8")

    # the process -------------------------------------------------------------------------------

    def start(self) -> None:
        """Start it and wait until it listens. Raises RuntimeError with what it said if it ends instead."""
        self._complaints = self.home / "stderr.txt"
        with self._complaints.open("a", encoding="utf-8") as stderr:
            self._process = subprocess.Popen(
                [TRADEPOST, "run", "--sftp-port", "0", *(f"--role={role}" for role in self.roles)],
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        listens = threading.Event()
        self._reader = threading.Thread(target=self._read, args=(self._process, listens), daemon=True)
        self._reader.start()
        if not listens.wait(DEADLINE_S) or not self.port:
            self.kill()
            raise RuntimeError(f"the gateway did not start: {self._complaints.read_text('utf-8')}")

    def _read(self, process: subprocess.Popen[str], listens: threading.Event) -> None:
        self.port = 0
        for line in process.stdout or ():
            if line.startswith(LISTENS):
                self.port = int(line.removeprefix(LISTENS).split(".  ")[0].split(". ")[0].rsplit(":")[-1])
                listens.set()
        listens.set()

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        assert self._process is not None
        self._process.terminate()
        return self._ended(self._process)

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._ended(self._process)

    def tell(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def ended(self) -> int:
        """Wait for its end; the exit status."""
        assert self._process is not None
        return self._ended(self._process)

    def freeze(self) -> None:
        """SIGSTOP: it holds still, its connections and claims in hand, until `thaw`."""
        self.tell(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self.tell(signal.SIGCONT)

    @property
    def pid(self) -> int:
        """The number of its process."""
        assert self._process is not None
        return self._process.pid

    @property
    def node(self) -> str:
        """Its name in `tradepost nodes`."""
        return f"{socket.gethostname()}:{self.pid}"

    def _ended(self, process: subprocess.Popen[str]) -> int:
        status = process.wait(DEADLINE_S)
        self._reader.join(DEADLINE_S)
        if process.stdout is not None:
            process.stdout.close()
        self._process = None
        return status

    @property
    def runs(self) -> bool:
        """True while its process is alive."""
        return self._process is not None and self._process.poll() is None

    @property
    def complaints(self) -> str:
        """What it said on stderr, over all starts."""
        return self._complaints.read_text("utf-8")

    # partners ----------------------------------------------------------------------------------

    def sftp(self, partner: str, *lines: str) -> subprocess.CompletedProcess[str]:
        """Run OpenSSH's `sftp -b` as the partner. Raises CalledProcessError if a command fails."""
        known = self.home / "known_hosts"
        host_key = self._host_key()
        known.write_text(f"[127.0.0.1]:{self.port} {host_key.get_name()} {host_key.get_base64()}\n")
        settings = ("IdentitiesOnly=yes", f"UserKnownHostsFile={known}", "StrictHostKeyChecking=yes")
        done = subprocess.run(
            [
                *("sftp", "-q", "-F", "none", "-b", "-", "-P", str(self.port)),
                *("-i", str(homes.client_key(self.home, partner))),
                *(part for setting in settings for part in ("-o", setting)),
                f"{LOGINS[partner]}@127.0.0.1",
            ],
            input="".join(f"{line}\n" for line in lines),
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done

    @contextmanager
    def client(self, partner: str) -> Iterator[SFTPClient]:
        """A paramiko client, for tests that need many uploads."""
        key = Ed25519Key.from_private_key_file(str(homes.client_key(self.home, partner)))
        transport = Transport(socket.create_connection(("127.0.0.1", self.port), DEADLINE_S))
        try:
            transport.connect(self._host_key(), LOGINS[partner], pkey=key)
            client = SFTPClient.from_transport(transport)
            assert client is not None
            yield client
        finally:
            transport.close()

    def send(self, partner: str, files: Mapping[str, bytes]) -> None:
        """Upload files into a partner's inbox in one session, in order."""
        with self.client(partner) as client:
            for name, content in files.items():
                with client.open(f"/inbox/{name}", "wb") as file:
                    file.write(content)

    def outbox(self, partner: str) -> dict[str, bytes]:
        """Every answer in a partner's outbox, by name; reading fetches it."""
        with self.client(partner) as client:
            return {name: _read(client, f"/outbox/{name}") for name in sorted(client.listdir("/outbox"))}

    def _host_key(self) -> Ed25519Key:
        return Ed25519Key.from_private_key_file(str(self.home / "keys" / homes.HOST_KEY))

    # people ------------------------------------------------------------------------------------

    def tradepost(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Run the command line as a process of its own."""
        return subprocess.run(
            [TRADEPOST, *arguments],
            env=self.environment,
            capture_output=True,
            timeout=DEADLINE_S,
            check=False,
        )

    def do(self, *arguments: str) -> bytes:
        """Run a command that must succeed; its stdout."""
        done = self.tradepost(*arguments)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def ask(self, *arguments: str) -> Any:
        """Run a command that must succeed, with --json; its answer."""
        return json.loads(self.do(*arguments, "--json"))

    # the ledger --------------------------------------------------------------------------------

    @contextmanager
    def view(self) -> Iterator[Connection]:
        """The ledger, to look at."""
        if self._ledger is None:
            self._ledger = Ledger(open_engine(self.settings.effective_database_url))
        with self._ledger.read() as view:
            yield view

    def wait_for(self, look: Callable[[Connection], Found | None], what: str = "it") -> Found:
        """Look into the ledger until `look` finds something. Raises TimeoutError."""
        pause, ends = threading.Event(), time.monotonic() + DEADLINE_S
        while True:
            with self.view() as view:
                found = look(view)
            if found:
                return found
            if time.monotonic() > ends:
                raise TimeoutError(f"{what} never came; on stderr: {self.complaints}")
            pause.wait(STEP_S)

    def wait_until_idle(self) -> None:
        """Until no task is waiting or running."""
        self.wait_for(views.is_idle, "idleness")

    def transmission(self, name: str, state: str | None = None) -> views.TransmissionView:
        """The newest inbound transmission of that name, once it has been read, or is in `state`."""

        def look(view: Connection) -> views.TransmissionView | None:
            for line in views.transmissions(view, views.Page(500)):
                if line.name == name and (line.state == state if state else line.state != "received"):
                    return views.transmission(view, line.id)
            return None

        return self.wait_for(look, f"{name} {state or 'read'}")

    def close(self) -> None:
        """End the process if it still runs, and let go of the ledger."""
        self.kill()
        if self._ledger is not None:
            self._ledger.close()


def _read(client: SFTPClient, path: str) -> bytes:
    with client.open(path, "rb") as file:
        return file.read()


@contextmanager
def prepared_gateway(folder: Path, database_url: str = "", **options: str) -> Iterator[LiveGateway]:
    """A gateway on a fresh home below `folder`, not started. options: further environment variables."""
    gateway = LiveGateway(folder / "home", database_url, **options)
    gateway.prepare()
    try:
        yield gateway
    finally:
        gateway.close()


@contextmanager
def live_gateway(folder: Path, database_url: str = "", **options: str) -> Iterator[LiveGateway]:
    """A gateway on a fresh home below `folder`, running."""
    with prepared_gateway(folder, database_url, **options) as gateway:
        gateway.start()
        yield gateway
