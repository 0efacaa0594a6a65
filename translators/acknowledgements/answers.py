"""Every answer to one interchange: TA1, 997s or 999s, and 824s, or the receipt for a delimited file.

A TA1 goes in an interchange of its own. The answers of one kind to a received interchange share
one answering interchange: one set a received group, in one FA or AG group for each pair of
application ids and version, since a GS can carry only one of each. Acknowledgements themselves are
never answered, nor is anything in an interchange that a TA1 refuses.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

from parsers.record import record
from parsers.x12.model import GroupHeader, InterchangeHeader, PartyId, Separators
from parsers.x12.writer import (
    GroupToWrite,
    InterchangeToWrite,
    Ready,
    SegmentToWrite,
    SetToWrite,
    interchange_parts,
)
from partners.agreement import FIRST_RELEASE_WITH_999
from translators.acknowledgements import aa824, fa997, ia999, ta1
from translators.acknowledgements.answer import (
    Answer,
    AnsweredGroup,
    ControlNumbers,
    Needs,
    file_name,
    functional_kind,
    isa12_of,
    separators_of_answer,
    usage_of,
    version_of,
)
from translators.acknowledgements.decision import can_be_addressed
from translators.acknowledgements.quoting import clean
from translators.acknowledgements.receipt import receipt
from translators.report import GroupReport, InterchangeReport, Ta1

if TYPE_CHECKING:
    from partners.profile import AckPolicy

#: An answer without its payload, and the payload piece by piece.
Draft = tuple[Answer, Iterable[bytes]]


@record
class _Addressed:
    """The envelope that answering groups share: who the received group was from and to, and GS08."""

    sender: str
    receiver: str
    version: str


@record
class _File:
    """One answering interchange: its kind, GS01 of its groups, and the received groups it answers."""

    kind: str
    functional_id: str
    groups: Sequence[GroupReport]


@record
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
    return [replace(answer, payload=_joined(parts)) for answer, parts in draft_answers(report, numbers, at)]


def draft_answers(report: InterchangeReport, numbers: ControlNumbers, at: datetime) -> Iterator[Draft]:
    """The same answers with their payload in pieces, to be taken once: for those too large for memory."""
    if report.receipt_due:
        whole = receipt(report, report.file_name, at)
        yield whole, (whole.payload,)
        return
    reply = _Reply.to(report, at)
    if reply is None:
        return
    if (verdict := _due_ta1(reply)) is not None:
        yield _ta1(reply, verdict, numbers)
    for file in _files(reply):
        yield _draft(reply, file, numbers)


def needs(report: InterchangeReport, at: datetime) -> Needs:
    """How many control numbers `write_answers` draws for the same interchange."""
    reply = _Reply.to(report, at)
    if reply is None or report.receipt_due:
        return Needs(0, {}, 0)
    groups: Counter[str] = Counter()
    files = list(_files(reply))
    for file in files:
        groups[file.functional_id] += len(list(_by_address(reply, file)))
    interchanges = int(_due_ta1(reply) is not None) + len(files)
    return Needs(interchanges, groups, sum(len(file.groups) for file in files))


def _joined(parts: Iterable[bytes]) -> bytes:
    """The pieces as one; a list of a million of them would take more memory than they."""
    whole = io.BytesIO()
    whole.writelines(parts)
    return whole.getvalue()


def _due_ta1(reply: _Reply) -> Ta1 | None:
    return reply.report.ta1 if reply.report.ta1_due else None


def _files(reply: _Reply) -> Iterator[_File]:
    """The answering interchanges: 997s before 999s before 824s."""
    if reply.report.rejected:
        return
    answered = [group for group in reply.report.groups if group.answered]
    for kind in _BODIES:
        groups = [group for group in answered if functional_kind(reply.policy, _header(group)) == kind]
        if groups:
            yield _File(kind, "FA", groups)
    advised = [group for group in reply.report.groups if aa824.told(group, reply.policy)]
    if advised:
        yield _File("824", "AG", advised)


def _ta1(reply: _Reply, verdict: Ta1, numbers: ControlNumbers) -> Draft:
    number = numbers.interchange()
    envelope = replace(_envelope(reply, number), acknowledgements=(ta1.elements(reply.header, verdict),))
    return _answer(reply, "TA1", number), interchange_parts(envelope, (), reply.separators)


def _draft(reply: _Reply, file: _File, numbers: ControlNumbers) -> Draft:
    number = numbers.interchange()
    addressed = [
        (
            _group(reply, file, address, numbers.group(file.functional_id)),
            [(group, numbers.set()) for group in together],
        )
        for address, together in _by_address(reply, file)
    ]
    written = [
        replace(envelope, sets=[_set(reply, file, envelope, group, own) for group, own in together])
        for envelope, together in addressed
    ]
    answer = replace(
        _answer(reply, file.kind, number, file.groups),
        functional_id=file.functional_id,
        group_numbers=tuple(int(envelope.control_number) for envelope in written),
        set_numbers=tuple(own for _, together in addressed for _, own in together),
    )
    return answer, interchange_parts(_envelope(reply, number), written, reply.separators)


def _by_address(reply: _Reply, file: _File) -> Iterator[tuple[_Addressed, list[GroupReport]]]:
    """The groups that one answering group can speak of, in the order received."""
    for address, together in groupby(file.groups, key=lambda group: _address(reply, file.kind, group)):
        yield address, list(together)


def _address(reply: _Reply, kind: str, group: GroupReport) -> _Addressed:
    header = _header(group)
    version = version_of(reply.policy, header)
    if kind == "824":
        version = aa824.version_of_824(version)
    if kind == "999" and reply.policy.version == "received":
        # What stands behind the release names the guide of what is answered, not that of a 999.
        version = version[:6]
    return _Addressed(header.sender, header.receiver, version)


def _header(group: GroupReport) -> GroupHeader:
    if group.header is None:
        raise ValueError("a group without a header cannot be answered")
    return group.header


_BODIES: dict[str, Callable[..., Iterable[SegmentToWrite | Ready]]] = {"997": fa997.body, "999": ia999.body}


def _set(reply: _Reply, file: _File, envelope: GroupToWrite, group: GroupReport, number: int) -> SetToWrite:
    version = envelope.version
    if file.kind == "824":
        return SetToWrite(file.kind, f"{number:04}", _advice(reply, envelope, group, number))
    body = _BODIES[file.kind](
        group, version=version, separators=reply.separators, accepted_sets=reply.policy.accepted_sets
    )
    # A 999 by a guide of its own names it in ST03, as its GS08 does.
    implementation = version if file.kind == "999" and len(version) > len(FIRST_RELEASE_WITH_999) else ""
    return SetToWrite(file.kind, f"{number:04}", body, implementation)


def _advice(
    reply: _Reply, envelope: GroupToWrite, group: GroupReport, number: int
) -> Iterator[SegmentToWrite]:
    agreement = reply.report.agreement
    return aa824.body(
        aa824.told(group, reply.policy),
        _header(group),
        reply.policy,
        version=envelope.version,
        separators=reply.separators,
        reference=f"{envelope.control_number}-{number:04}",
        sender_name=agreement.ours.name if agreement else "",
        at=reply.at,
    )


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
    return PartyId(clean(party.qualifier, separators)[:2], clean(party.id, separators)[:15])


def _group(reply: _Reply, file: _File, address: _Addressed, number: int) -> GroupToWrite:
    return GroupToWrite(
        functional_id=file.functional_id,
        sender=clean(address.receiver, reply.separators)[:15],
        receiver=clean(address.sender, reply.separators)[:15],
        date=f"{reply.at:%Y%m%d}",
        time=f"{reply.at:%H%M}",
        control_number=str(number),
        version=address.version,
        sets=(),
    )


def _answer(reply: _Reply, kind: str, number: int, groups: Sequence[GroupReport] = ()) -> Answer:
    """The answer as a file, named by the partner's pattern, without its payload."""
    answered = [_header(group) for group in groups]
    sets = (outcome.set_id for group in groups for outcome in group.outcomes)
    return Answer(
        kind=kind,
        payload=b"",
        file_name=file_name(reply.report, reply.policy, kind, number, reply.at, sets),
        answers_interchange=reply.header.control_number,
        groups=tuple(AnsweredGroup(header.functional_id, header.control_number) for header in answered),
        control_number=number,
    )
