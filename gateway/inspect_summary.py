"""The summary of an interchange: a line for it, its groups and their documents, with verdicts and answers."""

from __future__ import annotations

from collections import Counter
from dataclasses import field

from gateway.screen import Piece, Screen, printable
from parsers.record import mutable_record
from parsers.x12.dictionary import Dictionary
from translators.report import Disposition, DocumentReport, GroupReport, InterchangeReport, Status

#: Documents of a group that are listed: those with a fault or that wait, and those without.
MAX_FAULTY = 40
MAX_GOOD = 10
STYLES = {
    Status.ACCEPTED: "green",
    Status.ACCEPTED_WITH_ERRORS: "yellow",
    Status.PARTIALLY_ACCEPTED: "yellow",
    Status.REJECTED: "red",
}
_BECOMES = {
    Disposition.DELIVER: "goes on",
    Disposition.HOLD: "waits for a person",
    Disposition.REJECT: "",
    Disposition.NONE: "",
}

Row = tuple[Piece, Piece, Piece, Piece]


@mutable_record
class _Listed:
    """The documents of a group so far. rest: verdicts of those not listed."""

    documents: list[DocumentReport] = field(default_factory=list)
    good: int = 0
    faulty: int = 0
    rest: Counter[Status] = field(default_factory=Counter)

    def add(self, document: DocumentReport) -> None:
        """Keep the document if there is room for its kind, else count it."""
        well = document.status is Status.ACCEPTED and document.disposition is not Disposition.HOLD
        room = self.good < MAX_GOOD if well else self.faulty < MAX_FAULTY
        self.good += well
        self.faulty += not well
        if room:
            self.documents.append(document)
        else:
            self.rest[document.status] += 1


class Summary:
    """Collects the rows of one interchange after the other. known: has the names of sets."""

    def __init__(self, known: Dictionary) -> None:
        self._known = known
        self._listed = _Listed()
        self._groups: list[Row] = []
        self._rows: list[Row] = []

    def document(self, document: DocumentReport) -> None:
        """A document of the group that is being read."""
        self._listed.add(document)

    def group(self, group: GroupReport) -> str:
        """The group has ended; its title."""
        title = "Documents"
        if group.header is not None:
            header, ak9 = group.header, group.ak9
            title = f"Group {header.functional_id} {header.control_number}"
            answer = f"AK9 {ak9.code}, {ak9.accepted} of {ak9.received} accepted" if ak9 else ""
            self._groups.append(_row(2, title, header.version, group.status, answer))
        for document in self._listed.documents:
            self._document(document, group)
        if self._listed.rest:
            counts = ", ".join(f"{count} {_said(status)}" for status, count in self._listed.rest.items())
            what = f"… and {self._listed.rest.total()} more"
            self._groups.append(((f"    {what}", "dim"), (counts, "dim"), ("", ""), ("", "")))
        self._listed = _Listed()
        return title

    def interchange(self, report: InterchangeReport) -> str:
        """The interchange has ended; its title."""
        header = report.header
        title = "The file as a whole" if report.ta1 is None else "An interchange that cannot be read"
        detail = ""
        if header is not None:
            title = f"Interchange {header.control_number}"
            detail = f"{report.sender} to {report.receiver}"
        answer = f"TA1 {report.ta1.action} {report.ta1.note}" if report.ta1 else ""
        self._rows = [_row(0, title, detail, report.status, answer)]
        for ta1 in report.received_ta1:
            note = (f"  TA1 on our interchange {ta1['TA101']}", ""), (ta1["meaning"], ""), ("", ""), ("", "")
            self._rows.append((_safe(note[0]), _safe(note[1]), note[2], note[3]))
        self._rows += map(_fallen, self._groups) if report.rejected else self._groups
        self._groups = []
        return title

    def show(self, screen: Screen) -> None:
        """Print the rows of the interchange that ended last."""
        screen.table(self._rows)

    def _document(self, document: DocumentReport, group: GroupReport) -> None:
        status = Status.REJECTED if group.rejects_all else document.status
        title = f"{document.set_id} {document.control_number}".strip()
        detail = f"{document.number} {self._known.set_name(document.set_id)}".strip()
        becomes = "" if group.rejects_all else _BECOMES[document.disposition]
        ak5 = document.ak5 if group.header is not None else None
        code = "R" if group.rejects_all else ak5.code if ak5 else ""
        told = f"AK5 {' '.join((code, *ak5.notes))}" if ak5 else ""
        answer = ", ".join(part for part in (told, becomes) if part)
        self._groups.append(_row(4, title, detail, status, answer))
        for reason in document.hold:
            held: Row = (("", ""), _safe((reason, "dim")), ("", ""), ("", ""))
            self._groups.append(held)


def _row(indent: int, title: str, detail: str, status: Status, answer: str) -> Row:
    style = "bold" if indent == 0 else ""
    verdict = (_said(status), STYLES[status])
    return _safe((" " * indent + title, style)), _safe((detail, "")), verdict, _safe((answer, ""))


def _fallen(row: Row) -> Row:
    """A row of an interchange that is refused as a whole: nothing in it goes on or is answered."""
    title, detail, (verdict, _), _ = row
    return title, detail, (_said(Status.REJECTED), STYLES[Status.REJECTED]) if verdict else ("", ""), ("", "")


def _said(status: Status) -> str:
    return status.value.replace("_", " ")


def _safe(piece: Piece) -> Piece:
    return printable(piece[0]), piece[1]
