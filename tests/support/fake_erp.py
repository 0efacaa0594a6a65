"""A scripted ERP over real HTTP, for any test that delivers.

    with fake_erp() as erp:
        erp.script(status(503), commit_then_drop(), status(200))   # one answer a request, then ACCEPT
        ... deliver to erp.url ...
        assert erp.committed == {"key-1": b"..."}                 # what it took, once a key
        assert [request.key for request in erp.requests] == ["key-1", "key-1", "key-1"]

Like a good ERP it remembers keys: a key it has is not taken again, whatever the script says.
`requests` is its own log, append-only, one entry a request, in order of arrival.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR
from ssl import SSLContext

#: Longest wait of a delayed answer for its release, in seconds: a forgotten release ends the test.
DEADLINE_S = 30.0


@dataclass(frozen=True)
class Request:
    """One request as it arrived. headers: lower-case names."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def key(self) -> str:
        """The Idempotency-Key, "" if there is none."""
        return self.headers.get("idempotency-key", "")


@dataclass(frozen=True)
class Answer:
    """One scripted answer.

    commit: whether the document is taken before answering. drop: the connection is cut instead
    of an answer. body: bytes, or pieces sent one by one, of any total length; declared_bytes is
    the Content-Length to claim, None for the true one. wait: answered only once it is set.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Callable[[], Iterator[bytes]] = b""
    commit: bool = False
    drop: bool = False
    declared_bytes: int | None = None
    wait: threading.Event | None = None


def accept(reference: str = "ERP-1") -> Answer:
    """Takes the document and answers with its number."""
    return json_answer(200, {"id": reference}, commit=True)


def json_answer(code: int, value: object, *, commit: bool = False) -> Answer:
    """A JSON body under a status."""
    return Answer(code, {"Content-Type": "application/json"}, json.dumps(value).encode(), commit=commit)


def status(code: int, **headers: str) -> Answer:
    """A bare status; `retry_after="5"` sends Retry-After: 5. Nothing is taken."""
    return Answer(code, {name.replace("_", "-").title(): value for name, value in headers.items()})


def drop() -> Answer:
    """Cuts the connection without taking the document."""
    return Answer(drop=True)


def commit_then_drop() -> Answer:
    """Takes the document, then cuts the connection: the sender cannot know (FI-F05)."""
    return Answer(commit=True, drop=True)


def commit_then_wait(release: threading.Event) -> Answer:
    """Takes the document, and answers only once `release` is set."""
    return Answer(200, commit=True, wait=release)


def html_page() -> Answer:
    """200 with a login page, as a proxy in front of an ERP gives (FI-F08)."""
    return Answer(200, {"Content-Type": "text/html"}, b"<html><h1>Please log in</h1></html>")


def truncated_json() -> Answer:
    """200 with JSON that stops in the middle, its length as if it were all (FI-F08)."""
    return Answer(200, {"Content-Type": "application/json"}, b'{"id": "ERP-', commit=True)


def cut_off_body() -> Answer:
    """200 whose body ends before its Content-Length."""
    return Answer(
        200, {"Content-Type": "application/json"}, b'{"id":', commit=True, drop=True, declared_bytes=100
    )


def endless_body(total_bytes: int = 10 * 1024**3) -> Answer:
    """200 with a body of 10 GB, made while it is sent (FI-F12)."""
    block = b"x" * 65_536

    def pieces() -> Iterator[bytes]:
        for _ in range(total_bytes // len(block)):
            yield block

    return Answer(
        200,
        {"Content-Type": "text/plain"},
        pieces,
        commit=True,
        declared_bytes=total_bytes // 65_536 * 65_536,
    )


class FakeErp:
    """The server's state; see the head of this page. All members may be read from any thread."""

    def __init__(self) -> None:
        self.url = ""
        self.port = 0
        self.requests: list[Request] = []
        self.committed: dict[str, bytes] = {}
        #: Keys taken, in order, one entry a commit: what an ERP without keys would have booked twice.
        self.commits: list[str] = []
        #: Given to a repeated key instead of the script, if set; None follows the script.
        self.on_duplicate: Answer | None = status(409)
        #: Called after each request is booked, before its answer; from any thread.
        self.on_request: Callable[[], None] = lambda: None
        self._script: deque[Answer] = deque()
        self._default = accept()
        self._changed = threading.Condition()

    def script(self, *answers: Answer) -> None:
        """Answers for the next requests, one each, after those scripted before."""
        with self._changed:
            self._script.extend(answers)

    def forget(self) -> None:
        """As new: nothing taken, nothing logged, no script."""
        with self._changed:
            self.requests.clear()
            self.committed.clear()
            self.commits.clear()
            self._script.clear()

    def always(self, answer: Answer) -> None:
        """The answer once the script is used up; `accept()` unless set."""
        with self._changed:
            self._default = answer

    def wait_for_requests(self, count: int, timeout_s: float = DEADLINE_S) -> None:
        """Returns once `count` requests have arrived in all. Raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.requests) >= count, timeout_s):
                raise TimeoutError(f"{len(self.requests)} of {count} requests after {timeout_s} s")

    def _answer(self, request: Request) -> Answer:
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
            known = request.key in self.committed
            answer = self._script.popleft() if self._script else self._default
            if known and self.on_duplicate is not None and not answer.drop and answer.status < 400:
                return self.on_duplicate
            if answer.commit and not known:
                self.committed[request.key] = request.body
                self.commits.append(request.key)
            return answer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        body = self.rfile.read(length)
        if len(body) < length:
            # The sender died in the middle; what it meant to send is no request.
            self.close_connection = True
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.server.erp._answer(Request(self.command, self.path, headers, body))
        self.server.erp.on_request()
        if answer.wait is not None:
            answer.wait.wait(DEADLINE_S)
        self._send(answer)

    def _send(self, answer: Answer) -> None:
        self.close_connection = True
        if answer.drop and answer.declared_bytes is None:
            self.connection.shutdown(SHUT_RDWR)
            return
        pieces = iter([answer.body]) if isinstance(answer.body, bytes) else answer.body()
        length = answer.declared_bytes
        if length is None:
            length = len(answer.body) if isinstance(answer.body, bytes) else 0
        try:
            self.send_response(answer.status)
            for name, value in {
                "Content-Length": str(length),
                "Connection": "close",
                **answer.headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            for piece in pieces:
                self.wfile.write(piece)
        except OSError:
            # The sender has gone, which is what some tests are about.
            return

    def log_message(self, *_args: object, **_named: object) -> None:
        """Quiet: `requests` is the log."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, erp: FakeErp, tls: SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.erp = erp
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True)

    def handle_error(self, request: object, client_address: object) -> None:
        """A sender that goes away is no fault of the server."""


@contextmanager
def fake_erp(tls: SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[FakeErp]:
    """A running ERP on a free port of 127.0.0.1. host: the name to put in `url`."""
    erp = FakeErp()
    server = _Server(erp, tls)
    erp.port = server.server_address[1]
    erp.url = f"{'https' if tls else 'http'}://{host}:{erp.port}/orders"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield erp
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
