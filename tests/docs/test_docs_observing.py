"""docs/observing.md names every event, figure and kind of alert that there is, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from log_events import logged_events
from stages import Stages

from gateway.alert_kinds import BEGINNINGS, CONDITIONS, KINDS
from gateway.meters import Meters

PAGE = (Path(__file__).parents[2] / "docs" / "observing.md").read_text("utf-8")
#: Logged by a name that is chosen there: see `gateway/watchers/faults.py`.
CHOSEN = {"channel.file_left": {"channel", "name", "code", "reason"}}


def _rows(heading: str) -> dict[str, list[str]]:
    """The first table below a heading: its rows' cells by the first cell."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([^`]+)` \|(.*)\|$", section, re.MULTILINE)
    return {name: [cell.strip() for cell in rest.split("|")] for name, rest in rows}


def test_every_event_that_is_logged_stands_on_the_page_with_its_fields() -> None:
    """SEC-20."""
    rows = _rows("The log")
    logged = logged_events() | CHOSEN
    assert sorted(rows) == sorted(logged)
    for name, fields in logged.items():
        assert fields <= set(re.findall(r"`(\w+)`", rows[name][0])), name


def test_every_figure_stands_on_the_page_with_its_labels(tmp_path: Path) -> None:
    stages = Stages(tmp_path / "home", f"sqlite:///{tmp_path / 'ledger.db'}")
    meters = Meters(stages.ledger, stages.archive, stages.book, stages.clock, stages.home)
    found = {family.name: (family.type, family.documentation) for family in meters.registry.collect()}
    stages.close()
    rows = _rows("Figures")
    assert sorted(rows) == sorted(found)
    for name, (kind, words) in found.items():
        assert rows[name][0] == kind, name
        assert rows[name][2].startswith(words.rstrip(".")), name


def test_every_kind_of_alert_stands_on_the_page_and_can_begin() -> None:
    assert set(_rows("Alerts")) - {"alert_mail_to"} >= set(KINDS)
    assert set(KINDS) == set(BEGINNINGS.values()) | CONDITIONS | {"archive_damaged"}
