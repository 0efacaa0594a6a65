"""What commands share: options, and opening the home."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gateway.store.moves import Act
    from gateway.wiring import Gateway

Json = Annotated[bool, typer.Option("--json", help="JSON for machines instead of a table.")]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="At most so many rows.")]
Reason = Annotated[str, typer.Option(help="Why; kept with the event.")]
PartnerOption = Annotated[str | None, typer.Option(help="Only this partner.")]
StateOption = Annotated[str | None, typer.Option(help="Only this state; docs/states.md lists them.")]


@contextmanager
def gateway_of(context: typer.Context) -> Iterator[Gateway]:
    """The gateway of the home that the command line names, not running.

    Raises TradepostError GTW-025 where the ledger cannot be used, after waiting for it (FI-C01).
    """
    from sqlalchemy.exc import OperationalError

    from gateway.errors import TradepostError
    from gateway.settings import load_settings
    from gateway.wiring import opened

    home: Path | None = context.obj
    with opened(load_settings(home)) as gateway:
        try:
            yield gateway
        except OperationalError as fault:
            raise TradepostError(
                "GTW-025",
                "The ledger cannot be used now: another process holds it, or its database is away.",
                "Try again in a moment; nothing of this command was done.",
            ) from fault


def act(gateway: Gateway, reason: str) -> Act:
    """The person at the keyboard, now, for that reason."""
    return gateway.operations.act(f"user {getpass.getuser()}", reason)


def known_state(kind: str, state: str | None) -> str | None:
    """`state`, if rows of that kind have it. Raises WrongUsage GTW-040 with those they have."""
    from gateway.errors import WrongUsage
    from gateway.states import TABLES

    if state is not None and state not in TABLES[kind]:
        raise WrongUsage(
            "GTW-040", f"No {kind} is ever {state!r}.", f"Choose from {', '.join(TABLES[kind])}."
        )
    return state
