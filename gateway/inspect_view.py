"""`tradepost inspect` for people: what the file holds, and every fault under the text it stands in."""

from __future__ import annotations

from gateway import inspect_words as words
from gateway.inspect import Inspection, exit_status
from gateway.inspect_excerpt import Lines, excerpt
from gateway.inspect_groups import Findings, Gathered, Surroundings
from gateway.inspect_summary import Summary
from gateway.screen import Screen, printable
from parsers.x12.dictionary import Dictionary, standard
from parsers.x12.ebcdic import CODE_PAGES, readable
from translators.acknowledgements.answer import Answer
from translators.report import (
    DocumentRead,
    FileEnded,
    FileOpened,
    GroupEnded,
    GroupReport,
    InterchangeEnded,
    InterchangeReport,
    ReportEvent,
)

MAX_ANSWER_CHARS = 4000
#: Answers of a file that are shown whole.
MAX_ANSWERS = 5
_KINDS = {"x12": "X12", "csv": "delimited text"}
_LABEL_COLUMNS = 10


def show(inspection: Inspection, screen: Screen) -> int:
    """Print the report of the file and give the exit status.

    Partner text is never taken for markup or control characters (BI-075).
    """
    view = _View(inspection, screen)
    status = 2
    for event in inspection.events():
        view.take(event)
        if isinstance(event, FileEnded):
            status = exit_status(event)
    return status


def _code_page(inspection: Inspection) -> str:
    """The EBCDIC that the partner named sends, or the most common one."""
    settings = inspection.agreement.x12 if inspection.agreement else None
    return settings.encoding if settings is not None and settings.encoding in CODE_PAGES else "cp037"


class _View:
    """Prints each interchange as it ends; findings are gathered and shown last."""

    def __init__(self, inspection: Inspection, screen: Screen) -> None:
        self._inspection = inspection
        self._screen = screen
        self._known = _dictionary(inspection)
        self._summary = Summary(self._known)
        self._findings = Findings()
        self._answers: list[Answer] = []
        self._stream = readable(inspection.stream, _code_page(inspection))
        self._lines = Lines(self._stream)

    def take(self, event: ReportEvent) -> None:
        match event:
            case FileOpened():
                kind = _KINDS.get(event.format or "", "nothing we can read")
                self._screen.words((f"{printable(self._inspection.name)}: {kind}", "bold"))
            case DocumentRead():
                document = event.document
                self._summary.document(document)
                subject = f"{document.set_id} {document.control_number or document.number}".strip()
                around = self._around(subject or "document", event.interchange, event.group)
                self._findings.take(document.findings, around)
            case GroupEnded():
                title = self._summary.group(event.report)
                around = self._around(title, event.interchange, event.report)
                self._findings.take(event.report.findings, around)
            case InterchangeEnded():
                self._interchange(event.report)
            case FileEnded():
                self._findings.take(event.findings, Surroundings("file"))
                self._end()

    def _around(
        self, subject: str, interchange: InterchangeReport, group: GroupReport | None = None
    ) -> Surroundings:
        header = interchange.header
        release = group.header.release if group and group.header else None
        if release is None and header is not None:
            release = self._known.nearest_release(f"{header.version}0")[0]
        return Surroundings(subject, header.separators if header else None, release)

    def _interchange(self, report: InterchangeReport) -> None:
        title = self._summary.interchange(report)
        self._findings.take(report.findings, self._around(title, report))
        self._screen.blank()
        self._summary.show(self._screen)
        self._answers += self._inspection.previews(report)

    def _end(self) -> None:
        for gathered in self._findings:
            self._screen.blank()
            self._finding(gathered)
        if self._findings.hidden:
            self._screen.blank()
            self._screen.words(
                (f"… and {self._findings.hidden} findings of other kinds; --json lists them all", "")
            )
        for answer in self._answers[:MAX_ANSWERS]:
            self._answer(answer)
        if len(self._answers) > MAX_ANSWERS:
            self._screen.blank()
            self._screen.words(
                (f"… and {len(self._answers) - MAX_ANSWERS} more answers; --json shows them all", "")
            )

    def _finding(self, gathered: Gathered) -> None:
        finding = gathered.first
        colour = "red" if finding.is_error else "cyan"
        head = [(f"{finding.code} {finding.title}", f"bold {colour}")]
        if gathered.count > 1:
            head.append((f"  {gathered.count} times", "bold"))
        if not finding.is_error:
            head.append(("  note", "dim"))
        self._screen.words(*head)
        self._marked(gathered, colour)
        self._screen.words((printable(finding.message), ""), indent=2)
        for label, text in self._facts(gathered):
            self._screen.words((text, ""), indent=2, label=(label.ljust(_LABEL_COLUMNS), "dim"))
        self._screen.words((printable(finding.remedy), "bold"), indent=2, label=("→ ", colour))

    def _marked(self, gathered: Gathered, colour: str) -> None:
        """The segment as sent, with a mark under the element; nothing where there is none to show."""
        separators = gathered.around.separators
        if separators is None:
            return
        room = self._screen.width - 4
        shown = excerpt(self._stream, gathered.first.location, separators, room)
        if shown is not None:
            self._screen.line((shown.text, ""), indent=4)
            self._screen.line(("^" * shown.length, colour), indent=4 + shown.start)

    def _facts(self, gathered: Gathered) -> list[tuple[str, str]]:
        finding, around = gathered.first, gathered.around
        facts = [("place", self._place(gathered))]
        use = words.element_of(finding.location, around.release, self._known)
        if use is not None:
            facts.append(("element", words.meaning_of(use)))
            facts.append(("codes", words.codes_of(use, around.release, self._known)))
        if gathered.count > 1 and len(gathered.values) > 1:
            facts.append(("found", _values(gathered)))
        elif finding.value:
            facts.append(("found", finding.value))
        facts.append(("expected", finding.expected or ""))
        facts.append(("answered", words.answered_as(finding)))
        facts.append(("also", _others(gathered)))
        return [(label, printable(text)) for label, text in facts if text]

    def _place(self, gathered: Gathered) -> str:
        location, around = gathered.first.location, gathered.around
        place = words.place_of(location, around.subject, self._known)
        if location.byte_offset is None:
            return place
        line = self._lines.of(location.byte_offset)
        in_lines = line > 1 or (around.separators is not None and "\n" in around.separators.suffix)
        return f"{place}; {f'line {line}, ' if in_lines else ''}byte {location.byte_offset}"

    def _answer(self, answer: Answer) -> None:
        self._screen.blank()
        self._screen.words((f"Would be answered with {printable(answer.file_name)}:", "bold"))
        text = answer.payload.decode("utf-8-sig", "replace")
        lines = [line for line in text[:MAX_ANSWER_CHARS].replace("~", "~\n").splitlines() if line]
        for line in lines:
            self._screen.line((printable(line), ""), indent=2)
        if len(text) > MAX_ANSWER_CHARS:
            self._screen.words((f"… {len(text)} characters in all; --json shows them", "dim"), indent=2)


def _dictionary(inspection: Inspection) -> Dictionary:
    """The tables that the file is read by."""
    if inspection.dictionary is not None:
        return inspection.dictionary
    return standard() if inspection.directory is None else inspection.directory.dictionary


def _values(gathered: Gathered) -> str:
    shown = [f"{value} ({count})" if count > 1 else value for value, count in gathered.values.most_common()]
    return ", ".join([*shown, "…"] if gathered.more_values else shown)


def _others(gathered: Gathered) -> str:
    """Where the other findings of the group stand, a few of them: "segments 4, 7; 850 0002 segment 3"."""
    places: dict[str, list[str]] = {}
    for subject, finding in gathered.others:
        at = finding.location
        kind = "segment" if at.segment_number else "row" if at.row else "byte"
        named = "" if subject == gathered.around.subject else f"{subject} "
        number = at.segment_number or at.row or at.byte_offset
        places.setdefault(f"{named}{kind}", []).append(str(number))
    shown = [f"{where}{'s' * (len(numbers) > 1)} {', '.join(numbers)}" for where, numbers in places.items()]
    rest = gathered.count - 1 - len(gathered.others)
    return "; ".join([*shown, f"and {rest} more"] if rest > 0 else shown)
