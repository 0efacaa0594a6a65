"""What people are told of: every kind of alert, which events begin it, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AlertKind:
    """One kind. title: what is the matter, as the beginning of a mail's subject.

    look: the command that shows more. remedy: what to do.
    over: when it ends, in words. states: states of its subjects, by their kind, in which it is not
    over; empty if it ends in another way.
    """

    name: str
    title: str
    look: str
    remedy: str
    over: str
    states: Mapping[str, tuple[str, ...]]


def _kind(name: str, title: str, look: str, remedy: str, over: str, **states: tuple[str, ...]) -> AlertKind:
    return AlertKind(name, title, look, remedy, over, states)


KINDS: Mapping[str, AlertKind] = {
    kind.name: kind
    for kind in (
        _kind(
            "quarantine",
            "Files in quarantine",
            "tradepost quarantine list",
            "Mend the cause, then release the files or close them.",
            "when no file of it is in quarantine any more",
            transmission=("quarantined",),
        ),
        _kind(
            "reject",
            "Documents rejected",
            "tradepost documents list --state rejected",
            "Ask the partner to correct and resend, or change its profile and replay.",
            "when none came for a day (alert_quiet_s)",
        ),
        _kind(
            "held",
            "Documents wait for a person",
            "tradepost documents list --state held",
            "Look at each, then release or reject it.",
            "when no document of it is held any more",
            document=("held",),
        ),
        _kind(
            "dead_letter",
            "Deliveries given up",
            "tradepost dead-letters list",
            "Mend the cause at the destination, then retry them, or close them.",
            "when none of them is dead any more",
            consignment=("dead",),
        ),
        _kind(
            "dead_answer",
            "Answers to a partner given up",
            "tradepost acknowledgements list --state dead",
            "Look at the partner's store and its secrets, then resend.",
            "when none of them is dead any more",
            acknowledgement=("dead",),
        ),
        _kind(
            "contradiction",
            "A partner's answer contradicts an earlier one",
            "tradepost acknowledgements list --state contradicting",
            "Ask the partner which one holds.",
            "when none came for a day (alert_quiet_s)",
        ),
        _kind(
            "failed_task",
            "A step was stopped by a bug of ours",
            "tradepost tasks list",
            "Report it with the traceback; once it is mended: tradepost tasks retry",
            "when every such step has been run again",
            task=("failed",),
        ),
        _kind(
            "archive_damaged",
            "Bytes in the archive are damaged or missing",
            "tradepost doctor",
            "Restore the named bytes from a backup, then: tradepost tasks retry",
            "when every step that met it has been run again",
            task=("failed",),
        ),
        _kind(
            "destination_paused",
            "A destination is paused",
            "tradepost destinations list",
            "Mend what it refuses, such as its secrets, then resume it.",
            "when it is resumed",
            destination=("paused",),
        ),
        _kind(
            "destination_down",
            "A destination fails",
            "tradepost destinations list",
            "Look whether it is up; deliveries wait in order and go by themselves when it answers.",
            "when it takes deliveries again",
            destination=("open", "half_open", "paused"),
        ),
        _kind(
            "partner_silent",
            "Expected files have not come",
            "tradepost overdue",
            "Ask the partner whether it has sent them, and where.",
            "when a file of the partner comes",
        ),
        _kind(
            "documents_overdue",
            "Documents are not delivered in time",
            "tradepost overdue",
            "Look at the destination: is it up, paused, or does it wait for a slot?",
            "when they are delivered",
        ),
        _kind(
            "disk_low",
            "Little disk space is left",
            "tradepost doctor",
            "Free some space, or move the home to a larger disk; uploads are refused before it is full.",
            "when there is space again",
        ),
        _kind(
            "archive_away",
            "The archive cannot be used",
            "tradepost doctor",
            "Look at the archive's store; nothing is accepted or lost meanwhile.",
            "when it answers again",
        ),
    )
}

#: Kinds that end when nothing more has come for a while.
QUIET = frozenset({"reject", "contradiction"})
#: Kinds that are one cause a partner or destination, whatever the finding.
WHOLE = frozenset({"held", "contradiction", "dead_answer", "destination_down"})
#: Kinds that a look at the state of things begins and ends, rather than an event.
CONDITIONS = frozenset({"partner_silent", "documents_overdue", "disk_low", "archive_away"})

#: Kinds by the event that begins them or adds to them.
BEGINNINGS: Mapping[str, str] = {
    "transmission.quarantined": "quarantine",
    "interchange.refused": "reject",
    "document.rejected": "reject",
    "document.held": "held",
    "consignment.dead": "dead_letter",
    "acknowledgement.dead": "dead_answer",
    "acknowledgement.contradicting": "contradiction",
    "task.failed": "failed_task",
    "destination.paused": "destination_paused",
    "destination.open": "destination_down",
}
