"""docs/csv-layouts.md, written from the layout's own definition.

    python -m parsers.delimited.layout_page docs/csv-layouts.md

A test compares the page with `page()`, so that it cannot fall behind.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from parsers.delimited.fields import FIELDS, INDISPENSABLE, ColumnType, DocumentKind
from parsers.delimited.layout import Column, Grouping, Header, Layout, Limits, Totals, UsageMark

INTRODUCTION = """\
# CSV layouts

<!-- Written by `python -m parsers.delimited.layout_page docs/csv-layouts.md`; do not edit by hand. -->

A layout says how one kind of delimited file of one partner is read. It is a TOML file in the
partner's folder, `<name>.layout.toml`, and a document rule of the profile names it
(`layout = "<name>"`). It is law: nothing about a file is guessed. A key that is not listed here
refuses the layout, with file, line and key.

## Example

```toml
document = "order"
encoding = "cp1252"
delimiter = ";"
decimal_mark = ","
date_format = "DD.MM.YYYY"

[grouping]
key = ["Order"]

[constants]
currency = "EUR"

[[columns]]
name = "Order"
field = "number"
required = true

[[columns]]
name = "Article"
field = "line.seller_item"
required = true

[[columns]]
name = "Quantity"
field = "line.quantity"
type = "decimal"
required = true
```

## How a file is read

- Rows count as a spreadsheet shows them, from 1: a row with line ends inside quotes counts once,
  blank rows count, a `sep=` line does not. Blank rows are skipped.
- Consecutive rows with the same key are one document. A fault of a row or a value rejects its
  document; the others go on.
- A broken row whose document cannot be told for certain rejects the documents on both sides of it.
  Key columns at the beginning of the row avoid that, for hardly anything breaks before them.
- A fault of the file as a whole (encoding, header, a quote without end, a key that comes back, a
  bound) refuses the whole file, also what was read before it.
- A field that begins with `line.` belongs to the row's line. Every other field belongs to the
  document and must be the same in all its rows.
- A file holds tests or production documents, never both: one that is marked `[test]` anywhere goes
  nowhere but to test destinations, whatever its channel is for.
- What fills no field is kept with row and column, and travels with the document as unmapped.
- Codes are mapped to ours (those of X12: `EA`, `CA`, `KG` for units; `00` for an original); the
  sender's code stays beside it.
"""

_TABLES: tuple[tuple[str, type[BaseModel]], ...] = (
    ("The layout", Layout),
    ("`[header]`", Header),
    ("`[grouping]`", Grouping),
    ("`[test]`", UsageMark),
    ("`[totals]`", Totals),
    ("`[[columns]]`", Column),
    ("`[limits]`", Limits),
)
_TYPES = {
    ColumnType.TEXT: "any text",
    ColumnType.INTEGER: "a whole number",
    ColumnType.DECIMAL: "an exact number with the layout's marks",
    ColumnType.MONEY: "an amount, written as a decimal",
    ColumnType.DATE: "a calendar date in the column's format",
    ColumnType.TIME: "a time of day in the column's format",
    ColumnType.CODE: "one of the column's `codes`",
    ColumnType.GTIN: "a GTIN of 8, 12, 13 or 14 digits with its check digit",
    ColumnType.SSCC: "an SSCC of 18 digits with its check digit",
}


def page() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *_keys(), *_column_types(), *_fields()]).rstrip() + "\n"


def _keys() -> Iterator[str]:
    yield "## Keys\n"
    for title, model in _TABLES:
        yield f"### {title}\n"
        yield "| key | values | default | meaning |"
        yield "|---|---|---|---|"
        schema = model.model_json_schema()
        for name, info in model.model_fields.items():
            described = _described(schema["properties"][name])
            yield f"| `{name}` | {described} | {_default(info)} | {_sentence(info)} |"
        yield ""


def _described(schema: dict[str, Any]) -> str:
    """What a value may be, in words."""
    if "enum" in schema:
        return ", ".join(f"`{_toml(value)}`" for value in schema["enum"])
    if "$ref" in schema:
        return "see below"
    if "anyOf" in schema:
        return _described(schema["anyOf"][0])
    kind = schema["type"]
    low, high = schema.get("minimum"), schema.get("maximum")
    if kind == "integer" and low is not None:
        return f"{low} to {high}"
    names: dict[str, str] = {
        "string": "text",
        "boolean": "`true`, `false`",
        "array": "list",
        "object": "table",
    }
    return names[kind]


def _default(info: FieldInfo) -> str:
    value = info.default if info.default_factory is None else None
    if value is PydanticUndefined:
        return "needed"
    if value is None or isinstance(value, BaseModel) or value == ():
        return "none" if not isinstance(value, BaseModel) else "as below"
    return f"`{_toml(value)}`"


def _toml(value: object) -> str:
    """A value as TOML writes it; the bar of a table is escaped."""
    return json.dumps(value).replace("|", "\\|")


def _sentence(info: FieldInfo) -> str:
    return " ".join((info.description or "").split())


def _column_types() -> Iterator[str]:
    yield "### Column types\n"
    yield "| type | a cell holds |"
    yield "|---|---|"
    for kind, meaning in _TYPES.items():
        yield f"| `{kind.value}` | {meaning} |"
    yield ""


def _fields() -> Iterator[str]:
    yield "## Fields\n"
    yield "`reference.<qualifier>` and `line.reference.<qualifier>` take any other reference, under an"
    yield "X12 qualifier of two or three characters (`reference.DP`); type text, code or integer.\n"
    for kind in DocumentKind:
        needed = ", ".join(f"`{name}`" for name in INDISPENSABLE[kind])
        yield f"### {kind.value}\n"
        yield f"Columns must fill {needed}, and one that says what is traded.\n"
        yield "| field | types |"
        yield "|---|---|"
        for name, types in FIELDS[kind].items():
            allowed = ", ".join(one.value for one in ColumnType if one in types)
            yield f"| `{name}` | {allowed} |"
        yield ""


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
