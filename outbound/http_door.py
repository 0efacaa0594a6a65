"""One far end over HTTP: guarded connections, TLS, proof of who we are, bounded answers.

Every request goes on a connection of its own. What goes wrong on the wire becomes TryLater; a
certificate that cannot be trusted, or an address that may not be called, becomes Refused.
"""

from __future__ import annotations

import base64
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus, urlencode

import httpcore2

from outbound.guarded_network import GuardedNetwork
from outbound.http_answers import Answer, text_field, whole_json
from outbound.refusals import refused, try_later

MAX_RESPONSE_BYTES = 1 << 20
#: A token is renewed this long before its end.
TOKEN_MARGIN_S = 30.0
#: A shorter secret is a word that answers may hold by chance.
MIN_SECRET_BYTES = 6
#: What a person sees in a secret's place.
HIDDEN = "(a secret)"

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """OAuth 2.0, RFC 6749 §4.4: a token for our own name and secret.

    in_body: the name and secret stand in the request's body, not in its header (§2.3.1).
    """

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str = ""
    audience: str = ""
    in_body: bool = False


@dataclass(frozen=True, slots=True)
class DoorOptions:
    """url: http or https, without user or password.

    auth_header, auth_value: a header to send and its whole value ("Bearer …", "Basic …"); secret.
    oauth2: where a bearer token is had instead.
    connect_s, read_s: longest wait for a connection, and for the next bytes. total_s: for all.
    max_response_bytes: how much of an answer is read.
    allow_hosts: hosts in lower case that may have an address that is not public.
    ca_file: certificates to trust instead of the machine's. client_certificate, client_key: PEM
    files that show who we are; the key may be in the certificate's file.
    """

    url: str
    auth_header: str = "Authorization"
    auth_value: str = field(default="", repr=False)
    oauth2: ClientCredentials | None = None
    connect_s: float = 10.0
    read_s: float = 30.0
    total_s: float = 60.0
    max_response_bytes: int = MAX_RESPONSE_BYTES
    allow_hosts: frozenset[str] = frozenset()
    ca_file: Path | None = None
    client_certificate: Path | None = None
    client_key: Path | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One request. target: path and query behind the door's URL, "" for the URL itself."""

    method: str
    headers: Headers
    body: bytes = b""
    target: str = ""


class HttpDoor:
    """Safe for threads. Raises ValueError if the URL is none of ours, OSError if a certificate file cannot
    be read."""

    def __init__(self, options: DoorOptions) -> None:
        self._options = options
        self._url = _checked_url(options.url)
        self._token_url = _checked_url(options.oauth2.token_url) if options.oauth2 else None
        secure = b"https" in {self._url.scheme, self._token_url.scheme if self._token_url else b""}
        self._tls = _tls(options) if secure else None
        self._network = GuardedNetwork(options.allow_hosts, options.total_s)
        self._token = _Token()
        self._pool = httpcore2.ConnectionPool(
            ssl_context=self._tls,
            # A kept connection may be closed by the far end just as a POST goes out on it.
            max_keepalive_connections=0,
            network_backend=self._network,
        )

    @property
    def host(self) -> str:
        """The far end's name."""
        return self._url.host.decode("ascii")

    @property
    def shown_proof(self) -> dict[str, str]:
        """The headers that show who we are, as a person may see them."""
        if self._options.oauth2 is not None:
            return {"Authorization": HIDDEN}
        return {self._options.auth_header: HIDDEN} if self._options.auth_value else {}

    def address(self, target: str = "") -> str:
        """The URL of a request, without its query."""
        return f"{self._options.url.rstrip('/') if target else self._options.url}{target}".partition("?")[0]

    def ask(self, request: Request) -> Answer:
        """Send one request and read its answer, whatever its status.

        A token that is refused is renewed once: the far end has done nothing then. Raises TryLater, Refused.
        """
        url = self._target(request.target)
        proof, renewed = self._proof()
        answer = self._send(url, request, proof)
        if answer.status == 401 and self._options.oauth2 is not None and not renewed:
            self._token.forget()
            answer = self._send(url, request, self._proof()[0])
        return answer

    def check(self) -> str:
        """A sentence: the host can be reached, its certificate is good and a token can be had."""
        port = self._url.port or {b"http": 80, b"https": 443}[self._url.scheme]
        with self._exchange(self.host):
            stream = self._network.connect_tcp(self.host, port, self._options.connect_s)
            with closing(stream):
                if self._url.scheme == b"https" and self._tls is not None:
                    stream.start_tls(self._tls, self.host, self._options.connect_s).close()
        if self._options.oauth2 is not None:
            self._proof()
        return f"{self.host} can be reached."

    def _target(self, target: str) -> httpcore2.URL:
        return _checked_url(self._options.url.rstrip("/") + target) if target else self._url

    def _proof(self) -> tuple[Headers, bool]:
        """The headers that show who we are, and whether they were fetched just now."""
        options = self._options
        if options.oauth2 is None:
            return ([(options.auth_header, options.auth_value)] if options.auth_value else []), False
        with self._token.lock:
            known = self._token.value
            if known is None:
                self._token.keep(*self._fetch_token(options.oauth2))
            return [("Authorization", f"Bearer {self._token.text}")], known is None

    def _fetch_token(self, client: ClientCredentials) -> tuple[str, int]:
        """A token and the seconds it is good for, 0 if it does not say."""
        form = {"grant_type": "client_credentials"}
        form |= {"scope": client.scope} if client.scope else {}
        form |= {"audience": client.audience} if client.audience else {}
        proof: list[tuple[str, str]] = []
        if client.in_body:
            form |= {"client_id": client.client_id, "client_secret": client.client_secret}
        else:
            proof.append(
                ("Authorization", basic(quote_plus(client.client_id), quote_plus(client.client_secret)))
            )
        headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")]
        request = Request("POST", headers, urlencode(form).encode())
        url = self._token_url if self._token_url is not None else self._url
        answer = self._send(url, request, proof)
        value = whole_json(answer)
        token = text_field(value, "access_token")
        host = url.host.decode("ascii")
        if answer.status >= 500 or answer.status == 429:
            raise try_later("OUT-070", host=host, status=str(answer.status))
        if answer.status != 200 or not token or not token.isascii() or not token.isprintable():
            raise refused("OUT-071", endpoint_wide=True, host=host, status=str(answer.status))
        expires = text_field(value, "expires_in") or "0"
        return token, int(expires) if expires.isdigit() and len(expires) < 10 else 0

    def _send(self, url: httpcore2.URL, request: Request, proof: Headers) -> Answer:
        options = self._options
        timeout = {"connect": options.connect_s, "read": options.read_s, "write": options.read_s}
        common = [("Accept-Encoding", "identity"), ("User-Agent", "tradepost")]
        with (
            self._exchange(url.host.decode("ascii")),
            self._pool.stream(
                request.method,
                url,
                headers=[*request.headers, *common, *proof],
                content=request.body,
                extensions={"timeout": timeout},
            ) as response,
        ):
            body, whole = _read(response.iter_stream(), options.max_response_bytes)
            body = _without_proof(body, proof)
            headers = {
                name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers
            }
            return Answer(response.status, headers, body, whole)

    @contextmanager
    def _exchange(self, host: str) -> Iterator[None]:
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


class _Token:
    """The bearer token in use, until its end."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.text = ""
        self._good_until = 0.0

    @property
    def value(self) -> str | None:
        """The token, None if there is none that is still good."""
        return self.text if self.text and time.monotonic() < self._good_until else None

    def keep(self, text: str, good_for_s: int) -> None:
        """Use it from now on; one that says no end is used until it is refused."""
        self.text = text
        self._good_until = time.monotonic() + (good_for_s - TOKEN_MARGIN_S if good_for_s else 86_400.0)

    def forget(self) -> None:
        """It was refused."""
        with self.lock:
            self.text = ""


def _without_proof(body: bytes, proof: Headers) -> bytes:
    """An answer that throws our own secret back at us, without it: answers are kept and shown (SEC-14)."""
    for _, value in proof:
        secret = value.rpartition(" ")[2].encode("latin-1", "replace")
        if len(secret) >= MIN_SECRET_BYTES:
            body = body.replace(secret, b"[redacted]")
    return body


def basic(user: str, password: str) -> str:
    """The value of an Authorization header, RFC 7617."""
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode('ascii')}"


def target_of(path: str, query: Mapping[str, str]) -> str:
    """Path and query as a request's target; the path is percent-encoded already."""
    return f"{path}?{urlencode(query, quote_via=quote)}" if query else path


def _checked_url(url: str) -> httpcore2.URL:
    parsed = httpcore2.URL(url)
    if parsed.scheme not in {b"http", b"https"} or not parsed.host or "@" in url.partition("?")[0]:
        raise ValueError(f"{url!r} is no http or https URL without user and password")
    return parsed


def _tls(options: DoorOptions) -> ssl.SSLContext:
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
