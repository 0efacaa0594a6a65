"""Every answer to one interchange: its TA1, its 997s, or the receipt for a delimited file.

A TA1 goes in an interchange of its own. The 997s of one received interchange share one
answering interchange: one 997 a received group, in one FA group for each pair of application
ids and version, since a GS can carry only one of each. Acknowledgements themselves are never
answered, nor is anything in an interchange that a TA1 refuses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

from parsers.x12.model import GroupHeader, InterchangeHeader, PartyId, Separators
from parsers.x12.writer import GroupToWrite, InterchangeToWrite, SetToWrite, write_interchange
from translators.acknowledgements import fa997, ta1
from translators.acknowledgements.answer import (
    Answer,
    AnsweredGroup,
    ControlNumbers,
    Needs,
    file_name,
    isa12_of,
    release_of,
    separators_of_answer,
    usage_of,
)
from translators.acknowledgements.decision import can_be_addressed
from translators.acknowledgements.receipt import receipt
from translators.report import GroupReport, InterchangeReport

if TYPE_CHECKING:
    from partners.profile import AckPolicy

_FUNCTIONAL_ID = "FA"


@dataclass(frozen=True, slots=True)
class _Addressed:
    """The envelope that FA groups share: who the received group was from and to, and GS08 of the answer."""

    sender: str
    receiver: str
    version: str


@dataclass(frozen=True, slots=True)
class _Reply:
    """What writing needs to know of the interchange answered."""

    report: InterchangeReport
    header: InterchangeHeader
    policy: AckPolicy
    separators: Separators
    at: datetime

    @classmethod
    def to(cls, report: InterchangeReport, at: datetime) -> _Reply | None:
        """None if nobody can be answered: no ISA that can be turned round, or no agreement."""
        header, agreement = report.header, report.agreement
        if not can_be_addressed(header) or agreement is None or agreement.x12 is None:
            return None
        policy = agreement.x12.acknowledge
        separators = separators_of_answer(policy, header.separators, isa12_of(policy, header))
        return cls(report, header, policy, separators, at)


def write_answers(report: InterchangeReport, numbers: ControlNumbers, at: datetime) -> list[Answer]:
    """The answers that policy sends to an interchange whose verdict is final, TA1 first.

    numbers: drawn as `needs` says. at: aware; the time of ISA09, GS04 and file names, in UTC.
    """
    if report.receipt_due:
        return [receipt(report, report.file_name, at)]
    reply = _Reply.to(report, at)
    if reply is None:
        return []
    written = [_ta1(reply, numbers)] if _has_ta1(reply) else []
    groups = _answered(report)
    return [*written, _997(reply, groups, numbers)] if groups else written


def needs(report: InterchangeReport, at: datetime) -> Needs:
    """How many control numbers `write_answers` draws for the same interchange."""
    reply = _Reply.to(report, at)
    if reply is None or report.receipt_due:
        return Needs(0, 0, 0)
    groups = _answered(report)
    interchanges = int(_has_ta1(reply)) + int(bool(groups))
    return Needs(interchanges, len(list(_by_address(reply, groups))), len(groups))


def _has_ta1(reply: _Reply) -> bool:
    return reply.report.ta1_due and reply.report.ta1 is not None


def _answered(report: InterchangeReport) -> list[GroupReport]:
    return [] if report.rejected else [group for group in report.groups if group.answered]


def _ta1(reply: _Reply, numbers: ControlNumbers) -> Answer:
    report = reply.report
    if report.ta1 is None:
        raise ValueError("an interchange without a verdict cannot be answered")
    number = numbers.interchange()
    envelope = replace(_envelope(reply, number), acknowledgements=(ta1.elements(reply.header, report.ta1),))
    return _answer(reply, "TA1", number, write_interchange(envelope, (), reply.separators))


def _997(reply: _Reply, groups: Sequence[GroupReport], numbers: ControlNumbers) -> Answer:
    number = numbers.interchange()
    addressed = [
        (_group(reply, address, numbers.group()), [(group, numbers.set()) for group in together])
        for address, together in _by_address(reply, groups)
    ]
    written = [
        replace(envelope, sets=[_set(reply, envelope.version, group, own) for group, own in together])
        for envelope, together in addressed
    ]
    payload = write_interchange(_envelope(reply, number), written, reply.separators)
    return replace(
        _answer(reply, "997", number, payload, groups),
        group_numbers=tuple(int(envelope.control_number) for envelope in written),
        set_numbers=tuple(own for _, together in addressed for _, own in together),
    )


def _by_address(
    reply: _Reply, groups: Iterable[GroupReport]
) -> Iterator[tuple[_Addressed, list[GroupReport]]]:
    """The groups that one FA group can answer, in the order received."""
    for address, together in groupby(groups, key=lambda group: _address(reply, group)):
        yield address, list(together)


def _address(reply: _Reply, group: GroupReport) -> _Addressed:
    header = _header(group)
    version = reply.policy.version
    if version == "received":
        version = release_of(header.version, header.release)
    return _Addressed(header.sender, header.receiver, version)


def _header(group: GroupReport) -> GroupHeader:
    if group.header is None:
        raise ValueError("a group without a header cannot be answered")
    return group.header


def _set(reply: _Reply, version: str, group: GroupReport, number: int) -> SetToWrite:
    accepted_sets = reply.policy.accepted_sets
    body = fa997.body(group, version=version, separators=reply.separators, accepted_sets=accepted_sets)
    return SetToWrite("997", f"{number:04}", body)


def _envelope(reply: _Reply, number: int) -> InterchangeToWrite:
    """Sender and receiver of the interchange answered, turned round."""
    header = reply.header
    return InterchangeToWrite(
        sender=_party(header.receiver, reply.separators),
        receiver=_party(header.sender, reply.separators),
        date=f"{reply.at:%y%m%d}",
        time=f"{reply.at:%H%M}",
        version=isa12_of(reply.policy, header),
        control_number=str(number),
        usage=usage_of(header),
    )


def _party(party: PartyId, separators: Separators) -> PartyId:
    return PartyId(fa997.clean(party.qualifier, separators)[:2], fa997.clean(party.id, separators)[:15])


def _group(reply: _Reply, address: _Addressed, number: int) -> GroupToWrite:
    return GroupToWrite(
        functional_id=_FUNCTIONAL_ID,
        sender=fa997.clean(address.receiver, reply.separators)[:15],
        receiver=fa997.clean(address.sender, reply.separators)[:15],
        date=f"{reply.at:%Y%m%d}",
        time=f"{reply.at:%H%M}",
        control_number=str(number),
        version=address.version,
        sets=(),
    )


def _answer(
    reply: _Reply, kind: str, number: int, payload: bytes, groups: Sequence[GroupReport] = ()
) -> Answer:
    """The answer as a file, named by the partner's pattern."""
    answered = [_header(group) for group in groups]
    sets = (outcome.set_id for group in groups for outcome in group.outcomes)
    return Answer(
        kind=kind,
        payload=payload,
        file_name=file_name(reply.report, reply.policy, kind, number, reply.at, sets),
        answers_interchange=reply.header.control_number,
        groups=tuple(AnsweredGroup(header.functional_id, header.control_number) for header in answered),
        control_number=number,
    )
