"""The ledger's tables.

Ids are text. A transmission's id is drawn once, when it is recorded; ids of what is read from
it are derived from it (see `identity.py`), so that a reading repeated after a crash writes the
same rows. Times are UTC. JSON columns hold text that only we wrote.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint
from sqlmodel import Column, Field, SQLModel

from gateway.store.columns import UtcDateTime, big, counted, long_text, moment, states_of


class Blob(SQLModel, table=True):
    """Bytes in the archive, apart from whoever uses them."""

    __tablename__ = "blob"
    sha256: str = Field(primary_key=True, max_length=64)
    size: int = big()
    created_at: datetime = moment()
    #: When the bytes may go; None keeps them.
    retain_until: datetime | None = moment(nullable=True)
    #: Key id if the archive encrypts at rest.
    encryption: str | None = None


class ProfileVersion(SQLModel, table=True):
    """All partner profiles as they were applied; transmissions name the version that read them."""

    __tablename__ = "profile_version"
    #: SHA-256 over names and bytes of all files.
    id: str = Field(primary_key=True, max_length=64)
    #: {"acme/profile.toml": text, …} as JSON.
    content: str = long_text(nullable=False)
    applied_at: datetime = moment(index=True)
    applied_by: str


class Transmission(SQLModel, table=True):
    """One file, in or out."""

    __tablename__ = "transmission"
    __table_args__ = (
        UniqueConstraint("channel", "source_key", name="transmission_arrival"),
        CheckConstraint("direction IN ('in', 'out')", name="transmission_direction"),
        states_of("transmission"),
        Index("transmission_sha256", "sha256"),
        Index("transmission_partner", "partner", "id"),
        Index("transmission_name", "name"),
    )
    id: str = Field(primary_key=True, max_length=40)
    direction: str
    channel: str
    source_key: str
    partner: str | None = None
    name: str
    sha256: str = Field(foreign_key="blob.sha256")
    size: int = big()
    standard: str | None = None
    environment: str | None = None
    state: str = Field(index=True)
    #: Verdict over all it holds: accepted, accepted_with_errors, partially_accepted, rejected.
    status: str | None = None
    #: The earlier transmission with the same bytes from the same partner, if any.
    same_as: str | None = None
    profile_version: str | None = None
    #: Facts of the channel as JSON: login, address, bucket.
    facts: str = long_text(nullable=False)
    #: Why it is quarantined, in one sentence.
    note: str | None = long_text()
    received_at: datetime = moment(index=True)
    read_at: datetime | None = moment(nullable=True)
    #: When the partner took its name out of the inbox; the bytes and the work stay.
    unlisted_at: datetime | None = moment(nullable=True)


class Interchange(SQLModel, table=True):
    """One ISA..IEA, or the whole of a delimited file."""

    __tablename__ = "interchange"
    __table_args__ = (
        states_of("interchange"),
        Index("interchange_number", "sender_id", "receiver_id", "control_number"),
        Index("interchange_control", "control_number"),
        Index("interchange_sha256", "sha256"),
    )
    id: str = Field(primary_key=True, max_length=40)
    transmission_id: str = Field(foreign_key="transmission.id", index=True)
    direction: str
    ordinal: int
    partner: str | None = None
    sender_qualifier: str = ""
    sender_id: str = ""
    receiver_qualifier: str = ""
    receiver_id: str = ""
    control_number: str = ""
    version: str = ""
    usage: str = ""
    state: str
    status: str | None = None
    ta1_action: str | None = None
    ta1_note: str | None = None
    #: SHA-256 of the interchange's own bytes: the same number with other bytes is another matter.
    sha256: str | None = None
    #: The accepted interchange whose number this one repeats.
    repeats: str | None = None
    #: Why a person must look at it, in one sentence.
    note: str | None = long_text()
    #: Which reading of its transmission it comes from, and with which profiles.
    generation: int = 0
    profile_version: str | None = None
    #: Sequence of the last document handed on.
    cursor: int = 0
    attempt: int = 0
    settled_at: datetime | None = moment(nullable=True)
    #: What a partner's TA1 said of an interchange of ours: A, E or R.
    answered: str | None = None


class FunctionalGroup(SQLModel, table=True):
    """One GS..GE."""

    __tablename__ = "functional_group"
    __table_args__ = (Index("group_number", "functional_id", "control_number"),)
    id: str = Field(primary_key=True, max_length=40)
    interchange_id: str = Field(foreign_key="interchange.id", index=True)
    direction: str
    ordinal: int
    partner: str | None = None
    functional_id: str
    sender: str
    receiver: str
    control_number: str
    version: str
    status: str | None = None
    #: AK901 to AK909 as JSON.
    ak9: str | None = long_text()
    rejects_all: bool = False
    #: What a partner's 997 said of a group of ours: A, E, P or R.
    answered: str | None = None
    answered_at: datetime | None = moment(nullable=True)


class Document(SQLModel, table=True):
    """One business document in one version."""

    __tablename__ = "document"
    __table_args__ = (
        states_of("document"),
        Index("document_order", "interchange_id", "sequence"),
        Index("document_number", "number"),
        Index("document_state", "state", "id"),
    )
    id: str = Field(primary_key=True, max_length=40)
    transmission_id: str = Field(foreign_key="transmission.id", index=True)
    interchange_id: str = Field(foreign_key="interchange.id")
    group_id: str | None = Field(default=None, foreign_key="functional_group.id")
    #: Place in its interchange, from 1.
    sequence: int
    #: Which reading of its transmission it comes from: 0, and one more each time it is read anew.
    generation: int = 0
    version: int = 1
    supersedes: str | None = None
    partner: str | None = None
    environment: str | None = None
    standard: str
    set_id: str
    control_number: str
    kind: str | None = None
    #: The document's own business number: PO, invoice or shipment.
    number: str = ""
    state: str
    status: str
    disposition: str
    #: Sentences that say why a person must look, one a line.
    hold: str | None = long_text()
    #: AK501 to AK506 as JSON, and the canonical document as JSON.
    ak5: str | None = long_text()
    canonical: str | None = long_text()
    attempt: int = 0
    created_at: datetime = moment()
    settled_at: datetime | None = moment(nullable=True)


class BusinessKey(SQLModel, table=True):
    """A number by which people find a document: purchase order, invoice, shipment, SSCC."""

    __tablename__ = "business_key"
    __table_args__ = (Index("business_key_value", "value", "kind"),)
    document_id: str = Field(primary_key=True, foreign_key="document.id", max_length=40)
    kind: str = Field(primary_key=True)
    value: str = Field(primary_key=True)


class AcceptedIdentity(SQLModel, table=True):
    """A business identity that was handed on: the same number again is a repeat, and says so."""

    __tablename__ = "accepted_identity"
    #: SHA-256 of our identity, partner, environment, kind and number.
    identity: str = Field(primary_key=True, max_length=64)
    version: int = Field(primary_key=True)
    document_id: str = Field(foreign_key="document.id", index=True)


class FindingRow(SQLModel, table=True):
    """A finding as it was made."""

    __tablename__ = "finding"
    id: int | None = counted()
    transmission_id: str = Field(foreign_key="transmission.id", index=True)
    interchange_id: str | None = Field(default=None, index=True)
    document_id: str | None = Field(default=None, index=True)
    code: str = Field(index=True)
    severity: str
    level: str
    #: The finding in the shape of `inspect --json`.
    detail: str = long_text(nullable=False)


class Acknowledgement(SQLModel, table=True):
    """An answer: ours to a partner (out), or a partner's to us (in)."""

    __tablename__ = "acknowledgement"
    __table_args__ = (states_of("acknowledgement"), Index("acknowledgement_state", "state", "id"))
    id: str = Field(primary_key=True, max_length=40)
    direction: str
    #: TA1, 997, 999, 824, CSV.
    kind: str
    partner: str | None = Field(default=None, index=True)
    #: The interchange it answers; None while a partner's answer is unmatched.
    interchange_id: str | None = Field(default=None, index=True)
    #: Its own file: what we sent, or what the partner sent.
    transmission_id: str | None = Field(default=None, index=True)
    control_number: str = ""
    state: str
    file_name: str = ""
    #: Where it goes: "mailbox" or a destination.
    target: str = "mailbox"
    #: The bytes, committed together with their control number.
    payload: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    #: What a partner's answer says, as JSON.
    detail: str | None = long_text()
    created_at: datetime = moment()
    due_at: datetime | None = moment(nullable=True)
    sent_at: datetime | None = moment(nullable=True)
    fetched_at: datetime | None = moment(nullable=True)


class Consignment(SQLModel, table=True):
    """What one attempt hands to a destination: one document or a batch, under one key."""

    __tablename__ = "consignment"
    __table_args__ = (states_of("consignment"), Index("consignment_state", "state", "id"))
    id: str = Field(primary_key=True, max_length=40)
    partner: str | None = Field(default=None, index=True)
    destination: str = Field(index=True)
    kind: str
    environment: str
    #: Idempotency key: the same for every attempt, and for a replay, which the far end may refuse.
    key: str = Field(index=True)
    file_name: str
    #: True if its schedule gathers documents: the payload is then a list, also of one.
    is_batch: bool = False
    state: str
    attempts: int = 0
    #: Attempts made when a person last had it tried again; the allowance counts from there.
    attempts_before: int = 0
    next_at: datetime | None = moment(nullable=True)
    sha256: str | None = None
    reference: str | None = None
    #: The last refusal in the far end's words, made safe, and the catalogue's code of its cause.
    error: str | None = long_text()
    cause: str | None = Field(default=None, index=True)
    #: The profiles whose form and mapping a replay asked for; None for those in force.
    shaped_by: str | None = None
    created_at: datetime = moment()
    delivered_at: datetime | None = moment(nullable=True)


class Delivery(SQLModel, table=True):
    """One document for one destination."""

    __tablename__ = "delivery"
    __table_args__ = (
        states_of("delivery"),
        UniqueConstraint("document_id", "destination", "generation", name="delivery_once"),
        Index("delivery_waiting", "state", "schedule"),
    )
    id: str = Field(primary_key=True, max_length=40)
    document_id: str = Field(foreign_key="document.id", index=True)
    destination: str
    #: 0, and one more for each time a person sends it anew on purpose.
    generation: int = 0
    partner: str | None = None
    #: Name of the schedule whose slot packs it; empty for at once.
    schedule: str = ""
    key: str
    consignment_id: str | None = Field(default=None, foreign_key="consignment.id", index=True)
    state: str
    #: What the far end said of this document, where it answers for each of a batch.
    outcome: str | None = None
    reference: str | None = None
    created_at: datetime = moment()


class DeliveryAttempt(SQLModel, table=True):
    """One try, and what the far end said."""

    __tablename__ = "delivery_attempt"
    consignment_id: str = Field(primary_key=True, foreign_key="consignment.id", max_length=40)
    number: int = Field(primary_key=True)
    begun_at: datetime = moment()
    ended_at: datetime | None = moment(nullable=True)
    #: accepted, duplicate, try_later, refused; None while unknown.
    outcome: str | None = None
    detail: str | None = long_text()
    response_sha256: str | None = None


class MailboxEntry(SQLModel, table=True):
    """A name in a partner's outbox; the bytes are in the archive. (An inbox lists transmissions.)"""

    __tablename__ = "mailbox_entry"
    __table_args__ = (
        Index(
            "mailbox_listed",
            "partner",
            "name",
            unique=True,
            sqlite_where=Column("removed_at").is_(None),
            postgresql_where=Column("removed_at").is_(None),
        ),
    )
    id: str = Field(primary_key=True, max_length=40)
    partner: str
    name: str
    size: int = big()
    sha256: str = Field(foreign_key="blob.sha256")
    transmission_id: str = Field(foreign_key="transmission.id", index=True)
    acknowledgement_id: str | None = Field(default=None, index=True)
    modified_at: datetime = moment()
    #: When, and by which login and key, it was first read to its end.
    fetched_at: datetime | None = moment(nullable=True)
    fetched_by: str | None = None
    removed_at: datetime | None = moment(nullable=True)
    removed_by: str | None = None


class HeldUpload(SQLModel, table=True):
    """An upload that waits for its rename, or to be resumed; its bytes are in the spool."""

    __tablename__ = "held_upload"
    partner: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    upload: str
    path: str
    size: int = big()
    sha256: str | None = None
    #: True if the client closed it; False if its connection broke.
    complete: bool
    modified_at: datetime = moment()


class ControlNumber(SQLModel, table=True):
    """The next control number of a series; drawn in the transaction that stores what carries it."""

    __tablename__ = "control_number"
    #: interchange, group or set, and whose: "interchange ZZ:US ZZ:ACME".
    series: str = Field(primary_key=True)
    next: int


class ControlReservation(SQLModel, table=True):
    """Numbers drawn before their payload was written; used, or void with a reason."""

    __tablename__ = "control_reservation"
    __table_args__ = (CheckConstraint("state IN ('reserved', 'used', 'void')", name="reservation_state"),)
    series: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    #: The interchange whose answer it was drawn for.
    subject: str = Field(index=True)
    state: str
    reason: str | None = None


class ScheduleSlot(SQLModel, table=True):
    """A slot that has fired; the key makes it fire once however many processes run."""

    __tablename__ = "schedule_slot"
    schedule: str = Field(primary_key=True)
    slot: datetime = Field(sa_column=Column(UtcDateTime, primary_key=True))
    fired_at: datetime = moment()


class Event(SQLModel, table=True):
    """Something that happened to something, by someone. Append-only."""

    __tablename__ = "event"
    __table_args__ = (Index("event_subject", "subject"),)
    id: int | None = counted()
    at: datetime = moment()
    #: A person's login, a partner's login, or the stage that did it.
    actor: str
    action: str
    subject_kind: str
    subject: str
    before: str | None = None
    after: str | None = None
    reason: str | None = long_text()
