"""Makes a ledger whole again from the archive, after it was restored from an older backup (FI-C08).

First the answers that had gone out: their rows, the very bytes, and the control numbers in them,
so that none is used a second time. Then the files that had come in: they are read again as they
were the first time, under the same ids, so that a destination that knows keys refuses what it has.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO

from sqlalchemy import Connection

from gateway.noting import ANSWER, ARRIVAL, RECONCILED, arrival_of
from gateway.parts import Parts
from gateway.ports import Job, Note
from gateway.store import answers, arrivals, numbers
from gateway.store.moves import Act, record
from parsers.x12 import interchange as x12
from parsers.x12.model import GroupOpened, InterchangeHeader, InterchangeOpened
from parsers.x12.options import ReadOptions


@dataclass(slots=True)
class Reconciled:
    """What was made up, or would be. ids: of rows; missing: hashes of bytes that the archive lacks.

    raised: series whose next number went up, with that number.
    """

    transmissions: list[str] = field(default_factory=list)
    acknowledgements: list[str] = field(default_factory=list)
    raised: dict[str, int] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def reconcile(parts: Parts, act: Act, *, dry_run: bool = False) -> Reconciled:
    """Record what the archive's notes tell and the ledger lacks, and have it processed.

    dry_run: only say what would be done. Twice: what is in the ledger is passed over, and no number
    is lowered. Raises ArchiveUnavailable, ArchiveDamaged.
    """
    done = Reconciled()
    for some in _chunks(_of_kind(parts, ANSWER), parts.chunk_documents):
        _answers(parts, act, some, done, dry_run=dry_run)
    for some in _chunks(_of_kind(parts, ARRIVAL), parts.chunk_documents):
        _arrivals(parts, act, some, done, dry_run=dry_run)
    parts.jobs.ring()
    return done


def _of_kind(parts: Parts, kind: str) -> Iterator[Note]:
    return (note for note in parts.notes.every() if note.kind == kind)


def _chunks(notes: Iterable[Note], size: int) -> Iterator[dict[str, Note]]:
    """Notes by id, some at a time; of several with one id in a chunk, the first."""
    rest = iter(notes)
    while some := list(islice(rest, size)):
        yield {note.id: note for note in reversed(some)}


def _answers(parts: Parts, act: Act, some: dict[str, Note], done: Reconciled, *, dry_run: bool) -> None:
    with parts.ledger.read() as view:
        known = answers.known(view, some)
    for note in some.values():
        if note.id in known or not _is_kept(parts, note, done):
            continue
        with parts.archive.open(note.sha256) as stream:
            drawn = dict(_numbers_in(stream))
            stream.seek(0)
            payload = stream.read()
        done.acknowledgements.append(note.id)
        for series, number in drawn.items():
            done.raised[series] = max(number + 1, done.raised.get(series, 0))
        if not dry_run:
            with parts.ledger.write() as tx:
                _record_answer(tx, act, note, payload)
                for series, number in drawn.items():
                    numbers.raise_to(tx, series, number + 1)
                # That of an interchange which is yet to be read again is sent when it is settled.
                if answers.addressed(tx, note.facts["interchange_id"]) is not None:
                    parts.jobs.enqueue(tx, [Job("send", note.id, partner=note.facts["partner"])])


def _record_answer(tx: Connection, act: Act, note: Note, payload: bytes) -> None:
    facts = note.facts
    detail = {"functional_id": facts["functional_id"], "group_numbers": facts["group_numbers"], "groups": []}
    row = {
        "id": note.id,
        "direction": "out",
        "kind": facts["kind"],
        "partner": facts["partner"],
        "interchange_id": facts["interchange_id"],
        "control_number": facts["control_number"],
        "state": "stored",
        "file_name": facts["file_name"],
        "target": facts["target"],
        "payload": payload,
        "detail": json.dumps(detail),
        "created_at": note.at,
    }
    answers.insert_answers(tx, [row])
    record(tx, act, "acknowledgement.reconciled", "acknowledgement", note.id, after="stored")


def _numbers_in(stream: BinaryIO) -> Iterator[tuple[str, int]]:
    """Each series that an interchange of ours has drawn from, with the number; nothing of other files."""
    header: InterchangeHeader | None = None
    for event in x12.read(stream, lambda _: ReadOptions()):
        if isinstance(event, InterchangeOpened):
            header = event.header
            if header is not None:
                yield numbers.interchange_series(header.sender, header.receiver), int(header.control_number)
        elif isinstance(event, GroupOpened) and header is not None:
            group = event.header
            series = numbers.group_series(str(header.sender), str(header.receiver), group.functional_id)
            yield series, int(group.control_number)


def _arrivals(parts: Parts, act: Act, some: dict[str, Note], done: Reconciled, *, dry_run: bool) -> None:
    with parts.ledger.read() as view:
        known = arrivals.known(view, some)
    lacking = [note for note in some.values() if note.id not in known and _is_kept(parts, note, done)]
    if dry_run:
        done.transmissions += [note.id for note in lacking]
        return
    with parts.ledger.write() as tx:
        recorded = [note for note in lacking if _record_arrival(tx, act, note)]
        parts.jobs.enqueue(tx, [Job("parse", note.id, partner=note.facts["partner"]) for note in recorded])
    done.transmissions += [note.id for note in recorded]


def _record_arrival(tx: Connection, act: Act, note: Note) -> bool:
    """False if the same arrival has come again meanwhile and was recorded under another id."""
    arrival, stored = arrival_of(note, {RECONCILED: act.at.isoformat()})
    if not arrivals.insert_transmission(tx, note.id, arrival, stored, note.at):
        return False
    record(tx, act, "transmission.reconciled", "transmission", note.id, after="received")
    return True


def _is_kept(parts: Parts, note: Note, done: Reconciled) -> bool:
    if parts.archive.holds(note.sha256):
        return True
    done.missing.append(note.sha256)
    return False
