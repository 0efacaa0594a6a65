"""Delivery to an ERP's or a service's HTTP door.

One POST a consignment, on a connection of its own:

    Content-Type: as rendered
    Idempotency-Key: <key>          the same for every attempt, so that the far end can refuse a repeat
    Tradepost-Transmission: <id>    of the file that the documents came in; of a batch several, with commas
    Tradepost-Signature: t=<t>,v1=<hex>   if a signing key is set

`t` is the time of sending in whole seconds since 1970; `hex` is the lower-case HMAC-SHA-256,
under the signing key, of the bytes of `t`, one full stop, and the body. The receiver computes
the same over the raw body, compares in constant time, and refuses an old `t`.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

from outbound.connector import Consignment, Preview, Receipt
from outbound.http_answers import AnswerContract, receipt_of
from outbound.http_door import HIDDEN, DoorOptions, HttpDoor, Request

SIGNATURE = "Tradepost-Signature"


@dataclass(frozen=True, slots=True)
class HttpJsonOptions(DoorOptions):
    """hmac_key: signs every body; secret. Empty: no such header. answer: what a good answer looks like."""

    hmac_key: str = field(default="", repr=False)
    answer: AnswerContract = field(default_factory=AnswerContract)


class HttpJson:
    """A `Connector` over HTTP. Answers are read as `receipt_of` says.

    now_s: seconds since 1970, for the signature and for dates in Retry-After.
    Raises ValueError if the URL is none of ours, OSError if a certificate file cannot be read.
    """

    def __init__(self, options: HttpJsonOptions, now_s: Callable[[], float] = time.time) -> None:
        self._options = options
        self._now_s = now_s
        self._door = HttpDoor(options)

    def deliver(self, consignment: Consignment) -> Receipt:
        """POST the payload. Safe to repeat: every attempt carries the same Idempotency-Key."""
        now_s = self._now_s()
        headers = self._headers(consignment, int(now_s))
        answer = self._door.ask(Request("POST", headers, consignment.payload))
        now = datetime.fromtimestamp(now_s, UTC)
        return receipt_of(answer, self._options.answer, _sent_key(consignment), now)

    def dry_run(self, consignment: Consignment) -> Preview:
        """See `Connector.dry_run`: the request, with secrets left out."""
        headers = {**dict(self._headers(consignment, int(self._now_s()))), **self._door.shown_proof}
        if SIGNATURE in headers:
            headers[SIGNATURE] = HIDDEN
        action = f"POST {self._door.address()}"
        return Preview(action, consignment.payload, consignment.content_type, headers)

    def check(self) -> str:
        """See `Connector.check`: the host can be reached and its certificate is good; no document is sent."""
        return self._door.check()

    def close(self) -> None:
        """Nothing is held open between deliveries, and one that is under way is left to end."""

    def _headers(self, consignment: Consignment, sent_s: int) -> list[tuple[str, str]]:
        options = self._options
        headers = [
            ("Content-Type", consignment.content_type),
            ("Accept", "application/json"),
            ("Idempotency-Key", _sent_key(consignment)),
        ]
        if came_in := consignment.attributes.get("transmission"):
            headers.append(("Tradepost-Transmission", came_in))
        if options.hmac_key:
            headers.append((SIGNATURE, signature(options.hmac_key, sent_s, consignment.payload)))
        return headers


def signature(key: str, sent_s: int, body: bytes) -> str:
    """The value of Tradepost-Signature; see the head of this page."""
    digest = hmac.new(key.encode(), b"%d." % sent_s + body, hashlib.sha256).hexdigest()
    return f"t={sent_s},v1={digest}"


def _sent_key(consignment: Consignment) -> str:
    """The key as a header can carry it: percent-encoded where it is not plain ASCII."""
    return quote(consignment.key, safe=":/+=,;@")
