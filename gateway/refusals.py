"""What a partner is told when a person decides against a document that waited."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from gateway.answering import record_later_answers
from gateway.ports import Job
from gateway.store import answers
from gateway.store.answers import Enveloped
from gateway.store.moves import Act
from parsers.catalogue import found
from parsers.finding import Finding, Level, Location, Severity
from parsers.x12.model import GroupHeader, InterchangeHeader, PartyId, Separators
from partners.directory import Directory
from translators.acknowledgements.aa824 import error_code, number_among
from translators.report import Advice, BusinessKey, GroupReport, InterchangeReport


def advise_refusal(tx: Connection, act: Act, directory: Directory, document: str) -> list[Job]:
    """Write the 824 that tells of a refused document, if the partner's profile has any; the jobs to send it.

    Runs in the caller's write transaction and does no other I/O.
    """
    enveloped = answers.enveloped(tx, document)
    report = _report(directory, enveloped) if enveloped else None
    if enveloped is None or report is None or report.partner is None:
        return []
    stored = record_later_answers(tx, report, enveloped.interchange.id, report.partner, document, act.at)
    return [Job("send", answer, partner=report.partner) for answer in stored]


def _report(directory: Directory, enveloped: Enveloped) -> InterchangeReport | None:
    """The interchange as far as an 824 on the document needs it; None if its partner is gone."""
    row = enveloped.interchange
    agreement = directory.by_partner(enveloped.document.partner or "")
    if agreement is None or agreement.x12 is None:
        return None
    sender = PartyId(row.sender_qualifier, row.sender_id)
    receiver = PartyId(row.receiver_qualifier, row.receiver_id)
    # Delimiters are not kept: where the profile sets none, those that everybody reads are written.
    header = InterchangeHeader(
        *(sender, receiver, "", "", "U", row.version, row.control_number),
        ack_requested=False,
        usage=row.usage,
        separators=Separators(),
        offset=0,
    )
    report = InterchangeReport(
        header, row.ordinal, agreement.partner.partner, agreement, sender, receiver, row.usage
    )
    report.groups.append(_group(enveloped))
    return report


def _group(enveloped: Enveloped) -> GroupReport:
    row, document = enveloped.group, enveloped.document
    header = GroupHeader(
        *(row.functional_id, row.sender, row.receiver, "", "", row.control_number, "X", row.version),
        release=None,
        offset=0,
    )
    keys = tuple(BusinessKey(kind, value) for kind, value in enveloped.keys)
    known = tuple(finding for detail in enveloped.findings if error_code(finding := _finding(detail)))
    refused = found("TRN-372", value=document.number or document.control_number)
    advice = Advice(
        set_id=document.set_id,
        control_number=document.control_number,
        kind=document.kind or "",
        identity=document.number,
        number=number_among(document.set_id, keys, document.number),
        date="",
        keys=keys,
        refused=True,
        findings=(*known, refused),
    )
    return GroupReport(header, row.ordinal, advices=[advice])


def _finding(detail: dict[str, Any]) -> Finding:
    """A finding from the shape of `inspect --json`, which `as_json` gives."""
    place = Location(**{name: detail[name] for name in Location.__match_args__})
    return Finding(
        code=detail["code"],
        severity=Severity(detail["severity"]),
        level=Level(detail["level"]),
        title=detail["title"],
        message=detail["message"],
        remedy=detail["remedy"],
        location=place,
        x12=detail["x12"],
        value=detail["value"],
        expected=detail["expected"],
    )
