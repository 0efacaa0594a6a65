"""What the machine itself can do, measured in the same run: nothing that is durable is faster than this."""

from __future__ import annotations

import os
import socket
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

COUNT = 400
SMALL = b"x" * 4000


def limits(folder: Path) -> dict[str, float]:
    """Operations a second in `folder` and over loopback, by name."""
    return {
        "fsync of an append": _a_second(_appender(folder)),
        "file written, synced, linked, folder synced": _a_second(_keeper(folder)),
        "rename with its folder synced": _a_second(_renamer(folder)),
        "one-row commit (WAL, synchronous=FULL)": _a_second(_committer(folder)),
        "round trip over loopback": _loopback(),
    }


def _a_second(work: Callable[[int], None]) -> float:
    start = time.perf_counter()
    for number in range(COUNT):
        work(number)
    return COUNT / (time.perf_counter() - start)


def _appender(folder: Path) -> Callable[[int], None]:
    file = (folder / "appended").open("ab", buffering=0)

    def append(_: int) -> None:
        file.write(SMALL[:512])
        os.fsync(file.fileno())

    return append


def _keeper(folder: Path) -> Callable[[int], None]:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)

    def keep(number: int) -> None:
        path = folder / f"kept{number}"
        with path.open("xb") as file:
            file.write(SMALL)
            file.flush()
            os.fsync(file.fileno())
        os.link(path, folder / f"linked{number}")
        path.unlink()
        os.fsync(handle)

    return keep


def _renamer(folder: Path) -> Callable[[int], None]:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    (folder / "name0").write_bytes(SMALL)

    def rename(number: int) -> None:
        (folder / f"name{number}").rename(folder / f"name{number + 1}")
        os.fsync(handle)

    return rename


def _committer(folder: Path) -> Callable[[int], None]:
    connection = sqlite3.connect(folder / "limit.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE one (id INTEGER PRIMARY KEY, text TEXT)")

    def commit(number: int) -> None:
        connection.execute("INSERT INTO one VALUES (?, 'x')", [number])

    return commit


def _loopback() -> float:
    listener = socket.create_server(("127.0.0.1", 0))

    def echo() -> None:
        with listener, listener.accept()[0] as far:
            while data := far.recv(64):
                far.sendall(data)

    thread = threading.Thread(target=echo)
    thread.start()
    with socket.create_connection(listener.getsockname()) as near:
        near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def there_and_back(_: int) -> None:
            near.sendall(b"x")
            near.recv(64)

        rate = _a_second(there_and_back)
    thread.join()
    return rate
