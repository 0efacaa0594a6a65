"""One file in the parse stage, and what came before it that it repeats."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.parts import Applied, Parts
from gateway.ports import Claim
from gateway.staging import Staging
from gateway.store import arrivals, readings
from gateway.store.arrivals import Kept
from gateway.store.readings import Occupant
from gateway.store.rows import ENVIRONMENTS, Reading
from translators.report import FileEnded, InterchangeReport


@dataclass(slots=True)
class ParseTask:
    """One file in the parse stage. What its interchanges tell of it is filled in as they end.

    waiting: an interchange that was read to its end and is settled with the file, None if none is.
    ended: what the file's end said, once it is read.
    """

    claim: Claim
    transmission: Kept
    applied: Applied
    reading: Reading
    staging: Staging
    standard: str | None = None
    partner: str | None = None
    environment: str | None = None
    waiting: InterchangeReport | None = None
    ended: FileEnded | None = None

    @property
    def is_replay(self) -> bool:
        """True if a person asked for it: duplicates are no matter, and nobody is answered again."""
        return self.claim.stage == "replay"

    @property
    def from_erp(self) -> bool:
        """True if our own ERP wrote it."""
        channel = self.applied.directory.channel(self.transmission.channel)
        return channel is not None and channel[1].from_erp

    def note(self, report: InterchangeReport) -> None:
        """Remember whose interchange it was, and for what use."""
        self.partner = self.partner or report.partner
        self.environment = self.environment or ENVIRONMENTS.get(report.usage)

    @property
    def place(self) -> tuple[str, str]:
        """What only one interchange may take: a partner's control number, or the bytes of a file without."""
        report = self.waiting
        number = number_of(report) if report else ""
        return (report.partner or "" if report else "", number or self.transmission.sha256)


def came_before(
    parts: Parts, view: Connection, task: ParseTask, report: InterchangeReport, sha256: str
) -> Occupant | None:
    """The interchange that this one repeats or whose number it takes, if any; a replay passes the check.

    An accepted one occupies its number. A refused one leaves it free, but the same bytes under the
    same profiles can only be refused again: a client that was never told sends them twice.
    """
    header, agreement = report.header, report.agreement
    if task.is_replay or header is None or agreement is None or agreement.x12 is None:
        return None
    since = readings.look_back(parts.clock.now(), agreement.x12.duplicate_window_days)
    besides = task.reading.interchange_id(report.ordinal)
    if not report.rejected:
        return readings.accepted_before(
            view, header.sender, header.receiver, header.control_number, since, besides
        )
    if not _answers_repeat(report):
        return None
    partner = agreement.partner.partner
    return readings.refused_alike(view, partner, sha256, task.applied.version, since, besides)


def same_file(view: Connection, task: ParseTask) -> str | None:
    """The answered transmission with these bytes, if that counts as a duplicate: a layout's rule says so,
    and what our ERP wrote always does."""
    transmission = task.transmission
    agreement = task.applied.directory.by_partner(transmission.partner or "")
    rule = agreement.rule_for_file(transmission.name) if agreement else None
    accepts = not task.from_erp and (rule is None or rule.same_bytes == "accept")
    if task.is_replay or accepts:
        return None
    return arrivals.settled_with_same_bytes(view, transmission, task.applied.version)


def is_repeat(task: ParseTask, report: InterchangeReport, sha256: str, earlier: Occupant) -> bool:
    """True if it is the same interchange again, and not one that policy refuses."""
    own = earlier.transmission_id == task.transmission.id
    return earlier.sha256 == sha256 and (own or _answers_repeat(report))


def _answers_repeat(report: InterchangeReport) -> bool:
    agreement = report.agreement
    return bool(agreement and agreement.x12 and agreement.x12.duplicate_same_bytes == "repeat_answers")


def number_of(report: InterchangeReport) -> str:
    """Its control number, "" if it has none."""
    return report.header.control_number if report.header else ""
