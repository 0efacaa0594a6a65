"""From canonical JSON of our own ERP to a file's report: one pseudo-interchange with one group."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from parsers import strict_json
from parsers.catalogue import found, shown
from parsers.finding import Finding, Location
from parsers.strict_json import JsonObject, pointer
from partners.agreement import SET_DOCUMENTS, Agreement
from translators import registry
from translators.acknowledgements.decision import SetCounts
from translators.canonical.codec import KINDS, Fault, InvalidCanonical, from_json, kind_of
from translators.report import (
    Disposition,
    DocumentRead,
    DocumentReport,
    FileEnded,
    FileOpened,
    GroupEnded,
    InterchangeEnded,
    InterchangeOpened,
    ReportEvent,
    Status,
)
from translators.translation import Translation
from translators.without_envelopes import pseudo_interchange

if TYPE_CHECKING:
    from translators.canonical.document import Document

#: What an ERP may write, and the set whose numbers each document goes by: all but a remittance.
KIND_SETS = {kind: set_id for set_id, kind in SET_DOCUMENTS.items() if kind != "remittance"}


def read_canonical(stream: BinaryIO, agreement: Agreement, *, name: str, usage: str) -> Iterator[ReportEvent]:
    """The report of a file of canonical documents that our ERP wrote for the partner of `agreement`.

    usage: of the channel; documents say the same. One with a fault is rejected, those beside it are
    not. A file that is no JSON, or holds no objects, is not readable as a whole.
    """
    objects = strict_json.read(stream)
    first = next(objects)
    yield FileOpened("canonical")
    if isinstance(first, Finding):
        yield FileEnded(Status.REJECTED, (first,), readable=False)
        return
    report, group = pseudo_interchange(agreement, name, usage, from_erp=True)
    yield InterchangeOpened(report)
    counts = SetCounts()
    for item in (first, *objects):
        if isinstance(item, JsonObject):
            document = _document(item, usage)
            counts.add(document.status)
            yield DocumentRead(document, group, report)
    report.end = stream.tell()
    group.status = report.status = counts.verdict
    yield GroupEnded(group, report)
    yield InterchangeEnded(report)
    yield FileEnded(report.status, (), readable=True)


def _document(item: JsonObject, usage: str) -> DocumentReport:
    kind = _kind(item)
    findings = list(item.findings)
    document = None
    if not findings:
        document, findings = _validated(item, kind)
    translation = None
    if document is not None and kind is not None:
        translation = _known_by(document, kind)
        findings += _contradictions(document, translation, kind, usage)
    status = Status.REJECTED if findings else Status.ACCEPTED
    return DocumentReport(
        set_id=kind or "",
        control_number="",
        implementation="",
        ordinal=item.ordinal,
        status=status,
        disposition=Disposition.REJECT if findings else Disposition.DELIVER,
        ak5=None,
        findings=findings,
        kind=kind,
        translation=translation,
        number=translation.number if translation else "",
    )


def _kind(item: JsonObject) -> str | None:
    """The kind that the document names, None if it is none that an ERP may write."""
    name = str(item.value.get("schema", "")).rpartition("-")[0]
    return name if name in KIND_SETS else None


def _validated(item: JsonObject, kind: str | None) -> tuple[Document | None, list[Finding]]:
    try:
        if kind is not None:
            return from_json(item.value), []
    except InvalidCanonical as fault:
        if fault.faults:
            return None, [_misfit(one) for one in fault.faults[: strict_json.MAX_FAULTS]]
    expected = ", ".join(KINDS[name].schema for name in KIND_SETS)
    return None, [found("TRN-342", _at("/schema"), value=_shown(item.value.get("schema")), expected=expected)]


def _misfit(fault: Fault) -> Finding:
    where = shown(pointer(*fault.path)) or "/"
    return found(
        "TRN-343", _at(where), value=_shown(fault.value), expected=shown(fault.expected), pointer=where
    )


def _at(where: str) -> Location:
    """A value by its JSON pointer."""
    return Location(column=where)


def _shown(value: object) -> str:
    """A value as JSON, as far as a person needs to know it again."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return json.dumps(value, ensure_ascii=False)


def _known_by(document: Document, kind: str) -> Translation:
    """The document with the numbers that it is known and found by, the same as if it came as X12."""
    shape = registry.shape_of(KIND_SETS[kind])
    if shape is None:
        raise LookupError(f"documents of kind {kind} have no numbers")
    fields = {name: getattr(document, name) for name in (*shape.needs, "number") if hasattr(document, name)}
    return Translation(document, (), shape.keys(document), shape.number(fields))


def _contradictions(document: Document, known: Translation, kind: str, usage: str) -> Iterator[Finding]:
    if not known.number:
        expected = "order_number" if "order_" in kind else "number"
        yield found("TRN-344", _at(f"/{expected}"), expected=expected, kind=kind_of(document).name)
    if document.usage != usage:
        yield found(
            "TRN-345", _at("/usage"), value=json.dumps(document.usage, ensure_ascii=False), expected=usage
        )
