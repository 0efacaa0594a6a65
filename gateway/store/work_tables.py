"""The ledger's tables of work: what is to be done, and the processes that do it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, UniqueConstraint, text
from sqlmodel import Column, Field, SQLModel

from gateway.store.columns import counted, long_text, moment, states_of

_OPEN = "state IN ('waiting', 'running')"
_ORDERED = text(f"order_key IS NOT NULL AND {_OPEN}")
_RANKED = text(f"rank > 0 AND {_OPEN}")
_SERVED = text("rank > 0 AND state = 'running'")


class Task(SQLModel, table=True):
    """A stage to run for a subject: the truth about work, whatever engine runs it."""

    __tablename__ = "task"
    __table_args__ = (
        states_of("task"),
        UniqueConstraint("stage", "subject", "generation", name="task_once"),
        Index("task_due", "state", "partner", "not_before"),
        Index("task_ordered", "order_key", "id", sqlite_where=_ORDERED, postgresql_where=_ORDERED),
        Index("task_rank", "partner", "rank", sqlite_where=_RANKED, postgresql_where=_RANKED),
        Index("task_served", "rank", sqlite_where=_SERVED, postgresql_where=_SERVED),
    )
    id: int | None = counted()
    stage: str
    subject: str
    generation: int = 0
    partner: str | None = None
    state: str
    attempt: int = 0
    not_before: datetime = moment()
    error: str | None = long_text()
    #: Tasks of one key run one at a time, in the order in which they were asked for.
    order_key: str | None = None
    #: What put it back last, if a fault did and not the stage, and how often in a row.
    fault: str | None = Field(default=None, max_length=63)
    faults: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))
    #: Whose turn it is where many machines share the work: the lowest is next. 0 where one works alone.
    rank: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))


class Node(SQLModel, table=True):
    """A process of `tradepost run` on this ledger. One that is not seen any more is taken for dead."""

    __tablename__ = "node"
    #: Drawn at its start: a process that starts anew is another node.
    id: str = Field(primary_key=True, max_length=40)
    #: Host name and process number.
    name: str
    #: Roles, with commas between.
    roles: str
    version: str
    #: Where its SFTP server listens; empty without one.
    address: str = ""
    #: Times of the database's own clock.
    started_at: datetime = moment()
    seen_at: datetime = moment()
    #: When it said that it stops.
    stopped_at: datetime | None = moment(nullable=True)
    #: The stages it ran when it was last seen, one a line.
    doing: str = long_text(nullable=False)
