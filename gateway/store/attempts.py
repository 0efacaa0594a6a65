"""Attempts at deliveries: begun before the far end hears of them, ended with what it said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, update

from gateway.store.core import DELIVERY_ATTEMPT as ATTEMPT
from gateway.store.core import insert_absent


def begin_attempts(tx: Connection, attempts: Sequence[tuple[str, int]], now: datetime) -> None:
    """Note that attempts begin, before the far end hears of them. attempts: consignment and number."""
    rows = [{"consignment_id": one, "number": number, "begun_at": now} for one, number in attempts]
    insert_absent(tx, ATTEMPT, rows)


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of an attempt. detail: its receipt or its fault. response: SHA-256 of what was said."""

    consignment: str
    number: int
    outcome: str
    detail: str | None
    response: str | None


def end_attempts(tx: Connection, those: Sequence[Ended], now: datetime) -> None:
    """Note what became of attempts."""
    rows = [
        {
            "of_consignment": one.consignment,
            "nth": one.number,
            "ended": now,
            "became": one.outcome,
            "said": one.detail,
            "answered": one.response,
        }
        for one in those
    ]
    tx.execute(_ENDING, rows)


_ENDING = (
    update(ATTEMPT)
    .where(ATTEMPT.c.consignment_id == bindparam("of_consignment"), ATTEMPT.c.number == bindparam("nth"))
    .values(
        ended_at=bindparam("ended"),
        outcome=bindparam("became"),
        detail=bindparam("said"),
        response_sha256=bindparam("answered"),
    )
)
