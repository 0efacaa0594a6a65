"""Every answer to one interchange: its TA1, its 997s, or the receipt for a delimited file.

A TA1 goes in an interchange of its own. The 997s of one received interchange share one
answering interchange: one 997 a received group, in one FA group for each pair of application
ids and version, since a GS can carry only one of each. Acknowledgements themselves are never
answered, nor is anything in an interchange that a TA1 refuses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from parsers.x12.model import GroupHeader, InterchangeHeader, Separators
from partners.profile import AckPolicy
from translators.acknowledgements import fa997, ta1
from translators.acknowledgements.answer import (
    Answer,
    AnsweredGroup,
    ControlNumbers,
    Needs,
    as_bytes,
    file_name,
    isa12_of,
    release_of,
    separators_of_answer,
    usage_of,
)
from translators.acknowledgements.receipt import receipt
from translators.report import GroupReport, InterchangeReport

_FUNCTIONAL_ID = "FA"
_AGENCY = "X"


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
    encoding: str
    at: datetime

    @classmethod
    def to(cls, report: InterchangeReport, at: datetime) -> _Reply | None:
        """None if nobody can be answered: no readable ISA, or no agreement."""
        header, agreement = report.header, report.agreement
        if header is None or agreement is None or agreement.x12 is None:
            return None
        policy = agreement.x12.acknowledge
        separators = separators_of_answer(policy, header.separators, isa12_of(policy, header))
        return cls(report, header, policy, separators, agreement.x12.encoding, at)


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
    lines = [_isa(reply, number), ta1.line(reply.header, report.ta1), _iea(0, number)]
    return _answer(reply, "TA1", number, lines, ())


def _997(reply: _Reply, groups: Sequence[GroupReport], numbers: ControlNumbers) -> Answer:
    number = numbers.interchange()
    lines = [_isa(reply, number)]
    group_numbers: list[int] = []
    set_numbers: list[int] = []
    for address, together in _by_address(reply, groups):
        group_number = numbers.group()
        group_numbers.append(group_number)
        lines.append(_gs(reply, address, group_number))
        for group in together:
            set_number = numbers.set()
            set_numbers.append(set_number)
            lines.extend(_set(reply, address, group, set_number))
        lines.append(("GE", str(len(together)), str(group_number)))
    lines.append(_iea(len(group_numbers), number))
    return _answer(reply, "997", number, lines, groups, tuple(group_numbers), tuple(set_numbers))


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


def _set(reply: _Reply, address: _Addressed, group: GroupReport, number: int) -> Iterator[fa997.Line]:
    control_number = f"{number:04}"
    body = fa997.body(
        group,
        version=address.version,
        separators=reply.separators,
        accepted_sets=reply.policy.accepted_sets,
    )
    count = 2
    yield ("ST", "997", control_number)
    for line in body:
        count += 1
        yield line
    yield ("SE", str(count), control_number)


def _isa(reply: _Reply, number: int) -> fa997.Line:
    """Sender and receiver of the interchange answered, turned round."""
    header, separators = reply.header, reply.separators
    version = isa12_of(reply.policy, header)
    return (
        *("ISA", "00", " " * 10, "00", " " * 10),
        *_party(header.receiver.qualifier, header.receiver.id, separators),
        *_party(header.sender.qualifier, header.sender.id, separators),
        *(f"{reply.at:%y%m%d}", f"{reply.at:%H%M}", separators.repetition or "U", version),
        *(f"{number:09}", "0", usage_of(header), separators.component),
    )


def _party(qualifier: str, party: str, separators: Separators) -> tuple[str, str]:
    return fa997.clean(qualifier, separators)[:2].ljust(2), fa997.clean(party, separators)[:15].ljust(15)


def _iea(groups: int, number: int) -> fa997.Line:
    return ("IEA", str(groups), f"{number:09}")


def _gs(reply: _Reply, address: _Addressed, number: int) -> fa997.Line:
    sender = fa997.clean(address.receiver, reply.separators)[:15]
    receiver = fa997.clean(address.sender, reply.separators)[:15]
    clock = (f"{reply.at:%Y%m%d}", f"{reply.at:%H%M}")
    return ("GS", _FUNCTIONAL_ID, sender, receiver, *clock, str(number), _AGENCY, address.version)


def _answer(
    reply: _Reply,
    kind: str,
    number: int,
    lines: Iterable[fa997.Line],
    groups: Sequence[GroupReport],
    group_numbers: tuple[int, ...] = (),
    set_numbers: tuple[int, ...] = (),
) -> Answer:
    """The answer as a file: its segments as bytes, its name by the partner's pattern."""
    answered = [_header(group) for group in groups]
    sets = (outcome.set_id for group in groups for outcome in group.outcomes)
    return Answer(
        kind=kind,
        payload=as_bytes(lines, reply.separators, reply.encoding),
        file_name=file_name(reply.report, reply.policy, kind, number, reply.at, sets),
        answers_interchange=reply.header.control_number,
        groups=tuple(AnsweredGroup(header.functional_id, header.control_number) for header in answered),
        control_number=number,
        group_numbers=group_numbers,
        set_numbers=set_numbers,
    )
