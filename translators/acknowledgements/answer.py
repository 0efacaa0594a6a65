"""What all answers share: their control numbers, their envelope turned round, their file's name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from parsers.record import record
from parsers.x12.model import GroupHeader, InterchangeHeader, Separators
from partners.agreement import FIRST_RELEASE_WITH_999
from translators.report import InterchangeReport

if TYPE_CHECKING:
    from partners.profile import AckPolicy

#: ISA12 from which ISA11 is the repetition separator.
_SINCE_REPETITION = "00402"
_REPETITION = "^"


class ControlNumbers(Protocol):
    """Where an answer's own control numbers come from; each call gives a fresh one, 1 to 999999999.

    How many calls an answer makes is known beforehand (`needs`).
    """

    def interchange(self) -> int:
        """The next ISA13."""
        ...

    def group(self, functional_id: str) -> int:
        """The next GS06 of our groups with that GS01: "FA" or "AG"."""
        ...

    def set(self) -> int:
        """The next ST02."""
        ...


class PreviewNumbers:
    """Control number 1 for the interchange, groups and sets counted from 1: shown, never sent."""

    def __init__(self) -> None:
        self._groups: Counter[str] = Counter()
        self._sets = 0

    def interchange(self) -> int:
        """1."""
        return 1

    def group(self, functional_id: str) -> int:
        """1, 2, 3, …, since the groups of an interchange must differ."""
        self._groups[functional_id] += 1
        return self._groups[functional_id]

    def set(self) -> int:
        """1, 2, 3, …, since the sets of a group must differ."""
        self._sets += 1
        return self._sets


@record
class Needs:
    """How many control numbers of each kind the answers draw. groups: by GS01, "FA" and "AG"."""

    interchanges: int
    groups: Mapping[str, int]
    sets: int


@record
class AnsweredGroup:
    """A received group that an answer speaks of: GS01 and GS06 as received."""

    functional_id: str
    control_number: str


@record
class Answer:
    """One file for the partner.

    kind: "TA1", "997", "999", "824" or "CSV". payload: the bytes to send.
    file_name: safe, by the partner's pattern.
    answers_interchange: ISA13 of the interchange answered, "" for a delimited file.
    groups: the received groups it speaks of, empty for a TA1.
    functional_id: GS01 of its own groups, "" where it has none.
    control_number, group_numbers, set_numbers: the answer's own ISA13, GS06 and ST02, as numbers;
        None and empty where the kind has none.
    """

    kind: str
    payload: bytes
    file_name: str
    answers_interchange: str
    groups: tuple[AnsweredGroup, ...] = ()
    functional_id: str = ""
    control_number: int | None = None
    group_numbers: tuple[int, ...] = ()
    set_numbers: tuple[int, ...] = ()


def separators_of_answer(policy: AckPolicy, received: Separators, isa12: str) -> Separators:
    """The delimiters to write with: those received unless set, and never ones that clash.

    A repetition separator is named where `isa12` has one, though no answer repeats an element.
    """
    chosen = policy.separators_for(received)
    if not _usable(chosen):
        chosen = policy.separators_for(Separators())
    return Separators(
        chosen.element,
        chosen.component,
        chosen.segment,
        _repetition(chosen) if isa12 >= _SINCE_REPETITION else None,
        chosen.suffix,
    )


def _usable(separators: Separators) -> bool:
    """True if the delimiters differ and are ones that every reader takes; only a terminator ends lines."""
    inner = (separators.element, separators.component)
    used = (*inner, separators.segment)
    differ = len(set(used)) == len(used) and "\r" not in inner and "\n" not in inner
    return differ and not any(c.isalnum() or c == " " or not c.isascii() for c in used)


def _repetition(separators: Separators) -> str:
    taken = {separators.element, separators.component, separators.segment}
    wanted = (separators.repetition or _REPETITION, _REPETITION, "!", "|")
    return next(c for c in wanted if c not in taken)


def release_of(version: str, fallback: str | None) -> str:
    """GS08 to answer with: `version` if it begins like a release, else `fallback`, else 004010."""
    if re.fullmatch(r"00[2-8][0-9]{3}[0-9A-Z]{0,6}", version):
        return version
    return fallback or "004010"


def version_of(policy: AckPolicy, header: GroupHeader) -> str:
    """GS08 of what answers a group: as received, or fixed by policy."""
    return release_of(header.version, header.release) if policy.version == "received" else policy.version


def functional_kind(policy: AckPolicy, header: GroupHeader) -> str:
    """ "997" or "999": what answers a group. A release before 005010 has no 999, whatever policy asks."""
    newer = version_of(policy, header)[:6] >= FIRST_RELEASE_WITH_999
    return "999" if policy.functional == "999" and newer else "997"


def isa12_of(policy: AckPolicy, header: InterchangeHeader) -> str:
    """ISA12 to answer with: as received, or that of the version which the policy fixes."""
    if policy.version != "received":
        return policy.version[:5]
    return header.version if re.fullmatch(r"00[2-8][0-9]{2}", header.version) else "00401"


def usage_of(header: InterchangeHeader) -> str:
    """ISA15 to answer with: that of what is answered, P where it is none of P, T and I."""
    return header.usage if header.usage in ("P", "T", "I") else "P"


def file_name(
    report: InterchangeReport, policy: AckPolicy, kind: str, number: int, at: datetime, sets: Iterable[str]
) -> str:
    """The answer's file name by the partner's pattern.

    {control_number} is the answer's own, nine digits; {set} the first set it speaks of.
    """
    blanks = {
        "kind": kind,
        "partner": report.partner or "unknown",
        "control_number": f"{number:09}",
        "date": f"{at:%Y%m%d}",
        "time": f"{at:%H%M%S}",
        "set": next(iter(sets), kind),
    }
    return policy.name_file(blanks)
