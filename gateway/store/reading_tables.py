"""The ledger's tables about reading an ERP: how far its changes were read, and what each record said last."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from gateway.store.columns import big, moment


class ErpCursor(SQLModel, table=True):
    """How far a channel has read the changes of one kind of record. It only ever moves on."""

    __tablename__ = "erp_cursor"
    channel: str = Field(primary_key=True, max_length=63)
    #: The kind of record, as the ERP calls it: "sale.sale".
    source: str = Field(primary_key=True, max_length=63)
    #: Of the last record that was read: the ERP's own mark of its change, which sorts as text.
    version: str
    #: The id of that record, which tells those of the same version apart.
    record: int = big()
    #: When the ERP was last asked and had nothing more to tell.
    read_at: datetime | None = moment(nullable=True)


class ErpRecord(SQLModel, table=True):
    """What a record of an ERP said when it was last read, so that a change that says nothing new is none.

    Written in the transaction that records the arrival, so that there is never one without the other.
    """

    __tablename__ = "erp_record"
    channel: str = Field(primary_key=True, max_length=63)
    #: The record, as the ERP calls it: "sale.sale,12".
    record: str = Field(primary_key=True)
    #: The ERP's own mark of its last change.
    version: str
    #: SHA-256 of what it says to the partner.
    digest: str = Field(max_length=64)
