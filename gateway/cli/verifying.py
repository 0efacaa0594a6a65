"""`tradepost verify`: hold archive and ledger against each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import show
from gateway.cli.common import Json, gateway_of

if TYPE_CHECKING:
    from gateway.verify.blobs import Progress
    from gateway.verify.report import Report

#: Exit status if something does not fit; 1 says that the comparison could not be finished.
BREACHED = 2


def verify(
    context: typer.Context,
    sample: Annotated[
        int | None, typer.Option(min=0, help="Read only so many archived files, drawn by chance; else all.")
    ] = None,
    json: Json = False,
) -> int:
    """Compare archive and ledger, all of it; exit status 2 if anything does not fit, 1 if it broke off."""
    from gateway.verify.verifying import verify as compare

    with gateway_of(context) as gateway, _bar(shown=not json) as progress:
        report = compare(gateway.ledger, gateway.archive, gateway.clock, sample=sample, progress=progress)
    if json:
        show.emit_json(_as_values(report))
    else:
        _tell(report)
    return 0 if report.is_well else BREACHED


@contextmanager
def _bar(*, shown: bool) -> Iterator[Progress]:
    """How far the archive was read, on stderr; nothing if that is no terminal."""
    console = show.talk()
    if not shown or not console.is_terminal:
        yield lambda *_: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("Reading the archive"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("archive", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _as_values(report: Report) -> object:
    from dataclasses import asdict

    return {"well": report.is_well, **asdict(report)}


def _tell(report: Report) -> None:
    rows = [
        {
            "check": check.name,
            "compared": check.compared,
            "breached": f"{check.breached} failed" if check.breached else 0,
            "what": check.what,
        }
        for check in report.checks
    ]
    show.emit_table(
        rows, {"check": "Check", "compared": "Compared", "breached": "Breaches", "what": "What"}, empty=""
    )
    parts = " + ".join(f"{count} {place.replace('_', ' ')}" for place, count in report.places.items())
    show.out().print(f"\n{report.received} files came in = {parts}", soft_wrap=True)
    for check in report.checks:
        if check.breached:
            title = f"\nBreaches of {check.name}: {check.breached}"
            found = [{"subject": breach.subject, "says": breach.says} for breach in check.breaches]
            show.emit_table(found, {"subject": "Where", "says": "What does not fit"}, empty="", title=title)
        for note in check.notes:
            show.out().print(f"Note: {note}", soft_wrap=True)
    verdict = "Everything fits." if report.is_well else "Not everything fits; keep both as they are, and ask."
    show.out().print(f"\n{verdict}")
