"""Reads one file of any format we know, from its bytes to what becomes of each document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO, Literal

from parsers.sniffing import SNIFF_BYTES, sniff
from parsers.x12.dictionary import Dictionary, standard
from parsers.x12.limits import UTMOST_LIMITS, Limits
from translators.acknowledgements.decision import at_least_with_errors, rolled_up
from translators.read_options import without_ebcdic
from translators.reading_agreements import resolver
from translators.reading_x12 import X12Reading
from translators.report import FileEnded, FileOpened, ReportEvent, Status

if TYPE_CHECKING:
    from partners.agreement import Agreement
    from partners.directory import Directory
    from translators.beside import Ahead, Helper


def read_file(
    stream: BinaryIO,
    *,
    name: str = "",
    directory: Directory | None = None,
    agreement: Agreement | None = None,
    sender: str | None = None,
    senders: Sequence[str] | None = None,
    usage: Literal["production", "test"] = "production",
    repeats: Literal["refuse", "pass"] = "pass",
    limits: Limits = UTMOST_LIMITS,
    dictionary: Dictionary | None = None,
    translate: bool = True,
    helper: Helper | None = None,
) -> Iterator[ReportEvent]:
    """What we understand of the file, level by level; see `translators.report`.

    stream: seekable, at its start; read once to its end.
    name: the sender's file name; chooses the layout of a delimited file.
    directory: all partners; finds the agreement of an interchange by its ISA ids and holds the layouts.
    sender: partner whose channel the file came by, None if the content must tell; its document
        rules read delimited files. agreement: that partner's, where there is no directory; it then
        also holds for the interchanges.
    With none of them, every X12 interchange is read as if all were agreed.
    senders: partners that the channel may carry, None for any.
    usage: of the channel, for delimited files that carry no mark of their own.
    repeats: "refuse" an interchange with the control number of an accepted one of this file; "pass"
        where a ledger, which knows earlier files too, judges that.
    limits: the widest that a profile may set for an interchange.
    dictionary: the standard with a user's own tables; None: that of the directory, else the standard.
    translate: False leaves X12 documents untranslated, so that only the standard judges them.
    helper: reads and translates sets of X12 beside us; changes nothing in what is given, only how fast.
        Only to check a set takes no longer than to hand it over: without translation nobody helps.

    Never raises for what the bytes are. Memory does not grow with the number of documents, except
    for the line that a 997 has on each.
    """
    if directory is not None and sender is not None:
        agreement = directory.by_partner(sender)
    head = stream.read(SNIFF_BYTES)
    stream.seek(-len(head), 1)
    resolve = resolver(directory, agreement, senders)
    stream = without_ebcdic(stream, head, resolve)
    if agreement is not None and sniff(head) != "x12" and _takes_delimited(agreement, name):
        from translators.reading_delimited import read_delimited  # half the start of `inspect`

        yield from read_delimited(stream, agreement, directory, name=name, usage=usage)
    else:
        known = dictionary or (directory.dictionary if directory is not None else standard())
        ahead = _ahead(stream, helper) if helper is not None and translate else None
        reading = X12Reading(
            stream if ahead is None else ahead.source,
            resolve,
            limits,
            known,
            refuse_repeats=repeats == "refuse",
            translate=translate,
            ahead=ahead,
        )
        yield from _read_x12(reading)


def _ahead(stream: BinaryIO, helper: Helper) -> Ahead:
    from translators.beside import Ahead  # for large files alone

    return Ahead(stream, helper)


def _takes_delimited(agreement: Agreement, name: str) -> bool:
    """True if a document rule fits the name, or the partner sends nothing but delimited files."""
    return agreement.x12 is None or agreement.rule_for_file(name) is not None


def _read_x12(reading: X12Reading) -> Iterator[ReportEvent]:
    events = reading.events()
    first = next(events, None)
    yield FileOpened("x12" if first is not None else None)
    if first is not None:
        yield first
        yield from events
    findings = tuple(reading.findings)
    status = rolled_up(reading.statuses) if reading.statuses else Status.REJECTED
    if any(finding.is_error for finding in findings):
        status = at_least_with_errors(status)
    yield FileEnded(status, findings, readable=first is not None)
