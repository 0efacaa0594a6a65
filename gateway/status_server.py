"""The door for monitoring: `/metrics`, `/healthz` and `/readyz`, read-only, on a small HTTP server.

It listens on loopback unless the settings say otherwise, and answers nobody who is not in the
networks they name. No document, name or content of a partner's file can be had here.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from ipaddress import ip_address, ip_network
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer
from wsgiref.types import StartResponse, WSGIEnvironment

from prometheus_client import CONTENT_TYPE_LATEST

from gateway.errors import TradepostError
from gateway.health import Health

#: Seconds that a client may take for its request.
PATIENCE_S = 10
#: Requests answered at once; the next is told to come back.
AT_ONCE = 8
PORTS_TRIED = 50
_JSON = "application/json"


class _Handler(WSGIRequestHandler):
    """Says nothing on stderr, and does not wait for ever."""

    timeout = PATIENCE_S

    def log_message(self, *_args: object, **_named: object) -> None:
        """Not worth a line."""

    def address_string(self) -> str:
        """The address itself: no name is looked up."""
        return str(self.client_address[0])


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    allow_reuse_address = True

    def server_bind(self) -> None:
        """As the base, without looking up our own name."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()


class _Server6(_Server):
    address_family = socket.AF_INET6


class StatusServer:
    """Serves the figures of `exposed` and the state of `health` from a thread of its own.

    allow: networks whose clients are answered; all others get 403.
    """

    def __init__(
        self, host: str, port: int, health: Health, exposed: Callable[[], bytes], allow: Sequence[str]
    ) -> None:
        """Begin to listen. Raises TradepostError GTW-081 if it cannot."""
        self._health = health
        self._exposed = exposed
        self._allow = tuple(ip_network(network) for network in allow)
        self._places = threading.Semaphore(AT_ONCE)
        self._server = _listening(host, port)
        self._server.set_app(self._answer)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.server_port

    def start(self) -> None:
        """Answer from now on."""
        threading.Thread(target=self._server.serve_forever, name="status", daemon=True).start()

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if not self._places.acquire(blocking=False):
            return _send(start, "503 Service Unavailable", _JSON, b'{"error": "too many requests at once"}\n')
        try:
            status, kind, body = self._reply(environ)
        finally:
            self._places.release()
        return _send(start, status, kind, b"" if environ["REQUEST_METHOD"] == "HEAD" else body)

    def _reply(self, environ: WSGIEnvironment) -> tuple[str, str, bytes]:
        address = ip_address(environ["REMOTE_ADDR"].partition("%")[0])
        address = getattr(address, "ipv4_mapped", None) or address
        if not any(address in network for network in self._allow):
            return "403 Forbidden", _JSON, b'{"error": "this address is not among web_allow"}\n'
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            return "405 Method Not Allowed", _JSON, b'{"error": "read only"}\n'
        path = environ.get("PATH_INFO", "")
        if path == "/healthz":
            return "200 OK", _JSON, b'{"state": "alive"}\n'
        if path == "/readyz":
            return self._ready()
        if path == "/metrics":
            return "200 OK", CONTENT_TYPE_LATEST, self._exposed()
        return "404 Not Found", _JSON, b'{"error": "there are /metrics, /healthz and /readyz"}\n'

    def _ready(self) -> tuple[str, str, bytes]:
        readiness = self._health.readiness()
        body = json.dumps(asdict(readiness), indent=2).encode() + b"\n"
        return "200 OK" if readiness.is_ready else "503 Service Unavailable", _JSON, body


def _send(start: StartResponse, status: str, kind: str, body: bytes) -> Iterable[bytes]:
    headers = [
        ("Content-Type", kind),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Security-Policy", "default-src 'none'"),
    ]
    start(status, headers)
    return [body]


def _listening(host: str, port: int) -> _Server:
    """A server on `port`, or the next free one above; 0 takes any."""
    kind = _Server6 if ":" in host else _Server
    last: OSError | None = None
    for wanted in range(port, port + PORTS_TRIED) if port else (0,):
        try:
            return kind((host, wanted), _Handler)
        except OSError as fault:
            last = fault
    raise TradepostError(
        "GTW-081",
        f"The status server cannot listen on {host}:{port}: {last}.",
        "Set web_host to an address of this machine, and web_port to a free port of 1024 or more.",
    )
