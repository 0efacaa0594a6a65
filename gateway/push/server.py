"""The HTTP server in front of the desk: it listens while a channel of kind http is open, and only then."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from gateway.jobs.local import Bell
from gateway.parts import Profiles
from gateway.push.desk import Desk, Pusher, has_door, too_large
from gateway.push.replies import Reply, refusal
from parsers.catalogue import found

if TYPE_CHECKING:
    import uvicorn

log = structlog.get_logger()

#: ASGI's own types.
Message = MutableMapping[str, Any]
Receiving = Callable[[], Awaitable[Message]]
Sending = Callable[[Message], Awaitable[None]]

PREFIX = "/push/"
NOTHING_THERE, NOT_POSTED, BUSY, LATE, CANNOT_LISTEN = "GTW-297", "GTW-298", "GTW-299", "GTW-300", "GTW-301"
#: Requests in hand at once; the next is told to come back.
AT_ONCE = 8
#: Seconds that a body may take.
PATIENCE_S = 60.0
#: Bytes of a body that is not wanted which are read all the same, so that its sender hears why.
DRAINED_BYTES = 64 * 1024**2
PORTS_TRIED = 50
#: Seconds between looks whether the door is wanted.
LOOK_S = 1.0
STOP_S = 5.0


@dataclass(frozen=True, slots=True)
class DoorPlace:
    """Where the door listens. certificate, key: PEM files; without them it speaks plain HTTP."""

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None


class PushDoor:
    """Opens and closes as the profiles in force say; the server's code is loaded when it first opens."""

    def __init__(self, place: DoorPlace, profiles: Profiles, desk: Desk) -> None:
        self._place = place
        self._profiles = profiles
        self._desk = desk
        self._version: str | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        #: Where it listens, 0 while it does not.
        self.port = 0

    @property
    def url(self) -> str:
        """Where documents are pushed to, but for the channel's name; empty while it is shut."""
        scheme = "https" if self._place.certificate else "http"
        host = f"[{self._place.host}]" if ":" in self._place.host else self._place.host
        return f"{scheme}://{host}:{self.port}{PREFIX}" if self.port else ""

    def serve(self, should_stop: Callable[[], bool]) -> None:
        """Keep the door as the profiles say until told to stop; then answer what is in hand."""
        pause = Bell()
        try:
            while not should_stop():
                self.look()
                pause.wait(LOOK_S)
        finally:
            self._shut()

    def look(self) -> None:
        """Open or shut the door if other profiles are in force. A port that is refused is tried again."""
        applied = self._profiles.current()
        if applied.version == self._version:
            return
        wanted = has_door(applied.directory)
        if wanted and self._server is None and not self._open():
            return
        if not wanted:
            self._shut()
        self._version = applied.version

    def _open(self) -> bool:
        try:
            server = _server(self._place, Door(self._desk))
            listening = _listening(self._place)
        except OSError as refused:
            place = f"{self._place.host}:{self._place.port}"
            shut = found(CANNOT_LISTEN, value=place, reason=refused.strerror or str(refused))
            log.warning("push.shut", code=shut.code, reason=shut.message)
            return False
        self.port = int(listening.getsockname()[1])
        self._server = server
        self._thread = threading.Thread(target=server.run, args=([listening],), name="push", daemon=True)
        self._thread.start()
        log.info("push.listening", url=self.url)
        return True

    def _shut(self) -> None:
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join(STOP_S)
        self._server = self._thread = None
        self.port = 0


def _listening(place: DoorPlace) -> socket.socket:
    """A socket on the wanted port, or the next free one above; 0 takes any. Raises OSError."""
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    last = OSError("no port is free")
    for port in range(place.port, min(place.port + PORTS_TRIED, 65536)) if place.port else (0,):
        listening = socket.socket(family)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((place.host, port))
            listening.listen(128)
        except OSError as fault:
            listening.close()
            last = fault
        else:
            return listening
    raise last


def _server(place: DoorPlace, door: Door) -> uvicorn.Server:
    """The server, not running yet. Raises OSError if a certificate cannot be used (ssl.SSLError is one)."""
    import uvicorn  # 60 ms, for those only that have such a channel

    config = uvicorn.Config(
        door,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=int(STOP_S),
        h11_max_incomplete_event_size=16 * 1024,
        ssl_certfile=place.certificate,
        ssl_keyfile=place.key,
    )
    config.load()
    if config.ssl is not None:
        config.ssl.minimum_version = ssl.TLSVersion.TLSv1_2
    return uvicorn.Server(config)


class Door:
    """The ASGI application."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._in_hand = 0

    async def __call__(self, scope: Message, receive: Receiving, send: Sending) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        reply = await self._reply(scope, receive)
        await _send(send, reply)

    async def _reply(self, scope: Message, receive: Receiving) -> Reply:
        if self._in_hand >= AT_ONCE:
            return refusal(HTTPStatus.SERVICE_UNAVAILABLE, BUSY, {"Retry-After": "1"})
        self._in_hand += 1
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self._asked(scope, receive)
        except (TimeoutError, ConnectionError):
            return refusal(HTTPStatus.REQUEST_TIMEOUT, LATE, limit=f"{PATIENCE_S:.0f}")
        finally:
            self._in_hand -= 1

    async def _asked(self, scope: Message, receive: Receiving) -> Reply:
        name = scope["path"].removeprefix(PREFIX)
        if not scope["path"].startswith(PREFIX) or not name or "/" in name:
            await _drain(receive)
            return refusal(HTTPStatus.NOT_FOUND, NOTHING_THERE)
        if scope["method"] != "POST":
            await _drain(receive)
            return refusal(HTTPStatus.METHOD_NOT_ALLOWED, NOT_POSTED, {"Allow": "POST"})
        headers = _headers(scope)
        address = scope["client"][0] if scope.get("client") else ""
        pusher = await asyncio.to_thread(self._desk.admit, name, address, headers)
        if not isinstance(pusher, Pusher):
            await _drain(receive)
            return pusher
        body = await _body(receive, pusher.channel.max_bytes)
        if body is None:
            await _drain(receive)
            return too_large(pusher.channel.max_bytes)
        # What was begun is finished, even if the client has gone meanwhile or its time is over.
        return await asyncio.shield(asyncio.to_thread(self._desk.take, pusher, headers, body))


def _headers(scope: Message) -> Mapping[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


async def _body(receive: Receiving, limit: int) -> bytes | None:
    """The whole body; None as soon as it is longer than `limit`. Raises ConnectionError if it breaks off."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionAbortedError
        body += message.get("body", b"")
        if len(body) > limit:
            return None
        if not message.get("more_body"):
            return bytes(body)


async def _drain(receive: Receiving) -> None:
    """Read what is not wanted: a client that is still sending does not listen."""
    left = DRAINED_BYTES
    while left > 0:
        message = await receive()
        left -= len(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            return


async def _send(send: Sending, reply: Reply) -> None:
    headers = {
        "Content-Type": "application/json",
        "Content-Length": str(len(reply.body)),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        **reply.headers,
    }
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status.value, "headers": raw})
    await send({"type": "http.response.body", "body": reply.body})
