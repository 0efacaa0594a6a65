"""A TCP proxy that does to connections what a failing network and a failing far end do.

with chaos_proxy(server.host, server.port) as proxy:     # or chaos_proxy("/run/x/.s.PGSQL.5432")
    proxy.trouble(Trouble(cut_after=100_000))            # each new connection dies so far into the answers
    proxy.trouble(Trouble(swallow=b"COMMIT"))            # done over there, and nobody here is told
    proxy.heal()                                         # new connections live
    proxy.cut()                                          # and those that are open die now
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

CHUNK_BYTES = 4096
#: Closing then resets the connection, instead of ending it in order.
LINGER = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What becomes of a connection.

    latency_s: each piece comes so much later, both ways. bytes_per_s: the server's answers come no
    faster. cut_after: it ends once the server has sent so many bytes; reset: by RST instead of FIN.
    half_close_after: after so many bytes of the server nothing more comes, and nothing is closed to
    the other side. blackhole: it is accepted, and nothing passes either way. swallow: once the client
    has sent these bytes so many times they pass, the answer to them does not, and the connection ends.
    doubled: every piece of the server's answer comes twice.
    """

    latency_s: float = 0.0
    bytes_per_s: int | None = None
    cut_after: int | None = None
    reset: bool = False
    half_close_after: int | None = None
    blackhole: bool = False
    swallow: bytes = b""
    times: int = 1
    doubled: bool = False


HEALTHY = Trouble()


class ChaosProxy:
    """Where it listens, and what it does to connections made from now on. cuts: how many it has cut."""

    def __init__(self, target: tuple[str, int] | str) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._trouble = HEALTHY
        self._links: list[_Link] = []
        self.host = "127.0.0.1"
        self.port: int = self._listener.getsockname()[1]

    @property
    def cuts(self) -> int:
        """Connections that its trouble has ended."""
        return sum(link.was_cut for link in self._links)

    def trouble(self, trouble: Trouble) -> None:
        """Treat each new connection so."""
        self._trouble = trouble

    def heal(self) -> None:
        """Leave new connections alone."""
        self._trouble = HEALTHY

    def cut(self) -> None:
        """End all connections that are open now."""
        for link in self._links:
            link.end()

    def run(self) -> None:
        """Accept until closed."""
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                try:
                    server = self._connected()
                except OSError:
                    client.close()
                    continue
                link = _Link(client, server, self._trouble)
                self._links.append(link)
                link.start()

    def close(self) -> None:
        """Cut all connections and stop listening."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for link in self._links:
            link.end()
            link.join()

    def _connected(self) -> socket.socket:
        if not isinstance(self._target, str):
            return socket.create_connection(self._target)
        server = socket.socket(socket.AF_UNIX)
        server.connect(self._target)
        return server


class _Link:
    """One connection through the proxy: a thread each way."""

    def __init__(self, client: socket.socket, server: socket.socket, trouble: Trouble) -> None:
        self._client, self._server, self._trouble = client, server, trouble
        self._swallowing = threading.Event()
        self._ended = threading.Event()
        self.was_cut = False
        ways = (self._to_server, self._to_client)
        self._threads = [threading.Thread(target=self._guarded, args=(way,)) for way in ways]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def end(self) -> None:
        """Close both ends; harmless if they are closed."""
        self._ended.set()
        for end in (self._client, self._server):
            with suppress(OSError):
                if self._trouble.reset:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER)
                else:
                    end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _guarded(self, way: Callable[[], None]) -> None:
        with suppress(OSError):
            if self._trouble.blackhole:
                self._ended.wait()
            else:
                way()
        self.end()

    def _to_server(self) -> None:
        wanted, seen, count = self._trouble.swallow, b"", 0
        while data := self._client.recv(CHUNK_BYTES):
            self._ended.wait(self._trouble.latency_s)
            if wanted:
                seen = seen[len(seen) - len(wanted) + 1 :] + data
                count += seen.count(wanted)
                if count >= self._trouble.times:
                    self._swallowing.set()
            self._server.sendall(data)

    def _to_client(self) -> None:
        passed = 0
        while data := self._server.recv(CHUNK_BYTES):
            if self._swallowing.is_set():
                self.was_cut = True
                return
            self._ended.wait(self._trouble.latency_s)
            kept = self._kept(data, passed)
            self._client.sendall(kept)
            passed += len(kept)
            if len(kept) < len(data):
                self.was_cut = True
                if self._trouble.cut_after is None:
                    self._ended.wait()
                return
            if self._trouble.doubled:
                self._client.sendall(data)
            if self._trouble.bytes_per_s is not None:
                self._ended.wait(len(data) / self._trouble.bytes_per_s)

    def _kept(self, data: bytes, passed: int) -> bytes:
        limits = (self._trouble.cut_after, self._trouble.half_close_after)
        limit = next((one for one in limits if one is not None), None)
        return data if limit is None else data[: max(0, limit - passed)]


@contextmanager
def chaos_proxy(host: str, port: int | None = None) -> Iterator[ChaosProxy]:
    """A proxy in front of a server, closed at the end. host: the path of a Unix socket, if `port` is None."""
    proxy = ChaosProxy(host if port is None else (host, port))
    thread = threading.Thread(target=proxy.run)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join()
