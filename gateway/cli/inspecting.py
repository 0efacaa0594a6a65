"""What `tradepost inspect` does; apart from its options, so that it starts without the other commands."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway.errors import WrongUsage
from gateway.known_partners import known, known_tables
from gateway.screen import Screen
from gateway.side_by_side import second_process
from parsers.record import record

UNREADABLE_FILE = "GTW-033"


@record
class Call:
    """The options of one call; `home` is None unless it was named."""

    file: Path
    partner: str | None = None
    profiles: Path | None = None
    tables: Path | None = None
    canonical: bool = True
    at: str | None = None
    json: bool = False
    home: Path | None = None
    second_opinion: bool = False
    report: Path | None = None

    @classmethod
    def of(cls, values: Any) -> Call:
        """A call from words: the paths among them are still text."""
        folders = {name: values[name] and Path(values[name]) for name in ("profiles", "tables", "report")}
        return cls(**{**values, "file": Path(values["file"]), **folders})


def run(call: Call) -> int:
    """Say what is in the file, on stdout; the exit status. Raises TradepostError."""
    from gateway import inspect as inspection

    moment = _moment(call.at)
    directory, agreement = known(call.partner, call.profiles, call.home)
    dictionary = None if call.tables is None else known_tables(call.tables)
    try:
        stream = call.file.open("rb")
    except OSError as fault:
        raise WrongUsage(
            UNREADABLE_FILE,
            f"{call.file} cannot be read: {fault.strerror}.",
            "Check its name and permissions.",
        ) from fault
    with stream, second_process(os.fstat(stream.fileno()).st_size) as helper:
        senders = (call.partner,) if call.partner is not None else None
        task = inspection.Inspection(
            stream, call.file.name, moment, directory, agreement, senders, dictionary, helper=helper
        )
        if call.second_opinion or call.report is not None:
            from gateway.cli import second_opinion  # brings pyx12 and lxml along

            return second_opinion.run(call, task)
        if call.json:
            status = inspection.write_json(task, sys.stdout.buffer, canonical=call.canonical)
            sys.stdout.buffer.write(b"\n")
            return status
        return inspection.show(task, Screen.of(sys.stdout))


def _moment(at: str | None) -> datetime:
    if at is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(at)
    except ValueError as fault:
        raise WrongUsage(
            "usage", f"--at: {at!r} is no ISO 8601 time.", "For example 2026-11-23T09:30Z."
        ) from fault
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
