"""docs/ledger.md, made from the tables in gateway/store."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from datetime import datetime
from typing import get_args

from sqlalchemy import Column
from sqlmodel import SQLModel

from gateway.pages.markdown import notice, plain, table
from gateway.store import alert_tables, delivery_tables, reading_tables, tables, work_tables
from gateway.store.core import table_of

BEGINNING = f"""\
# The ledger

{
    notice(
        "`gateway/store/tables.py`, `delivery_tables.py`, `work_tables.py`, `reading_tables.py` and "
        "`alert_tables.py`"
    )
}

The tables of the database, the same in SQLite and PostgreSQL. Read them as you like; write only
through the [command line](cli.md), which keeps to [the states](states.md) and records who did what
and why. Any version may add columns. Times are UTC. A column in *italics* may be empty.
"""

TYPES: dict[object, str] = {
    str: "text",
    int: "whole number",
    bool: "true or false",
    bytes: "bytes",
    datetime: "time",
}
_FIELD = re.compile(r" {4}(\w+): ")


def page() -> str:
    """The whole page."""
    sections = (line for model in models() for line in _section(model))
    return "\n".join([BEGINNING, *_diagram(), *sections])


def models() -> list[type[SQLModel]]:
    """The tables' classes, in the order of their modules."""
    named = [
        one
        for module in (tables, delivery_tables, work_tables, reading_tables, alert_tables)
        for one in vars(module).values()
    ]
    found = [one for one in named if isinstance(one, type) and issubclass(one, SQLModel)]
    return [model for model in found if hasattr(model, "__table__")]


def _diagram() -> Iterator[str]:
    links = {
        (key.column.table.name, table_of(model).name)
        for model in models()
        for key in table_of(model).foreign_keys
    }
    yield "```mermaid"
    yield "erDiagram"
    yield from (f"    {one} ||--o{{ {many} : has" for one, many in sorted(links))
    yield "```"
    yield ""


def _section(model: type[SQLModel]) -> Iterator[str]:
    made, notes = table_of(model), _notes(model)
    yield f"## {made.name}\n"
    yield f"{plain(inspect.cleandoc(model.__doc__ or ''))}\n"
    rows = (
        (
            _name(column),
            _type(column, model.model_fields[column.name].annotation),
            plain(notes.get(column.name, "")),
        )
        for column in made.columns
    )
    yield from table(("column", "type", "meaning"), rows)
    yield ""


def _notes(model: type[SQLModel]) -> dict[str, str]:
    """What the `#:` comments of a class say, by the field below each."""
    notes: dict[str, str] = {}
    said: list[str] = []
    for line in inspect.getsource(model).splitlines():
        if line.startswith("    #: ") or (said and line.startswith("    # ")):
            said.append(line.strip().lstrip("#: "))
            continue
        field = _FIELD.match(line)
        if said and field:
            notes[field[1]] = " ".join(said)
        said = []
    return notes


def _name(column: Column[object]) -> str:
    return f"*`{column.name}`*" if column.nullable else f"`{column.name}`"


def _type(column: Column[object], annotation: object) -> str:
    """Of "str | None" the text; whether a column may be empty is shown with its name."""
    kind = next(iter(get_args(annotation)), annotation)
    refers = [f" → `{key.target_fullname}`" for key in column.foreign_keys]
    return f"{TYPES[kind]}{', key' if column.primary_key else ''}{''.join(refers)}"
