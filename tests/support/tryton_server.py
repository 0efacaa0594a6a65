"""A real Tryton on loopback, over a copy of a database that is made once.

    with tryton_server(tmp_path) as tryton:
        tryton.url, tryton.key                       # what a destination needs
        tryton.rpc().read("sale.sale", [], ["state"])  # what Tryton itself says
        tryton.stop(); tryton.start()                # away for a while, on the same port

Tryton runs in an environment of its own. The database, set up by `tryton_seed`, is kept in there:
making it takes half a minute, copying it no time. `make install` makes both, as this file does when run.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import tryton_rpc
import tryton_seed
from tryton_rpc import TrytonRpc

ROOT = Path(__file__).parents[2]
ENVIRONMENT = ROOT / ".venv-tryton"
LOCK_FILE = ROOT / "requirements" / "tryton.txt"
DATABASE = "millbrook"
PASSWORD = "correct horse battery staple"
DEADLINE_S = 60.0
STEP_S = 0.05
CONFIGURATION = """\
[database]
uri = sqlite://
path = {folder}
[web]
listen = 127.0.0.1:{port}
"""


class TrytonServer:
    """One Tryton and its database, which may be stopped and started any number of times."""

    def __init__(self, folder: Path, key: str = "") -> None:
        self.key = key
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._folder = folder
        self._configuration = folder / "trytond.conf"
        self._configuration.write_text(CONFIGURATION.format(folder=folder, port=self.port), "utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def complaints(self) -> str:
        """What it has logged."""
        return (self._folder / "log.txt").read_text("utf-8", "replace")

    def start(self) -> None:
        """Start it and wait until it answers. Raises RuntimeError with its log if it ends instead."""
        with (self._folder / "log.txt").open("ab") as log:
            self._process = subprocess.Popen(
                [ENVIRONMENT / "bin" / "trytond", "-c", self._configuration, "-d", DATABASE],
                stdout=log,
                stderr=log,
            )
        pause, ends = threading.Event(), time.monotonic() + DEADLINE_S
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > ends:
                raise RuntimeError(f"Tryton did not start: {self.complaints[-4000:]}")
            pause.wait(STEP_S)

    def stop(self) -> None:
        """End it; harmless if it does not run."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(DEADLINE_S)
            self._process = None

    def rpc(self) -> TrytonRpc:
        """A session of the administrator, for the company."""
        rpc = TrytonRpc(self.url, DATABASE, PASSWORD)
        for company in rpc.read("company.company", [], ["id"]):
            rpc.context = {"company": company["id"], "companies": [company["id"]]}
        return rpc

    def _listens(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False


@contextmanager
def tryton_server(folder: Path) -> Iterator[TrytonServer]:
    """A running Tryton of its own, set up as `tryton_seed` says, with its files below `folder`."""
    database, key = template()
    home = folder / "tryton"
    home.mkdir()
    shutil.copy(database, home / f"{DATABASE}.sqlite")
    server = TrytonServer(home, key)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def template() -> tuple[Path, str]:
    """The database to copy, and the application key that it lets in; made if it is not there yet."""
    if not ENVIRONMENT.is_dir():
        raise RuntimeError("There is no Tryton to test with. Please run: make install")
    with (ENVIRONMENT / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        bare = _kept("bare", LOCK_FILE)
        if not bare.exists():
            _make(bare, _install_modules)
        seeded = _kept("seeded", LOCK_FILE, Path(tryton_seed.__file__), Path(tryton_rpc.__file__))
        key = seeded.with_suffix(".key")
        if not seeded.exists():
            _make(seeded, lambda folder: _seed(folder, bare, key))
    return seeded, key.read_text("ascii")


def _kept(name: str, *made_from: Path) -> Path:
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in made_from)).hexdigest()[:16]
    return ENVIRONMENT / f"{name}-{digest}.sqlite"


def _make(target: Path, fill: Callable[[Path], None]) -> None:
    with TemporaryDirectory(prefix="tryton-") as name:
        folder = Path(name)
        made = folder / f"{DATABASE}.sqlite"
        made.touch()
        fill(folder)
        with closing(sqlite3.connect(made)) as database:
            # One file from here on: what lies in the journal would not be copied.
            database.execute("pragma journal_mode = delete")
        temporary = target.with_suffix(".part")
        shutil.copy(made, temporary)
        temporary.replace(target)


def _install_modules(folder: Path) -> None:
    configuration = folder / "trytond.conf"
    configuration.write_text(CONFIGURATION.format(folder=folder, port=0), "utf-8")
    password = folder / "password"
    password.write_text(PASSWORD, "utf-8")
    modules = [*tryton_seed.MODULES, "--activate-dependencies", "--email", "admin@millbrook.example"]
    subprocess.run(
        [ENVIRONMENT / "bin" / "trytond-admin", "-c", configuration, "-d", DATABASE, "-u", *modules],
        env={**os.environ, "TRYTONPASSFILE": str(password)},
        check=True,
        capture_output=True,
    )


def _seed(folder: Path, bare: Path, key: Path) -> None:
    shutil.copy(bare, folder / f"{DATABASE}.sqlite")
    server = TrytonServer(folder)
    try:
        server.start()
        rpc = server.rpc()
        tryton_seed.seed(rpc)
        key.write_text(tryton_seed.application_key(rpc), "ascii")
    finally:
        server.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    template()
