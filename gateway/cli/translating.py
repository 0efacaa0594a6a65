"""`tradepost translate`: the documents of a file as canonical JSON, one a line, needing no home."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from gateway.cli import show
from gateway.cli.inspecting import UNREADABLE_FILE
from gateway.errors import WrongUsage
from gateway.known_partners import known, known_tables

if TYPE_CHECKING:
    from parsers.x12.dictionary import Dictionary
    from translators.long_documents import LongSet
    from translators.report import DocumentRead

#: Said of a document that is told as several rows, or not at all.
TOO_LONG = "TRN-315"


def translate(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file to translate.")],
    partner: Annotated[str | None, typer.Option(help="Read it as this partner's.")] = None,
    profiles: Annotated[Path | None, typer.Option(help="Folder of profiles; else the home's.")] = None,
    tables: Annotated[
        Path | None, typer.Option(help="Folder of X12 tables to lay over the standard's.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Write to this file; else to stdout.")] = None,
) -> int:
    """Write the accepted documents of a file as canonical JSON, one a line (NDJSON).

    A document too long to be held is written as several rows: the document without its lines, a
    row `{"line": …}` for each line, and `{"end": …}` with what they come to. Exit status as of inspect.
    """
    from gateway.inspect import Inspection, exit_status
    from gateway.side_by_side import second_process
    from translators.report import DocumentRead, FileEnded, Status

    directory, agreement = known(partner, profiles, context.obj)
    dictionary = None if tables is None else known_tables(tables)
    senders = (partner,) if partner is not None else None
    status = 0
    with ExitStack() as open_files:
        stream, again = (open_files.enter_context(_opened(file)) for _ in range(2))
        out = open_files.enter_context(output.open("wb")) if output else sys.stdout.buffer
        helper = open_files.enter_context(second_process(os.fstat(stream.fileno()).st_size))
        task = Inspection(
            stream, file.name, datetime.now(UTC), directory, agreement, senders, dictionary, helper=helper
        )
        for event in task.events():
            if isinstance(event, FileEnded):
                status = exit_status(event)
            elif isinstance(event, DocumentRead) and event.document.status is not Status.REJECTED:
                for row in _rows(event, again, dictionary):
                    out.write(row + b"\n")
    return status


def _opened(file: Path) -> BinaryIO:
    try:
        return file.open("rb")
    except OSError as fault:
        raise WrongUsage(
            UNREADABLE_FILE, f"{file} cannot be read: {fault.strerror}.", "Check its name and permissions."
        ) from fault


def _rows(event: DocumentRead, stream: BinaryIO, dictionary: Dictionary | None) -> Iterator[bytes]:
    """A document as rows of JSON; none, and a word on stderr, for one that cannot be translated.

    stream: the file, read beside the one that the event comes from.
    """
    document = event.document
    if document.json is not None:
        yield document.json
        return
    for finding in document.findings:
        if finding.code == TOO_LONG:
            long = _long_set(event, stream, dictionary)
            if long is not None:
                yield from long.rows()
                return
            show.complain(finding.code, finding.message, finding.remedy)


def _long_set(event: DocumentRead, stream: BinaryIO, dictionary: Dictionary | None) -> LongSet | None:
    """The set of a document that was not kept; None if it is not one of lines, or has faults."""
    from parsers.x12.dictionary import standard
    from translators import registry
    from translators.long_documents import LongSet
    from translators.read_options import read_options
    from translators.report import Status
    from translators.x12_line_sets import LineSet

    document, agreement = event.document, event.interchange.agreement
    shape = registry.shape_of(document.set_id)
    header, group = event.interchange.header, event.group.header
    if (
        not isinstance(shape, LineSet)
        or header is None
        or group is None
        or document.status != Status.ACCEPTED
    ):
        return None
    if agreement is None or agreement.x12 is None:
        return None
    options = read_options(agreement.x12, dictionary or standard())
    options = replace(options, walk=replace(options.walk, separators=header.separators))
    return LongSet(stream, document, header, group, options, shape)
