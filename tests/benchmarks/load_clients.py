"""Partners under load, in a process of their own, so that only what is seen from outside is measured.

    load_clients.py '{"port": 2222, "key": …, "log": …, "sessions": [{"sender": 1, "first": 0, …}]}'

A session uploads its files one after the other over one connection and writes a line a file:
`closed <number> <begun> <closed>`. A watcher asks a mailbox for each answer by its name, as they are
numbered, and writes `answered <sender> <control number> <seen>`. Seconds on the monotonic clock.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

sys.path.insert(0, str(Path(__file__).parent))

from load_files import login, order_file
from paramiko import Ed25519Key, PKey, SFTPClient, Transport

#: Seconds between two looks for an answer that is not there yet: rare enough to cost the gateway little.
LOOK_S = 0.2


@dataclass(frozen=True, slots=True)
class Session:
    """Uploads of one connection. rate: files a second, 0 for as fast as it goes.

    fresh: a connection of its own for each file. linger_s: kept open without a word at the end.
    """

    sender: int
    first: int
    count: int
    rate: float = 0.0
    lines: int = 50
    fresh: bool = False
    start_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Watch:
    """A mailbox and how many answers are expected in it."""

    sender: int
    count: int


class Partners:
    """All sessions of one run."""

    def __init__(self, port: int, key: PKey, log: TextIO) -> None:
        self._port = port
        self._key = key
        self._log = log
        self._writing = threading.Lock()
        self._began = time.monotonic()

    def run(self, sessions: list[Session], watches: list[Watch], give_up_s: float) -> None:
        """Everything at once; returns when all is sent and all awaited answers are seen, or too late."""
        threads = [threading.Thread(target=self._upload, args=(one,)) for one in sessions]
        threads += [threading.Thread(target=self._watch, args=(one, give_up_s)) for one in watches]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _upload(self, session: Session) -> None:
        _wait_until(self._began + session.start_s)
        if session.fresh:
            for at in range(session.count):
                with self._client(session.sender) as client:
                    self._put(client, session, at)
            return
        with self._client(session.sender) as client:
            began = time.monotonic()
            for at in range(session.count):
                if session.rate:
                    _wait_until(began + at / session.rate)
                self._put(client, session, at)

    def _put(self, client: SFTPClient, session: Session, at: int) -> None:
        number = session.first + at
        content = order_file(number, session.sender, session.lines)
        begun = time.monotonic()
        with client.open(f"/inbox/po{number}.edi", "wb") as file:
            file.set_pipelined(True)
            file.write(content)
        self._say(f"closed {number} {begun:.6f} {time.monotonic():.6f}")

    def _watch(self, watch: Watch, give_up_s: float) -> None:
        ends = self._began + give_up_s
        with self._client(watch.sender) as client:
            for number in range(1, watch.count + 1):
                while not _is_there(client, f"/outbox/997_{number:09}.edi"):
                    if time.monotonic() > ends:
                        return
                    threading.Event().wait(LOOK_S)
                self._say(f"answered {watch.sender} {number} {time.monotonic():.6f}")

    def _say(self, line: str) -> None:
        with self._writing:
            self._log.write(f"{line}\n")

    @contextmanager
    def _client(self, sender: int) -> Iterator[SFTPClient]:
        with connected(self._port, login(sender), self._key) as client:
            yield client


@contextmanager
def connected(port: int, user: str, key: PKey) -> Iterator[SFTPClient]:
    """An SFTP session."""
    line = socket.create_connection(("127.0.0.1", port))
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    transport = Transport(line)
    try:
        transport.connect(username=user, pkey=key)
        client = SFTPClient.from_transport(transport)
        assert client is not None
        yield client
    finally:
        transport.close()


def _is_there(client: SFTPClient, path: str) -> bool:
    try:
        client.stat(path)
    except FileNotFoundError:
        return False
    return True


def _wait_until(moment: float) -> None:
    pause = moment - time.monotonic()
    if pause > 0:
        threading.Event().wait(pause)


def main(plan: dict[str, object]) -> None:
    """Carry out a plan."""
    values = json.loads(json.dumps(plan))
    key = Ed25519Key.from_private_key_file(values["key"])
    with Path(values["log"]).open("w", encoding="ascii") as log:
        Partners(values["port"], key, log).run(
            [Session(**one) for one in values["sessions"]],
            [Watch(**one) for one in values["watches"]],
            values["give_up_s"],
        )


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
