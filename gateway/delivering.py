"""Delivering: the bytes of a consignment, and what each outcome of an attempt comes to."""

from __future__ import annotations

import io
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from gateway import gates
from gateway.dividing import divide
from gateway.failpoints import failpoint
from gateway.life_lines import NAMED
from gateway.parts import Parts
from gateway.ports import Claim, Job, Stored
from gateway.store import arrivals, attempts, deliveries, tasks
from gateway.store.destinations import FOR_DESTINATION
from gateway.store.moves import Act, Move, move, move_all, move_many
from outbound.breaker import Breaker, State
from outbound.connector import Carried, Consignment, Receipt, Refused, TryLater
from outbound.idoc.writing import write_idocs
from outbound.render import render
from outbound.retry import RetryPolicy
from partners.profile import Destination

MAX_ERROR_CHARS = 2000


def shaped(parts: Parts, packed: deliveries.Packed, destination: Destination) -> Destination:
    """The destination, giving documents the form that a replay asked for: that of profiles of then."""
    if packed.shaped_by is None:
        return destination
    then = parts.profiles.version(packed.shaped_by).directory.destinations.get(packed.destination)
    return destination.shaped_like(then) if then else destination


def render_consignment(
    parts: Parts,
    packed: deliveries.Packed,
    destination: Destination,
    documents: Sequence[deliveries.Loaded],
) -> Consignment:
    """The next attempt at the consignment; its bytes are those of an earlier attempt if there was one."""
    carried = [
        Carried(document.id, f"{packed.destination}.{document.key}", document.canonical)
        for document in documents
    ]
    crosswalk = parts.profiles.current().directory.crosswalk(packed.partner)
    if destination.format == "idoc":
        rendered = write_idocs([one.value for one in carried], packed.kind, destination.idoc, crosswalk)
    else:
        texts = [one.text for one in carried]
        rendered = render(texts, destination.format, kind=packed.kind, batch=packed.is_batch)
    payload = rendered.payload
    if packed.sha256 is not None and parts.archive.holds(packed.sha256):
        with parts.archive.open(packed.sha256) as kept:
            payload = kept.read() or payload  # empty: what was tried then could not be written
    attributes = {
        "partner": packed.partner or "",
        "kind": packed.kind,
        "environment": packed.environment,
        "documents": ",".join(document.id for document in documents),
        "destination": packed.destination,
        "consignment": packed.id,
        "transmission": ",".join(list(dict.fromkeys(one.transmission for one in documents))[:NAMED]),
    }
    return Consignment(
        key=packed.key,
        file_name=packed.file_name,
        content_type=rendered.content_type,
        payload=payload,
        documents=carried,
        attributes=attributes,
        attempt=packed.attempts + 1,
        crosswalk=crosswalk,
        faults=() if payload else rendered.findings,
    )


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at handing a consignment over. number: from 1, over all tries that were ever made.

    An outcome is recorded only by the claim that began the attempt: what an older one hears later is
    fenced off, whatever it was (FI-F07).
    """

    parts: Parts
    claim: Claim
    packed: deliveries.Packed
    destination: Destination

    @property
    def number(self) -> int:
        """Which try it is, from 1."""
        return self.packed.attempts + 1

    @property
    def is_probe(self) -> bool:
        """True if it was let through to see how the far end is: then it costs the document nothing."""
        return self.packed.breaker.state != "closed"


@dataclass(frozen=True, slots=True)
class Ready:
    """An attempt with what is handed over, and those bytes in the archive."""

    attempt: Attempt
    consignment: Consignment
    stored: Stored

    def begun_under(self, breaker: Breaker) -> Ready:
        """It, with the breaker as it was when the attempt began: another node may have moved it since."""
        packed = replace(self.attempt.packed, breaker=breaker)
        return replace(self, attempt=replace(self.attempt, packed=packed))


def begin(parts: Parts, those: Sequence[Ready]) -> list[Ready]:
    """Note that attempts begin; which may. The others must wait, which is noted instead."""
    act = parts.act("deliver")
    admitted: list[Ready] = []
    with parts.ledger.write() as tx:
        tasks.check_fences(tx, [one.attempt.claim for one in those])
        noted = 0
        for one in those:
            packed, destination = one.attempt.packed, one.attempt.destination
            if destination.limits.in_flight is not None:  # those that are under way are counted there
                _note_begun(tx, act, admitted[noted:])
                noted = len(admitted)
            found = gates.what_for(tx, act, packed, destination)
            if isinstance(found, str):
                _park(tx, act, one.attempt, found)
            else:
                admitted.append(one.begun_under(found))
        _note_begun(tx, act, admitted[noted:])
    return admitted


def _note_begun(tx: Connection, act: Act, those: Sequence[Ready]) -> None:
    arrivals.insert_blobs(tx, [one.stored for one in those], act.at)
    moves = [
        Move(
            act,
            "consignment",
            one.attempt.packed.id,
            "sending",
            {"attempts": one.attempt.number, "sha256": one.stored.sha256},
        )
        for one in those
    ]
    move_all(tx, moves)
    attempts.begin_attempts(tx, [(one.attempt.packed.id, one.attempt.number) for one in those], act.at)


def wait_outside(attempt: Attempt) -> None:
    """The destination takes nothing now: the consignment waits, and is not rendered for nothing."""
    act = attempt.parts.act("deliver")
    with attempt.parts.ledger.write() as tx:
        tasks.check_fence(tx, attempt.claim)
        _park(tx, act, attempt, FOR_DESTINATION)


def _park(tx: Connection, act: Act, attempt: Attempt, waits_for: str) -> None:
    if attempt.packed.state == "sending":  # begun by a worker that died
        move(tx, act, "consignment", attempt.packed.id, "retrying")
    gates.park(tx, attempt.packed, waits_for)
    attempt.parts.jobs.finish(tx, attempt.claim)


def delivered(parts: Parts, those: Sequence[tuple[Attempt, Receipt]]) -> None:
    """Far ends have dealt with them: keep their receipts; whole documents become delivered.

    Documents of a batch that were not taken go on by themselves (FI-F13).
    """
    said = [_keep_response(parts, receipt.response) for _, receipt in those]
    failpoint("deliver.before_record")
    act = parts.act("deliver")
    jobs: list[Job] = []
    with parts.ledger.write() as tx:
        parts.jobs.finish(tx, *(attempt.claim for attempt, _ in those))
        _end(
            tx,
            act,
            [
                _Said(attempt, receipt.outcome.value, receipt.reference or None, response)
                for (attempt, receipt), response in zip(those, said, strict=True)
            ],
        )
        for attempt, receipt in those:
            if receipt.results:
                due = retry_policy(attempt.destination).next_due(1, act.at, None, parts.chance())
                jobs += divide(tx, act, attempt.packed, receipt.results, due)
        move_all(tx, [_arrival(act, attempt, receipt) for attempt, receipt in those])
        whole = deliveries.undelivered_documents(tx, *(attempt.packed.id for attempt, _ in those))
        move_many(tx, act, "document", whole, "ready", "delivered")
        for attempt, _ in those:
            gates.went_well(tx, act, attempt.packed)
            jobs += gates.ended(tx, attempt.packed, attempt.destination)
        parts.jobs.enqueue(tx, jobs)
        failpoint("deliver.in_transaction")
    failpoint("deliver.recorded")
    if jobs:
        parts.jobs.ring()


def _arrival(act: Act, attempt: Attempt, receipt: Receipt) -> Move:
    reference = receipt.reference or None
    values = {"reference": reference, "delivered_at": act.at, "error": None, "next_at": None, "cause": None}
    return Move(act, "consignment", attempt.packed.id, "delivered", values)


def try_again(attempt: Attempt, wait: TryLater) -> None:
    """Date the next attempt by the destination's retry settings; past the last it is a dead letter.

    Where the destination as a whole is away and its breaker is open by now, the consignment waits for
    it instead; a probe that fails so does not count towards the attempts allowed.
    """
    parts, packed = attempt.parts, attempt.packed
    act = parts.act("deliver", wait.reason)
    is_free = wait.endpoint_wide and attempt.is_probe
    tried = attempt.number - packed.attempts_before
    due = retry_policy(attempt.destination).next_due(tried, act.at, wait.after_s, parts.chance())
    if due is None and not is_free:
        _give_up(attempt, Refused(wait.reason, response=wait.response, code=wait.code), "try_later", wait)
        return
    said = _keep_response(parts, wait.response)
    failpoint("deliver.before_retry")
    with parts.ledger.write() as tx:
        tasks.check_fence(tx, attempt.claim)
        _end(tx, act, [_Said(attempt, "try_later", wait.reason, said)])
        values = {"error": wait.reason[:MAX_ERROR_CHARS], "cause": wait.code or None}
        uncounted = packed.attempts_before + is_free
        move(tx, act, "consignment", packed.id, "retrying", next_at=due, attempts_before=uncounted, **values)
        takes_nothing = _count(tx, act, attempt, wait) in {"open", "paused"}
        if due is None or (wait.endpoint_wide and takes_nothing):
            _park(tx, act, attempt, FOR_DESTINATION)
        else:
            parts.jobs.postpone(tx, attempt.claim, due, wait.reason)


def refused(attempt: Attempt, refusal: Refused) -> None:
    """What a refusal comes to: of the document a dead letter, of us a pause of the destination."""
    if refusal.endpoint_wide:
        _pause(attempt, refusal)
    else:
        _give_up(attempt, refusal, "refused", None)


def _pause(attempt: Attempt, refusal: Refused) -> None:
    """The far end does not let us in: nothing more goes there, and no document suffers (FI-F02)."""
    parts, packed = attempt.parts, attempt.packed
    said = _keep_response(parts, refusal.response)
    act = parts.act("deliver", refusal.reason[:MAX_ERROR_CHARS])
    mark = parts.connect.mark(attempt.destination, secrets.token_hex(8), used=True)
    with parts.ledger.write() as tx:
        tasks.check_fence(tx, attempt.claim)
        _end(tx, act, [_Said(attempt, "refused", refusal.reason, said)])
        uncounted = packed.attempts_before + 1
        values = {"error": act.reason, "cause": refusal.code or None, "attempts_before": uncounted}
        move(tx, act, "consignment", packed.id, "retrying", **values)
        gates.pause(tx, act, attempt.destination.name, refusal.code, mark)
        _park(tx, act, attempt, FOR_DESTINATION)


def _give_up(attempt: Attempt, refusal: Refused, outcome: str, wait: TryLater | None) -> None:
    """Leave the consignment for a person to decide, with what the far end said.

    wait: what the far end said if it did not refuse the document and the attempts are used up.
    """
    parts, packed = attempt.parts, attempt.packed
    said = _keep_response(parts, refusal.response)
    act = parts.act("deliver", refusal.reason)
    with parts.ledger.write() as tx:
        parts.jobs.finish(tx, attempt.claim)
        _end(tx, act, [_Said(attempt, outcome, refusal.reason, said)])
        values = {"error": refusal.reason[:MAX_ERROR_CHARS], "cause": refusal.code or None}
        move(tx, act, "consignment", packed.id, "dead", next_at=None, **values)
        if wait is None:
            gates.went_well(tx, parts.act("deliver"), packed)
        else:
            _count(tx, act, attempt, wait)
        goes_on = attempt.destination.order != "none" and attempt.destination.after_dead_letter == "go_on"
        jobs = gates.passed_over(tx, packed.id) if goes_on else []
        parts.jobs.enqueue(tx, jobs)
    if jobs:
        parts.jobs.ring()


def _count(tx: Connection, act: Act, attempt: Attempt, wait: TryLater) -> State:
    """Let the destination's breaker know of an attempt that ended for now; its state then."""
    if wait.holds:
        gates.went_well(tx, attempt.parts.act("deliver"), attempt.packed)
        return "closed"
    return gates.went_badly(
        tx,
        act,
        attempt.packed,
        attempt.destination,
        wait.code,
        endpoint_wide=wait.endpoint_wide,
        after_s=wait.after_s,
    ).state


@dataclass(frozen=True, slots=True)
class _Said:
    """How an attempt ended, and what the far end said, as the archive has it."""

    attempt: Attempt
    outcome: str
    detail: str | None
    response: Stored | None


def _end(tx: Connection, act: Act, those: Sequence[_Said]) -> None:
    """Note what became of attempts."""
    arrivals.insert_blobs(tx, [one.response for one in those if one.response is not None], act.at)
    ended = [
        attempts.Ended(
            one.attempt.packed.id,
            one.attempt.number,
            one.outcome,
            one.detail[:MAX_ERROR_CHARS] if one.detail else None,
            one.response.sha256 if one.response else None,
        )
        for one in those
    ]
    attempts.end_attempts(tx, ended, act.at)


def strand(parts: Parts, claim: Claim, packed: deliveries.Packed) -> None:
    """The profiles no longer name its destination: a person decides."""
    act = parts.act("deliver", f"The profiles name no destination {packed.destination} any more.")
    with parts.ledger.write() as tx:
        tasks.check_fence(tx, claim)
        if packed.state != "sending":
            move(tx, act, "consignment", packed.id, "sending")
        move(tx, act, "consignment", packed.id, "dead", error=act.reason, cause="OUT-025")
        parts.jobs.finish(tx, claim)


def retry_policy(destination: Destination) -> RetryPolicy:
    """When the destination's refused attempts are repeated, and how often."""
    retry = destination.retry
    return RetryPolicy(retry.first_s, retry.factor, retry.max_wait_s, retry.max_attempts)


def _keep_response(parts: Parts, response: bytes) -> Stored | None:
    return parts.archive.put(io.BytesIO(response)) if response else None
