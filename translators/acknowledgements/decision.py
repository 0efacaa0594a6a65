"""What we answer: findings and policy in, verdicts out. Pure; nothing here writes a segment.

Every code list belongs to the version of the answer, not of the file answered: a 004010
answer never says what only the lists of 005010 know.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal, TypeGuard

from parsers.finding import Finding, Level
from parsers.record import mutable_record
from parsers.x12.model import InterchangeHeader
from translators.outcomes import ACCEPTED_SET, Ak5
from translators.report import Ak9, Status, Ta1

OnElementError = Literal["reject", "accept_with_errors"]
Ta1Policy = Literal["on_request", "on_error", "on_request_or_error", "always", "never"]

#: GE01 and AK902 to AK904 are N0 1-6.
MAX_SETS = 999_999
#: AK502 to AK506 and AK905 to AK909: five places each.
MAX_NOTES = 5
#: Codes that only later lists know: element -> code -> (first release that has it, what to say before).
_LATER_CODES: dict[str, dict[str, tuple[str, str]]] = {
    "AK403": {"12": ("005010", "3"), "13": ("005010", "3")},
    "AK502": {"18": ("005010", "6"), "19": ("005010", "1")},
    "AK905": {"19": ("004050", "6")},
}
#: TA105 codes from the most to the least telling, those that refuse an interchange first.
_REFUSING = (
    *("023", "022", "004", "026", "027", "018", "025", "005", "007"),
    *("010", "011", "012", "013", "014", "015", "016", "017", "024"),
)
_NOTING = ("006", "008", "009", "003", "002", "001", "021", "019", "020")
_TA1_ORDER = {note: rank for rank, note in enumerate((*_REFUSING, *_NOTING))}
#: Says that something inside could not be answered: refuses the whole only if nothing else was processed.
_CONTENT_INVALID = "024"

#: AK502 for a set whose ST01 or ST02 is missing or invalid.
_NAMELESS_CODES = {"ST01": "6", "ST02": "7"}

NO_ERROR = Ta1("A", "000")

_STATUS_OF_AK5 = {"A": Status.ACCEPTED, "E": Status.ACCEPTED_WITH_ERRORS, "R": Status.REJECTED}
_STATUS_OF_AK9 = {**_STATUS_OF_AK5, "P": Status.PARTIALLY_ACCEPTED}


@mutable_record
class SetCounts:
    """How the sets of a group fared so far."""

    accepted: int = 0
    with_errors: int = 0
    rejected: int = 0

    @property
    def received(self) -> int:
        """All of them."""
        return self.accepted + self.with_errors + self.rejected

    @property
    def verdict(self) -> Status:
        """On all of them as a whole, by themselves alone."""
        counted = (
            (Status.ACCEPTED, self.accepted),
            (Status.ACCEPTED_WITH_ERRORS, self.with_errors),
            (Status.REJECTED, self.rejected),
        )
        return rolled_up(status for status, count in counted if count)

    def add(self, status: Status) -> None:
        """Count one more set."""
        if status is Status.ACCEPTED:
            self.accepted += 1
        elif status is Status.ACCEPTED_WITH_ERRORS:
            self.with_errors += 1
        else:
            self.rejected += 1


def fitted(element: str, code: str, version: str) -> str:
    """`code` as an answer in `version` ("004010", "005010X231") may say it.

    element: "AK403", "AK502" or "AK905". Codes of later lists fall back to the nearest older one.
    """
    since, older = _LATER_CODES.get(element, {}).get(code, ("", code))
    return code if version[:6] >= since else older


def decide_set(
    findings: Iterable[Finding], *, on_element_error: OnElementError, version: str
) -> tuple[Status, Ak5]:
    """The answer to one set by its own faults; a fault of its group may still fell it (`Outcomes.fell`).

    A set is rejected (R) for any fault of the set or of a segment; for faults of elements alone
    it is accepted with errors (E) where `on_element_error` says so. AK502 says 5 beside the
    explicit codes whenever a segment or element is at fault (X12-FACTS 4.2).
    """
    errors = [finding for finding in findings if finding.is_error]
    if not errors:
        return Status.ACCEPTED, ACCEPTED_SET
    notes = _notes(errors, "AK502", version)
    inside = any(finding.level in (Level.SEGMENT, Level.ELEMENT) for finding in errors)
    if inside or not notes:
        notes.append("5")
    mild = on_element_error == "accept_with_errors" and all(f.level is Level.ELEMENT for f in errors)
    ak5 = Ak5("E" if mild else "R", _at_most_five(notes))
    return _STATUS_OF_AK5[ak5.code], ak5


def decide_nameless_set(missing: Literal["ST01", "ST02"], ak5: Ak5) -> tuple[Status, Ak5]:
    """The answer to a set that an answer cannot name, besides what else is wrong with it.

    missing: the element that cannot be quoted; the finding stands with the group, which it rejects.
    """
    return Status.REJECTED, Ak5("R", _at_most_five((_NAMELESS_CODES[missing], *ak5.notes)))


def decide_group(
    findings: Sequence[Finding], counts: SetCounts, *, declared: str | None, version: str
) -> tuple[Status, Ak9, bool]:
    """The answer to one group, and whether its own fault rejects every set in it.

    findings: those of the group as a whole. declared: GE01 as sent, None if there is none;
    what AK902 cannot quote (1 to 6 digits) is replaced by the number received.
    """
    errors = [finding for finding in findings if finding.is_error]
    rejects_all = bool(errors)
    code = "R" if rejects_all else _group_code(counts)
    received = _counted(counts.received)
    quoted = declared if declared and re.fullmatch(r"[0-9]{1,6}", declared) else received
    accepted = _counted(0 if code == "R" else counts.accepted + counts.with_errors)
    notes = _at_most_five(_notes(errors, "AK905", version))
    ak9 = Ak9(code, quoted, received, accepted, notes)
    return _STATUS_OF_AK9[code], ak9, rejects_all


def _counted(sets: int) -> str:
    """A number of sets as AK902 to AK904 can hold it; a group of more is none by the standard."""
    return str(min(sets, MAX_SETS))


def _group_code(counts: SetCounts) -> str:
    if not counts.rejected:
        return "E" if counts.with_errors else "A"
    return "P" if counts.rejected < counts.received else "R"


def decide_interchange(findings: Iterable[Finding], *, processed: bool) -> Ta1:
    """What a TA1 says: the most severe code, and what we did.

    findings: all that carry TA105 count, whatever their level. processed: True if anything
    inside is taken further. TA104 is R if nothing is, E if something is in spite of a fault.
    """
    notes = {f.x12["TA105"] for f in findings if f.is_error and "TA105" in f.x12}
    if not notes:
        return NO_ERROR if processed else Ta1("R", _CONTENT_INVALID)
    note = min(notes, key=lambda code: (_TA1_ORDER.get(code, len(_TA1_ORDER)), code))
    refused = note in _REFUSING and not (note == _CONTENT_INVALID and processed)
    return Ta1("R" if refused or not processed else "E", note)


def can_be_addressed(header: InterchangeHeader | None) -> TypeGuard[InterchangeHeader]:
    """True if its ids can stand in the ISA of an answer."""
    if header is None:
        return False
    parties = (header.sender, header.receiver)
    return all(
        re.fullmatch(r"[A-Z0-9]{2}", party.qualifier) and re.search(r"[A-Za-z0-9]", party.id)
        for party in parties
    )


def can_be_answered(header: InterchangeHeader | None) -> bool:
    """True if ISA13, ISA09 and ISA10 can be quoted and the ids be addressed; else there is no TA1."""
    if not can_be_addressed(header):
        return False
    quoted = ((header.control_number, 9), (header.date, 6), (header.time, 4))
    return all(re.fullmatch(rf"[0-9]{{{width}}}", text) for text, width in quoted)


def ta1_is_due(
    policy: Ta1Policy, ta1: Ta1, header: InterchangeHeader | None, *, only_acknowledgements: bool
) -> bool:
    """Whether a TA1 is sent. An interchange of nothing but acknowledgements never gets one."""
    if header is None or only_acknowledgements or not can_be_answered(header):
        return False
    failed = ta1.action != "A"
    return {
        "on_request": header.ack_requested,
        "on_error": failed,
        "on_request_or_error": header.ack_requested or failed,
        "always": True,
        "never": False,
    }[policy]


def rolled_up(statuses: Iterable[Status]) -> Status:
    """The verdict on a whole by the verdicts on its parts; the whole of nothing is accepted."""
    seen = set(statuses)
    if not seen or seen == {Status.ACCEPTED}:
        return Status.ACCEPTED
    if seen == {Status.REJECTED}:
        return Status.REJECTED
    if seen & {Status.REJECTED, Status.PARTIALLY_ACCEPTED}:
        return Status.PARTIALLY_ACCEPTED
    return Status.ACCEPTED_WITH_ERRORS


def at_least_with_errors(status: Status) -> Status:
    """`status`, but no better than accepted with errors."""
    return Status.ACCEPTED_WITH_ERRORS if status is Status.ACCEPTED else status


def _notes(errors: Iterable[Finding], element: str, version: str) -> list[str]:
    return [fitted(element, finding.x12[element], version) for finding in errors if element in finding.x12]


def _at_most_five(notes: Iterable[str]) -> tuple[str, ...]:
    """Each code once, in order, the first five."""
    return tuple(dict.fromkeys(notes))[:MAX_NOTES]
