"""The ledger's tables of what people are told: causes, what each is made of, and notices on their way."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index
from sqlmodel import Column, Field, SQLModel

from gateway.store.columns import big, long_text, moment, states_of


class Alert(SQLModel, table=True):
    """One cause that a person should know of, however many files or documents it concerns."""

    __tablename__ = "alert"
    __table_args__ = (
        states_of("alert"),
        Index(
            "alert_cause",
            "cause",
            unique=True,
            sqlite_where=Column("resolved_at").is_(None),
            postgresql_where=Column("resolved_at").is_(None),
        ),
        Index("alert_state", "state", "id"),
    )
    id: str = Field(primary_key=True, max_length=40)
    #: What makes it this cause and no other: kind, and whose or where; one open alert each.
    cause: str
    #: A kind of `gateway/alert_kinds.py`: quarantine, reject, dead_letter, …
    kind: str
    partner: str | None = Field(default=None, index=True)
    destination: str | None = None
    state: str
    #: What happened, in one sentence, as of the last time; made safe to show.
    says: str = long_text(nullable=False)
    #: How often it happened.
    count: int = 0
    #: How often people were told it had happened, and when they are told again if there is more.
    told: int = 0
    tell_at: datetime = moment()
    first_at: datetime = moment()
    last_at: datetime = moment()
    resolved_at: datetime | None = moment(nullable=True)


class AlertSubject(SQLModel, table=True):
    """An event that counts towards an alert; the key makes it count once."""

    __tablename__ = "alert_subject"
    event_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    alert_id: str = Field(foreign_key="alert.id", index=True)
    subject_kind: str
    subject: str


class Notice(SQLModel, table=True):
    """What is told of an alert to one address."""

    __tablename__ = "notice"
    __table_args__ = (states_of("notice"), Index("notice_due", "state", "not_before"))
    id: str = Field(primary_key=True, max_length=40)
    alert_id: str | None = Field(default=None, foreign_key="alert.id", index=True)
    #: "mail:NAME@HOST", or "webhook".
    address: str
    #: Subject and text, and what a program is told, as JSON; no payloads.
    content: str = long_text(nullable=False)
    state: str
    attempts: int = 0
    not_before: datetime = moment()
    error: str | None = long_text()
    created_at: datetime = moment()
    sent_at: datetime | None = moment(nullable=True)


class EventCursor(SQLModel, table=True):
    """How far a reader of the events has come."""

    __tablename__ = "event_cursor"
    name: str = Field(primary_key=True)
    #: The last event that it needs not look at again.
    position: int = big()
