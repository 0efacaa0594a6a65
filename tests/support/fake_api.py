"""An API of somebody else's over real HTTP: orders that are looked up, created and confirmed; pages; tokens.

It knows no idempotency key: what is posted twice is booked twice, as with most ERPs.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request as it arrived. headers: lower-case names. query: the first value of each."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, object]:
        """The body's object."""
        value: dict[str, object] = json.loads(self.body)
        return value


@dataclass
class Told:
    """An answer. drop: the connection is cut after what was asked was done."""

    status: int = 200
    value: object = None
    media: str = "application/json"
    drop: bool = False

    @property
    def body(self) -> bytes:
        """As it goes out."""
        return self.value if isinstance(self.value, bytes) else json.dumps(self.value).encode()


@dataclass
class FakeApi:
    """orders: what was booked, in order. products: codes it knows. next: answers instead of its own."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    orders: list[dict[str, object]] = field(default_factory=list)
    products: dict[str, int] = field(default_factory=dict)
    tokens: list[str] = field(default_factory=list)
    page_size: int = 2
    #: By path, an answer to give once; `after` does what was asked first.
    next: dict[str, Told] = field(default_factory=dict)
    after: dict[str, Told] = field(default_factory=dict)
    needs_token: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, asked: Asked) -> Told:
        """What it says."""
        with self._lock:
            self.asked.append(asked)
            if asked.path in self.next:
                return self.next.pop(asked.path)
            said = self._do(asked)
            return self.after.pop(asked.path, said)

    def _do(self, asked: Asked) -> Told:
        if asked.path == "/token":
            self.tokens.append(f"token-{len(self.tokens) + 1}")
            return Told(200, {"access_token": self.tokens[-1], "expires_in": 3600})
        if self.needs_token and asked.headers.get("authorization") != f"Bearer {(self.tokens or [''])[-1]}":
            return Told(401, {"error": "unknown token"})
        match asked.method, unquote(asked.path).strip("/").split("/"):
            case "GET", ["products"]:
                return self._page(asked)
            case "GET", ["orders", *reference]:
                wanted = "/".join(reference)
                found = [order for order in self.orders if order["reference"] == wanted]
                return Told(200, {"found": found})
            case "POST", ["orders"]:
                self.orders.append({**asked.json, "id": len(self.orders) + 1, "state": "draft"})
                return Told(201, self.orders[-1])
            case "POST", ["orders", number, "confirm"]:
                self.orders[int(number) - 1]["state"] = "confirmed"
                return Told(200, {"state": "confirmed"})
        return Told(404, {"error": f"nothing at {asked.path}"})

    def _page(self, asked: Asked) -> Told:
        start = int(asked.query.get("start", "0"))
        known = [{"code": code, "id": number} for code, number in self.products.items()]
        more = f"/products?start={start + self.page_size}" if start + self.page_size < len(known) else None
        return Told(200, {"products": known[start : start + self.page_size], "next": more})


@contextmanager
def fake_api() -> Iterator[FakeApi]:
    """The API on a free port of this machine."""
    api = FakeApi()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            headers = {name.lower(): text for name, text in self.headers.items()}
            told = api.answer(Asked(self.command, parts.path, query, headers, body))
            if told.drop:
                self.close_connection = True
                return
            self.send_response(told.status)
            self.send_header("Content-Type", told.media)
            self.send_header("Content-Length", str(len(told.body)))
            self.end_headers()
            self.wfile.write(told.body)

        do_GET = do_POST  # noqa: N815 - the name is http.server's

        def log_message(self, *args: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    api.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield api
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
