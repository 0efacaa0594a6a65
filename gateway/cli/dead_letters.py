"""`tradepost dead-letters`: deliveries that wait for a person, by cause; decided singly or in bulk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import show
from gateway.cli.common import Json, PartnerOption, Reason, act, gateway_of

if TYPE_CHECKING:
    from gateway.store.deliveries import Chosen
    from gateway.store.moves import Act
    from gateway.wiring import Gateway

app = typer.Typer(help="Deliveries that wait for a person, grouped by cause.", no_args_is_help=True)

COLUMNS = {
    "cause": "Cause",
    "title": "What it is",
    "destination": "To",
    "count": "Count",
    "oldest": "Oldest (UTC)",
    "owner": "Owner",
    "says": "Said of the newest",
    "next_action": "Next action",
}

Cause = Annotated[str | None, typer.Option(help='Only this cause, such as OUT-037; "" for those without.')]
To = Annotated[str | None, typer.Option(help="Only this destination.")]
Letters = Annotated[list[str] | None, typer.Argument(help="Deliveries, as `deliveries list` shows them.")]
All = Annotated[bool, typer.Option("--all", help="All there are.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say how many are meant, and change nothing.")]


@app.command("list")
def list_(
    context: typer.Context,
    cause: Cause = None,
    destination: To = None,
    partner: PartnerOption = None,
    json: Json = False,
) -> None:
    """List dead letters by cause and destination, with owner and next action."""
    from gateway.dead_letters import dead_letters
    from gateway.store.deliveries import Chosen

    with gateway_of(context) as gateway, gateway.ledger.read() as view:
        directory = gateway.book.current().directory
        groups = dead_letters(view, directory, Chosen(cause, destination, partner))
    if json:
        show.emit_json(groups)
    else:
        show.emit_table([asdict(group) for group in groups], COLUMNS, empty="No dead letters.")


@app.command()
def retry(
    context: typer.Context,
    letters: Letters = None,
    cause: Cause = None,
    destination: To = None,
    partner: PartnerOption = None,
    every: All = False,
    dry_run: DryRun = False,
    reason: Reason = "",
    json: Json = False,
) -> None:
    """Try dead letters again, by name or all of a cause, destination or partner: same bytes, same keys."""
    with gateway_of(context) as gateway:
        chosen = _chosen(letters, cause, destination, partner, every)
        why = None if dry_run else act(gateway, reason)
        operations = gateway.operations
        count = _decided(
            gateway, letters, chosen, why, operations.retry_delivery, operations.retry_dead_letters
        )
    _say(count, "tried again", dry_run=dry_run, json=json)


@app.command()
def close(
    context: typer.Context,
    letters: Letters = None,
    cause: Cause = None,
    destination: To = None,
    partner: PartnerOption = None,
    every: All = False,
    dry_run: DryRun = False,
    reason: Reason = "",
    json: Json = False,
) -> None:
    """Close dead letters: their documents are held, or delivered if another destination has them."""
    with gateway_of(context) as gateway:
        chosen = _chosen(letters, cause, destination, partner, every)
        why = None if dry_run else act(gateway, reason)
        operations = gateway.operations
        count = _decided(
            gateway, letters, chosen, why, operations.close_dead_letter, operations.close_dead_letters
        )
    _say(count, "closed", dry_run=dry_run, json=json)


def _chosen(
    letters: list[str] | None, cause: str | None, destination: str | None, partner: str | None, every: bool
) -> Chosen:
    from gateway.errors import WrongUsage
    from gateway.store.deliveries import Chosen

    by_kind = any(value is not None for value in (cause, destination, partner))
    if bool(letters) + bool(by_kind or every) != 1:
        raise WrongUsage(
            "GTW-046",
            "Name dead letters, or say which with --cause, --destination, --partner or --all.",
            "See: tradepost dead-letters list",
        )
    return Chosen(cause, destination, partner)


def _decided(
    gateway: Gateway,
    letters: list[str] | None,
    chosen: Chosen,
    why: Act | None,
    one: Callable[[Act, str], None],
    all_of: Callable[[Act, Chosen], int],
) -> int:
    """Decide about these letters, or else all that are chosen; how many. With no act, only count them."""
    from gateway.dead_letters import count

    if why is None:
        with gateway.ledger.read() as view:
            return len(letters) if letters else count(view, chosen)
    if not letters:
        return all_of(why, chosen)
    for letter in letters:
        one(why, letter)
    return len(letters)


def _say(count: int, done: str, *, dry_run: bool, json: bool) -> None:
    if json:
        show.emit_json({"count": count, "dry_run": dry_run})
        return
    letters = "1 dead letter" if count == 1 else f"{count} dead letters"
    show.talk().print(
        f"{letters} {'would be' if dry_run else 'will be' if done == 'tried again' else 'are'} {done}."
    )
