"""The log's lines that tell a file's way, from the session that brought it to the answers and the ERP.

Each carries `transmission`, the id of the file that it all came from, so that one search finds the
whole way; on several machines, too. They are written when what they tell is committed, never inside
a transaction.
"""

from __future__ import annotations

import structlog

from gateway.ports import Arrival, Received
from gateway.store.answers import Answer
from outbound.connector import Consignment

log = structlog.get_logger()

#: Ids of documents or transmissions that a line names, at most; a batch may hold thousands.
NAMED = 10


def log_received(arrival: Arrival, received: Received) -> None:
    """A file is kept and recorded, or was before."""
    log.info(
        "transmission.received",
        transmission=received.transmission,
        session=arrival.attributes.get("session", ""),
        channel=arrival.channel,
        partner=arrival.partner,
        file=arrival.name,
        size=received.size,
        sight=received.sight.value,
    )


def log_read(transmission: str, partner: str | None, state: str, status: str, interchanges: int) -> None:
    """A file was read to its end, or as far as it could be."""
    log.info(
        "transmission.read",
        transmission=transmission,
        partner=partner,
        state=state,
        status=status,
        interchanges=interchanges,
    )


def log_answer(answer: Answer) -> None:
    """An answer is where the partner finds it."""
    log.info(
        "answer.sent",
        transmission=answer.answers_file,
        answer=answer.id,
        kind=answer.kind,
        partner=answer.partner,
        target=answer.target,
    )


def log_attempt(consignment: Consignment, attempt: int, outcome: str, code: str = "") -> None:
    """An attempt at a delivery has ended, and its outcome is recorded."""
    facts = consignment.attributes
    log.info(
        "delivery.attempted",
        transmission=facts.get("transmission", ""),
        consignment=facts.get("consignment", ""),
        documents=facts.get("documents", "").split(",")[:NAMED],
        partner=facts.get("partner", ""),
        destination=facts.get("destination", ""),
        attempt=attempt,
        outcome=outcome,
        code=code,
    )
