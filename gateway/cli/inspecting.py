"""What `tradepost inspect` does; apart from its options, so that it starts without the other commands."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.errors import TradepostError, WrongUsage
from gateway.screen import Screen

if TYPE_CHECKING:
    from partners.agreement import Agreement
    from partners.directory import Directory

UNREADABLE_FILE = "GTW-033"


@dataclass(frozen=True, slots=True)
class Call:
    """The options of one call; `home` is None unless it was named."""

    file: Path
    partner: str | None = None
    profiles: Path | None = None
    canonical: bool = True
    at: str | None = None
    json: bool = False
    home: Path | None = None

    @classmethod
    def of(cls, values: Any) -> Call:
        """A call from words: the paths among them are still text."""
        profiles = values["profiles"]
        paths = {"file": Path(values["file"]), "profiles": None if profiles is None else Path(profiles)}
        return cls(**{**values, **paths})


def run(call: Call) -> int:
    """Say what is in the file, on stdout; the exit status. Raises TradepostError."""
    from gateway import inspect as inspection

    moment = _moment(call.at)
    directory, agreement = known(call.partner, call.profiles, call.home)
    try:
        stream = call.file.open("rb")
    except OSError as fault:
        raise WrongUsage(
            UNREADABLE_FILE,
            f"{call.file} cannot be read: {fault.strerror}.",
            "Check its name and permissions.",
        ) from fault
    with stream:
        senders = (call.partner,) if call.partner is not None else None
        task = inspection.Inspection(stream, call.file.name, moment, directory, agreement, senders)
        if call.json:
            status = inspection.write_json(task, sys.stdout.buffer, canonical=call.canonical)
            sys.stdout.buffer.write(b"\n")
            return status
        return inspection.show(task, Screen.of(sys.stdout))


def known(
    partner: str | None, profiles: Path | None, home: Path | None
) -> tuple[Directory | None, Agreement | None]:
    """The partners of a folder and the agreement of the one named; nothing if neither was named.

    profiles: else the home's, else the samples. Raises ProfilesRefused; TradepostError GTW-032 if
    there is no such partner.
    """
    if partner is None and profiles is None:
        return None, None
    directory = _directory(home, profiles)
    agreement = None if partner is None else directory.by_partner(partner)
    if partner is not None and agreement is None:
        raise TradepostError("GTW-032", f"There is no partner {partner}.", "Name one with --profiles.")
    return directory, agreement


def _directory(home: Path | None, folder: Path | None) -> Directory:
    from partners.directory import load_directory

    loaded = load_directory(folder or _live(home))
    if isinstance(loaded, tuple):
        from gateway.profiles import ProfilesRefused  # brings every connector along

        raise ProfilesRefused(loaded)
    return loaded


def _live(home: Path | None) -> Path:
    """The home's profiles, or the samples if it has none."""
    from gateway.settings import default_home
    from partners.directory import BUNDLED

    live = (home or default_home()) / "partners"
    return live if live.is_dir() else BUNDLED


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
