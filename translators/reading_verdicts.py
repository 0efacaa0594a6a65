"""What becomes of documents, groups and interchanges once they are judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from translators.acknowledgements import decision
from translators.report import Disposition, GroupReport, InterchangeReport, Status
from translators.translation import Prepared, Translation

if TYPE_CHECKING:
    from partners.profile import DocumentRule


def holds_of(translation: Translation | Prepared, rule: DocumentRule | None) -> list[str]:
    """Sentences that say why a person must look at the document before it goes on."""
    holds = [finding.message for finding in translation.holds]
    if not translation.original and (rule is None or rule.hold_non_originals):
        purpose = translation.purpose
        shown = (
            "not known" if purpose is None else f"{purpose.code} ({purpose.meaning or 'no meaning known'})"
        )
        holds.append(f"It is not an original: its purpose code is {shown}.")
    return holds


def disposition_of(status: Status, holds: Sequence[str]) -> Disposition:
    """Rejected documents go nowhere; held ones wait; the rest is delivered."""
    if status is Status.REJECTED:
        return Disposition.REJECT
    return Disposition.HOLD if holds else Disposition.DELIVER


def fell(group: GroupReport) -> None:
    """Reject a group as a whole, and every set in it."""
    group.status = Status.REJECTED
    group.rejects_all = True
    group.outcomes.fell()
    if group.ak9 is not None:
        group.ak9 = replace(group.ak9, code="R", accepted="0")


def refuse(done: InterchangeReport) -> None:
    """Reject every group of an interchange that is refused as a whole; no 997 follows."""
    for group in done.groups:
        fell(group)
        group.answered = False


def status_of(done: InterchangeReport) -> Status:
    """The verdict on an interchange that has ended."""
    if done.rejected:
        return Status.REJECTED
    status = decision.rolled_up(group.status for group in done.groups)
    faulty = any(finding.is_error for finding in done.findings)
    return decision.at_least_with_errors(status) if faulty else status
