"""The ledger's tables as queries use them: SQLModel defines them, SQLAlchemy Core reads and writes."""

from __future__ import annotations

from sqlalchemy import Table
from sqlmodel import SQLModel

from gateway.store.tables import (
    AcceptedIdentity,
    Acknowledgement,
    BusinessKey,
    Consignment,
    ControlNumber,
    ControlReservation,
    Delivery,
    DeliveryAttempt,
    Document,
    Event,
    FindingRow,
    FunctionalGroup,
    HeldUpload,
    Interchange,
    MailboxEntry,
    ProfileVersion,
    ScheduleSlot,
    Task,
    Transmission,
)


def table_of(model: type[SQLModel]) -> Table:
    """The Core table of a model."""
    table = vars(model)["__table__"]
    if not isinstance(table, Table):
        raise TypeError(f"{model.__name__} has no table")
    return table


ACCEPTED_IDENTITY = table_of(AcceptedIdentity)
ACKNOWLEDGEMENT = table_of(Acknowledgement)
BUSINESS_KEY = table_of(BusinessKey)
CONSIGNMENT = table_of(Consignment)
CONTROL_NUMBER = table_of(ControlNumber)
CONTROL_RESERVATION = table_of(ControlReservation)
DELIVERY = table_of(Delivery)
DELIVERY_ATTEMPT = table_of(DeliveryAttempt)
DOCUMENT = table_of(Document)
EVENT = table_of(Event)
FINDING = table_of(FindingRow)
FUNCTIONAL_GROUP = table_of(FunctionalGroup)
HELD_UPLOAD = table_of(HeldUpload)
INTERCHANGE = table_of(Interchange)
MAILBOX_ENTRY = table_of(MailboxEntry)
PROFILE_VERSION = table_of(ProfileVersion)
SCHEDULE_SLOT = table_of(ScheduleSlot)
TASK = table_of(Task)
TRANSMISSION = table_of(Transmission)
