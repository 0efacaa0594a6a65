"""Delivery to an ERP's or a service's HTTP door.

One POST a consignment, on a connection of its own:

    Content-Type: as rendered
    Idempotency-Key: <key>          the same for every attempt, so that the far end can refuse a repeat
    Tradepost-Signature: t=<t>,v1=<hex>   if a signing key is set

`t` is the time of sending in whole seconds since 1970; `hex` is the lower-case HMAC-SHA-256,
under the signing key, of the bytes of `t`, one full stop, and the body. The receiver computes
the same over the raw body, compares in constant time, and refuses an old `t`.
"""

from __future__ import annotations

import hashlib
import hmac
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import httpcore2

from outbound.connector import Consignment, Preview, Receipt
from outbound.guarded_network import GuardedNetwork
from outbound.http_answers import Answer, AnswerContract, receipt_of
from outbound.refusals import refused, try_later

MAX_RESPONSE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class HttpJsonOptions:
    """url: http or https, without user or password.

    auth_header, auth_value: a header to send and its whole value ("Bearer …", "Basic …"); secret.
    hmac_key: signs every body; secret. Empty: no such header.
    connect_s, read_s: longest wait for a connection, and for the next bytes. total_s: for all.
    max_response_bytes: how much of an answer is read. answer: what a good answer looks like.
    allow_hosts: hosts in lower case that may have an address that is not public.
    ca_file: certificates to trust instead of the machine's. client_certificate, client_key: PEM
    files that show who we are; the key may be in the certificate's file.
    """

    url: str
    auth_header: str = "Authorization"
    auth_value: str = field(default="", repr=False)
    hmac_key: str = field(default="", repr=False)
    connect_s: float = 10.0
    read_s: float = 30.0
    total_s: float = 60.0
    max_response_bytes: int = MAX_RESPONSE_BYTES
    answer: AnswerContract = field(default_factory=AnswerContract)
    allow_hosts: frozenset[str] = frozenset()
    ca_file: Path | None = None
    client_certificate: Path | None = None
    client_key: Path | None = None


class HttpJson:
    """A `Connector` over HTTP. Answers are read as `receipt_of` says.

    now_s: seconds since 1970, for the signature and for dates in Retry-After.
    Raises ValueError if the URL is none of ours, OSError if a certificate file cannot be read.
    """

    def __init__(self, options: HttpJsonOptions, now_s: Callable[[], float] = time.time) -> None:
        self._options = options
        self._now_s = now_s
        self._url = _checked_url(options.url)
        self._host = self._url.host.decode("ascii")
        self._tls = _tls(options) if self._url.scheme == b"https" else None
        self._network = GuardedNetwork(options.allow_hosts, options.total_s)
        self._pool = httpcore2.ConnectionPool(
            ssl_context=self._tls,
            # A kept connection may be closed by the far end just as a POST goes out on it.
            max_keepalive_connections=0,
            network_backend=self._network,
        )

    def deliver(self, consignment: Consignment) -> Receipt:
        """POST the payload. Safe to repeat: every attempt carries the same Idempotency-Key."""
        now_s = self._now_s()
        with self._exchange():
            answer = self._post(consignment, int(now_s))
        now = datetime.fromtimestamp(now_s, UTC)
        return receipt_of(answer, self._options.answer, _sent_key(consignment), now)

    def dry_run(self, consignment: Consignment) -> Preview:
        """See `Connector.dry_run`: the request, with secrets left out."""
        hidden = {self._options.auth_header, "Tradepost-Signature"}
        headers = {
            name: "(a secret)" if name in hidden else value
            for name, value in self._headers(consignment, int(self._now_s()))
        }
        action = f"POST {self._options.url.partition('?')[0]}"
        return Preview(action, consignment.payload, consignment.content_type, headers)

    def check(self) -> str:
        """See `Connector.check`: the host can be reached and its certificate is good. Nothing is sent."""
        port = self._url.port or {b"http": 80, b"https": 443}[self._url.scheme]
        with self._exchange():
            stream = self._network.connect_tcp(self._host, port, self._options.connect_s)
            with closing(stream):
                if self._tls is not None:
                    stream.start_tls(self._tls, self._host, self._options.connect_s).close()
        return f"{self._host} can be reached."

    def close(self) -> None:
        """Nothing is held open between deliveries, and one that is under way is left to end."""

    def _post(self, consignment: Consignment, sent_s: int) -> Answer:
        options = self._options
        timeout = {"connect": options.connect_s, "read": options.read_s, "write": options.read_s}
        with self._pool.stream(
            "POST",
            self._url,
            headers=self._headers(consignment, sent_s),
            content=consignment.payload,
            extensions={"timeout": timeout},
        ) as response:
            body, whole = _read(response.iter_stream(), options.max_response_bytes)
            headers = {
                name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers
            }
            return Answer(response.status, headers, body, whole)

    def _headers(self, consignment: Consignment, sent_s: int) -> list[tuple[str, str]]:
        options = self._options
        headers = [
            ("Content-Type", consignment.content_type),
            ("Accept", "application/json"),
            ("Accept-Encoding", "identity"),
            ("User-Agent", "tradepost"),
            ("Idempotency-Key", _sent_key(consignment)),
        ]
        if options.auth_value:
            headers.append((options.auth_header, options.auth_value))
        if options.hmac_key:
            headers.append(("Tradepost-Signature", signature(options.hmac_key, sent_s, consignment.payload)))
        return headers

    @contextmanager
    def _exchange(self) -> Iterator[None]:
        """Turns what goes wrong on the wire into TryLater, and a wrong certificate into Refused."""
        host = self._host
        try:
            yield
        except httpcore2.TimeoutException as fault:
            raise try_later("OUT-032", host=host) from fault
        except (httpcore2.NetworkError, httpcore2.RemoteProtocolError) as fault:
            cause = fault.__cause__ or fault.__context__
            if isinstance(cause, ssl.SSLCertVerificationError):
                reason = cause.verify_message
                raise refused("OUT-039", endpoint_wide=True, host=host, reason=reason) from fault
            raise try_later("OUT-033", host=host, reason=str(fault) or type(fault).__name__) from fault


def signature(key: str, sent_s: int, body: bytes) -> str:
    """The value of Tradepost-Signature; see the head of this page."""
    digest = hmac.new(key.encode(), b"%d." % sent_s + body, hashlib.sha256).hexdigest()
    return f"t={sent_s},v1={digest}"


def _sent_key(consignment: Consignment) -> str:
    """The key as a header can carry it: percent-encoded where it is not plain ASCII."""
    return quote(consignment.key, safe=":/+=,;@")


def _checked_url(url: str) -> httpcore2.URL:
    parsed = httpcore2.URL(url)
    if parsed.scheme not in {b"http", b"https"} or not parsed.host or "@" in url.partition("?")[0]:
        raise ValueError(f"{url!r} is no http or https URL without user and password")
    return parsed


def _tls(options: HttpJsonOptions) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=options.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if options.client_certificate is not None:
        context.load_cert_chain(options.client_certificate, options.client_key)
    return context


def _read(parts: Iterator[bytes], limit: int) -> tuple[bytes, bool]:
    """The body up to `limit` bytes, and whether that is all of it (FI-F12)."""
    body = bytearray()
    for part in parts:
        body += part
        if len(body) > limit:
            return bytes(body[:limit]), False
    return bytes(body), True
