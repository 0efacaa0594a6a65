"""`tradepost inspect --second-opinion`: what pyx12 says of a file, beside what we say.

Nothing of this is loaded unless it is asked for: pyx12 and lxml take a second to start.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import field, fields

from pyx12.version import __version__ as pyx12_version

from gateway.inspect import Inspection, Json
from gateway.screen import Piece, Screen, printable
from parsers.finding import Finding
from parsers.record import record
from parsers.x12.second_opinion.comparison import Comparison, SetVerdict, compare
from parsers.x12.second_opinion.differences import Difference, kinds
from parsers.x12.second_opinion.fair_copy import TooLarge, fair_copies
from parsers.x12.second_opinion.verdict import Remark, opinion
from translators.report import DocumentRead, FileEnded, GroupEnded, InterchangeEnded, ReportEvent

#: One for each interchange of a file, in order.
Opinions = list[Comparison | TooLarge]

#: Who gives the opinion.
BY = f"pyx12 {pyx12_version}"
#: Faults of a file that are compared; a file with more is broken beyond opinions.
MAX_FINDINGS = 20_000
#: Lines of each kind that are shown to people.
MAX_SHOWN = 40


@record
class Overheard(Inspection):
    """An inspection whose faults are kept for the comparison, as they go by."""

    heard: list[Finding] = field(default_factory=list)

    @classmethod
    def of(cls, inspection: Inspection) -> Overheard:
        """The same inspection, overheard."""
        return cls(**{told.name: getattr(inspection, told.name) for told in fields(inspection)})

    def events(self) -> Iterator[ReportEvent]:
        """As `Inspection.events`."""
        for event in Inspection.events(self):
            for finding in _findings(event):
                if finding.is_error and len(self.heard) < MAX_FINDINGS:
                    self.heard.append(finding)
            yield event


def _findings(event: ReportEvent) -> Iterator[Finding]:
    match event:
        case DocumentRead():
            yield from event.document.findings
        case GroupEnded() | InterchangeEnded():
            yield from event.report.findings
        case FileEnded():
            yield from event.findings


def opinions(inspection: Overheard) -> Opinions:
    """Both verdicts on each interchange that pyx12 can be shown; to be asked when the events are over."""
    inspection.stream.seek(0)
    directory = inspection.directory
    dictionary = inspection.dictionary or (directory.dictionary if directory else None)
    by_profile = directory is not None or inspection.agreement is not None
    given: Opinions = []
    with quiet():
        for copy in fair_copies(inspection.stream):
            if isinstance(copy, TooLarge):
                given.append(copy)
            elif len(inspection.heard) >= MAX_FINDINGS:
                given.append(TooLarge(copy.control_number))
            else:
                judged = opinion(copy, dictionary)
                given.append(compare(inspection.heard, judged, by_profile=by_profile))
    return given


@contextmanager
def quiet() -> Iterator[None]:
    """Keep pyx12 from logging what it finds: payloads are no matter for logs, and we show it."""
    logger = logging.getLogger("pyx12")
    silence, propagated = logging.NullHandler(), logger.propagate
    logger.addHandler(silence)
    logger.propagate = False
    try:
        yield
    finally:
        logger.propagate = propagated
        logger.removeHandler(silence)


# --- for programs


def as_json(given: Opinions) -> Json:
    """The value of the key `second_opinion`."""
    return {"by": BY, "interchanges": [_interchange_json(one) for one in given]}


def _interchange_json(given: Comparison | TooLarge) -> Json:
    if isinstance(given, TooLarge):
        return {"control_number": given.control_number, "judged": False}
    copy = given.opinion.copy
    return {
        "control_number": copy.control_number,
        "judged": True,
        "changes": list(copy.changes),
        "sets": [_set_json(verdict) for verdict in given.sets],
        "agreed": [
            {"code": finding.code, "message": finding.message, "pyx12": _remark_json(remark)}
            for finding, remark in given.agreed
        ],
        "differences": [_difference_json(difference) for difference in given.differences],
    }


def _set_json(verdict: SetVerdict) -> Json:
    return {
        "set": verdict.set_id,
        "control_number": verdict.control_number,
        "byte_offset": verdict.place.offset,
        "faults": verdict.ours,
        "pyx12": verdict.theirs if verdict.read else None,
    }


def _difference_json(difference: Difference) -> Json:
    place, finding, remark = difference.place, difference.finding, difference.remark
    return {
        "kind": difference.kind,
        "why": why(difference),
        "segment": place.segment,
        "segment_number": place.number,
        "byte_offset": place.offset,
        "code": finding.code if finding else None,
        "message": finding.message if finding else None,
        "pyx12": _remark_json(remark) if remark else None,
    }


def _remark_json(remark: Remark) -> Json:
    return {
        "scope": remark.scope.value,
        "code": remark.code,
        "segment": remark.segment,
        "element": remark.element,
        "component": remark.component,
        "text": remark.text,
    }


def why(difference: Difference) -> str:
    """The reason for a difference, a sentence."""
    kind = kinds().get(difference.kind)
    return kind.why if kind else "No reason for this difference is known: one of the two misreads the file."


# --- for people


def show(given: Opinions, screen: Screen) -> None:
    """Print both verdicts side by side, and why they differ where they do."""
    screen.blank()
    screen.words((f"Second opinion: {BY}, with our tables", "bold"))
    if not given:
        screen.words(("There is no interchange that it could be shown.", ""), indent=2)
    for one in given:
        screen.blank()
        _show_interchange(one, screen)


def _show_interchange(given: Comparison | TooLarge, screen: Screen) -> None:
    if isinstance(given, TooLarge):
        text = f"Interchange {printable(given.control_number)} is too large or too faulty to be compared."
        screen.words((text, ""))
        return
    copy = given.opinion.copy
    screen.words((f"Interchange {printable(copy.control_number)}", "bold"))
    for change in copy.changes:
        screen.words((f"{change[0].upper()}{change[1:]}.", ""), indent=2, label=("Shown: ", "dim"))
    screen.table([_verdict_row(verdict) for verdict in given.sets[:MAX_SHOWN]], indent=2)
    _more(len(given.sets), "sets", screen)
    if given.agreed:
        screen.blank()
        screen.words((f"Both say ({len(given.agreed)})", "bold"), indent=2)
    for finding, remark in given.agreed[:MAX_SHOWN]:
        screen.words((printable(finding.message), ""), indent=4, label=(f"{finding.code} ", "red"))
        screen.words((printable(f"{remark.code} {remark.text}"), ""), indent=4, label=("  pyx12  ", "dim"))
    _more(len(given.agreed), "findings", screen)
    _show_differences(given.differences, screen)


def _verdict_row(verdict: SetVerdict) -> list[Piece]:
    theirs = _judgement(verdict.theirs) if verdict.read else "cannot judge it without tables"
    alike = not verdict.read or bool(verdict.ours) == bool(verdict.theirs)
    name = printable(f"{verdict.set_id} {verdict.control_number}".strip())
    return [
        (name, ""),
        (f"we: {_judgement(verdict.ours)}", ""),
        (f"pyx12: {theirs}", ""),
        ("" if alike else "differs", "yellow"),
    ]


def _judgement(faults: int) -> str:
    return f"{faults} fault{'s' if faults > 1 else ''}" if faults else "no fault"


def _show_differences(differences: tuple[Difference, ...], screen: Screen) -> None:
    """The differences by kind, each kind with its reason once."""
    by_kind: dict[str, list[Difference]] = {}
    for difference in differences:
        by_kind.setdefault(difference.kind, []).append(difference)
    for kind, found in by_kind.items():
        screen.blank()
        screen.words((f"Told differently: {kind} ({len(found)})", "bold yellow"), indent=2)
        screen.words((why(found[0]), ""), indent=4)
        for difference in found[:MAX_SHOWN]:
            _show_difference(difference, screen)
        _more(len(found), "such differences", screen)


def _show_difference(difference: Difference, screen: Screen) -> None:
    place, finding, remark = difference.place, difference.finding, difference.remark
    where = f"segment {place.number}, {place.segment}" if place.number else place.segment
    screen.words((printable(where), "dim"), indent=4)
    ours = f"{finding.code} {finding.message}" if finding else "nothing"
    theirs = f"{remark.code} {remark.text}" if remark else "nothing"
    screen.words((printable(ours), ""), indent=6, label=("we     ", "dim"))
    screen.words((printable(theirs), ""), indent=6, label=("pyx12  ", "dim"))


def _more(count: int, what: str, screen: Screen) -> None:
    if count > MAX_SHOWN:
        screen.words((f"… and {count - MAX_SHOWN} more {what}; --json has them all", ""), indent=4)
