"""The ledger's tables about far ends: how each is doing, what waits for it, in which order, and replays."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Identity, Index, UniqueConstraint
from sqlmodel import Column, Field, SQLModel

from gateway.store.columns import COUNTED, long_text, moment, states_of


class DestinationRow(SQLModel, table=True):
    """How a destination is doing, for all nodes alike; one that never had a fault has no row."""

    __tablename__ = "destination"
    __table_args__ = (states_of("destination"),)
    #: The destination's name in the profiles.
    id: str = Field(primary_key=True, max_length=63)
    state: str
    #: Failures in a row while closed.
    failures: int = 0
    #: How often the breaker opened in a row without a delivery between.
    openings: int = 0
    #: The consignment that failed last: one that fails again and again counts once.
    last_failed: str | None = None
    #: When the next probe may go (open), or is given up for lost (half_open).
    probe_at: datetime | None = moment(nullable=True)
    #: The consignment that probes.
    probe: str | None = None
    #: The catalogue's code and the sentence that say why it is not closed.
    cause: str | None = None
    reason: str | None = long_text()
    since: datetime = moment()
    #: True if a person paused it: then only a person resumes it.
    by_person: bool = False
    #: Salted scrypt of address and secrets when it was paused: other ones resume it.
    credentials: str | None = None
    #: When the next delivery may begin, where the rate is limited.
    turn_at: datetime | None = moment(nullable=True)


class Parked(SQLModel, table=True):
    """A consignment that waits outside the task queue, in the order of its parking."""

    __tablename__ = "parked"
    __table_args__ = (
        UniqueConstraint("consignment_id", name="parked_once"),
        Index("parked_place", "destination", "waits_for", "id"),
    )
    id: int | None = Field(default=None, sa_column=Column(COUNTED, Identity(), primary_key=True))
    consignment_id: str = Field(foreign_key="consignment.id")
    destination: str
    #: "destination": until it takes deliveries again. "turn": until an earlier one of its lane has ended.
    waits_for: str


class Turn(SQLModel, table=True):
    """A consignment's place in a lane, kept until it is delivered: the lowest not ended may begin."""

    __tablename__ = "turn"
    __table_args__ = (
        UniqueConstraint("lane", "consignment_id", name="turn_once"),
        Index("turn_place", "lane", "id"),
        Index("turn_consignment", "consignment_id"),
    )
    id: int | None = Field(default=None, sa_column=Column(COUNTED, Identity(), primary_key=True))
    #: Destination and partner, or destination, partner and order number.
    lane: str
    consignment_id: str = Field(foreign_key="consignment.id")


class Replay(SQLModel, table=True):
    """A reading anew that a person asked for, and what was chosen."""

    __tablename__ = "replay"
    transmission_id: str = Field(primary_key=True, foreign_key="transmission.id", max_length=40)
    #: Of the reading.
    generation: int = Field(primary_key=True)
    #: The profiles it is read with, None for those in force when it is read.
    profile_version: str | None = None
    #: The only document meant, None for all.
    document_id: str | None = None
    #: "same": what was handed on keeps its keys; "new": every document gets the next version's key.
    keys: str
    asked_at: datetime = moment()
    asked_by: str
    reason: str = long_text(nullable=False)
