"""From the documents of a delimited file to its report: one pseudo-interchange with one group."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO

from parsers.catalogue import found
from parsers.delimited import reader
from parsers.delimited.document import DelimitedDocument
from parsers.delimited.layout import Layout
from parsers.finding import Finding
from translators import registry
from translators.acknowledgements.decision import SetCounts
from translators.outcomes import Ak5, SetOutcome
from translators.reading_verdicts import disposition_of, holds_of
from translators.report import (
    Disposition,
    DocumentRead,
    DocumentReport,
    FileEnded,
    FileOpened,
    GroupEnded,
    GroupReport,
    InterchangeEnded,
    InterchangeOpened,
    InterchangeReport,
    ReportEvent,
    Status,
)
from translators.without_envelopes import pseudo_interchange

if TYPE_CHECKING:
    from partners.agreement import Agreement
    from partners.directory import Directory
    from partners.profile import DocumentRule


def read_delimited(
    stream: BinaryIO, agreement: Agreement, directory: Directory | None, *, name: str, usage: str
) -> Iterator[ReportEvent]:
    """The report of a delimited file of that name, by the layout that the partner's rules choose.

    Findings of the whole file stand in the pseudo-interchange; an error among them rejects every
    document. usage: of the channel; a file that marks its documents as tests is
    a test whatever its channel is for.
    """
    rule = agreement.rule_for_file(name)
    layout = None if rule is None else _layout(directory, agreement, rule)
    if rule is None or layout is None:
        yield FileOpened(None)
        yield FileEnded(Status.REJECTED, (_no_layout(agreement, rule, name),), readable=False)
        return
    yield FileOpened("csv")
    leading, rest = _up_to_first_document(reader.read(stream, layout))
    if any(isinstance(item, DelimitedDocument) and item.test for item in leading):
        usage = "test"
    report, group = pseudo_interchange(agreement, name, usage, receipt_due=rule.receipt)
    yield InterchangeOpened(report)
    counts = SetCounts()
    for item in chain(leading, rest):
        if isinstance(item, Finding):
            report.findings.append(item)
        else:
            document = _document(item, rule, usage)
            counts.add(document.status)
            group.outcomes.append(_outcome(document))
            yield DocumentRead(document, group, report)
    report.end = stream.tell()
    _judge(report, group, counts)
    yield GroupEnded(group, report)
    yield InterchangeEnded(report)
    yield FileEnded(report.status, (), readable=True)


def _up_to_first_document(
    events: Iterator[reader.DelimitedEvent],
) -> tuple[list[reader.DelimitedEvent], Iterator[reader.DelimitedEvent]]:
    """The events up to the first document, and those after it: it tells what the file is marked as."""
    leading: list[reader.DelimitedEvent] = []
    for event in events:
        leading.append(event)
        if isinstance(event, DelimitedDocument):
            break
    return leading, events


def _layout(directory: Directory | None, agreement: Agreement, rule: DocumentRule) -> Layout | None:
    if directory is None or rule.layout is None:
        return None
    try:
        return directory.layout(agreement.partner.partner, rule.layout)
    except KeyError:
        return None


def _no_layout(agreement: Agreement, rule: DocumentRule | None, name: str) -> Finding:
    partner = agreement.partner.partner
    if rule is None:
        return found("TRN-321", value=name, partner=partner)
    return found("TRN-322", value=name, layout=rule.layout or "", partner=partner)


def _document(read: DelimitedDocument, rule: DocumentRule, usage: str) -> DocumentReport:
    """The document as our business sees it, rejected or not, and what becomes of it."""
    translation = registry.translate_delimited(read, rule.layout or "", usage)
    findings = [*read.findings, *translation.findings]
    status = Status.REJECTED if read.rejected else Status.ACCEPTED
    holds = holds_of(translation, rule)
    disposition = disposition_of(status, holds)
    return DocumentReport(
        set_id=read.kind.value,
        control_number="",
        implementation="",
        ordinal=read.ordinal,
        status=status,
        disposition=disposition,
        ak5=None,
        findings=findings,
        kind=read.kind.value,
        translation=translation,
        hold=tuple(holds) if disposition is Disposition.HOLD else (),
        number=translation.number,
        offset=read.offset,
        size=read.size,
        first_row=read.first_row,
        last_row=read.last_row,
    )


def _outcome(document: DocumentReport) -> SetOutcome:
    """The document as a receipt speaks of it; the document's number stands for its control number."""
    code = "R" if document.status is Status.REJECTED else "A"
    return SetOutcome(document.set_id, document.number, "", Ak5(code), findings=tuple(document.findings))


def _judge(report: InterchangeReport, group: GroupReport, counts: SetCounts) -> None:
    """The last word on group and pseudo-interchange."""
    if any(finding.is_error for finding in report.findings):
        group.rejects_all = True
        group.status = report.status = Status.REJECTED
        group.outcomes.fell()
        return
    group.status = report.status = counts.verdict
