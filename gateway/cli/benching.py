"""`tradepost bench`: how fast this machine reads a file of yours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import show
from gateway.cli.common import Json
from gateway.cli.inspecting import UNREADABLE_FILE
from gateway.errors import WrongUsage, fault

if TYPE_CHECKING:
    from gateway.bench import Measured, Progress

#: What is measured, in words for people.
TITLES = {
    "validate": "validated and acknowledged",
    "canonical": "the same, and canonical JSON",
    "split": "limit: split at the separators, nothing else",
    "finditer": "limit: find the segments by a pattern",
}


def bench(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file.")],
    partner: Annotated[str | None, typer.Option(help="Read it as this partner's.")] = None,
    profiles: Annotated[
        Path | None, typer.Option(help="Profile folder; else the home's, else the samples.")
    ] = None,
    seconds: Annotated[
        float, typer.Option(min=0.0, help="Read it again until so much time has passed.")
    ] = 1.0,
    json: Json = False,
) -> None:
    """Measure how fast this machine reads a file, and in how much memory; nothing is kept."""
    from gateway.bench import Asked, as_json, measure

    asked = Asked(_readable(file), partner, profiles, context.obj, seconds)
    if partner is not None or profiles is not None:
        from gateway.known_partners import known

        known(partner, profiles, context.obj)
    with _progress() as progress:
        measured = measure(asked, progress)
    facts = as_json(asked, measured)
    if json:
        show.emit_json(facts)
    else:
        _tell(facts, measured)


def _readable(file: Path) -> Path:
    try:
        with file.open("rb") as stream:
            empty = not stream.read(1)
    except OSError as broken:
        raise WrongUsage(
            UNREADABLE_FILE, f"{file} cannot be read: {broken.strerror}.", "Check its name and permissions."
        ) from broken
    if empty:
        raise fault(WrongUsage, "GTW-052", value=str(file))
    return file


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar for each measurement on a terminal; elsewhere nothing."""
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    console = show.talk()
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:

        def told(kind: str, at: int, size: int) -> None:
            if kind not in tasks:
                tasks[kind] = bars.add_task(TITLES[kind], total=size)
            bars.update(tasks[kind], completed=at)

        yield told


def _tell(facts: dict[str, object], measured: dict[str, Measured]) -> None:
    size = facts["bytes"]
    show.out().print(f"{show.cell(facts['file'])}: {size:,} bytes, {facts['documents']:,} documents")
    rows = [
        {
            "what": TITLES[kind],
            "mb_s": f"{one.mb_s:,.2f}",
            "documents_s": f"{one.documents_s:,.0f}" if one.documents else "",
            "first": f"{one.first_s:.3f}",
            "peak": f"{one.peak_rss_bytes / 1e6:,.1f}",
        }
        for kind, one in measured.items()
    ]
    columns = {
        "what": "What", "mb_s": "MB/s", "documents_s": "Documents/s", "first": "First reading (s)",
        "peak": "Peak memory (MB)",
    }  # fmt: skip
    show.emit_table(rows, columns, empty="")
    show.talk().print(
        f"Python {facts['python']} on {facts['machine']}, {facts['processes']} of {facts['cores']} cores; "
        f"1 MB is 1,000,000 bytes. Each line is the best reading in a process of its own, "
        f"which held {facts['start_rss_mb']} MB before it read."
    )
