"""Dividing: what becomes of the documents of a batch that the far end did not take (FI-F13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gateway.ports import Job
from gateway.store import deliveries, turns
from gateway.store.deliveries import Packed, Share
from gateway.store.identity import business_identity, derived
from gateway.store.moves import Act, record
from outbound.connector import Outcome, Result


def divide(
    tx: Connection, act: Act, packed: Packed, results: Mapping[str, Result], due: datetime | None
) -> list[Job]:
    """Keep what the far end said of each document; those not taken leave for consignments of their own.

    A rejected one becomes a dead letter by itself. Those for later are one new consignment, with
    the turns of the old one, tried again at `due`; the far end knows each document by its own key.
    Runs in the caller's transaction, which also ends the old consignment.
    """
    later: list[Share] = []
    for share in deliveries.shares_of(tx, packed.id):
        result = results.get(share.document_id)
        if result is None:
            continue
        deliveries.note_result(tx, share.id, result.outcome.value, result.reference)
        if result.outcome is Outcome.REJECTED:
            _bury(tx, act, packed, share, result)
        elif result.outcome is Outcome.TRY_LATER:
            later.append(share)
    return [_carry_on(tx, act, packed, later, due)] if later else []


def _bury(tx: Connection, act: Act, packed: Packed, share: Share, result: Result) -> None:
    row = _consignment(act, packed, [share])
    row |= {"state": "dead", "error": result.reason, "cause": result.code or None}
    deliveries.move_into(tx, row, [share.id])
    said = Act(act.actor, act.at, result.reason)
    record(tx, said, "consignment.dead", "consignment", row["id"], after="dead")


def _carry_on(tx: Connection, act: Act, packed: Packed, shares: Sequence[Share], due: datetime | None) -> Job:
    row = _consignment(act, packed, shares)
    deliveries.move_into(tx, row | {"state": "due", "next_at": due}, [share.id for share in shares])
    turns.hand_over(tx, packed.id, row["id"])
    return Job("deliver", row["id"], partner=packed.partner, not_before=due)


def _consignment(act: Act, packed: Packed, shares: Sequence[Share]) -> dict[str, Any]:
    """A consignment of documents that another one carried; a list like that one, under a key of its own."""
    keys = [share.key for share in shares]
    key = keys[0] if len(keys) == 1 else business_identity(*keys)[:32]
    stem, _, ending = packed.file_name.rpartition(".")
    return {
        "id": derived("cs", packed.id, *[share.id for share in shares]),
        "partner": packed.partner,
        "destination": packed.destination,
        "kind": packed.kind,
        "environment": packed.environment,
        "key": f"{packed.destination}.{key}",
        "file_name": f"{stem}_{key[:12]}.{ending}",
        "is_batch": packed.is_batch,
        "state": "due",
        "attempts": 0,
        "shaped_by": packed.shaped_by,
        "created_at": act.at,
    }
