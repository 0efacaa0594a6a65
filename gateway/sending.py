"""Sending answers to stores of the partner's own, and what a refusal comes to."""

from __future__ import annotations

from gateway.delivering import retry_policy
from gateway.parts import Parts
from gateway.ports import Claim
from gateway.store.answers import Answer
from gateway.store.moves import move
from outbound.connector import Consignment, Refused, TryLater
from partners.profile import Destination


def ship(parts: Parts, answer: Answer) -> None:
    """Hand an answer to the store its profile names. Raises TryLater or Refused.

    A store that refuses us, and not the answer, is a reason to wait.
    """
    destination = _destination(parts, answer)
    if destination is None:
        raise Refused(f"The profiles name no destination {answer.target} any more.")
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
        if refusal.endpoint_wide:
            raise TryLater(refusal.reason) from refusal
        raise


def postpone(parts: Parts, claim: Claim, answer: Answer, wait: TryLater) -> None:
    """Date the next attempt at sending an answer; past the last it is given up."""
    act = parts.act("send", wait.reason)
    destination = _destination(parts, answer)
    due = None
    if destination is not None:
        due = retry_policy(destination).next_due(claim.attempt, act.at, wait.after_s, parts.chance())
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
