"""Partners and X12 tables for commands that look at a file without a home of their own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gateway.errors import TradepostError

if TYPE_CHECKING:
    from parsers.finding import Finding
    from parsers.x12.dictionary import Dictionary
    from partners.agreement import Agreement
    from partners.directory import Directory


class TablesRefused(TradepostError):
    """A folder of X12 tables cannot be used; findings say everything that is wrong with it."""

    def __init__(self, folder: Path, findings: tuple[Finding, ...]) -> None:
        faults = "\n".join(f"{finding.code} {finding.message} {finding.remedy}" for finding in findings)
        super().__init__(
            findings[0].code,
            f"The tables in {folder} are refused as a whole.\n{faults}",
            "Correct them; docs/x12-tables.md says how tables are written.",
        )
        self.findings = findings


def known_tables(folder: Path) -> Dictionary:
    """The X12 standard with the tables of a folder over it. Raises TablesRefused."""
    from parsers.x12.own_tables import load_tables

    loaded = load_tables(folder)
    if isinstance(loaded, tuple):
        raise TablesRefused(folder, loaded)
    return loaded


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
