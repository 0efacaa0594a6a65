"""Order: a consignment has a turn in each of its lanes, and begins when those before it have ended.

Turns are numbered by the ledger in the transaction that makes the consignment, so that there is one
order for all lanes and two consignments never wait for each other. Who begins, ends or parks in a
lane holds the lane's lock until its transaction ends: none parks just as the one before it ends.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, literal, or_, select, update

from gateway.store.core import CONSIGNMENT, INTERCHANGE, PARKED, TASK, TURN, inserting
from gateway.store.destinations import FOR_TURN, NEXT_GENERATION, Freed, free_oldest, unpark
from gateway.store.readings import Settled, take_turns

#: States in which nobody waits for a consignment any more.
ENDED = frozenset({"delivered", "cancelled"})


def earlier_at_work(view: Connection, settled: Settled) -> bool:
    """True while a file that the same partner sent before, or an earlier part of this one, is being read.

    What waits for a person (in quarantine, held) keeps nobody waiting; a reading that a bug stopped does.
    """
    unfinished = (TASK.c.partner == settled.partner, TASK.c.state.in_(("waiting", "running", "failed")))
    reading = select(TASK.c.id).where(
        *unfinished, TASK.c.stage == "parse", TASK.c.subject < settled.transmission_id
    )
    handing_on = (
        select(TASK.c.id)
        .join(INTERCHANGE, TASK.c.subject == INTERCHANGE.c.id)
        .where(
            *unfinished,
            TASK.c.stage == "hand_on",
            or_(
                INTERCHANGE.c.transmission_id < settled.transmission_id,
                and_(
                    INTERCHANGE.c.transmission_id == settled.transmission_id,
                    INTERCHANGE.c.ordinal < settled.ordinal,
                ),
            ),
        )
    )
    return any(view.execute(query.limit(1)).first() is not None for query in (reading, handing_on))


def give(tx: Connection, lanes: Mapping[str, Collection[str]]) -> None:
    """Give new consignments, in their order, the last turn of each of their lanes. lanes: by consignment."""
    rows = [{"lane": lane, "consignment_id": one} for one, those in lanes.items() for lane in sorted(those)]
    if rows:
        tx.execute(inserting(TURN), rows)


def lock(tx: Connection, consignment: str) -> list[str]:
    """The lanes of a consignment, locked until the transaction ends."""
    lanes = list(
        tx.execute(
            select(TURN.c.lane).where(TURN.c.consignment_id == consignment).order_by(TURN.c.lane)
        ).scalars()
    )
    for lane in lanes:
        take_turns(tx, "lane", lane)
    return lanes


def must_wait(view: Connection, consignment: str, *, dead_counts: bool) -> bool:
    """True if an earlier one in a lane of this consignment has not ended.

    dead_counts: whether a dead letter holds up those behind it until a person has decided.
    """
    return view.execute(_earlier(literal(consignment), dead_counts).limit(1)).first() is not None


def _earlier(consignment: ColumnElement[str], dead_counts: bool) -> Select[Any]:
    """What has not ended yet and lies before a consignment in any of its lanes."""
    mine, other, carrier = TURN.alias("mine"), TURN.alias("other"), CONSIGNMENT.alias("carrier")
    ended = ENDED if dead_counts else ENDED | {"dead"}
    return (
        select(other.c.id)
        .select_from(mine)
        .join(other, other.c.lane == mine.c.lane)
        .join(carrier, carrier.c.id == other.c.consignment_id)
        .where(
            mine.c.consignment_id == consignment,
            other.c.id < mine.c.id,
            other.c.consignment_id != consignment,
            carrier.c.state.not_in(ended),
        )
    )


def leave(tx: Connection, consignment: str) -> None:
    """A delivered consignment needs its turns no more."""
    tx.execute(delete(TURN).where(TURN.c.consignment_id == consignment))


def hand_over(tx: Connection, consignment: str, heir: str) -> None:
    """Give the turns of a consignment to the one that carries on what it could not deliver."""
    tx.execute(update(TURN).where(TURN.c.consignment_id == consignment).values(consignment_id=heir))


def next_in(tx: Connection, lanes: Sequence[str]) -> list[Freed]:
    """Let go the first of those that wait in each of these lanes; whether it may begin, it sees itself."""
    freed: dict[str, Freed] = {}
    for lane in lanes:
        row = tx.execute(
            select(TURN.c.consignment_id, CONSIGNMENT.c.partner, NEXT_GENERATION)
            .join(PARKED, PARKED.c.consignment_id == TURN.c.consignment_id)
            .join(CONSIGNMENT, CONSIGNMENT.c.id == TURN.c.consignment_id)
            .where(TURN.c.lane == lane, PARKED.c.waits_for == FOR_TURN)
            .order_by(TURN.c.id)
            .limit(1)
        ).one_or_none()
        if row is not None:
            freed[row.consignment_id] = Freed(*row)
    if freed:
        unpark(tx, list(freed))
    return list(freed.values())


def overlooked(tx: Connection, destination: str, limit: int, *, dead_counts: bool) -> list[Freed]:
    """Let go those that wait for a turn though nobody is before them any more, at most `limit`.

    Who ends lets the next go; but a dead letter counts no more once the settings say so.
    """
    nobody_before = ~_earlier(PARKED.c.consignment_id, dead_counts).correlate(PARKED).exists()
    return free_oldest(tx, destination, limit, FOR_TURN, nobody_before)
