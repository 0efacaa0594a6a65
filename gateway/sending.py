"""Sending answers to stores of the partner's own, and what a refusal comes to."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from gateway import gates
from gateway.answering import record_sent_interchanges
from gateway.delivering import retry_policy
from gateway.failpoints import failpoint
from gateway.life_lines import log_answer
from gateway.parts import Parts
from gateway.ports import Claim
from gateway.store import destinations, mailboxes
from gateway.store.answers import Answer
from gateway.store.mailboxes import Sent
from gateway.store.moves import Act, Move, move, move_all
from outbound.breaker import wants_probe
from outbound.connector import Consignment, Refused, TryLater
from partners.profile import MAILBOX, Destination

#: How soon an answer looks again whether its store takes anything.
PAUSED_S = 60.0


class NotNow(TryLater):
    """The store is paused, or left alone because it keeps failing: no fault of the answer's."""


def ship(parts: Parts, answer: Answer) -> None:
    """Hand an answer to the store its profile names. Raises TryLater or Refused.

    A store that refuses us, and not the answer, is paused, as for documents.
    """
    destination = _destination(parts, answer)
    if destination is None:
        raise Refused(f"The profiles name no destination {answer.target} any more.")
    with parts.ledger.read() as view:
        breaker = destinations.standing(view, destination.name).breaker
    if breaker.state == "paused" or (
        breaker.state != "closed" and not wants_probe(breaker, parts.clock.now())
    ):
        raise NotNow(f"The destination {destination.name} takes nothing now.", after_s=PAUSED_S)
    attributes = {"partner": answer.partner or "", "kind": answer.kind}
    consignment = Consignment(
        key=answer.id,
        file_name=answer.file_name,
        content_type="text/csv" if answer.kind == "CSV" else "application/edi-x12",
        payload=answer.payload,
        attributes=attributes,
    )
    try:
        parts.connect(destination).deliver(consignment)
    except Refused as refusal:
        if not refusal.endpoint_wide:
            raise
        _pause(parts, destination, refusal)
        raise NotNow(refusal.reason, after_s=PAUSED_S, code=refusal.code) from refusal


def _pause(parts: Parts, destination: Destination, refusal: Refused) -> None:
    mark = parts.connect.mark(destination, secrets.token_hex(8), used=True)
    act = parts.act("send", refusal.reason)
    with parts.ledger.write() as tx:
        gates.pause(tx, act, destination.name, refusal.code, mark)


def postpone(parts: Parts, claim: Claim, answer: Answer, wait: TryLater) -> None:
    """Date the next attempt at sending an answer; past the last it is given up.

    Attempts that its store's pause made vain are not its last.
    """
    act = parts.act("send", wait.reason)
    destination = _destination(parts, answer)
    due = None
    if destination is not None:
        policy = retry_policy(destination)
        attempt = min(claim.attempt, policy.attempts - 1) if isinstance(wait, NotNow) else claim.attempt
        due = policy.next_due(attempt, act.at, wait.after_s, parts.chance())
    if due is None:
        give_up(parts, claim, answer, Refused(wait.reason))
        return
    with parts.ledger.write() as tx:
        parts.jobs.postpone(tx, claim, due, wait.reason)


def _destination(parts: Parts, answer: Answer) -> Destination | None:
    return parts.profiles.current().directory.destinations.get(answer.target)


def give_up(parts: Parts, claim: Claim, answer: Answer, refusal: Refused) -> None:
    """The store refuses the answer: it is dead, and a person decides."""
    with parts.ledger.write() as tx:
        move(tx, parts.act("send", refusal.reason), "acknowledgement", answer.id, "dead")
        parts.jobs.finish(tx, claim)


def record_sent(parts: Parts, those: Sequence[tuple[Claim, Sent]]) -> None:
    """Record answers that went out; those for mailboxes are there with that."""
    if not those:
        return
    act, sent = parts.act("send"), [one for _, one in those]
    with parts.ledger.write() as tx:
        parts.jobs.finish(tx, *(claim for claim, _ in those))
        mailboxes.record_sent(tx, act, sent)
        record_sent_interchanges(tx, [(one.answer, one.transmission) for one in sent])
        listed = [one for one in sent if one.answer.target == MAILBOX and one.answer.partner is not None]
        mailboxes.put(tx, act, listed)
        move_all(tx, [_sending(act, one) for one in sent])
        failpoint("send.in_transaction")
    failpoint("send.committed")
    for one in sent:
        log_answer(one.answer)


def _sending(act: Act, one: Sent) -> Move:
    values = {"sent_at": act.at, "transmission_id": one.transmission}
    return Move(act, "acknowledgement", one.answer.id, "sent", values)
