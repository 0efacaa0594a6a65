"""What we understood of one file: the verdicts, level by level, before anything is stored or sent.

`translators.reading.read_file` gives these in order; `tradepost inspect` prints them, the
pipeline stores them. Nothing here knows a database, a clock or a network.

    FileOpened
      InterchangeOpened
        DocumentRead*  GroupEnded      (once a group)
      InterchangeEnded
    FileEnded

A document's status may still fall when its group or interchange ends: `GroupEnded` and
`InterchangeEnded` carry the last word.
"""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING

from parsers.finding import Finding
from parsers.record import mutable_record, record
from parsers.x12.model import GroupHeader, InterchangeHeader, PartyId
from translators.outcomes import Ak5, Outcomes

if TYPE_CHECKING:
    from partners.agreement import Agreement
    from translators.canonical.document import Document
    from translators.translation import Prepared, Translation


class Status(StrEnum):
    """A verdict. PARTIALLY_ACCEPTED is for what holds several documents, never for one."""

    ACCEPTED = "accepted"
    ACCEPTED_WITH_ERRORS = "accepted_with_errors"
    PARTIALLY_ACCEPTED = "partially_accepted"
    REJECTED = "rejected"


class Disposition(StrEnum):
    """What becomes of a document; HOLD waits for a person, NONE was meant for us (a 997)."""

    DELIVER = "deliver"
    HOLD = "hold"
    REJECT = "reject"
    NONE = "none"


@record
class Ak9:
    """The answer to one group, AK901 to AK909 as they are written."""

    code: str
    declared: str
    received: str
    accepted: str
    notes: tuple[str, ...] = ()


@record
class Ta1:
    """The answer to one interchange. action: TA104 (A, E, R). note: TA105, three digits."""

    action: str
    note: str


@record
class BusinessKey:
    """A number that people search by. kind: purchase_order, invoice, shipment, sscc …"""

    kind: str
    value: str


@mutable_record
class DocumentReport:
    """One document of a file.

    set_id: ST01, or the layout's document kind for a delimited file.
    ordinal: place in its group, from 1.
    kind: canonical kind ("order", "invoice", …), "acknowledgement" for 997, 999 and 824,
        None if we have no translation.
    translation: what our business sees in it, None if we have no translation.
    hold: sentences that say why a person must look; empty unless disposition is HOLD.
    answers: what an inbound acknowledgement says, in the shape of `inspect --json`; None otherwise.
    number: the document's own business number (BEG03, BSN02, BIG02), "" if unknown.
    first_row, last_row: rows of a delimited file; None for X12.
    """

    set_id: str
    control_number: str
    implementation: str
    ordinal: int
    status: Status
    disposition: Disposition
    ak5: Ak5 | None
    findings: list[Finding]
    kind: str | None = None
    translation: Translation | Prepared | None = None
    hold: tuple[str, ...] = ()
    answers: dict[str, object] | None = None
    number: str = ""
    segment_count: int = 0
    offset: int = 0
    size: int = 0
    first_row: int | None = None
    last_row: int | None = None

    @property
    def canonical(self) -> Document | None:
        """The canonical document (a dataclass of translators.canonical), None if there is none."""
        return None if self.translation is None else self.translation.document

    @property
    def json(self) -> bytes | None:
        """The canonical document as UTF-8 JSON on one line, None if there is none."""
        return None if self.translation is None else self.translation.json

    @property
    def keys(self) -> tuple[BusinessKey, ...]:
        """The numbers that people search the document by."""
        return () if self.translation is None else self.translation.keys


@record
class Advice:
    """A document that the 997 accepts, as an 824 speaks of it.

    kind, identity: what tells it from other documents of our business, as `DocumentReport.kind` and
        `.number`. number, date: as sent in its beginning segment, "" if not known. keys: the numbers
        to name it by. held: True if its findings make it wait for a person.
    refused: True if a person has decided against it.
    findings: those of our business that the partner should know.
    """

    set_id: str
    control_number: str
    kind: str
    identity: str
    number: str
    date: str
    keys: tuple[BusinessKey, ...] = ()
    held: bool = False
    refused: bool = False
    findings: tuple[Finding, ...] = ()


@mutable_record
class GroupReport:
    """One functional group; the single pseudo-group of a delimited file has header None.

    ordinal: place in its interchange, from 1. answered: False for groups that get no 997
    (functional id FA, or the profile answers nothing).
    rejects_all: True if a fault of the group as a whole rejects every document in it.
    outcomes: the answer to every set in order, with the findings of those that have any;
        what a 997, a 999 and a receipt are written from. Documents themselves are not kept.
    advices: every document that the 997 accepts, if the profile has 824s sent; else empty.
    """

    header: GroupHeader | None
    ordinal: int
    status: Status = Status.ACCEPTED
    ak9: Ak9 | None = None
    answered: bool = False
    rejects_all: bool = False
    findings: list[Finding] = field(default_factory=list)
    outcomes: Outcomes = field(default_factory=Outcomes)
    advices: list[Advice] = field(default_factory=list)


@mutable_record
class InterchangeReport:
    """One interchange; the single pseudo-interchange of a delimited file has header None.

    ordinal: place in its file, from 1. partner: name of the partner it belongs to, None if unknown.
    agreement: how it was read and will be answered; None if no partner is known.
    ta1: what a TA1 says or would say; None for a delimited file. ta1_due: True if policy sends it.
    rejected: True if the interchange as a whole was refused: nothing in it is processed, no 997 follows.
    received_ta1: TA1 segments found inside, each as {"TA101": …}.
    offset, end: the interchange's bytes in the file; end is set when it has ended.
    file_name: the sender's name of a delimited file, a label; receipt_due: True if its rule wants a receipt.
    from_erp: True for canonical documents of our own ERP, which are for the partner.
    """

    header: InterchangeHeader | None
    ordinal: int
    partner: str | None
    agreement: Agreement | None
    sender: PartyId | None
    receiver: PartyId | None
    usage: str
    status: Status = Status.ACCEPTED
    ta1: Ta1 | None = None
    ta1_due: bool = False
    rejected: bool = False
    received_ta1: list[dict[str, str]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    groups: list[GroupReport] = field(default_factory=list)
    offset: int = 0
    end: int = 0
    file_name: str = ""
    receipt_due: bool = False
    from_erp: bool = False


@record
class FileOpened:
    """format: "x12", "csv", "canonical", or None if the bytes are nothing we know."""

    format: str | None


@record
class InterchangeOpened:
    """The report is filled while reading; only header, ordinal, partner and agreement are final."""

    report: InterchangeReport


@record
class DocumentRead:
    """A document, with the group and interchange it is in."""

    document: DocumentReport
    group: GroupReport
    interchange: InterchangeReport


@record
class GroupEnded:
    """The group's last word."""

    report: GroupReport
    interchange: InterchangeReport


@record
class InterchangeEnded:
    """The interchange's last word."""

    report: InterchangeReport


@record
class FileEnded:
    """status rolls up all interchanges; findings are of level file; readable: was anything recognised."""

    status: Status
    findings: tuple[Finding, ...]
    readable: bool


ReportEvent = FileOpened | InterchangeOpened | DocumentRead | GroupEnded | InterchangeEnded | FileEnded
