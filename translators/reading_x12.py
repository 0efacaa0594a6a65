"""From the events of an X12 file to its report: agreements, translations, verdicts, level by level."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING

from parsers.catalogue import found
from parsers.finding import Finding, Location
from parsers.record import mutable_record
from parsers.x12 import interchange, model
from parsers.x12.byte_window import ByteSource
from parsers.x12.dictionary import Dictionary
from parsers.x12.limits import Limits
from parsers.x12.model import PartyId
from parsers.x12.options import ReadOptions
from partners.open_terms import open_agreement
from translators import registry, report
from translators.acknowledgements import aa824, decision, inbound, quoting
from translators.acknowledgements.answer import version_of
from translators.outcomes import ACCEPTED_SET, Ak5
from translators.read_options import read_options
from translators.reading_agreements import Resolve, Resolved, besides, group_faults
from translators.reading_sets import implementation_faults, outcome_of
from translators.reading_verdicts import disposition_of, fell, holds_of, refuse, status_of
from translators.report import (
    Disposition,
    DocumentReport,
    GroupReport,
    InterchangeReport,
    ReportEvent,
    Status,
)
from translators.translation import TOTAL_CODES, Prepared, Translation

if TYPE_CHECKING:
    from partners.agreement import Agreement
    from partners.profile import DocumentRule, X12Settings
    from translators.beside import Ahead

#: Findings of bytes between interchanges that are kept: a file of garbage must not fill the memory.
MAX_FILE_FINDINGS = 100
_NOT_SUPPORTED = "1"
#: A set that is not agreed, in a profile that holds such sets; and one that nothing translates.
_WAITS = "TRN-312"
_WRONG_GROUP = "X12-084"
_UNTRANSLATED = "TRN-313"
#: A set that was checked, but is too long to be held and translated.
_TOO_LONG = "TRN-315"
_HOLDING = frozenset({_WAITS, _UNTRANSLATED, _TOO_LONG})
#: Sets that stand in no group are lost.
_OUTSIDE_GROUPS = "X12-028"


@mutable_record
class _OpenGroup:
    """A group being read.

    agreement, settings: by which it is read. version: GS08 of the answer.
    nameable: True if a 997 can name the group.
    unanswered: sets so far that wait for a person instead of an answer.
    rules: of the kinds of set met so far, by ST01.
    """

    report: GroupReport
    agreement: Agreement
    settings: X12Settings
    version: str
    nameable: bool
    counts: decision.SetCounts = field(default_factory=decision.SetCounts)
    unanswered: int = 0
    rules: dict[str, DocumentRule | None] = field(default_factory=dict)


class X12Reading:
    """Reads one X12 file. `events` may be taken once; statuses and findings are final after it.

    limits: the widest that a profile may set. dictionary: what is known of X12.
    statuses: of every interchange. findings: of level file.
    refuse_repeats: an interchange with the control number of an accepted one of this file is refused.
    translate: False leaves the documents to the standard alone. ahead: reads some sets before
        their turn; the stream is its source then.
    """

    def __init__(
        self,
        stream: ByteSource,
        resolve: Resolve,
        limits: Limits,
        dictionary: Dictionary,
        *,
        refuse_repeats: bool = False,
        translate: bool = True,
        ahead: Ahead | None = None,
    ) -> None:
        self.statuses: list[Status] = []
        self.findings: list[Finding] = []
        self._stream = stream
        self._ahead = ahead
        self._resolve = resolve
        self._limits = limits
        self._dictionary = dictionary
        self._resolved: Resolved = Resolved(None)
        self._interchange: InterchangeReport | None = None
        self._group: _OpenGroup | None = None
        self._processed_groups = 0
        self._ordinal = 0
        self._refuse_repeats = refuse_repeats
        self._translates = translate
        #: Sender, receiver and number of the accepted interchanges, if repeats are refused.
        self._occupied: set[tuple[PartyId, PartyId, str]] = set()

    def events(self) -> Iterator[ReportEvent]:
        """InterchangeOpened to InterchangeEnded, for every interchange of the file."""
        for event in interchange.read(self._stream, self._options_for, self._limits, ahead=self._ahead):
            if event.__class__ is model.SetRead:  # by far the most
                yield self._document(event.set)
            else:
                yield from self._told(event)

    def _options_for(self, header: model.InterchangeHeader) -> ReadOptions:
        x12 = _settings(self._resolve(header).agreement)
        return read_options(x12, self._dictionary)

    def _told(self, event: model.Event) -> Iterator[ReportEvent]:
        match event:
            case model.Stray():
                self.findings.extend(event.findings[: MAX_FILE_FINDINGS - len(self.findings)])
            case model.InterchangeOpened():
                yield self._opened(event)
            case model.Ta1Read():
                self._current.received_ta1.append(inbound.read_ta1(event.segment))
                self._current.findings.extend(event.findings)
            case model.GroupOpened():
                self._open_group(event)
            case model.GroupClosed():
                yield self._close_group(event)
            case model.InterchangeClosed():
                yield self._closed(event)

    @property
    def _current(self) -> InterchangeReport:
        if self._interchange is None:
            raise RuntimeError("the reader told of something outside an interchange")
        return self._interchange

    @property
    def _current_group(self) -> _OpenGroup:
        if self._group is None:
            raise RuntimeError("the reader told of a set outside a group")
        return self._group

    # Interchanges.

    def _opened(self, event: model.InterchangeOpened) -> ReportEvent:
        header = event.header
        if self._ahead is not None:
            self._ahead.header = header
        self._ordinal += 1
        self._processed_groups = 0
        self._resolved = Resolved(None) if header is None else self._resolve(header)
        agreement = self._resolved.agreement
        self._interchange = InterchangeReport(
            header=header,
            ordinal=self._ordinal,
            partner=agreement.partner.partner if agreement else None,
            agreement=agreement,
            sender=header.sender if header else None,
            receiver=header.receiver if header else None,
            usage=header.usage if header else "",
            findings=[*event.findings, *besides(event.findings, self._resolved.findings)],
            offset=_offset_of(event),
        )
        return report.InterchangeOpened(self._interchange)

    def _closed(self, event: model.InterchangeClosed) -> ReportEvent:
        done = self._current
        done.findings.extend(event.findings)
        done.end = event.end
        done.findings.extend(self._repeated(done.header))
        told = [*done.findings, *(finding for group in done.groups for finding in group.findings)]
        done.ta1 = decision.decide_interchange(told, processed=self._is_processed(done))
        done.rejected = done.header is None or done.agreement is None or done.ta1.action == "R"
        policy = _settings(done.agreement).acknowledge
        only_acknowledgements = bool(done.groups or done.received_ta1) and all(
            _only_acknowledges(group) for group in done.groups
        )
        done.ta1_due = done.agreement is not None and decision.ta1_is_due(
            policy.ta1, done.ta1, done.header, only_acknowledgements=only_acknowledgements
        )
        if done.rejected:
            refuse(done)
        elif done.header is not None and self._refuse_repeats:
            self._occupied.add(_number_of(done.header))
        done.status = status_of(done)
        self.statuses.append(done.status)
        self._interchange = None
        return report.InterchangeEnded(done)

    def _repeated(self, header: model.InterchangeHeader | None) -> list[Finding]:
        """A finding if an accepted interchange of this file has the control number already."""
        if header is None or _number_of(header) not in self._occupied:
            return []
        place = Location("ISA", element=13, byte_offset=header.offset_of(13))
        return [found("TRN-314", place, value=header.control_number)]

    def _is_processed(self, done: InterchangeReport) -> bool:
        """True if anything inside is taken further; an interchange of TA1 segments alone is."""
        if done.agreement is None:
            return False
        astray = any(finding.code == _OUTSIDE_GROUPS for finding in done.findings)
        return self._processed_groups > 0 or not (done.groups or astray)

    # Groups.

    def _open_group(self, event: model.GroupOpened) -> None:
        current, header = self._current, event.header
        findings = list(event.findings)
        if current.agreement:
            findings.extend(group_faults(current.agreement, header))
        group = GroupReport(header, len(current.groups) + 1, findings=findings)
        current.groups.append(group)
        nameable = quoting.can_quote_group(header.functional_id, header.control_number)
        self._group = _OpenGroup(
            group,
            current.agreement or open_agreement(),
            _settings(current.agreement),
            _answer_version(current.agreement, header),
            nameable,
        )
        if nameable:
            self._processed_groups += 1

    def _close_group(self, event: model.GroupClosed) -> ReportEvent:
        current, group = self._current, self._current_group
        done = group.report
        done.findings.extend(event.findings)
        done.status, done.ak9, done.rejects_all = decision.decide_group(
            done.findings, group.counts, declared=event.declared_sets, version=group.version
        )
        if done.rejects_all or not group.nameable:
            fell(done)
        done.answered = self._is_answered(group)
        self._group = None
        return report.GroupEnded(done, current)

    def _is_answered(self, group: _OpenGroup) -> bool:
        """True if the group gets a 997 or 999."""
        agreement = self._current.agreement
        if agreement is None or not group.nameable or _only_acknowledges(group.report):
            return False
        if group.unanswered and group.unanswered == group.counts.received:
            return False
        return _settings(agreement).acknowledge.functional != "none"

    # Sets.

    def _document(self, read: model.TransactionSet) -> ReportEvent:
        group = self._current_group
        document = self._judged(read, group)
        group.counts.add(document.status)
        if document.ak5 is None:
            raise RuntimeError("a set without an answer")
        policy = group.settings.acknowledge
        if document.ak5 is ACCEPTED_SET and not read.implementation:
            group.report.outcomes.accept(read.set_id, read.control_number)
        else:
            group.report.outcomes.append(outcome_of(read, document.ak5, document.findings, policy))
        if policy.application != "none":
            advice = aa824.advice_on(document, read)
            group.report.advices.extend(() if advice is None else (advice,))
        return report.DocumentRead(document, group.report, self._current)

    def _judged(self, read: model.TransactionSet, group: _OpenGroup) -> DocumentReport:
        acknowledges = read.set_id in inbound.ANSWERING_SETS
        rule = None if acknowledges else _rule(read.set_id, group)
        findings = list(read.findings)
        if rule is None and not acknowledges:
            findings = _without_rule(group.agreement, read, group.report)
        status, ak5 = Status.ACCEPTED, ACCEPTED_SET
        held: list[str] = []
        if findings or read.implementation or read.text is None:
            findings = _with_own_faults(read, findings)
            held = [finding.message for finding in findings if finding.code in _HOLDING]
            group.unanswered += any(finding.code == _WAITS for finding in findings)
            status, ak5 = _verdict(read, findings, group.settings, group.version)
        document = DocumentReport(
            set_id=read.set_id,
            control_number=read.control_number,
            implementation=read.implementation,
            ordinal=read.ordinal,
            status=status,
            disposition=Disposition.DELIVER,
            ak5=ak5,
            findings=findings,
            segment_count=read.segment_count,
            offset=read.offset,
            size=read.size,
        )
        if acknowledges:
            return _acknowledgement(document, read)
        translation = self._translation(read, group.report.header)
        document.kind = registry.kind_of("x12", read.set_id)
        return _translated(document, translation, rule, group.settings, held)

    def _translation(
        self, read: model.TransactionSet, group: model.GroupHeader | None
    ) -> Translation | Prepared | None:
        envelope = self._current.header
        if not self._translates or not read.is_kept or envelope is None or group is None:
            return None
        translate = registry.translate_x12 if self._ahead is None else self._ahead.translation
        return translate(read, envelope, group)


def _with_own_faults(read: model.TransactionSet, findings: list[Finding]) -> list[Finding]:
    """The findings of a set, with those that its reader leaves to us."""
    own = list(implementation_faults(read)) if read.implementation else []
    too_long = read.release is not None and read.complete and not read.is_kept
    if too_long and not any(finding.is_error for finding in findings):
        own.append(found(_TOO_LONG, Location("ST", 1, byte_offset=read.offset), value=read.set_id))
    return [*findings, *own]


def _verdict(
    read: model.TransactionSet, findings: Sequence[Finding], settings: X12Settings, version: str
) -> tuple[Status, Ak5]:
    status, ak5 = decision.decide_set(findings, on_element_error=settings.on_element_error, version=version)
    if unquotable := quoting.unquotable_part(read.set_id, read.control_number):
        return decision.decide_nameless_set(unquotable, ak5)
    return status, ak5


def _number_of(header: model.InterchangeHeader) -> tuple[PartyId, PartyId, str]:
    return header.sender, header.receiver, header.control_number


def _offset_of(event: model.InterchangeOpened) -> int:
    """Where the interchange begins; of an ISA that cannot be read its findings know the place."""
    if event.header is not None:
        return event.header.offset
    return next((f.location.byte_offset for f in event.findings if f.location.byte_offset is not None), 0)


def _settings(agreement: Agreement | None) -> X12Settings:
    settings = (agreement or open_agreement()).x12
    if settings is None:
        raise ValueError("an agreement without X12 settings cannot read X12")
    return settings


def _answer_version(agreement: Agreement | None, header: model.GroupHeader) -> str:
    return version_of(_settings(agreement).acknowledge, header)


def _only_acknowledges(group: GroupReport) -> bool:
    return group.header is not None and group.header.functional_id == inbound.ACKNOWLEDGING_GROUP


def _rule(set_id: str, group: _OpenGroup) -> DocumentRule | None:
    if set_id not in group.rules:
        header = group.report.header
        group.rules[set_id] = group.agreement.rule_for("x12", set_id, header.version if header else "")
    return group.rules[set_id]


def _without_rule(agreement: Agreement, read: model.TransactionSet, group: GroupReport) -> list[Finding]:
    """The findings of a set that no document rule names, with the one that says so.

    Where nobody is known, or the profile accepts unknown sets, one that we have tables for is as
    good as agreed.
    """
    nameless = quoting.unquotable_part(read.set_id, read.control_number) == "ST01"
    if nameless or read.release is None:  # a group without a version is refused for that
        return read.findings
    unsupported = [f for f in read.findings if f.x12.get("AK502") == _NOT_SUPPORTED]
    offset = read.segments[0].offset_of(1) if read.is_kept else read.offset
    place = Location("ST", segment_number=1, element=1, byte_offset=offset)
    policy = "accept" if agreement is open_agreement() else _settings(agreement).unknown_sets
    version = group.header.version if group.header else ""
    partner = agreement.partner.partner
    if policy == "hold":
        others = [f for f in read.findings if f not in unsupported]
        return [*others, found(_WAITS, place, value=read.set_id, version=version, partner=partner)]
    # In the wrong group ST01 itself is in doubt: that we do not take such sets says nothing more.
    if unsupported or any(f.code == _WRONG_GROUP for f in read.findings):
        return read.findings
    if policy == "accept":
        return [*read.findings, found(_UNTRANSLATED, place, value=read.set_id)]
    return [*read.findings, found("TRN-311", place, value=read.set_id, version=version, partner=partner)]


def _acknowledgement(document: DocumentReport, read: model.TransactionSet) -> DocumentReport:
    answers = inbound.read_answers(read.set_id, read.segments, read.separators.component)
    return replace(document, kind="acknowledgement", disposition=Disposition.NONE, answers=answers)


def _translated(
    document: DocumentReport,
    translation: Translation | Prepared | None,
    rule: DocumentRule | None,
    settings: X12Settings,
    held: list[str],
) -> DocumentReport:
    """The document with what our business sees in it, rejected or not, and what becomes of it.

    held: sentences that already say why a person must look.
    """
    if translation is not None:
        held = [*held, *holds_of(translation, rule)]
        if translation.findings:
            known = {_spot(f) for f in document.findings if f.is_error}
            told = [f for f in translation.findings if not _ignored(f, settings) and _spot(f) not in known]
            document.findings.extend(told)
            held += _totals_held(told, settings)
        document.number, document.translation = translation.number, translation
    document.disposition = disposition_of(document.status, held)
    document.hold = tuple(held) if document.disposition is Disposition.HOLD else ()
    return document


def _spot(finding: Finding) -> tuple[int | None, int | None]:
    """Segment and element; what is wrong there for the standard is not told again for our business."""
    return finding.location.segment_number, finding.location.element


def _ignored(finding: Finding, settings: X12Settings) -> bool:
    return finding.code in TOTAL_CODES and settings.hash_totals == "ignore"


def _totals_held(told: Sequence[Finding], settings: X12Settings) -> list[str]:
    if settings.hash_totals != "hold":
        return []
    return [finding.message for finding in told if finding.code in TOTAL_CODES]
