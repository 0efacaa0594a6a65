"""`tradepost inspect --json`: what we make of one file, as a stream of JSON.

The keys are a promise (documented in docs/): keys and values may be added, never changed;
unused keys are null. Status stands before what it sums up, so that what is inside is spooled
to a temporary file first; memory does not grow with the number of documents.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import field
from datetime import datetime
from typing import IO, TYPE_CHECKING, BinaryIO

from parsers.finding import Finding
from parsers.record import mutable_record, record
from translators.acknowledgements.answer import Answer, PreviewNumbers
from translators.acknowledgements.answers import write_answers
from translators.reading import read_file
from translators.report import (
    Disposition,
    DocumentRead,
    DocumentReport,
    FileEnded,
    FileOpened,
    GroupReport,
    InterchangeEnded,
    InterchangeReport,
    ReportEvent,
    Status,
)

if TYPE_CHECKING:
    from gateway.screen import Screen
    from parsers.x12.dictionary import Dictionary
    from partners.agreement import Agreement
    from partners.directory import Directory
    from translators.beside import Helper

SCHEMA = "inspect-1.0.0"
#: Spools up to this size stay in memory.
SPOOL_BYTES = 4 * 1024 * 1024
COPIED_BYTES = 1024 * 1024

ACCEPTED, FAULTY, UNREADABLE = 0, 1, 2
"""Exit status: accepted; with errors or rejected; not readable as anything we know."""

Json = dict[str, object]


@record
class Inspection:
    """What to inspect, and how.

    stream: seekable, at its start. name: the file's name, a label that also chooses a CSV layout.
    directory: the partners we know; None: everybody is welcome. agreement: of the partner named.
    senders: whom the file may come from, None for anybody. dictionary: the X12 standard with tables of
    one's own, None for those of the directory. at: aware, the time of the previewed answers.
    translate: False leaves out what only our business finds. helper: reads some sets beside us.
    """

    stream: BinaryIO
    name: str
    at: datetime
    directory: Directory | None = None
    agreement: Agreement | None = None
    senders: tuple[str, ...] | None = None
    dictionary: Dictionary | None = None
    translate: bool = True
    helper: Helper | None = None

    def events(self) -> Iterator[ReportEvent]:
        """The report of the file, event by event; may be taken once."""
        return read_file(
            self.stream,
            name=self.name,
            directory=self.directory,
            agreement=self.agreement,
            senders=self.senders,
            repeats="refuse",
            dictionary=self.dictionary,
            translate=self.translate,
            helper=self.helper,
        )

    def previews(self, report: InterchangeReport) -> list[Answer]:
        """The answers that the interchange would get, with control number 1."""
        return write_answers(report, PreviewNumbers(), self.at)


def exit_status(ended: FileEnded) -> int:
    """What the command returns for a file that ended so."""
    if not ended.readable:
        return UNREADABLE
    return ACCEPTED if ended.status is Status.ACCEPTED else FAULTY


def write_json(
    inspection: Inspection,
    out: BinaryIO,
    *,
    canonical: bool = True,
    further: Callable[[], Json] | None = None,
) -> int:
    """Write the report to `out` as UTF-8 JSON and give the exit status.

    canonical: False leaves the documents' content out (its key is then null).
    further: asked, once the file has been read, for keys to stand at the end.
    """
    with ExitStack() as spools:
        writer = _Writer(inspection, spools, canonical=canonical)
        for event in inspection.events():
            writer.take(event)
        return writer.finish(out, further() if further else {})


@mutable_record
class _List:
    """A JSON array in the making, on disk once it is large."""

    spool: IO[bytes]
    length: int = 0

    def add(self, *pieces: bytes) -> None:
        if self.length:
            self.spool.write(b",")
        self.length += 1
        self.spool.writelines(pieces)

    def copy_to(self, out: IO[bytes]) -> None:
        self.spool.seek(0)
        out.write(b"[")
        while chunk := self.spool.read(COPIED_BYTES):
            out.write(chunk)
        out.write(b"]")


@mutable_record
class _Documents:
    """The documents of one interchange, one a line in the order read, with how many each group has."""

    spool: IO[bytes]
    counts: dict[int, int] = field(default_factory=dict)

    def add(self, group: GroupReport, line: bytes) -> None:
        self.counts[group.ordinal] = self.counts.get(group.ordinal, 0) + 1
        self.spool.write(line + b"\n")

    def rewind(self) -> None:
        self.spool.seek(0)

    def of(self, group: GroupReport) -> Iterator[bytes]:
        """The lines of a group; groups must be asked for in their order."""
        for _ in range(self.counts.get(group.ordinal, 0)):
            yield self.spool.readline().rstrip(b"\n")

    def clear(self) -> None:
        self.counts = {}
        self.spool.seek(0)
        self.spool.truncate()


class _Writer:
    """Turns report events into the JSON text."""

    def __init__(self, inspection: Inspection, spools: ExitStack, *, canonical: bool) -> None:
        self._inspection = inspection
        self._canonical = canonical
        self._format: str | None = None
        self._ended: FileEnded | None = None
        self._documents = _Documents(_spool(spools))
        self._interchanges = _List(_spool(spools))
        self._answers = _List(_spool(spools))

    def take(self, event: ReportEvent) -> None:
        match event:
            case FileOpened():
                self._format = event.format
            case DocumentRead():
                self._documents.add(event.group, self._document(event.document))
            case InterchangeEnded():
                self._interchange(event.report)
            case FileEnded():
                self._ended = event

    def finish(self, out: BinaryIO, further: Json) -> int:
        if self._ended is None:
            raise RuntimeError("the report broke off")
        head = {
            "schema": SCHEMA,
            "file": self._inspection.name,
            "format": self._format,
            "status": self._ended.status.value,
            "findings": _findings(self._ended.findings),
        }
        out.write(_dump(head)[:-1] + b',"interchanges":')
        self._interchanges.copy_to(out)
        out.write(b',"acknowledgements":')
        self._answers.copy_to(out)
        out.write(b"," + _dump(further)[1:] if further else b"}")
        out.write(b"\n")
        return exit_status(self._ended)

    def _document(self, document: DocumentReport) -> bytes:
        """One line; the canonical document is put in as the bytes its codec gives."""
        head = {
            "set": document.set_id or None,
            "control_number": document.control_number or None,
            "implementation": document.implementation or None,
            "status": document.status.value,
            "ak5": None
            if document.ak5 is None
            else {"AK501": document.ak5.code, "AK502": list(document.ak5.notes)},
            "disposition": document.disposition.value,
            "findings": _findings(document.findings),
        }
        content = b"null"
        if self._canonical:
            content = document.json or content
        tail = _dump({"answers": document.answers})[1:]
        return _dump(head)[:-1] + b',"canonical":' + content + b"," + tail

    def _interchange(self, report: InterchangeReport) -> None:
        self._documents.rewind()
        self._interchanges.add(_dump(_interchange_head(report))[:-1] + b',"groups":[')
        spool = self._interchanges.spool
        for index, group in enumerate(report.groups):
            spool.write((b"," if index else b"") + _dump(_group_head(group, report))[:-1] + b',"documents":[')
            for position, line in enumerate(self._documents.of(group)):
                spool.write(b"," if position else b"")
                spool.write(_felled(line) if group.rejects_all or report.rejected else line)
            spool.write(b"]}")
        spool.write(b"]}")
        self._documents.clear()
        for answer in self._inspection.previews(report):
            self._answers.add(_dump(_answer(answer)))


def _spool(spools: ExitStack) -> IO[bytes]:
    from tempfile import SpooledTemporaryFile  # for --json alone: it is slow to load

    return spools.enter_context(SpooledTemporaryFile(max_size=SPOOL_BYTES))


def _dump(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def _findings(findings: Iterable[Finding]) -> list[Json]:
    return [finding.as_json() for finding in findings]


def _interchange_head(report: InterchangeReport) -> Json:
    header, sender, receiver = report.header, report.sender, report.receiver
    return {
        "control_number": header.control_number if header else None,
        "sender": {"qualifier": sender and sender.qualifier, "id": sender and sender.id},
        "receiver": {"qualifier": receiver and receiver.qualifier, "id": receiver and receiver.id},
        "version": header.version if header else None,
        "usage": report.usage or None,
        "ack_requested": header.ack_requested if header else None,
        "status": report.status.value,
        "ta1": {"TA104": report.ta1.action, "TA105": report.ta1.note} if report.ta1 else None,
        "received_ta1": report.received_ta1,
        "findings": _findings(report.findings),
    }


def _group_head(group: GroupReport, interchange: InterchangeReport) -> Json:
    """A group falls with its interchange; its AK9 says so, though only a TA1 is sent then."""
    header, ak9 = group.header, group.ak9
    told = None
    if ak9 is not None:
        told = {
            "AK901": ak9.code,
            "AK902": ak9.declared,
            "AK903": ak9.received,
            "AK904": ak9.accepted,
            "AK905": list(ak9.notes),
        }
    return {
        "functional_id": header.functional_id if header else None,
        "sender": header.sender if header else None,
        "receiver": header.receiver if header else None,
        "control_number": header.control_number if header else None,
        "version": header.version if header else None,
        "status": (Status.REJECTED if interchange.rejected else group.status).value,
        "ak9": told,
        "findings": _findings(group.findings),
    }


def _felled(line: bytes) -> bytes:
    """A document as it stands once its group or interchange is rejected as a whole."""
    document = json.loads(line)
    document["status"] = Status.REJECTED.value
    if document["ak5"] is not None:
        document["ak5"]["AK501"] = "R"
    if document["disposition"] != Disposition.NONE.value:
        document["disposition"] = Disposition.REJECT.value
    return _dump(document)


def _answer(answer: Answer) -> Json:
    return {
        "kind": answer.kind,
        "interchange": answer.answers_interchange or None,
        "groups": [group.control_number for group in answer.groups],
        "text": answer.payload.decode("utf-8-sig", "replace"),
    }


def show(inspection: Inspection, screen: Screen) -> int:
    """Print the report for people and give the exit status; see `gateway.inspect_view`."""
    from gateway import inspect_view

    return inspect_view.show(inspection, screen)
