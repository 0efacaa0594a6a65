"""A TCP proxy that cuts connections in the middle, as a failing network does.

with cutting_proxy(server.host, server.port) as proxy:
    proxy.cut_after(100_000)   # from now on, each connection dies after so many bytes from the server
    proxy.heal()               # new connections live
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

CHUNK_BYTES = 4096


class CuttingProxy:
    """Where it listens, and what it does to connections made from now on."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._limit: int | None = None
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self.host = "127.0.0.1"
        self.port: int = self._listener.getsockname()[1]
        self.cuts = 0

    def cut_after(self, server_bytes: int) -> None:
        """Cut each new connection once the server has sent so many bytes on it."""
        self._limit = server_bytes

    def heal(self) -> None:
        """Leave new connections alone."""
        self._limit = None

    def run(self) -> None:
        """Accept until closed."""
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                self._open |= {client, server}
                self._start(client, server, None)
                self._start(server, client, self._limit)

    def close(self) -> None:
        """Cut all connections and stop listening."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for end in self._open:
            _cut(end)
        for thread in self._threads:
            thread.join()

    def _start(self, source: socket.socket, target: socket.socket, limit: int | None) -> None:
        thread = threading.Thread(target=self._pump, args=(source, target, limit))
        self._threads.append(thread)
        thread.start()

    def _pump(self, source: socket.socket, target: socket.socket, limit: int | None) -> None:
        passed = 0
        with suppress(OSError):
            while data := source.recv(CHUNK_BYTES):
                if limit is not None and passed + len(data) > limit:
                    target.sendall(data[: limit - passed])
                    self.cuts += 1
                    break
                target.sendall(data)
                passed += len(data)
        _cut(source)
        _cut(target)


def _cut(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


@contextmanager
def cutting_proxy(host: str, port: int) -> Iterator[CuttingProxy]:
    """A proxy in front of a server, closed at the end."""
    proxy = CuttingProxy(host, port)
    thread = threading.Thread(target=proxy.run)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join()
