"""`tradepost write`: canonical JSON as X12 text, needing no home."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import show
from gateway.cli.inspecting import UNREADABLE_FILE
from gateway.errors import WrongUsage
from gateway.known_partners import known_tables

if TYPE_CHECKING:
    from parsers.finding import Finding
    from parsers.x12.model import PartyId
    from translators.canonical.document import Document
    from translators.writing_x12 import Envelope

MAX_CONTROL_NUMBER = 999_999_999


def write(
    file: Annotated[Path, typer.Argument(help="Canonical JSON: one document, or one a line.")],
    set_id: Annotated[str, typer.Option("--set", help="The set to write: 850, 855, 856, 810, …")],
    release: Annotated[str, typer.Option(help="Its release: 004010 or 005010.")],
    sender: Annotated[
        str | None, typer.Option(help="ISA05:ISA06, for example ZZ:ACME; else the document's own.")
    ] = None,
    receiver: Annotated[
        str | None, typer.Option(help="ISA07:ISA08, for example 12:2015550100; else the document's own.")
    ] = None,
    control_number: Annotated[
        int, typer.Option(min=1, max=MAX_CONTROL_NUMBER, help="ISA13 and GS06; sets count from 1.")
    ] = 1,
    at: Annotated[str | None, typer.Option(help="Time of the envelope, ISO 8601; else now.")] = None,
    tables: Annotated[
        Path | None, typer.Option(help="Folder of X12 tables to lay over the standard's.")
    ] = None,
    replace: Annotated[
        str | None, typer.Option(help="Stands in data where a delimiter would; else such data is refused.")
    ] = None,
    component: Annotated[
        str, typer.Option(help="Component separator of the file that a document was read from.")
    ] = ">",
    lines: Annotated[bool, typer.Option("--lines", help="A line break after each segment.")] = False,
) -> int:
    """Write canonical JSON as X12; exit status 1, and no output, if a set would not be right.

    What the set cannot carry or lacks is told on stderr, by the field of the document to mend.
    """
    from dataclasses import replace as changed

    from translators.writing_x12 import form_of, write_file, write_set

    documents = _documents(file)
    envelope = _envelope(documents[0], sender, receiver, control_number, at)
    dictionary = None if tables is None else known_tables(tables)
    form = form_of(release)
    form = changed(form, replacement=replace, sent=changed(form.sent, component=component))
    if lines:
        form = changed(form, separators=changed(form.separators, suffix="\n"))
    sets = [write_set(one, set_id, release, form, dictionary=dictionary) for one in documents]
    _tell(finding for written in sets for finding in written.findings)
    if not all(written.is_sound for written in sets):
        return 1
    data = write_file(sets, envelope, form, dictionary=dictionary)
    if isinstance(data, bytes):
        sys.stdout.buffer.write(data)
        return 0
    _tell(data)
    return 1


def _tell(findings: Iterable[Finding]) -> None:
    """Each finding with its remedy, on stderr."""
    for finding in findings:
        show.complain(finding.code, finding.message, finding.remedy)


def _documents(file: Path) -> list[Document]:
    """The documents in a file, at least one."""
    from translators.canonical.codec import InvalidCanonical, from_json_bytes

    try:
        data = file.read_bytes()
    except OSError as fault:
        raise WrongUsage(
            UNREADABLE_FILE, f"{file} cannot be read: {fault.strerror}.", "Check its name and permissions."
        ) from fault
    rows = data.splitlines()
    whole = not rows or not rows[0].rstrip().endswith(b"}")
    try:
        return [from_json_bytes(part) for part in ([data] if whole else filter(bytes.strip, rows))]
    except InvalidCanonical as fault:
        raise WrongUsage(
            "usage",
            f"{file} is no canonical document: {fault}.",
            "`tradepost inspect --json` shows documents in this form; the schemas are published beside it.",
        ) from fault


def _envelope(
    document: Document, sender: str | None, receiver: str | None, number: int, at: str | None
) -> Envelope:
    from translators.writing_x12 import Envelope

    return Envelope(
        sender=_party("--sender", sender or document.source.sender),
        receiver=_party("--receiver", receiver or document.source.receiver),
        control_number=number,
        at=_moment(at),
        usage=document.usage,
    )


def _party(option: str, text: str | None) -> PartyId:
    """Qualifier and id of "ZZ:ACME"."""
    from parsers.x12.model import PartyId

    qualifier, colon, name = (text or "").partition(":")
    if not (qualifier and colon and name):
        example = f"For example {option} ZZ:ACME."
        raise WrongUsage("usage", f"{option} must name a qualifier and an id; it is {text or ''!r}.", example)
    return PartyId(qualifier, name)


def _moment(at: str | None) -> datetime:
    if at is None:
        return datetime.now(UTC)
    try:
        return datetime.fromisoformat(at)
    except ValueError as fault:
        raise WrongUsage(
            "usage", f"--at: {at!r} is no ISO 8601 time.", "For example 2026-11-23T09:30."
        ) from fault
