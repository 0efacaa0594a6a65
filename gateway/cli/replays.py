"""Replaying from the command line: what was chosen, shown first or done."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import show
from gateway.cli.common import act

if TYPE_CHECKING:
    from gateway.store.replays import Chosen
    from gateway.wiring import Gateway


class Keys(StrEnum):
    """Whether documents that were handed on before keep their idempotency keys."""

    same = "same"
    new = "new"


ProfilesOption = Annotated[
    str,
    typer.Option(
        help="Profiles and mappings to use: now (in force), then (that first read it), or a version's id."
    ),
]
KeysOption = Annotated[
    Keys,
    typer.Option(help="same: far ends may refuse the repeat. new: they book it anew. The choice is kept."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would differ, and change nothing.")]


def replay_or_show(
    gateway: Gateway, transmission: str, chosen: Chosen, *, dry_run: bool, reason: str, json: bool
) -> None:
    """Show what a replay would change, or ask for it."""
    if dry_run:
        _show(gateway, transmission, chosen, json=json)
        return
    gateway.operations.replay(act(gateway, reason), transmission, chosen)
    if json:
        show.emit_json({"transmission": transmission, "chosen": chosen})
    else:
        show.talk().print(f"{chosen.document or transmission} will be read again; nobody is answered twice.")


def _show(gateway: Gateway, transmission: str, chosen: Chosen, *, json: bool) -> None:
    from gateway.replaying import preview

    found = preview(gateway.parts, transmission, chosen)
    if json:
        show.emit_json({**asdict(found), "says": found.sentences})
        return
    for sentence in found.sentences:
        show.out().print(show.cell(sentence), soft_wrap=True)
