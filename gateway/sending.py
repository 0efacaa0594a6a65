"""Sending answers to stores of the partner's own, and what a refusal comes to."""

from __future__ import annotations

from gateway.delivering import retry_policy
from gateway.parts import Parts
from gateway.ports import Claim
from gateway.store.answers import Answer
from gateway.store.moves import move
from outbound.connector import Consignment, Refused, TryLater


def ship(parts: Parts, answer: Answer) -> None:
    """Hand an answer to the store its profile names. Raises TryLater or Refused."""
    destination = parts.profiles.current().directory.destinations[answer.target]
    attributes = {"partner": answer.partner or "", "kind": answer.kind}
    parts.connect(destination).deliver(
        Consignment(
            key=answer.id,
            file_name=answer.file_name,
            content_type="text/csv" if answer.kind == "CSV" else "application/edi-x12",
            payload=answer.payload,
            attributes=attributes,
        )
    )


def postpone(parts: Parts, claim: Claim, answer: Answer, wait: TryLater) -> None:
    """Date the next attempt at sending an answer; past the last it is given up."""
    destination = parts.profiles.current().directory.destinations[answer.target]
    act = parts.act("send", wait.reason)
    due = retry_policy(destination).next_due(claim.attempt, act.at, wait.after_s, parts.chance())
    if due is None:
        give_up(parts, claim, answer, Refused(wait.reason))
        return
    with parts.ledger.write() as tx:
        parts.jobs.postpone(tx, claim, due, wait.reason)


def give_up(parts: Parts, claim: Claim, answer: Answer, refusal: Refused) -> None:
    """The store refuses the answer: it is dead, and a person decides."""
    with parts.ledger.write() as tx:
        move(tx, parts.act("send", refusal.reason), "acknowledgement", answer.id, "dead")
        parts.jobs.finish(tx, claim)
