"""The commands by name. Each imports what it needs only when it runs, so that all start quickly."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli import (
    acknowledgements,
    alerts,
    archive,
    benching,
    dead_letters,
    deliveries,
    destinations,
    documents,
    logins,
    nodes,
    numbers,
    partners,
    quarantine,
    reconciling,
    service,
    tasks,
    translating,
    transmissions,
    verifying,
    writing,
)

app = typer.Typer(
    name="tradepost",
    help="An EDI and file gateway for companies that distribute goods.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(transmissions.app, name="transmissions")
app.add_typer(documents.app, name="documents")
app.add_typer(deliveries.app, name="deliveries")
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(destinations.app, name="destinations")
app.add_typer(acknowledgements.app, name="acknowledgements")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(alerts.app, name="alerts")
app.add_typer(numbers.app, name="numbers")
app.add_typer(archive.app, name="archive")
app.add_typer(partners.app, name="partners")
app.add_typer(logins.app, name="logins")
app.add_typer(tasks.app, name="tasks")
for command in (
    service.run, service.init, service.demo, service.receive, service.inspect, service.errors, benching.bench,
    writing.write, translating.translate, service.doctor, alerts.overdue, reconciling.reconcile,
    verifying.verify, nodes.nodes,
):  # fmt: skip
    app.command()(command)


def _tell_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(version("tradepost"))
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option(help="Folder that holds all state; else TRADEPOST_HOME, else ~/.tradepost."),
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Set what every command shares."""
    context.obj = home
