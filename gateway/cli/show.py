"""How the command line speaks: tables and sentences for people, JSON for machines."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from rich.console import Console
from rich.markup import escape
from rich.table import Table

#: Width of what is not a terminal.
WIDE = 160
#: Longest id of a row; what is longer, such as a hash, may be broken to leave room for the rest.
ID_CHARS = 32
COLOURS = {
    "accepted": "green",
    "delivered": "green",
    "fetched": "green",
    "sent": "green",
    "read": "green",
    "rejected": "red",
    "quarantined": "red",
    "dead": "red",
    "failed": "red",
    "held": "yellow",
    "retrying": "yellow",
}


def out() -> Console:
    """Where data goes; a file or a pipe gets wide lines."""
    console = Console(highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = WIDE
    return console


def talk() -> Console:
    """Where talk goes."""
    return Console(stderr=True, highlight=False)


def complain(code: str, message: str, remedy: str) -> None:
    """A fault, for a person: code, sentence, what to do."""
    console = talk()
    console.print(f"[bold red]{escape(code)}[/] {escape(message)}", soft_wrap=True)
    if remedy:
        console.print(f"        {escape(remedy)}", style="dim", soft_wrap=True)


@contextmanager
def counting(what: str, *, shown: bool) -> Iterator[Callable[[int], None]]:
    """Called with how many more were looked at; shows them on stderr if that is a terminal."""
    console = talk()
    if not shown or not console.is_terminal:
        yield lambda _more: None
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.completed:.0f} {task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda more: bar.update(task, advance=more)


def emit_json(value: object) -> None:
    """JSON to stdout, one document."""
    from gateway.views import plain

    json.dump(plain(value), sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


def cell(value: object) -> str:
    """A value as a table shows it; partner text cannot colour or move anything."""
    if value is None or value == "":
        return "-"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    text = "".join(c if c.isprintable() or c == "\n" else "�" for c in str(value))
    colour = COLOURS.get(text.split()[-1]) if text else None
    return f"[{colour}]{escape(text)}[/]" if colour else escape(text)


def emit_table(
    rows: Sequence[Mapping[str, object]], columns: Mapping[str, str], *, empty: str, title: str | None = None
) -> None:
    """A table of rows; columns maps keys to headings. Says `empty` on stderr if there is nothing.

    The first column is what a row is called by: an id there is never broken, so that it can be copied.
    """
    if not rows:
        talk().print(empty)
        return
    table = Table(title=title, title_justify="left", pad_edge=False, box=None, header_style="bold")
    first, *_ = columns
    are_ids = all(len(str(row.get(first))) <= ID_CHARS for row in rows)
    for key, heading in columns.items():
        table.add_column(heading, overflow="fold", no_wrap=are_ids and key == first)
    for row in rows:
        table.add_row(*[cell(row.get(key)) for key in columns])
    out().print(table)


def emit_facts(facts: Mapping[str, object], *, leave_out: Iterable[str] = ()) -> None:
    """One thing's facts, a line each."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in facts.items():
        if name not in set(leave_out) and value is not None:
            table.add_row(name.replace("_", " "), cell(value))
    out().print(table)


def heading(text: str) -> None:
    """A heading between tables."""
    out().print(f"\n[bold]{escape(text)}[/]")
