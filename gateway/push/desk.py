"""What the door does with a request: who pushes, may it, is it kept, and how does it read.

Nothing here speaks HTTP: the server hands over what came and sends what is returned.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address, ip_network
from pathlib import Path

import structlog
from sqlalchemy.exc import OperationalError

from gateway.errors import ArchiveUnavailable
from gateway.failpoints import failpoint
from gateway.parts import Profiles
from gateway.ports import Arrival, Receive, Received, Sight
from gateway.profiles import SecretUnreadable, read_secret
from gateway.push.bucket import Bucket
from gateway.push.replies import Reply, kept, refusal, unwell
from gateway.store import arrivals
from gateway.store.ledger import Ledger
from partners.directory import Directory
from partners.profile import HttpChannel

log = structlog.get_logger()

UNKNOWN, TOO_FAST, TOO_LARGE, NOT_JSON = "GTW-290", "GTW-291", "GTW-292", "GTW-293"
KEY_USED, BAD_KEY, FULL = "GTW-294", "GTW-295", "GTW-296"
#: Seconds after which a client that was sent away for want of room comes back.
RETRY_S = 30
#: What a body may be called; all of them are UTF-8.
TYPES = ("application/json", "application/x-ndjson", "application/ndjson", "application/jsonl")
MAX_KEY_CHARS = 200
#: Compared with where no token can be had, so that an unknown channel takes as long as a known one.
NOBODY = hashlib.sha256(b"").digest()


@dataclass(frozen=True, slots=True)
class Pusher:
    """A client that was let in. address: whence."""

    channel: HttpChannel
    partner: str
    address: str


class Desk:
    """One for all requests. Safe for threads.

    has_room, is_backed_up: see `WatcherCrew`; while either says so, nothing is taken.
    """

    def __init__(
        self,
        profiles: Profiles,
        ledger: Ledger,
        home: Path,
        receive: Receive,
        has_room: Callable[[], bool] = lambda: True,
        is_backed_up: Callable[[str], bool] = lambda _partner: False,
    ) -> None:
        self._profiles = profiles
        self._ledger = ledger
        self._home = home
        self._receive = receive
        self._has_room = has_room
        self._is_backed_up = is_backed_up
        self._lock = threading.Lock()
        self._rates: dict[tuple[str, float], Bucket] = {}
        self._lines = Bucket(1.0)

    def admit(self, name: str, address: str, headers: Mapping[str, str]) -> Pusher | Reply:
        """Who pushes, before a byte of the body is read. headers: by their names in lower case.

        A client learns nothing of which channels there are: an unknown one is a wrong token.
        """
        found = self._profiles.current().directory.channel(name)
        channel = found[1] if found is not None else None
        is_open = found is not None and found[0].enabled and found[1].enabled
        known = self._is_token_of(channel if isinstance(channel, HttpChannel) else None, headers)
        if not known or not is_open or found is None or not isinstance(channel, HttpChannel):
            return self._stranger(name, address)
        if not _is_from(address, channel.networks):
            return self._stranger(name, address)
        wait_s = self._rate(channel).take()
        if wait_s:
            return refusal(
                HTTPStatus.TOO_MANY_REQUESTS,
                TOO_FAST,
                {"Retry-After": str(math.ceil(wait_s))},
                limit=f"{channel.requests_per_s:g}",
            )
        fault = _form(channel, headers)
        return fault or Pusher(channel, found[0].partner, address)

    def take(self, pusher: Pusher, headers: Mapping[str, str], body: bytes) -> Reply:
        """Keep the body, then say how it reads. What is answered with a transmission is durable.

        Twice: the same bytes, or the same Idempotency-Key, are the same arrival and get the same answer.
        """
        try:
            return self._take(pusher, headers, body)
        except ArchiveUnavailable as fault:
            return unwell(fault.code, fault.message, fault.remedy, RETRY_S)
        except OperationalError as fault:
            log.warning("ledger.unavailable", channel=pusher.channel.name, reason=str(fault.orig))
            return refusal(HTTPStatus.SERVICE_UNAVAILABLE, FULL, {"Retry-After": str(RETRY_S)})

    def _take(self, pusher: Pusher, headers: Mapping[str, str], body: bytes) -> Reply:
        if not self._has_room() or self._is_backed_up(pusher.partner):
            return refusal(HTTPStatus.SERVICE_UNAVAILABLE, FULL, {"Retry-After": str(RETRY_S)})
        key = headers.get("idempotency-key")
        if key is not None and not (0 < len(key) <= MAX_KEY_CHARS and key.isascii() and key.isprintable()):
            return refusal(HTTPStatus.BAD_REQUEST, BAD_KEY, limit=str(MAX_KEY_CHARS))
        sha256 = hashlib.sha256(body).hexdigest()
        source_key = f"sha256:{sha256}" if key is None else f"key:{key}"
        if self._is_used_for_other(pusher.channel.name, source_key, sha256):
            return refusal(HTTPStatus.UNPROCESSABLE_ENTITY, KEY_USED, value=key or "")
        attributes = {"address": pusher.address, **({"idempotency_key": key} if key else {})}
        name = f"push-{sha256[:12]}.json"
        received = self._receive(
            Arrival(pusher.channel.name, source_key, name, pusher.partner, attributes), io.BytesIO(body)
        )
        failpoint("push.received")
        return self._answered(pusher, received, body)

    def _answered(self, pusher: Pusher, received: Received, body: bytes) -> Reply:
        from translators.reading_canonical import read_canonical  # pydantic's models of every kind

        agreement = self._profiles.current().directory.by_partner(pusher.partner)
        if agreement is None:
            raise LookupError(f"the channel {pusher.channel.name} belongs to nobody")
        usage = pusher.channel.usage
        events = read_canonical(io.BytesIO(body), agreement, name=received.transmission, usage=usage)
        reply = kept(received.transmission, received.sha256, events)
        log.info(
            "push.answered",
            channel=pusher.channel.name,
            transmission=received.transmission,
            status=reply.status.value,
            repeat=received.sight is Sight.SAME,
        )
        return reply

    def _is_used_for_other(self, channel: str, source_key: str, sha256: str) -> bool:
        """True if a key was given with other bytes: the client mixed something up."""
        with self._ledger.read() as view:
            before = arrivals.by_arrival(view, channel, source_key)
        return before is not None and before.sha256 != sha256

    def _is_token_of(self, channel: HttpChannel | None, headers: Mapping[str, str]) -> bool:
        """Whether the token is one of the channel's; takes as long for a wrong one as for a right one."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        given = hashlib.sha256(token.strip().encode()).digest()
        wanted = [NOBODY] if channel is None else [self._digest(one) for one in channel.tokens]
        fits = [hmac.compare_digest(given, one) for one in wanted]
        return any(fits) and scheme.lower() == "bearer" and given != NOBODY

    def _digest(self, reference: str) -> bytes:
        """Read each time: a token that was put in its place counts at once."""
        try:
            return hashlib.sha256(read_secret(reference, self._home).encode()).digest()
        except SecretUnreadable as fault:
            log.warning("push.no_token", code=fault.code, reason=fault.message)
            return NOBODY

    def _stranger(self, name: str, address: str) -> Reply:
        if not self._lines.take():
            log.warning("push.refused", channel=name[:63], address=address)
        return refusal(HTTPStatus.UNAUTHORIZED, UNKNOWN, {"WWW-Authenticate": "Bearer"})

    def _rate(self, channel: HttpChannel) -> Bucket:
        key = (channel.name, channel.requests_per_s)
        with self._lock:
            return self._rates.setdefault(key, Bucket(channel.requests_per_s))


def has_door(directory: Directory) -> bool:
    """Whether any channel is pushed through."""
    return any(isinstance(channel, HttpChannel) for _, channel in directory.open_channels())


def too_large(limit: int) -> Reply:
    """A body that is longer than the channel takes."""
    return refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TOO_LARGE, limit=str(limit))


def _form(channel: HttpChannel, headers: Mapping[str, str]) -> Reply | None:
    """What is wrong with the form of a request, before its body is read; None for nothing."""
    length = headers.get("content-length", "")
    if length.isdigit() and int(length) > channel.max_bytes:
        return too_large(channel.max_bytes)
    kind, _, parameters = headers.get("content-type", "").partition(";")
    charset = parameters.lower().replace(" ", "").replace('"', "")
    plain = headers.get("content-encoding", "identity").lower() == "identity"
    if kind.strip().lower() in TYPES and charset in {"", "charset=utf-8"} and plain:
        return None
    return refusal(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE, NOT_JSON, {"Accept": ", ".join(TYPES)}, expected=", ".join(TYPES)
    )


def _is_from(address: str, networks: tuple[str, ...]) -> bool:
    if not networks:
        return True
    try:
        asked = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    own = getattr(asked, "ipv4_mapped", None) or asked
    return any(own in ip_network(network) for network in networks)
