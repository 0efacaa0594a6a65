"""Reports as rows: pure functions from what was understood to what the ledger keeps of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from gateway.store.identity import derived, numbered
from gateway.store.readings import Row, finding_row
from translators.report import DocumentReport, GroupReport, InterchangeReport

ENVIRONMENTS = {"P": "production", "T": "test", "I": "test"}
#: What documents of our own ERP are written in.
CANONICAL = "canonical"


#: Longest text in a column that is searched; the canonical document has it whole.
MAX_KEY_CHARS = 255


def column(text: str) -> str:
    """Partner text for a searched column: no NUL, which PostgreSQL refuses, and of bounded length."""
    return text.replace("\0", "\ufffd")[:MAX_KEY_CHARS]


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of one transmission.

    profiles: the version that reads it. generation: 0 for the first, one more each time it is read
    anew. version: of the documents it gives. superseded: generation of the reading whose documents
    these replace, None if there were none. successors: documents of that reading that were read anew
    alone since, old id to new. only: the id of the one document that is read anew, None for all.
    """

    transmission: str
    generation: int
    attempt: int
    profiles: str
    version: int = 1
    superseded: int | None = None
    successors: Mapping[str, str] = field(default_factory=dict)
    only: str | None = None

    def means(self, superseded: str | None) -> bool:
        """True if the document that replaces `superseded` is to be read."""
        return self.only is None or self.only == superseded

    def before_id(self, ordinal: int) -> str:
        """The id that the interchange at `ordinal` had in the reading before, if there was one."""
        return derived("ix", self.transmission, self.superseded, ordinal)

    def interchange_id(self, ordinal: int) -> str:
        """The id of the interchange at `ordinal`."""
        return derived("ix", self.transmission, self.generation, ordinal)

    def group_id(self, interchange: int, ordinal: int) -> str:
        """The id of a group."""
        return derived("gr", self.transmission, self.generation, interchange, ordinal)

    def document_id(self, interchange: int, group: int, ordinal: int) -> str:
        """The id of a document in this reading."""
        return self._document_id(self.generation, interchange, group, ordinal)

    def superseded_id(self, interchange: int, group: int, ordinal: int) -> str | None:
        """The id the document had in the reading before, None if that gave no documents."""
        if self.superseded is None:
            return None
        found = self._document_id(self.superseded, interchange, group, ordinal)
        while found in self.successors:
            found = self.successors[found]
        return found

    def _document_id(self, generation: int, interchange: int, group: int, ordinal: int) -> str:
        return numbered("doc", self.transmission, generation, interchange, group, ordinal=ordinal)


def interchange_row(reading: Reading, report: InterchangeReport) -> Row:
    """An interchange in state reading."""
    header = report.header
    return {
        "id": reading.interchange_id(report.ordinal),
        "transmission_id": reading.transmission,
        "direction": "in",
        "ordinal": report.ordinal,
        "partner": report.partner,
        "sender_qualifier": column(report.sender.qualifier) if report.sender else "",
        "sender_id": column(report.sender.id) if report.sender else "",
        "receiver_qualifier": column(report.receiver.qualifier) if report.receiver else "",
        "receiver_id": column(report.receiver.id) if report.receiver else "",
        "control_number": column(header.control_number) if header else "",
        "version": column(header.version) if header else "",
        "usage": column(report.usage),
        "state": "reading",
        "generation": reading.generation,
        "profile_version": reading.profiles,
        "cursor": 0,
        "attempt": reading.attempt,
    }


def group_row(reading: Reading, interchange: InterchangeReport, group: GroupReport) -> Row:
    """A group whose verdict is not known yet."""
    header = group.header
    return {
        "id": reading.group_id(interchange.ordinal, group.ordinal),
        "interchange_id": reading.interchange_id(interchange.ordinal),
        "direction": "in",
        "ordinal": group.ordinal,
        "partner": interchange.partner,
        "functional_id": column(header.functional_id) if header else "",
        "sender": column(header.sender) if header else "",
        "receiver": column(header.receiver) if header else "",
        "control_number": column(header.control_number) if header else "",
        "version": column(header.version) if header else "",
    }


#: Of a group whose end has not been read.
UNJUDGED: Row = {"status": None, "ak9": None, "rejects_all": False}


def group_verdict(group: GroupReport) -> Row:
    """What the end of a group settles."""
    ak9 = group.ak9
    said = None
    if ak9 is not None:
        said = json.dumps([ak9.code, ak9.declared, ak9.received, ak9.accepted, *ak9.notes])
    return {"status": group.status.value, "ak9": said, "rejects_all": group.rejects_all}


def document_row(
    reading: Reading,
    interchange: InterchangeReport,
    group: GroupReport,
    document: DocumentReport,
    sequence: int,
    now: datetime,
) -> Row:
    """A staged document."""
    place = (interchange.ordinal, group.ordinal, document.ordinal)
    canonical = None
    if (written := document.json) is not None:
        canonical = written.decode()
    elif document.answers is not None:
        canonical = json.dumps(document.answers, ensure_ascii=False)
    return {
        "id": reading.document_id(*place),
        "transmission_id": reading.transmission,
        "interchange_id": reading.interchange_id(interchange.ordinal),
        "group_id": reading.group_id(interchange.ordinal, group.ordinal),
        "sequence": sequence,
        "generation": reading.generation,
        "version": reading.version,
        "supersedes": reading.superseded_id(*place),
        "partner": interchange.partner,
        "environment": ENVIRONMENTS.get(interchange.usage, "production"),
        "standard": _standard(interchange),
        "set_id": column(document.set_id),
        "control_number": column(document.control_number),
        "kind": document.kind,
        "number": column(document.number),
        "state": "staged",
        "status": document.status.value,
        "disposition": document.disposition.value,
        "hold": "\n".join(document.hold).replace("\0", "\ufffd") or None,
        "ak5": None if document.ak5 is None else json.dumps([document.ak5.code, *document.ak5.notes]),
        "canonical": canonical,
        "attempt": reading.attempt,
        "created_at": now,
    }


def _standard(interchange: InterchangeReport) -> str:
    if interchange.from_erp:
        return CANONICAL
    return "csv" if interchange.header is None else "x12"


def key_rows(document_id: str, document: DocumentReport) -> list[Row]:
    """The numbers by which a document is found, each once."""
    pairs = dict.fromkeys((key.kind, column(key.value)) for key in document.keys if key.value)
    return [{"document_id": document_id, "kind": kind, "value": value} for kind, value in pairs]


def document_findings(
    reading: Reading, interchange_id: str, document_id: str, document: DocumentReport
) -> list[Row]:
    """The findings of one document."""
    return [
        finding_row(finding, reading.transmission, interchange_id, document_id)
        for finding in document.findings
    ]
