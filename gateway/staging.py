"""Staging: what is read from a transmission, written in small transactions that belong to nobody yet."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

from gateway.failpoints import failpoint
from gateway.ports import Claim, Clock
from gateway.store import readings, rows, tasks
from gateway.store.ledger import Ledger
from gateway.store.readings import Chunk, Row
from gateway.store.rows import Reading
from translators.report import DocumentRead, GroupEnded, GroupReport, InterchangeOpened, InterchangeReport

#: Characters of canonical documents after which a chunk is written, however few documents they are.
CHUNK_CHARS = 4 * 1024 * 1024


class Staging:
    """Gathers rows and writes at most `chunk_documents` documents a transaction.

    A chunk is written by a thread of its own while the next one is read; there are never more than
    these two. What fits into one chunk is written with the interchange's settling transaction only.
    May run twice: ids are derived from the reading, and a new attempt first sweeps what the old one
    staged. Every transaction checks the fence. An interchange that an earlier attempt settled is
    passed over.
    """

    def __init__(
        self, ledger: Ledger, clock: Clock, claim: Claim, reading: Reading, chunk_documents: int
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._claim = claim
        self._reading = reading
        self._chunk_documents = chunk_documents
        self._chunk = Chunk()
        self._groups: dict[int, Row] = {}
        self._sequence = 0
        self._writer: ThreadPoolExecutor | None = None
        self._written: Future[None] | None = None
        #: True while the interchange being read was settled by an earlier attempt.
        self.passed_over = False

    def begin(self) -> None:
        """Sweep what an earlier attempt left unsettled."""
        if self._claim.attempt > 1:
            with self._ledger.write() as tx:
                tasks.check_fence(tx, self._claim)
                readings.sweep_unsettled(tx, self._reading.transmission)
            failpoint("parse.swept")

    def open(self, event: InterchangeOpened) -> None:
        """Begin an interchange."""
        row = rows.interchange_row(self._reading, event.report)
        self._sequence = 0
        self._groups.clear()
        self.passed_over = self._claim.attempt > 1 and self._is_settled(row["id"])
        if not self.passed_over:
            self._chunk.interchanges.append(row)

    def add(self, event: DocumentRead) -> None:
        """Stage a document with its findings and keys."""
        if self.passed_over:
            return
        place = (event.interchange.ordinal, event.group.ordinal, event.document.ordinal)
        if self._reading.only is not None and not self._reading.means(self._reading.superseded_id(*place)):
            return
        self._sequence += 1
        self._group(event.interchange, event.group)
        row = rows.document_row(
            self._reading, event.interchange, event.group, event.document, self._sequence, self._clock.now()
        )
        self._chunk.add(row)
        self._chunk.keys += rows.key_rows(row["id"], event.document)
        self._chunk.findings += rows.document_findings(
            self._reading, row["interchange_id"], row["id"], event.document
        )
        if len(self._chunk.documents) >= self._chunk_documents or self._chunk.chars >= CHUNK_CHARS:
            self._flush()

    def end_group(self, event: GroupEnded) -> None:
        """Give a group its verdict and its own findings."""
        if self.passed_over:
            return
        group = self._group(event.interchange, event.report)
        self._chunk.findings += [
            readings.finding_row(finding, self._reading.transmission, group["interchange_id"])
            for finding in event.report.findings
        ]
        verdict = rows.group_verdict(event.report)
        if any(row is group for row in self._chunk.groups):
            group.update(verdict)
        else:
            self._chunk.verdicts.append((group["id"], verdict))

    def catch_up(self) -> None:
        """Wait until every chunk that was begun is committed; for before the settling transaction.

        Raises what its writing raised.
        """
        written, self._written = self._written, None
        if written is not None:
            written.result()

    @property
    def is_whole(self) -> bool:
        """True if nothing of the interchange being read is written yet."""
        return bool(self._chunk.interchanges)

    def rest(self, report: InterchangeReport) -> Chunk:
        """What is left to be written in the settling transaction, with the interchange's own findings."""
        interchange = self._reading.interchange_id(report.ordinal)
        self._chunk.findings += [
            readings.finding_row(finding, self._reading.transmission, interchange)
            for finding in report.findings
        ]
        chunk, self._chunk = self._chunk, Chunk()
        return chunk

    def close(self) -> None:
        """Wait for what is being written; whether it failed is no matter any more."""
        if self._writer is not None:
            self._writer.shutdown()

    def _is_settled(self, interchange: str) -> bool:
        with self._ledger.read() as view:
            return readings.is_settled(view, interchange)

    def _flush(self) -> None:
        chunk, self._chunk = self._chunk, Chunk()
        if self._writer is None:
            self._writer = ThreadPoolExecutor(1, thread_name_prefix="staging")
        self.catch_up()
        self._written = self._writer.submit(self._write, chunk)

    def _write(self, chunk: Chunk) -> None:
        with self._ledger.write() as tx:
            tasks.check_fence(tx, self._claim)
            readings.stage(tx, chunk)
        failpoint("parse.staged")

    def _group(self, interchange: InterchangeReport, group: GroupReport) -> Row:
        """The group's row, added the first time it is met."""
        known = self._groups.get(group.ordinal)
        if known is not None:
            return known
        row = rows.group_row(self._reading, interchange, group) | rows.UNJUDGED
        self._groups[group.ordinal] = row
        self._chunk.groups.append(row)
        return row
