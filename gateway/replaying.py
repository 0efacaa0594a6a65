"""What a replay would change: a reading anew in memory, laid beside what the ledger holds. Writes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from sqlalchemy import Connection

from gateway.handing_on import Fate, fates_of
from gateway.json_difference import Change, changes
from gateway.parts import Applied, Parts
from gateway.store import arrivals, replays, rows
from gateway.store.arrivals import Kept
from gateway.store.readings import Row, Settled, Staged
from gateway.store.replays import Chosen, Was
from gateway.store.rows import Reading
from gateway.understanding import understand
from parsers.x12.model import PartyId
from partners.directory import Directory
from translators.report import DocumentRead, FileEnded, InterchangeEnded, InterchangeReport

#: Documents that a preview compares; a longer file is told to be longer.
MOST_DOCUMENTS = 10_000
#: Places of one document that a preview lists.
MOST_CHANGES = 50
#: States of a document that goes to its destinations, or has reached them.
_GOES = frozenset({"ready", "delivered"})


@dataclass(frozen=True, slots=True)
class Sending:
    """A delivery that a replay would make. same_key: True if the destination has seen the key."""

    destination: str
    key: str
    same_key: bool


@dataclass(frozen=True, slots=True)
class DocumentDifference:
    """A document before and after. document: its id now, None if it is new. after: None if it is gone.

    canonical: where its content differs, the first 50. sendings: the deliveries that would be made.
    no_more_to: destinations that have it, or were to have it, and would not be given it again.
    """

    document: str | None
    kind: str | None
    number: str
    before: str | None
    after: str | None
    why: str | None
    canonical: list[Change]
    findings_new: list[str]
    findings_gone: list[str]
    sendings: list[Sending]
    no_more_to: list[str]

    @property
    def differs(self) -> bool:
        """True if the replay would change more than to send the same once more."""
        moved = self.before != self.after and not {self.before, self.after} <= _GOES
        return bool(moved or self.canonical or self.findings_new or self.findings_gone or self.no_more_to)


@dataclass(slots=True)
class Preview:
    """What a replay would come to.

    profiles_then: the version that first read it. profiles: the version it would be read with.
    differing: documents that would not be as they are. answers: verdicts that differ, in words;
    nobody is answered again. whole: False if the file holds more documents than were compared.
    """

    transmission: str
    profiles_then: str | None
    profiles: str
    keys: str
    documents: int = 0
    sent_again: int = 0
    new_keys: int = 0
    differing: list[DocumentDifference] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    whole: bool = True

    @property
    def sentences(self) -> list[str]:
        """The whole in words."""
        same_keys = self.sent_again - self.new_keys
        told = [f"{_count(self.documents, 'document')} read; {len(self.differing)} would differ."]
        if same_keys:
            told.append(
                f"{_count(same_keys, 'delivery', 'deliveries')} under a key that the destination has "
                "seen: it may refuse the repeat."
            )
        if self.new_keys:
            told.append(
                f"{_count(self.new_keys, 'delivery', 'deliveries')} under a new key: it is booked anew."
            )
        told += [line for one in self.differing for line in _told(one)]
        told += self.answers or ["The answers would be the same. Nobody is answered again."]
        if not self.whole:
            told.append(f"Only the first {MOST_DOCUMENTS} documents were compared.")
        return told


def preview(parts: Parts, transmission: str, chosen: Chosen) -> Preview:
    """What the replay of a transmission, or of one document in it, would change. Nothing is changed.

    transmission: must be there. Raises ArchiveUnavailable if its bytes cannot be had.
    """
    with parts.ledger.read() as view:
        kept = arrivals.kept(view, transmission)
        before = replays.before(view, transmission, 1 << 30)
        then = replays.first_profiles(view, transmission)
    if kept is None:
        raise LookupError(f"there is no transmission {transmission}")
    version = chosen.profile_version
    applied = parts.profiles.version(version) if version else parts.profiles.current()
    reading = Reading(
        kept.id, 1 << 30, 1, applied.version, before.version + 1, before.generation, before.successors,
        chosen.document,
    )  # fmt: skip
    shown = Preview(kept.id, then, applied.version, chosen.keys)
    for report, read in _interchanges(parts, kept, applied, reading, shown):
        with parts.ledger.read() as view:
            _compare(view, applied.directory, reading, chosen, shown, report, read)
            if chosen.document is None:
                shown.answers += _answers(view, reading, report)
    return shown


def _interchanges(
    parts: Parts, kept: Kept, applied: Applied, reading: Reading, shown: Preview
) -> Iterator[tuple[InterchangeReport, list[tuple[DocumentRead, Row]]]]:
    """Every interchange with its documents, as they would be staged."""
    read: list[tuple[DocumentRead, Row]] = []
    with parts.archive.open(kept.sha256) as stream:
        for event in understand(parts, kept, applied.directory, stream):
            match event:
                case DocumentRead():
                    row = rows.document_row(
                        reading,
                        event.interchange,
                        event.group,
                        event.document,
                        len(read) + 1,
                        parts.clock.now(),
                    )
                    if not reading.means(row["supersedes"]):
                        continue
                    if shown.documents >= MOST_DOCUMENTS:
                        shown.whole = False
                        continue
                    shown.documents += 1
                    read.append((event, row))
                case InterchangeEnded(report=report):
                    yield report, read
                    read = []
                case FileEnded():
                    return


def _compare(
    view: Connection,
    directory: Directory,
    reading: Reading,
    chosen: Chosen,
    shown: Preview,
    report: InterchangeReport,
    read: Sequence[tuple[DocumentRead, Row]],
) -> None:
    settled = _settled(reading, chosen, report)
    staged = [_staged(event, row) for event, row in read]
    canonical = {row["id"]: row["canonical"] for _, row in read if row["canonical"]}
    if report.rejected or report.partner is None:
        fates = [Fate(one, "refused", "The interchange as a whole would be refused.") for one in staged]
        identities: dict[str, str] = {}
    else:
        fates, identities = fates_of(view, directory, settled, staged, canonical)
    were = replays.documents(view, [row["supersedes"] for _, row in read if row["supersedes"]])
    for (event, row), fate in zip(read, fates, strict=True):
        was = were.get(row["supersedes"])
        one = _difference(event, row, fate, identities.get(row["id"], ""), was)
        shown.sent_again += len(one.sendings)
        shown.new_keys += sum(not sending.same_key for sending in one.sendings)
        if one.differs:
            shown.differing.append(one)


def _difference(
    event: DocumentRead, row: Row, fate: Fate, identity: str, was: Was | None
) -> DocumentDifference:
    key = f"{identity[:32]}-{fate.version}"
    sendings = [
        Sending(name, f"{name}.{key}", was is not None and was.sent.get(name) == key)
        for name in fate.destinations
    ]
    said = [(finding.code, finding.message) for finding in event.document.findings]
    known = [] if was is None else [(code, json.loads(detail)["message"]) for code, detail in was.findings]
    before = json.loads(was.canonical) if was and was.canonical else None
    after = json.loads(row["canonical"]) if row["canonical"] else None
    return DocumentDifference(
        document=was.id if was else None,
        kind=row["kind"],
        number=row["number"],
        before=was.state if was else None,
        after=fate.state,
        why=fate.reason,
        canonical=list(islice(changes(before, after), MOST_CHANGES)),
        findings_new=[f"{code} {text}" for code, text in said if (code, text) not in known],
        findings_gone=[f"{code} {text}" for code, text in known if (code, text) not in said],
        sendings=sendings,
        no_more_to=sorted(set(was.sent) - set(fate.destinations)) if was else [],
    )


def _staged(event: DocumentRead, row: Row) -> Staged:
    header = event.group.header
    return Staged(
        id=row["id"],
        sequence=row["sequence"],
        kind=row["kind"],
        number=row["number"],
        standard=row["standard"],
        set_id=row["set_id"],
        version_of_set=header.version if header else "",
        disposition=row["disposition"],
        hold=row["hold"],
        canonical=row["canonical"] is not None,
        rejected_by_group=event.group.rejects_all,
        supersedes=row["supersedes"],
    )


def _settled(reading: Reading, chosen: Chosen, report: InterchangeReport) -> Settled:
    nobody = PartyId("", "")
    return Settled(
        id=reading.interchange_id(report.ordinal),
        transmission_id=reading.transmission,
        file_name=report.file_name,
        partner=report.partner,
        usage=report.usage,
        state="settled",
        cursor=0,
        profile_version=reading.profiles,
        sender=report.sender or nobody,
        receiver=report.receiver or nobody,
        new_keys=chosen.keys == replays.NEW_KEYS,
    )


def _answers(view: Connection, reading: Reading, report: InterchangeReport) -> Iterator[str]:
    """What the verdict on an interchange would be instead, in words."""
    if reading.superseded is None:
        return
    known = reading.before_id(report.ordinal)
    status, ta1, groups = replays.verdicts(view, known)
    if status is None:
        yield f"Interchange {report.ordinal} was not settled before."
        return
    if status != report.status.value:
        yield f"Interchange {report.ordinal} would be {_word(report.status.value)}, not {_word(status)}."
    now = f"{report.ta1.action} {report.ta1.note}" if report.ta1 else ""
    if ta1 != now:
        yield f"Its TA1 would say {now or 'nothing'}, not {ta1 or 'nothing'}."
    for group in report.groups:
        before = groups.get(group.ordinal)
        if before is not None and before != group.status.value:
            yield f"Its group {group.ordinal} would be {_word(group.status.value)}, not {_word(before)}."


def _told(one: DocumentDifference) -> Iterator[str]:
    """A document's difference in words, one line a fact."""
    name = f"{(one.kind or 'document').replace('_', ' ')} {one.number or 'without a number'}"
    if one.before is None:
        yield f"{name}: would be new, {one.after}."
    elif one.before != one.after and not {one.before, one.after} <= _GOES:
        yield f"{name}: would be {one.after}, and is {one.before}. {one.why or ''}".rstrip()
    for change in one.canonical:
        yield f"{name}: {change.path} {_short(change.before)} → {_short(change.after)}"
    for finding in one.findings_new:
        yield f"{name}: new finding {finding}"
    for finding in one.findings_gone:
        yield f"{name}: no more finding {finding}"
    for destination in one.no_more_to:
        yield f"{name}: would not go to {destination} again."


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False) if value is not None else "nothing"
    return text if len(text) <= 60 else f"{text[:59]}…"


def _word(status: str) -> str:
    return status.replace("_", " ")


def _count(number: int, one: str, many: str = "") -> str:
    return f"1 {one}" if number == 1 else f"{number} {many or one + 's'}"
