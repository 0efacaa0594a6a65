"""Every made page by its file in docs/."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gateway.pages import answer_codes, cli, failpoints, findings, ledger, settings, states
from parsers.delimited import layout_page
from parsers.x12 import unchecked
from partners import reference

PAGES: Mapping[str, Callable[[], str]] = {
    "answer-codes.md": answer_codes.page,
    "cli.md": cli.page,
    "csv-layouts.md": layout_page.page,
    "failpoints.md": failpoints.page,
    "findings.md": findings.page,
    "ledger.md": ledger.page,
    "partners.md": reference.page,
    "settings.md": settings.page,
    "states.md": states.page,
    "x12-unchecked.md": unchecked.page,
}
