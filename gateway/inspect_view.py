"""`tradepost inspect` for people: what the file holds, and every fault under the text it stands in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from gateway.inspect import Inspection, exit_status
from parsers.finding import Finding
from parsers.x12.model import Separators
from translators.acknowledgements.answer import Answer
from translators.report import (
    DocumentRead,
    DocumentReport,
    FileEnded,
    FileOpened,
    GroupEnded,
    GroupReport,
    InterchangeEnded,
    InterchangeReport,
    Status,
)

MAX_DOCUMENTS = 50
MAX_FINDINGS = 40
MAX_ANSWER_CHARS = 4000
#: Bytes looked at before and after a place to find its segment.
WINDOW_BYTES = 4096
#: Characters of a segment shown around the place.
SHOWN_CHARS = 96
_COLOURS = {
    Status.ACCEPTED: "green",
    Status.ACCEPTED_WITH_ERRORS: "yellow",
    Status.PARTIALLY_ACCEPTED: "yellow",
    Status.REJECTED: "red",
}


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A segment as sent, and where in it the fault is. text: printable. start, length: characters to mark."""

    text: str
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class _Told:
    """A finding with what it is about. separators: None for a delimited file."""

    finding: Finding
    subject: str
    separators: Separators | None


def show(inspection: Inspection, console: Console) -> int:
    """Print the report of the file and give the exit status.

    Partner text is never taken for markup or control characters (BI-075).
    """
    view = _View(inspection, console)
    status = 2
    for event in inspection.events():
        match event:
            case FileOpened():
                view.heading(event.format)
            case DocumentRead():
                view.document(event.document, event.interchange)
            case GroupEnded():
                view.group(event.report, event.interchange)
            case InterchangeEnded():
                view.interchange(event.report)
            case FileEnded():
                view.ended(event)
                status = exit_status(event)
    return status


def printable(text: str) -> str:
    """`text` with control and other unprintable characters escaped, so that a terminal only shows it."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def excerpt(stream: BinaryIO, finding: Finding, separators: Separators) -> Excerpt | None:
    """The segment of a finding and its element's place; None if the finding has no place in the file."""
    place = finding.location
    if place.byte_offset is None:
        return None
    first = max(0, place.byte_offset - WINDOW_BYTES)
    stream.seek(first)
    window = stream.read(place.byte_offset - first + WINDOW_BYTES)
    terminator = separators.segment.encode("latin-1", "replace")
    begin = window.rfind(terminator, 0, place.byte_offset - first) + 1
    segment = window[begin:].lstrip(b"\r\n ").split(terminator, 1)[0].rstrip(b"\r\n")
    if not segment:
        return None
    mark = separators.element.encode("latin-1", "replace")
    start, length = _element(segment.split(mark), place.element)
    before = printable(segment[:start].decode("utf-8", "replace"))
    marked = printable(segment[start : start + length].decode("utf-8", "replace"))
    after = printable(segment[start + length :].decode("utf-8", "replace"))
    return _cut(before, marked, after)


def _element(parts: list[bytes], element: int | None) -> tuple[int, int]:
    """Start and length in bytes of an element; of the segment id if the finding names none."""
    if element is None:
        return 0, len(parts[0])
    if element >= len(parts):
        return sum(map(len, parts)) + len(parts) - 1, 0
    return sum(len(part) + 1 for part in parts[:element]), len(parts[element])


def _cut(before: str, marked: str, after: str) -> Excerpt:
    """What fits on a line, the marked part always in it."""
    room = max(0, SHOWN_CHARS - len(marked)) // 2
    head = before if len(before) <= room else "…" + before[len(before) - room + 1 :]
    shown = marked[:SHOWN_CHARS]
    tail = after if len(after) <= room else after[:room] + "…"
    return Excerpt(head + shown + tail, len(head), max(1, len(shown)))


class _View:
    """Prints level by level; findings are gathered and shown last, with the text they stand in."""

    def __init__(self, inspection: Inspection, console: Console) -> None:
        self._inspection = inspection
        self._console = console
        self._documents: list[DocumentReport] = []
        self._hidden_documents = 0
        self._told: list[_Told] = []
        self._hidden_findings = 0
        self._answers: list[Answer] = []

    def heading(self, form: str | None) -> None:
        kind = {"x12": "X12", "csv": "delimited text"}.get(form or "", "nothing we can read")
        self._line(f"{printable(self._inspection.name)}: {kind}", style="bold")

    def document(self, document: DocumentReport, interchange: InterchangeReport) -> None:
        if len(self._documents) < MAX_DOCUMENTS:
            self._documents.append(document)
        else:
            self._hidden_documents += 1
        subject = f"{document.set_id} {document.control_number or document.number}".strip()
        self._gather(document.findings, subject, interchange)

    def group(self, group: GroupReport, interchange: InterchangeReport) -> None:
        if group.header is not None:
            header, ak9 = group.header, group.ak9
            answer = f" (AK9 {ak9.code}, {ak9.accepted} of {ak9.received} accepted)" if ak9 else ""
            title = f"Group {header.functional_id} {header.control_number}, {header.version}"
            self._verdict(f"{title}: ", group.status, answer, indent=2)
            self._gather(group.findings, title, interchange)
        for document in self._documents:
            self._document_line(document, group)
        if self._hidden_documents:
            self._line(f"… and {self._hidden_documents} more documents", indent=4)
        self._documents, self._hidden_documents = [], 0

    def interchange(self, report: InterchangeReport) -> None:
        title = "The file as a whole" if report.ta1 is None else "An interchange that cannot be read"
        answer = ""
        if report.header is not None:
            title = f"Interchange {report.header.control_number} from {report.sender} to {report.receiver}"
            answer = f" (TA1 {report.ta1.action} {report.ta1.note})" if report.ta1 else ""
        self._verdict(f"{title}: ", report.status, answer)
        self._gather(report.findings, title, report)
        for ta1 in report.received_ta1:
            self._line(f"TA1 on our interchange {ta1['TA101']}: {ta1['meaning']}", indent=2)
        self._answers += self._inspection.previews(report)

    def ended(self, event: FileEnded) -> None:
        self._told += [_Told(finding, "file", None) for finding in event.findings]
        for told in self._told:
            self._finding(told)
        if self._hidden_findings:
            self._line(f"… and {self._hidden_findings} more findings; --json lists them all")
        for answer in self._answers:
            self._console.print()
            self._line(f"Would be answered with {answer.file_name}:", style="bold")
            text = answer.payload.decode("utf-8-sig", "replace")
            for line in text[:MAX_ANSWER_CHARS].replace("~", "~\n").splitlines():
                if line:
                    self._verbatim(printable(line), indent=2)

    def _document_line(self, document: DocumentReport, group: GroupReport) -> None:
        status = Status.REJECTED if group.rejects_all else document.status
        number = f" {document.number}" if document.number else ""
        becomes = "" if group.rejects_all else f", {document.disposition.value}"
        title = f"{document.set_id} {document.control_number}".strip()
        self._verdict(f"{title}{number}: ", status, becomes, indent=4)
        for reason in document.hold:
            self._line(printable(reason), indent=6)

    def _gather(self, findings: Iterable[Finding], subject: str, interchange: InterchangeReport) -> None:
        separators = interchange.header.separators if interchange.header else None
        for finding in findings:
            if len(self._told) < MAX_FINDINGS:
                self._told.append(_Told(finding, subject, separators))
            else:
                self._hidden_findings += 1

    def _finding(self, told: _Told) -> None:
        finding = told.finding
        self._console.print()
        colour = "red" if finding.is_error else "cyan"
        head = Text(f"{finding.code} {finding.title}", style=f"bold {colour}")
        self._console.print(head.append(f"  {printable(told.subject)}", style="dim"), soft_wrap=True)
        shown = excerpt(self._inspection.stream, finding, told.separators) if told.separators else None
        if shown is not None:
            self._verbatim(shown.text, indent=4)
            self._verbatim(" " * shown.start + "^" * shown.length, indent=4, style=colour)
        self._line(finding.message, indent=2)
        self._line(f"→ {finding.remedy}", indent=2)

    def _verdict(self, title: str, status: Status, rest: str, *, indent: int = 0) -> None:
        text = Text(" " * indent + printable(title))
        text.append(status.value.replace("_", " "), style=_COLOURS[status])
        self._console.print(text.append(printable(rest)), soft_wrap=True)

    def _line(self, text: str, *, indent: int = 0, style: str = "") -> None:
        """A sentence, wrapped within its indent."""
        self._console.print(Padding(Text(text, style=style), (0, 0, 0, indent), expand=False))

    def _verbatim(self, text: str, *, indent: int, style: str = "") -> None:
        """Text of a file, never wrapped: what stands under it must stay under it."""
        self._console.print(Text(" " * indent + text, style=style), soft_wrap=True)
