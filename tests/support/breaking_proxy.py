"""An HTTP proxy that breaks at named requests: before they reach the far end, or before its answer gets back.

with breaking_proxy(tryton.port) as proxy:
    proxy.at("POST", "sale.sale?", after=True, do=gateway.kill)   # the far end has done it, nobody knows
    proxy.broke.wait()

Each break happens once, in the order given. A broken request is not answered: its connection is cut.
"""

from __future__ import annotations

import http.client
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR

TIMEOUT_S = 60


@dataclass(frozen=True)
class Break:
    """One break. method and part: which request it waits for, by its path or its body.

    after: the far end has done it by then.
    """

    method: str
    part: str
    after: bool
    do: Callable[[], object]


class BreakingProxy:
    """See the head of this page. `requests` is every request that came, "POST /path?query", in order."""

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self.port = 0
        self.requests: list[str] = []
        self._breaks: deque[Break] = deque()
        self._changed = threading.Condition()

    def at(
        self, method: str, part: str, *, after: bool = False, do: Callable[[], object] = lambda: None
    ) -> None:
        """Break at the next request of that method that holds `part`, after all breaks given before."""
        with self._changed:
            self._breaks.append(Break(method, part, after, do))

    def wait_until_left(self, count: int) -> None:
        """Until so many breaks are left. Raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._breaks) <= count, TIMEOUT_S):
                raise TimeoutError(f"{len(self._breaks)} breaks are left; {self.requests[-20:]}")

    def take(self, request: str, body: bytes) -> Break | None:
        """The break that a request meets, if it is its turn."""
        with self._changed:
            self.requests.append(request)
            method, _, path = request.partition(" ")
            turn = self._breaks[0] if self._breaks else None
            if (
                turn is None
                or turn.method != method
                or (turn.part not in path and turn.part.encode() not in body)
            ):
                return None
            return turn

    def done(self, turn: Break) -> None:
        """A break has happened."""
        with self._changed:
            self._breaks.remove(turn)
            self._changed.notify_all()


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        proxy = self.server.proxy
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        turn = proxy.take(f"{self.command} {self.path}", body)
        if turn is not None and not turn.after:
            self._break(turn)
            return
        try:
            status, headers, content = self._ask(body)
        except OSError:
            self.connection.shutdown(SHUT_RDWR)
            return
        if turn is not None:
            self._break(turn)
            return
        try:
            self.send_response(status)
            for name in ("Content-Type", "Content-Length"):
                if headers[name] is not None:
                    self.send_header(name, headers[name])
            self.end_headers()
            self.wfile.write(content)
        except OSError:
            # The gateway has been killed meanwhile, which is what some tests are about.
            return

    def do_GET(self) -> None:
        self.do_POST()

    def do_PUT(self) -> None:
        self.do_POST()

    def do_DELETE(self) -> None:
        self.do_POST()

    def _ask(self, body: bytes) -> tuple[int, http.client.HTTPMessage, bytes]:
        far_end = http.client.HTTPConnection("127.0.0.1", self.server.proxy.target_port, timeout=TIMEOUT_S)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
            far_end.request(self.command, self.path, body, headers)
            answer = far_end.getresponse()
            return answer.status, answer.msg, answer.read()
        finally:
            far_end.close()

    def _break(self, turn: Break) -> None:
        turn.do()
        self.server.proxy.done(turn)
        self.close_connection = True
        try:
            self.connection.shutdown(SHUT_RDWR)
        except OSError:
            # A killed gateway has hung up already.
            return

    def log_message(self, *_args: object, **_named: object) -> None:
        """Quiet: `requests` is the log."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, proxy: BreakingProxy) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.proxy = proxy

    def handle_error(self, request: object, client_address: object) -> None:
        """A gateway that goes away is no fault of the proxy."""


@contextmanager
def breaking_proxy(target_port: int) -> Iterator[BreakingProxy]:
    """A proxy on a free port of loopback in front of one on `target_port`."""
    proxy = BreakingProxy(target_port)
    server = _Server(proxy)
    proxy.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
