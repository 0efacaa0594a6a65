"""Delivering: the bytes of a consignment, and what each outcome of an attempt comes to."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from gateway.failpoints import failpoint
from gateway.parts import Parts
from gateway.ports import Claim, Stored
from gateway.store import arrivals, deliveries, tasks
from gateway.store.moves import move, move_many
from outbound.connector import Carried, Consignment, Receipt, TryLater
from outbound.render import render
from outbound.retry import RetryPolicy
from partners.profile import Destination

MAX_ERROR_CHARS = 2000


def render_consignment(
    parts: Parts,
    packed: deliveries.Packed,
    destination: Destination,
    documents: Sequence[deliveries.Loaded],
) -> tuple[Consignment, Stored]:
    """The next attempt at the consignment; its bytes are those of an earlier attempt if there was one."""
    values = [json.loads(document.canonical) for document in documents]
    rendered = render(values, destination.format, kind=packed.kind, batch=packed.is_batch)
    payload = rendered.payload
    if packed.sha256 is not None and parts.archive.holds(packed.sha256):
        with parts.archive.open(packed.sha256) as kept:
            payload = kept.read()
    stored = parts.archive.put(io.BytesIO(payload))
    attributes = {
        "partner": packed.partner or "",
        "kind": packed.kind,
        "environment": packed.environment,
        "documents": ",".join(document.id for document in documents),
    }
    consignment = Consignment(
        key=packed.key,
        file_name=packed.file_name,
        content_type=rendered.content_type,
        payload=payload,
        documents=[
            Carried(document.id, f"{packed.destination}.{document.key}", value)
            for document, value in zip(documents, values, strict=True)
        ],
        attributes=attributes,
        attempt=packed.attempts + 1,
        crosswalk=parts.profiles.current().directory.crosswalk(packed.partner),
    )
    return consignment, stored


def delivered(parts: Parts, claim: Claim, packed: deliveries.Packed, number: int, receipt: Receipt) -> None:
    """The far end has taken it: keep its receipt; whole documents become delivered."""
    said = _keep_response(parts, receipt.response)
    failpoint("deliver.before_record")
    act = parts.act("deliver")
    with parts.ledger.write() as tx:
        deliveries.end_attempt(
            tx,
            packed.id,
            number,
            ended_at=act.at,
            outcome=receipt.outcome.value,
            detail=receipt.reference or None,
            response_sha256=_note_blob(tx, said, act.at),
        )
        whole = deliveries.undelivered_documents(tx, packed.id)
        move(
            tx,
            act,
            "consignment",
            packed.id,
            "delivered",
            reference=receipt.reference or None,
            delivered_at=act.at,
            error=None,
            next_at=None,
        )
        move_many(tx, act, "document", whole, "ready", "delivered")
        parts.jobs.finish(tx, claim)
        failpoint("deliver.in_transaction")
    failpoint("deliver.recorded")


def try_again(
    parts: Parts,
    claim: Claim,
    packed: deliveries.Packed,
    destination: Destination,
    number: int,
    wait: TryLater,
) -> None:
    """Date the next attempt by the destination's retry settings; past the last it is a dead letter."""
    act = parts.act("deliver", wait.reason)
    tried = number - packed.attempts_before
    due = retry_policy(destination).next_due(tried, act.at, wait.after_s, parts.chance())
    if due is None:
        to_dead_letter(parts, claim, packed, number, wait.reason, wait.response, "try_later")
        return
    said = _keep_response(parts, wait.response)
    failpoint("deliver.before_retry")
    with parts.ledger.write() as tx:
        deliveries.end_attempt(
            tx,
            packed.id,
            number,
            ended_at=act.at,
            outcome="try_later",
            detail=wait.reason[:MAX_ERROR_CHARS],
            response_sha256=_note_blob(tx, said, act.at),
        )
        error = wait.reason[:MAX_ERROR_CHARS]
        move(tx, act, "consignment", packed.id, "retrying", next_at=due, error=error)
        parts.jobs.postpone(tx, claim, due, wait.reason)


def to_dead_letter(
    parts: Parts,
    claim: Claim,
    packed: deliveries.Packed,
    number: int,
    reason: str,
    response: bytes,
    outcome: str,
) -> None:
    """Give the consignment up for a person to decide, with what the far end said."""
    said = _keep_response(parts, response)
    act = parts.act("deliver", reason)
    with parts.ledger.write() as tx:
        deliveries.end_attempt(
            tx,
            packed.id,
            number,
            ended_at=act.at,
            outcome=outcome,
            detail=reason[:MAX_ERROR_CHARS],
            response_sha256=_note_blob(tx, said, act.at),
        )
        error = reason[:MAX_ERROR_CHARS]
        move(tx, act, "consignment", packed.id, "dead", next_at=None, error=error)
        parts.jobs.finish(tx, claim)


def strand(parts: Parts, claim: Claim, packed: deliveries.Packed) -> None:
    """The profiles no longer name its destination: a person decides."""
    act = parts.act("deliver", f"The profiles name no destination {packed.destination} any more.")
    with parts.ledger.write() as tx:
        tasks.check_fence(tx, claim)
        if packed.state != "sending":
            move(tx, act, "consignment", packed.id, "sending")
        move(tx, act, "consignment", packed.id, "dead", error=act.reason)
        parts.jobs.finish(tx, claim)


def retry_policy(destination: Destination) -> RetryPolicy:
    """When the destination's refused attempts are repeated, and how often."""
    retry = destination.retry
    return RetryPolicy(retry.first_s, retry.factor, retry.max_wait_s, retry.max_attempts)


def _keep_response(parts: Parts, response: bytes) -> Stored | None:
    return parts.archive.put(io.BytesIO(response)) if response else None


def _note_blob(tx: Connection, stored: Stored | None, now: datetime) -> str | None:
    if stored is None:
        return None
    arrivals.insert_blob(tx, stored, now)
    return stored.sha256
