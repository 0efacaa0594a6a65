"""Business numbers that came before, told in the 824 that goes out with the other answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from gateway.handing_on import document_identity
from gateway.routing import may_be_taken
from gateway.store import deliveries
from gateway.store.rows import ENVIRONMENTS
from parsers.catalogue import found
from partners.agreement import Agreement
from partners.directory import Directory
from translators.report import Advice, GroupReport, InterchangeReport

#: Identities that one query asks for.
QUERY_IDENTITIES = 200


def note_repeats(view: Connection, report: InterchangeReport, directory: Directory) -> None:
    """Give each advice on a document whose number was received before the finding that says so.

    The same is decided once more when the document is handed on: of two files that come in the
    same moment both may be told to be the first, and one of them is held all the same.
    """
    agreement = report.agreement
    if agreement is None or report.rejected:
        return
    taken: set[str] = set()
    for group in report.groups:
        group.advices = [
            advice
            for start in range(0, len(group.advices), QUERY_IDENTITIES)
            for advice in _noted(
                view,
                directory,
                (report, agreement),
                group,
                group.advices[start : start + QUERY_IDENTITIES],
                taken,
            )
        ]


def _noted(
    view: Connection,
    directory: Directory,
    agreed: tuple[InterchangeReport, Agreement],
    group: GroupReport,
    advices: Sequence[Advice],
    taken: set[str],
) -> Iterator[Advice]:
    """The advices, with a finding where the number is taken. taken: identities of this interchange."""
    report, agreement = agreed
    identities = [_identity(report, advice) for advice in advices]
    seen = deliveries.accepted_versions(view, [identity for identity in identities if identity])
    taken.update(identity for identity, accepted in seen.items() if accepted.in_force)
    for advice, identity in zip(advices, identities, strict=True):
        rule = agreement.rule_for("x12", advice.set_id, group.header.version if group.header else "")
        if rule is None or not identity:
            yield advice
        elif identity in taken and rule.hold_repeats:
            finding = found("TRN-370", value=advice.identity, kind=advice.kind.replace("_", " "))
            yield replace(advice, held=True, findings=(*advice.findings, finding))
        else:
            environment = ENVIRONMENTS.get(report.usage, "production")
            if not advice.held and may_be_taken(directory, report.partner or "", rule, environment):
                taken.add(identity)
            yield advice


def _identity(report: InterchangeReport, advice: Advice) -> str:
    """The document's business identity, "" for one without a number: that is only itself."""
    if not advice.identity or not advice.kind:
        return ""
    return document_identity(
        report.receiver, report.partner or "", report.usage, advice.kind, advice.identity
    )
