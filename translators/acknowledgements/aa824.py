"""The 824: what our business makes of documents that the 997 or 999 accepts.

One 824 a received group, one OTI a document, one TED a finding with our plain message in NTE
behind it. A set that the 997 rejects never reached our business and is not spoken of.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from parsers.finding import Finding, Location
from parsers.x12.dictionary import nearest_release, segment_definition
from parsers.x12.element import date_fault, time_fault
from parsers.x12.model import GroupHeader, Separators, TransactionSet
from parsers.x12.writer import SegmentToWrite
from translators.acknowledgements.quoting import clean
from translators.report import Advice, BusinessKey, Disposition, DocumentReport, GroupReport, Status

if TYPE_CHECKING:
    from partners.profile import AckPolicy

#: Dates of eight digits, and the segments below as they are written here.
FIRST_RELEASE = "004010"
#: BGN01: a response.
_RESPONSE = "11"
#: TED01 for a finding that holds a document and has no code of its own: other unlisted reason.
_UNLISTED = "024"
_UNKNOWN_PURPOSE = "TRN-015"
#: TED05 is a composite from here on; before, the number of the element alone.
_FIRST_WITH_COMPOSITE = "004050"
_FIRST_WITH_LONG_REFERENCES = "005010"
_MAX_TITLE_CHARS = 60
_MAX_NOTE_CHARS = 80
#: Enough for any message of ours; NTE itself may come a hundred times.
_MAX_NOTES = 6
_MAX_COPY_CHARS = 99
_MAX_REFERENCES = 12
#: Most digits that TED04 has in 004010.
_MAX_SEGMENT_NUMBER = 999_999

#: Set -> its beginning segment, the element that numbers it and the one that dates it, the
#: qualifiers of that number (element 128) and of that date (element 374).
_BEGINNINGS: Mapping[str, tuple[str, int, int, str, str]] = {
    "810": ("BIG", 2, 1, "IV", "003"),
    "846": ("BIA", 3, 4, "TN", "097"),
    "850": ("BEG", 3, 5, "PO", "004"),
    "855": ("BAK", 3, 4, "PO", "004"),
    "856": ("BSN", 2, 3, "SI", "097"),
    "860": ("BCH", 3, 6, "PO", "004"),
    "865": ("BCA", 3, 6, "PO", "004"),
}
_NO_BEGINNING = ("", 0, 0, "TN", "097")
#: Kinds of business keys that a REF tells, with their qualifier (element 128).
_REFERENCES = {"purchase_order": "PO", "invoice": "IV", "shipment": "SI", "bill_of_lading": "BM"}
_OTI01 = {"accepted_with_errors": "TE", "rejected": "TR"}


def error_code(finding: Finding) -> str | None:
    """TED01 for a finding of our business, None for one that an 824 does not tell."""
    own = finding.x12.get("TED01")
    return own or (_UNLISTED if finding.is_error and not finding.x12 else None)


def advice_on(document: DocumentReport, read: TransactionSet) -> Advice | None:
    """What an 824 may say of a document; None if the 997 rejects it."""
    if document.status is Status.REJECTED or document.disposition is Disposition.NONE:
        return None
    begins, number_at, date_at, _, _ = _BEGINNINGS.get(read.set_id, _NO_BEGINNING)
    first = next((segment for segment in read.segments[1:2] if segment.id == begins), None)
    findings = tuple(finding for finding in document.findings if error_code(finding))
    holding = any(f.message in document.hold or f.code == _UNKNOWN_PURPOSE for f in findings)
    return Advice(
        set_id=read.set_id,
        control_number=read.control_number,
        kind=document.kind or "",
        identity=document.number,
        number=first.get(number_at) if first else "",
        date=first.get(date_at) if first else "",
        keys=tuple(key for key in document.keys if key.kind in _REFERENCES)[:_MAX_REFERENCES],
        held=document.disposition is Disposition.HOLD and holding,
        findings=findings,
    )


def number_among(set_id: str, keys: Sequence[BusinessKey], identity: str) -> str:
    """The number that names a document of that set, found among its keys; `identity` if none does."""
    *_, qualifier, _ = _BEGINNINGS.get(set_id, _NO_BEGINNING)
    values = [key.value for key in keys if _REFERENCES.get(key.kind) == qualifier]
    return identity if identity in values or not values else values[0]


def told(group: GroupReport, policy: AckPolicy) -> list[Advice]:
    """The documents of a group that an 824 speaks of; none of a group rejected as a whole."""
    if group.rejects_all:
        return []
    match policy.application:
        case "always":
            return group.advices
        case "on_findings":
            return [advice for advice in group.advices if advice.findings]
        case "on_hold":
            return [advice for advice in group.advices if advice.held or advice.refused]
        case _:
            return []


def version_of_824(version: str) -> str:
    """GS08 of an 824 where that of the group, or of the policy, is `version`: 004010 or later."""
    return max(version, FIRST_RELEASE)


def body(
    advices: Sequence[Advice],
    header: GroupHeader,
    policy: AckPolicy,
    *,
    version: str,
    separators: Separators,
    reference: str,
    sender_name: str,
    at: datetime,
) -> Iterator[SegmentToWrite]:
    """BGN to the last TED. header: of the group that holds the documents. reference: BGN02, our own."""
    yield "BGN", (_RESPONSE, reference, f"{at:%Y%m%d}", f"{at:%H%M}")
    if name := clean(sender_name, separators)[:_MAX_TITLE_CHARS].strip():
        yield "N1", ("FR", name)
    writing = _Writing(header, version, separators)
    for advice in advices:
        yield from writing.document(advice, _verdict(advice, policy))


def _verdict(advice: Advice, policy: AckPolicy) -> str:
    """OTI01."""
    if advice.refused:
        return "TR"
    if advice.held:
        return _OTI01[policy.held_as]
    return "TE" if advice.findings else "TA"


class _Writing:
    """Writes the OTI loops of one 824."""

    def __init__(self, header: GroupHeader, version: str, separators: Separators) -> None:
        self._header = header
        self._version = version
        self._separators = separators
        self._longest = 50 if version[:6] >= _FIRST_WITH_LONG_REFERENCES else 30

    def document(self, advice: Advice, verdict: str) -> Iterator[SegmentToWrite]:
        """OTI, its REF and DTM, and a TED for each finding."""
        *_, number_is, date_is = _BEGINNINGS.get(advice.set_id, _NO_BEGINNING)
        number = self._clean(advice.number, self._longest)
        if not number:
            number_is, number = "TN", advice.control_number
        yield "OTI", (verdict, number_is, number, *self._origin(advice))
        yield from self._references(advice.keys, number)
        if date_fault(advice.date, 8, 8) is None:
            yield "DTM", (date_is, advice.date)
        for finding in advice.findings:
            yield from self._finding(finding)

    def _references(self, keys: Iterable[BusinessKey], besides: str) -> Iterator[SegmentToWrite]:
        """A REF for each key that has a qualifier; a number is never cut."""
        told = 0
        for key in keys:
            qualifier, value = _REFERENCES.get(key.kind), self._clean(key.value, self._longest + 1)
            if qualifier and len(value) <= self._longest and value not in ("", besides):
                told += 1
                yield "REF", (qualifier, value)
            if told == _MAX_REFERENCES:
                return

    def _origin(self, advice: Advice) -> tuple[str, ...]:
        """OTI04 to OTI11: the group and the set that held the document; what is out of form is left out."""
        header = self._header
        known = (
            (header.sender, r".{2,15}"),
            (header.receiver, r".{2,15}"),
            (header.date if date_fault(header.date, 8, 8) is None else "", r".+"),
            (header.time if time_fault(header.time, 4, 8) is None else "", r".+"),
            (header.control_number, r"[0-9]{1,9}"),
            (advice.control_number, r".{4,9}"),
            (advice.set_id, r".{3}"),
            (header.version, r".{1,12}"),
        )
        cleaned = ((self._clean(text, len(text)), form) for text, form in known)
        return tuple(text if re.fullmatch(form, text) else "" for text, form in cleaned)

    def _finding(self, finding: Finding) -> Iterator[SegmentToWrite]:
        place = finding.location
        segment = place.segment if re.fullmatch(r"[A-Z0-9]{2,3}", place.segment or "") else ""
        number = place.segment_number or 0
        yield (
            "TED",
            (
                error_code(finding) or _UNLISTED,
                self._clean(finding.title, _MAX_TITLE_CHARS),
                segment or "",
                str(number) if 1 <= number <= _MAX_SEGMENT_NUMBER else "",
                self._element(finding),
                self._reference(place),
                self._clean(finding.value or "", _MAX_COPY_CHARS),
            ),
        )
        message = clean(finding.message, self._separators)
        from textwrap import wrap  # compiles three patterns, for 824s alone

        for line in wrap(message, _MAX_NOTE_CHARS)[:_MAX_NOTES]:
            yield "NTE", ("", line)

    def _reference(self, place: Location) -> str:
        """TED06: the number of the element in the standard, if it has one in that place."""
        number = place.data_element
        if number is None and place.segment and place.element and place.component is None:
            release = self._header.release or nearest_release(self._header.version)[0]
            definition = segment_definition(release, place.segment) if release else None
            uses = definition.elements if definition else ()
            number = uses[place.element - 1].element if place.element <= len(uses) else None
        return number if number and re.fullmatch(r"[0-9]{1,4}", number) else ""

    def _element(self, finding: Finding) -> str | tuple[str, ...]:
        """TED05: the element, from 004050 on with its component."""
        place = finding.location
        if place.element is None:
            return ""
        if self._version < _FIRST_WITH_COMPOSITE or place.component is None:
            return str(place.element)
        return str(place.element), str(place.component)

    def _clean(self, text: str, longest: int) -> str:
        return clean(text, self._separators)[:longest].strip()
