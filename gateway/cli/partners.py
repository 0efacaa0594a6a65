"""`tradepost partners`: profiles, checked and applied as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import show
from gateway.cli.common import Json, act, gateway_of

if TYPE_CHECKING:
    from partners.directory import Directory

app = typer.Typer(help="Partner profiles.", no_args_is_help=True)

Folder = Annotated[Path | None, typer.Argument(help="Profile folder; else the home's partners folder.")]
FINDINGS = {"code": "Code", "severity": "Severity", "message": "What is wrong", "remedy": "What to do"}


@app.command()
def check(context: typer.Context, folder: Folder = None, json: Json = False) -> int:
    """Check profiles without applying them; exit status 1 if they would be refused."""
    from gateway import profiles
    from gateway.settings import load_settings

    settings = load_settings(context.obj)
    found = profiles.check(folder or settings.partners_folder, settings.home)
    if json:
        show.emit_json([finding.as_json() for finding in found])
    else:
        rows = [finding.as_json() for finding in found]
        show.emit_table(rows, FINDINGS, empty="The profiles are in order.")
    return 1 if any(finding.is_error for finding in found) else 0


@app.command()
def apply(
    context: typer.Context,
    folder: Folder = None,
    reason: Annotated[str, typer.Option(help="Why; kept with the version.")] = "applied by hand",
) -> None:
    """Put profiles in force as a whole, or refuse them as a whole; a running gateway sees it in 2 seconds."""
    with gateway_of(context) as gateway:
        applied = gateway.book.apply(folder or gateway.settings.partners_folder, act(gateway, reason))
    count = len(applied.directory.partners)
    show.talk().print(f"{count} partners are in force, version {applied.version[:12]}.")


@app.command("list")
def list_(context: typer.Context, json: Json = False) -> None:
    """List the partners in force."""
    with gateway_of(context) as gateway:
        gateway.apply_profiles_once()
        partners = gateway.book.current().directory.partners
    rows = [
        {
            "partner": partner.partner,
            "name": partner.name,
            "enabled": partner.enabled,
            "channels": ", ".join(f"{channel.name} ({channel.kind})" for channel in partner.channels),
            "documents": ", ".join(f"{rule.standard} {rule.document}" for rule in partner.documents),
        }
        for partner in partners
    ]
    columns = {"partner": "Partner", "name": "Name", "channels": "Channels", "documents": "Documents"}
    if json:
        show.emit_json(rows)
    else:
        show.emit_table(rows, columns, empty="No partners.")


@app.command("show")
def show_(
    context: typer.Context,
    partner: str,
    setting: Annotated[str | None, typer.Argument(help="One setting: where its value comes from.")] = None,
    json: Json = False,
) -> None:
    """Show a partner's effective profile, or who sets one of its values."""
    from gateway.errors import TradepostError

    with gateway_of(context) as gateway:
        gateway.apply_profiles_once()
        directory = gateway.book.current().directory
    agreement = directory.by_partner(partner)
    if agreement is None:
        raise TradepostError("GTW-032", f"There is no partner {partner}.", "See: tradepost partners list")
    if setting is not None:
        show.emit_json(_explained(directory, partner, setting))
    elif json:
        show.emit_json(agreement.partner.model_dump(mode="json"))
    else:
        show.emit_json(agreement.partner.model_dump(mode="json", exclude_defaults=True))


def _explained(directory: Directory, partner: str, setting: str) -> dict[str, object]:
    from gateway.errors import TradepostError

    try:
        explained = directory.explain(partner, setting)
    except (KeyError, ValueError) as fault:
        raise TradepostError(
            "GTW-036", f"There is no setting {setting}.", "docs/partners.md lists every setting."
        ) from fault
    place = explained.place
    return {
        "setting": setting,
        "value": str(explained.value),
        "file": place.file if place else None,
        "line": place.line if place else None,
    }
