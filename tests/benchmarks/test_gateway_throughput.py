"""Files a second from the first byte to the ERP folder and the 997, beside what the disk can do.

Reports, asserts only that everything arrived. Run with `make bench`.
"""

from __future__ import annotations

import io
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import pytest

from gateway import home as homes
from gateway import views
from gateway.ports import Arrival
from gateway.settings import Settings
from gateway.wiring import Gateway, opened

FILES = 300
INPUT = Path(__file__).parents[2] / "samples" / "x12" / "850" / "simple" / "input.edi"


def a_second(count: int, work: Callable[[int], None]) -> float:
    """How often `work` is done a second."""
    start = time.perf_counter()
    for number in range(count):
        work(number)
    return count / (time.perf_counter() - start)


def fsyncs_a_second(folder: Path) -> float:
    """Small appends, each synced: the disk's own limit."""
    with (folder / "appended").open("ab", buffering=0) as file:

        def append(_: int) -> None:
            file.write(b"x" * 512)
            os.fsync(file.fileno())

        return a_second(300, append)


def commits_a_second(folder: Path) -> float:
    """One-row commits with WAL and synchronous=FULL: the ledger's own limit."""
    connection = sqlite3.connect(folder / "limit.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE one (id INTEGER PRIMARY KEY, text TEXT)")
    rate = a_second(300, lambda number: connection.execute("INSERT INTO one VALUES (?, 'x')", [number]))
    connection.close()
    return rate


def order(number: int) -> bytes:
    """The sample order under a number of its own."""
    text = INPUT.read_text("ascii").replace("000001001", f"{number + 1:09}")
    return text.replace("4501000101", f"45{number:08}").encode("ascii")


def receive(gateway: Gateway, number: int) -> None:
    """Keep and record one file."""
    arrival = Arrival("acme-mailbox", str(number), f"po{number}.edi", "acme-retail")
    gateway.pipeline.receive(arrival, io.BytesIO(order(number)))


@pytest.mark.timeout(300)
def test_files_a_second_from_receive_to_erp_and_997(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", log_level="warning")
    homes.prepare(settings, samples=True)
    with opened(settings) as gateway:
        gateway.apply_profiles_once()
        limits = {"fsyncs": fsyncs_a_second(tmp_path), "one-row commits": commits_a_second(tmp_path)}
        intake = a_second(FILES, lambda number: receive(gateway, number))
        start = time.perf_counter()
        _work_until_idle(gateway)
        through = FILES / (time.perf_counter() - start)
        with gateway.ledger.read() as view:
            counts = views.summary(view)
    cores = os.cpu_count()
    print(f"\n{FILES} files of {len(order(0))} bytes, SQLite, {settings.workers} threads, {cores} cores")
    for name, rate in limits.items():
        print(f"  {rate:8.0f}/s  {name} (this disk, this run)")
    print(f"  {intake:8.0f}/s  files kept and recorded")
    print(f"  {through:8.0f}/s  files read, answered and delivered")
    assert counts["documents"] == {"delivered": FILES}
    assert counts["acknowledgements"] == {"sent": FILES}


def _work_until_idle(gateway: Gateway) -> None:
    done = Event()
    thread = Thread(target=gateway.jobs.serve, args=(gateway.worker.run, done.is_set))
    thread.start()
    try:
        while not _is_idle(gateway):
            done.wait(0.05)
    finally:
        done.set()
        gateway.jobs.ring()
        thread.join()


def _is_idle(gateway: Gateway) -> bool:
    with gateway.ledger.read() as view:
        return views.is_idle(view)
