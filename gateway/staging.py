"""Staging: what is read from a transmission, written in small transactions that belong to nobody yet."""

from __future__ import annotations

from sqlalchemy import Connection

from gateway.failpoints import failpoint
from gateway.ports import Claim, Clock
from gateway.store import readings, rows, tasks
from gateway.store.ledger import Ledger
from gateway.store.readings import Chunk, Row
from gateway.store.rows import Reading
from translators.report import DocumentRead, GroupEnded, InterchangeOpened, InterchangeReport


class Staging:
    """Gathers rows and writes at most `chunk_documents` documents a transaction.

    What fits into one chunk is written with the interchange's settling transaction only. May run
    twice: ids are derived from the reading, and a new attempt first sweeps what the old one
    staged. Every transaction checks the fence. An interchange that an earlier attempt settled
    is passed over.
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
        self._groups: dict[str, Row] = {}
        self._sequence = 0
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
        self._group(rows.group_row(self._reading, event.interchange, event.group))
        row = rows.document_row(
            self._reading, event.interchange, event.group, event.document, self._sequence, self._clock.now()
        )
        self._chunk.documents.append(row)
        self._chunk.keys += rows.key_rows(row["id"], event.document)
        self._chunk.findings += rows.document_findings(
            self._reading, row["interchange_id"], row["id"], event.document
        )
        if len(self._chunk.documents) >= self._chunk_documents:
            self._flush()

    def end_group(self, event: GroupEnded) -> None:
        """Give a group its verdict and its own findings."""
        if self.passed_over:
            return
        group = self._group(rows.group_row(self._reading, event.interchange, event.report))
        self._chunk.findings += [
            readings.finding_row(finding, self._reading.transmission, group["interchange_id"])
            for finding in event.report.findings
        ]
        verdict = rows.group_verdict(event.report)
        if any(row is group for row in self._chunk.groups):
            group.update(verdict)
        else:
            self._chunk.verdicts.append((group["id"], verdict))

    def settle_into(self, tx: Connection, report: InterchangeReport) -> None:
        """Write what is left, with the interchange's own findings, in the settling transaction."""
        interchange = self._reading.interchange_id(report.ordinal)
        self._chunk.findings += [
            readings.finding_row(finding, self._reading.transmission, interchange)
            for finding in report.findings
        ]
        self._write(tx)

    def _is_settled(self, interchange: str) -> bool:
        with self._ledger.read() as view:
            return readings.is_settled(view, interchange)

    def _flush(self) -> None:
        with self._ledger.write() as tx:
            tasks.check_fence(tx, self._claim)
            self._write(tx)
        failpoint("parse.staged")

    def _write(self, tx: Connection) -> None:
        readings.stage(tx, self._chunk)
        self._chunk = Chunk()

    def _group(self, row: Row) -> Row:
        """The group's row, added the first time it is met."""
        known = self._groups.get(row["id"])
        if known is not None:
            return known
        row.update(rows.UNJUDGED)
        self._groups[row["id"]] = row
        self._chunk.groups.append(row)
        return row
