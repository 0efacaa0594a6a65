"""Answers in the ledger: ours, written with their control numbers, and theirs, matched to what we sent.

All functions but `write_large` run inside the caller's write transaction and do no other I/O.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import Connection

from gateway.failpoints import failpoint
from gateway.store import answers, numbers
from gateway.store.arrivals import Kept
from gateway.store.identity import derived
from gateway.store.ledger import Ledger
from gateway.store.moves import Act, record
from parsers.x12.model import PartyId
from partners.profile import MAILBOX
from translators.acknowledgements.answer import Answer, ControlNumbers
from translators.acknowledgements.answers import needs, write_answers
from translators.report import InterchangeReport

NOBODY = PartyId("", "")
#: Sets in an interchange from which on its answers are written outside of the transaction.
LARGE_SETS = 10_000
#: Answers by a partner that leave nothing open.
CLOSING = frozenset({"A", "E", "P", "R"})
#: Why a reserved number was not used.
SHORTER = "the answer came out shorter than foreseen"
WENT_BEFORE = "the answer had gone out before the ledger was restored"


@dataclass(frozen=True, slots=True)
class Series:
    """The series that the answers to an interchange draw from."""

    ours: PartyId
    theirs: PartyId

    @classmethod
    def of(cls, report: InterchangeReport) -> Series:
        """Ours to the sender of `report`."""
        return cls(report.receiver or NOBODY, report.sender or NOBODY)

    @property
    def interchange(self) -> str:
        """That of ISA13."""
        return numbers.interchange_series(self.ours, self.theirs)

    def group(self, functional_id: str) -> str:
        """That of GS06 in groups with that GS01."""
        return numbers.group_series(str(self.ours), str(self.theirs), functional_id)


class LedgerNumbers(ControlNumbers):
    """Control numbers drawn in the caller's transaction; sets are counted from 1 in each answer."""

    def __init__(self, tx: Connection, series: Series) -> None:
        self._tx = tx
        self._series = series
        self._sets = count(1)

    def interchange(self) -> int:
        """The next ISA13 from us to them."""
        return numbers.draw(self._tx, self._series.interchange)

    def group(self, functional_id: str) -> int:
        """The next GS06 of our answers to them in groups with that GS01."""
        return numbers.draw(self._tx, self._series.group(functional_id))

    def set(self) -> int:
        """The next ST02 of this answer."""
        return next(self._sets)


class ReservedNumbers(ControlNumbers):
    """Control numbers that a short transaction drew beforehand."""

    def __init__(self, interchanges: Sequence[int], groups: Mapping[str, Sequence[int]]) -> None:
        self._interchanges = iter(interchanges)
        self._groups = {functional_id: iter(reserved) for functional_id, reserved in groups.items()}
        self._sets = count(1)

    def interchange(self) -> int:
        """The next reserved ISA13."""
        return next(self._interchanges)

    def group(self, functional_id: str) -> int:
        """The next reserved GS06 of groups with that GS01."""
        return next(self._groups[functional_id])

    def set(self) -> int:
        """The next ST02 of this answer."""
        return next(self._sets)


def is_large(report: InterchangeReport) -> bool:
    """True if the answers may exceed about 1 MB: too much to be written while a transaction is open."""
    return sum(len(group.outcomes) for group in report.groups) > LARGE_SETS


def write_large(ledger: Ledger, report: InterchangeReport, interchange: str, now: datetime) -> list[Answer]:
    """Answers written outside of any transaction, with numbers that a short one reserved for them.

    Twice: the numbers reserved for this interchange are found again; what is left over when its
    answers are recorded becomes void, with a reason.
    """
    wanted, series = needs(report, now), Series.of(report)
    with ledger.write() as tx:
        interchanges = numbers.reserve(tx, series.interchange, interchange, wanted.interchanges)
        groups = {
            functional_id: numbers.reserve(tx, series.group(functional_id), interchange, wanted_of_it)
            for functional_id, wanted_of_it in wanted.groups.items()
        }
    failpoint("parse.answers_reserved")
    return write_answers(report, ReservedNumbers(interchanges, groups), now)


def record_answers(
    tx: Connection,
    report: InterchangeReport,
    interchange: str,
    transmission: Kept,
    now: datetime,
    written: Sequence[Answer] | None = None,
) -> list[str]:
    """Store what policy answers to an interchange together with its numbers; the ids to send.

    written: answers of `write_large`; None writes them here, with numbers drawn here. Of those, the
    ones that went out before the ledger was restored stay as they are; their new numbers become void.
    """
    partner = report.partner or transmission.partner
    if partner is None:
        return []
    series = Series.of(report)
    if written is None:
        return _store(
            tx, report, interchange, partner, now, write_answers(report, LedgerNumbers(tx, series), now)
        )
    gone = frozenset(answers.answers_to(tx, interchange))
    used: dict[str, list[int]] = {}
    for ordinal, answer in enumerate(written, start=1):
        if _id_of(interchange, ordinal) in gone:
            continue
        if answer.control_number is not None:
            used.setdefault(series.interchange, []).append(answer.control_number)
        used.setdefault(series.group(answer.functional_id), []).extend(answer.group_numbers)
    numbers.close_reservations(tx, interchange, used, WENT_BEFORE if gone else SHORTER)
    return _store(tx, report, interchange, partner, now, written, gone=gone)


def record_later_answers(
    tx: Connection, report: InterchangeReport, interchange: str, partner: str, occasion: str, now: datetime
) -> list[str]:
    """Store answers that follow the first ones, with numbers drawn here; the ids to send.

    occasion: what they tell, by which they are told from others.
    """
    written = write_answers(report, LedgerNumbers(tx, Series.of(report)), now)
    return _store(tx, report, interchange, partner, now, written, occasion)


def _store(
    tx: Connection,
    report: InterchangeReport,
    interchange: str,
    partner: str,
    now: datetime,
    written: Sequence[Answer],
    *occasion: str,
    gone: Collection[str] = (),
) -> list[str]:
    """Insert the answers that are not `gone` already; the ids of all."""
    ids = [_id_of(interchange, ordinal, *occasion) for ordinal in range(1, len(written) + 1)]
    rows = [
        {"id": one} | _row(answer, report, interchange, partner, now)
        for one, answer in zip(ids, written, strict=True)
        if one not in gone
    ]
    answers.insert_answers(tx, rows)
    failpoint("parse.numbers_drawn")
    return ids


def _id_of(interchange: str, ordinal: int, *occasion: str) -> str:
    return derived("ack", interchange, *occasion, ordinal)


def _row(
    answer: Answer, report: InterchangeReport, interchange: str, partner: str, now: datetime
) -> dict[str, Any]:
    policy = report.agreement.x12.acknowledge if report.agreement and report.agreement.x12 else None
    return {
        "direction": "out",
        "kind": answer.kind,
        "partner": partner,
        "interchange_id": interchange,
        "control_number": "" if answer.control_number is None else f"{answer.control_number:09}",
        "state": "stored",
        "file_name": answer.file_name,
        "target": policy.to if policy and answer.kind != "CSV" else MAILBOX,
        "payload": answer.payload,
        "detail": json.dumps(
            {
                "groups": [[group.functional_id, group.control_number] for group in answer.groups],
                "functional_id": answer.functional_id,
                "group_numbers": list(answer.group_numbers),
            }
        ),
        "created_at": now,
    }


def record_sent_interchanges(tx: Connection, sent: Sequence[tuple[answers.Answer, str]]) -> None:
    """Note interchanges of ours and their groups, so that what a partner says of them finds them.

    sent: answers, each with the transmission that it went out as.
    """
    rows: list[dict[str, Any]] = []
    groups: list[dict[str, Any]] = []
    for answer, transmission in sent:
        if answer.answered is None or not answer.control_number:
            continue
        theirs, ours, version = answer.answered
        interchange = derived("ix", transmission)
        rows.append(
            {
                "id": interchange,
                "transmission_id": transmission,
                "direction": "out",
                "ordinal": 1,
                "partner": answer.partner,
                "sender_qualifier": ours.qualifier,
                "sender_id": ours.id,
                "receiver_qualifier": theirs.qualifier,
                "receiver_id": theirs.id,
                "control_number": answer.control_number,
                "version": version,
                "usage": answer.usage,
                "state": "sent",
                "cursor": 0,
                "attempt": 0,
            }
        )
        groups += [
            {
                "id": derived("gr", interchange, ordinal),
                "interchange_id": interchange,
                "direction": "out",
                "ordinal": ordinal,
                "partner": answer.partner,
                "functional_id": answer.functional_id,
                "sender": ours.id,
                "receiver": theirs.id,
                "control_number": str(number),
                "version": "",
                "rejects_all": False,
            }
            for ordinal, number in enumerate(answer.group_numbers, start=1)
        ]
    answers.insert_sent_interchanges(tx, rows, groups)


def record_received_ta1(
    tx: Connection, act: Act, report: InterchangeReport, transmission: Kept, interchange: str
) -> None:
    """Keep each TA1 that came in an interchange and note it at the interchange of ours that it answers."""
    for ordinal, ta1 in enumerate(report.received_ta1, start=1):
        sent = None
        if report.partner is not None:
            ours, theirs = report.receiver or NOBODY, report.sender or NOBODY
            sent = answers.sent_interchange(tx, report.partner, ours, theirs, ta1.get("TA101", ""))
        verdict = ta1.get("TA104", "")
        state = _match(sent, verdict)
        if sent is not None and state == "matched":
            answers.note_answered_interchange(tx, sent.id, verdict)
        _keep(
            tx,
            act,
            "TA1",
            derived("ack", interchange, "TA1", ordinal),
            report.partner,
            transmission.id,
            sent.interchange_id if sent else None,
            ta1.get("TA101", ""),
            state,
            dict(ta1),
        )


def record_received_997(
    tx: Connection, act: Act, partner: str, transmission: str, document: str, said: dict[str, Any]
) -> None:
    """Keep a partner's 997 or 999 and note it at the group of ours that it answers.

    Matched by (partner, GS01, GS06), newest open first. said: the `answers` of its report.
    """
    group = said.get("group") or {}
    number = str(group.get("control_number") or "")
    sent = answers.sent_group(tx, partner, str(group.get("functional_id") or ""), number)
    verdict = str(said.get("code") or "")
    state = _match(sent, verdict)
    if sent is not None and state == "matched":
        answers.note_answered_group(tx, sent.id, verdict, act.at)
    _keep(
        tx,
        act,
        str(said.get("kind") or "997"),
        derived("ack", document),
        partner,
        transmission,
        sent.interchange_id if sent else None,
        number,
        state,
        said,
    )


def record_received_824(
    tx: Connection, act: Act, partner: str, transmission: str, document: str, said: dict[str, Any]
) -> None:
    """Keep a partner's 824. It is matched if a group of ours holds a document that it speaks of.

    What it says of a document is no answer to the group: the 997 stays open. said: the `answers`
    of its report.
    """
    groups = [advice["group"] for advice in said.get("documents", ())]
    sent = [
        answers.sent_group(tx, partner, group["functional_id"] or "", group["control_number"] or "")
        for group in groups
    ]
    found = next((group for group in sent if group is not None), None)
    _keep(
        tx,
        act,
        "824",
        derived("ack", document),
        partner,
        transmission,
        found.interchange_id if found else None,
        str(next((group["control_number"] for group in groups if group["control_number"]), "")),
        "matched" if found else "unmatched",
        said,
    )


def _match(sent: answers.SentGroup | None, verdict: str) -> str:
    if sent is None or verdict not in CLOSING:
        return "unmatched"
    if sent.answered is not None and sent.answered != verdict:
        return "contradicting"
    return "matched"


def _keep(
    tx: Connection,
    act: Act,
    kind: str,
    acknowledgement: str,
    partner: str | None,
    transmission: str,
    answered: str | None,
    control_number: str,
    state: str,
    said: dict[str, Any],
) -> None:
    row = {
        "id": acknowledgement,
        "direction": "in",
        "kind": kind,
        "partner": partner,
        "interchange_id": answered,
        "transmission_id": transmission,
        "control_number": control_number,
        "state": state,
        "detail": json.dumps(said, ensure_ascii=False),
        "created_at": act.at,
    }
    answers.insert_answers(tx, [row])
    record(tx, act, f"acknowledgement.{state}", "acknowledgement", acknowledgement, after=state)
