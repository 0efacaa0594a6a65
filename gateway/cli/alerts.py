"""`tradepost alerts` and `tradepost overdue`: what people are told, and what has not happened in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from gateway.cli import show
from gateway.cli.common import Json, Limit, PartnerOption, Reason, StateOption, act, gateway_of, known_state

if TYPE_CHECKING:
    from gateway.store.alerts import Alert

app = typer.Typer(help="What people are told: one alert a cause.", no_args_is_help=True)

COLUMNS = {
    "id": "Alert",
    "state": "State",
    "title": "What is the matter",
    "says": "Whose, and why",
    "count": "Times",
    "last_at": "Last (UTC)",
    "look": "Where to look",
}
LATE = {
    "what": "Overdue",
    "partner": "Partner",
    "destination": "To",
    "channel": "Channel",
    "since": "Due since (UTC)",
    "last": "Last came (UTC)",
    "count": "How many",
}


@app.command("list")
def list_(
    context: typer.Context,
    state: StateOption = None,
    partner: PartnerOption = None,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """List alerts, newest first; without --state also those that are over."""
    from gateway.store import alerts

    known_state("alert", state)
    with gateway_of(context) as gateway, gateway.ledger.read() as view:
        found = [_shown(one) for one in alerts.listed(view, state=state, partner=partner, limit=limit)]
    if json:
        show.emit_json(found)
    else:
        show.emit_table(found, COLUMNS, empty="There is no alert.")


@app.command()
def acknowledge(context: typer.Context, alert: str, reason: Reason = "") -> None:
    """Say that you look after it: no more is told of it until it is over."""
    with gateway_of(context) as gateway:
        gateway.operations.acknowledge_alert(act(gateway, reason), alert)
    show.talk().print(f"{alert} is yours; you are told when it is over.")


@app.command("test")
def try_addresses(context: typer.Context, json: Json = False) -> int:
    """Send a test notice to every address; exit status 1 if one could not be sent."""
    from gateway import alert_desk
    from gateway.store import alerts

    with gateway_of(context) as gateway:
        gateway.apply_profiles_once()
        queued = alert_desk.write_tests(gateway)
        alert_desk.notifier(gateway).send_these(sorted(queued))
        with gateway.ledger.read() as view:
            found = [
                {**one, "address": queued[one["notice"]]} for one in alerts.notices(view, sorted(queued))
            ]
    if json:
        show.emit_json(found)
    else:
        columns = {"address": "Address", "state": "State", "error": "Why not"}
        show.emit_table(found, columns, empty="No address is set; see alert_mail_to and alert_webhook_url.")
    return 0 if found and all(one["state"] == "sent" for one in found) else 1


def overdue(context: typer.Context, json: Json = False) -> int:
    """List what should have come or gone by now; exit status 1 if there is anything."""
    from dataclasses import asdict

    from gateway import expected

    with gateway_of(context) as gateway, gateway.ledger.read() as view:
        directory = gateway.book.current().directory
        late = expected.late(view, directory, gateway.clock.now(), gateway.settings.overdue_documents_s)
    if json:
        show.emit_json(late)
    else:
        show.emit_table([asdict(one) for one in late], LATE, empty="Nothing is overdue.")
    return 1 if late else 0


def _shown(alert: Alert) -> dict[str, object]:
    from dataclasses import asdict

    from gateway.alert_kinds import KINDS

    kind = KINDS.get(alert.kind)
    words = {"title": kind.title, "look": kind.look, "remedy": kind.remedy} if kind else {"title": alert.kind}
    return {**asdict(alert), **words}
