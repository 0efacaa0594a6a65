"""What becomes of a document once it is judged: delivered, held for a person, or rejected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from translators.report import Disposition, Status
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
