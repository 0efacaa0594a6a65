"""What an HTTP answer means for a delivery. Pure: the time comes in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from outbound.connector import Outcome, Receipt, Refused, TryLater
from outbound.refusals import refused, try_later

#: Statuses that ask for patience (FI-F03); every 5xx does too.
BUSY = frozenset({408, 425, 429})
UNWELCOME = frozenset({401, 403, 407})
EXCERPT_CHARS = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. headers: lower-case names. body: cut to the limit; whole: False if it was cut."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool = True


@dataclass(frozen=True, slots=True)
class AnswerContract:
    """What a good answer must look like; an empty contract takes any 2xx.

    json: the body must be JSON, whole, and of a JSON media type.
    reference_field: where the far end's own id stands, keys joined by dots ("data.id"); it
        must be there if it is named, and makes `json` true. "" if there is none.
    """

    json: bool = False
    reference_field: str = ""


def receipt_of(answer: Answer, contract: AnswerContract, key: str, now: datetime) -> Receipt:
    """The receipt, or what the answer says instead.

    2xx is ACCEPTED. 409 is DUPLICATE, unless its JSON names another `idempotency_key`
    (FI-F04). 401, 403 and 407 raise Refused for the whole endpoint (FI-F02). 408, 425, 429
    and 5xx raise TryLater with Retry-After (FI-F03). A 2xx that breaks the contract raises
    TryLater (FI-F08): whether the document was taken is unknown, and the same key settles it.
    Everything else raises Refused (FI-F01), also every redirect, which is never followed (FI-F09).
    """
    if 200 <= answer.status < 300:
        return Receipt(Outcome.ACCEPTED, _reference(answer, contract), answer.body)
    if answer.status == 409 and _same_key(answer, key):
        return Receipt(Outcome.DUPLICATE, _reference_if_any(answer, contract), answer.body)
    raise refusal_of(answer, now)


def refusal_of(answer: Answer, now: datetime) -> Refused | TryLater:
    """What a status that is not 2xx means, as `receipt_of` says; 409 is refused."""
    status, body = answer.status, answer.body
    said = excerpt(body)
    if status in UNWELCOME:
        return refused("OUT-034", response=body, endpoint_wide=True, status=str(status), answer=said)
    if status in BUSY or status >= 500:
        after_s = _retry_after_s(answer.headers.get("retry-after", ""), now)
        # A 500 is often one document that the far end stumbles over; the others say that it is busy.
        wide = status != 500
        return try_later(
            "OUT-035", after_s=after_s, response=body, endpoint_wide=wide, status=str(status), answer=said
        )
    if 300 <= status < 400:
        place = answer.headers.get("location", "")
        return refused("OUT-036", response=body, status=str(status), place=place)
    return refused("OUT-037", response=body, status=str(status), answer=said)


def _reference(answer: Answer, contract: AnswerContract) -> str:
    """The far end's id, "" if the contract names none. Raises TryLater if the contract is broken."""
    if not (contract.json or contract.reference_field):
        return ""
    fault = _media_fault(answer)
    if not fault:
        try:
            value = json.loads(answer.body)
        except (ValueError, RecursionError):
            fault = "its body is no complete JSON"
        else:
            reference = text_field(value, contract.reference_field)
            if reference is not None:
                return reference
            fault = f"it has no {contract.reference_field}"
    said = excerpt(answer.body)
    raise try_later("OUT-038", response=answer.body, endpoint_wide=False, fault=fault, answer=said)


def _reference_if_any(answer: Answer, contract: AnswerContract) -> str:
    if not contract.reference_field:
        return ""
    return text_field(whole_json(answer), contract.reference_field) or ""


def _media_fault(answer: Answer) -> str:
    media = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not (media == "application/json" or media.endswith("+json")):
        return f"its content type is {media or 'not told'}, not JSON"
    return "" if answer.whole else "it is longer than the limit"


def text_field(value: object, path: str) -> str | None:
    """The text or whole number at `path`, "" for an empty path, None if it is not there."""
    for key in path.split(".") if path else ():
        if not isinstance(value, Mapping) or key not in value:
            return None
        value = value[key]
    if not path:
        return ""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None


def whole_json(answer: Answer) -> object:
    """The body as a JSON value; None if it is none, or was cut."""
    try:
        return json.loads(answer.body) if answer.whole else None
    except (ValueError, RecursionError):
        return None


def _same_key(answer: Answer, key: str) -> bool:
    value = whole_json(answer)
    named = value.get("idempotency_key") if isinstance(value, Mapping) else None
    return named is None or named == key


def _retry_after_s(header: str, now: datetime) -> float | None:
    """Retry-After in seconds, from a number or an HTTP date; None if there is none to be read."""
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        due = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    aware = due if due.tzinfo else due.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())


def excerpt(body: bytes) -> str:
    """The start of an answer as one line, for a person (BI-075)."""
    text = " ".join(body[: 4 * EXCERPT_CHARS].decode("utf-8", "replace").split())
    return text[:EXCERPT_CHARS]
