"""`tradepost reconcile`: a ledger from an older backup, made whole from the archive."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from gateway.cli import show
from gateway.cli.common import Json, Reason, act, gateway_of
from gateway.errors import WrongUsage


def reconcile(
    context: typer.Context,
    from_archive: Annotated[
        bool, typer.Option("--from-archive", help="Record what the archive has and the ledger lacks.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    reason: Reason = "",
    json: Json = False,
) -> None:
    """After a ledger was restored from a backup: make up what came later, before the gateway starts."""
    if not from_archive:
        raise WrongUsage(
            "usage", "Say from what to reconcile.", "There is one way: tradepost reconcile --from-archive"
        )
    from gateway.reconciling import reconcile as made_whole

    with gateway_of(context) as gateway:
        gateway.apply_profiles_once()
        who = act(gateway, reason or ("dry run" if dry_run else ""))
        done = made_whole(gateway.parts, who, dry_run=dry_run)
    if json:
        show.emit_json(asdict(done))
        return
    words = "Would be made up" if dry_run else "Made up"
    show.talk().print(
        f"{words}: {len(done.transmissions)} transmissions, {len(done.acknowledgements)} answers."
    )
    for series, number in sorted(done.raised.items()):
        show.talk().print(f"The next number of “{series}” is {number} or higher.")
    for sha256 in done.missing:
        show.talk().print(f"The archive has lost {sha256}; its file was not made up.")
