"""What a layout must agree on with itself, beyond the form of its keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from parsers.delimited.fields import INDISPENSABLE, ColumnType, types_of
from parsers.delimited.formats import date_expression, time_expression
from parsers.delimited.values import Wrong, constant_reader, reader_of
from parsers.toml_lines import TomlPath

if TYPE_CHECKING:
    from parsers.delimited.layout import Column, Layout

#: A place in the file and why it cannot be honoured.
Contradiction = tuple[TomlPath, str]

_PRODUCT_FIELDS = ("line.gtin", "line.buyer_item", "line.seller_item", "line.description")


def contradictions(layout: Layout) -> list[Contradiction]:
    """Everything in the layout that cannot be honoured; empty if it can be used."""
    faults = [*_marks(layout), *_formats(layout), *_columns(layout), *_named_columns(layout)]
    return faults or [*_coverage(layout), *_defaults(layout)]


def _marks(layout: Layout) -> Iterator[Contradiction]:
    if layout.thousands_mark and layout.thousands_mark == layout.decimal_mark:
        yield ("thousands_mark",), "it is the decimal mark too"
    if layout.header.order == "fixed" and not layout.header.present:
        yield ("header", "order"), "without a header row the order is always that of the layout; leave it out"


def _formats(layout: Layout) -> Iterator[Contradiction]:
    if date_expression(layout.date_format) is None:
        yield ("date_format",), "a date format names year, month and day once, as in DD.MM.YYYY"
    if time_expression(layout.time_format) is None:
        yield ("time_format",), "a time format names hour and minute, as in HH:mm"
    for index, column in enumerate(layout.columns):
        if column.format is not None and not _format_fits(column):
            yield ("columns", index, "format"), f"it is no format of a {column.type.value} column"


def _format_fits(column: Column) -> bool:
    text = column.format or ""
    if column.type is ColumnType.DATE:
        return date_expression(text) is not None
    return column.type is ColumnType.TIME and time_expression(text) is not None


def _columns(layout: Layout) -> Iterator[Contradiction]:
    names: set[str] = set()
    fields = set(layout.constants)
    for index, column in enumerate(layout.columns):
        if column.name in names:
            yield ("columns", index, "name"), f"a column {column.name} stands above already"
        names.add(column.name)
        if column.field is not None:
            if column.field in fields:
                yield ("columns", index, "field"), f"{column.field} is filled already"
            fields.add(column.field)
            yield from _field(layout, index, column)
        if bool(column.codes) != (column.type is ColumnType.CODE):
            yield ("columns", index, "codes"), 'codes and type = "code" go together'


def _field(layout: Layout, index: int, column: Column) -> Iterator[Contradiction]:
    kind, field = layout.document, column.field or ""
    types = types_of(kind, field)
    if not types:
        yield ("columns", index, "field"), f"a document of kind {kind.value} has no field {field}"
    elif column.type not in types:
        allowed = ", ".join(sorted(kind.value for kind in types))
        yield ("columns", index, "type"), f"{field} needs one of: {allowed}"


def _named_columns(layout: Layout) -> Iterator[Contradiction]:
    """Columns that other parts of the layout speak of."""
    for index, name in enumerate(layout.grouping.key):
        column = layout.column(name)
        if column is None:
            yield ("grouping", "key", index), f"there is no column {name}"
        elif column.may_be_absent:
            yield ("grouping", "key", index), f"column {name} tells the document; it cannot be absent"
    for part, mark in (("test", layout.test), ("totals", layout.totals)):
        if mark is not None and layout.column(mark.column) is None:
            yield (part, "column"), f"there is no column {mark.column}"
    absent = [column.name for column in layout.columns if column.may_be_absent]
    if absent and not layout.header.present:
        yield ("columns",), f"without a header row no column can be absent: {', '.join(absent)}"


def _coverage(layout: Layout) -> Iterator[Contradiction]:
    filled = {column.field for column in layout.columns}
    for field in INDISPENSABLE[layout.document]:
        if field not in filled:
            yield ("columns",), f"no column fills {field}, which every {layout.document.value} needs"
    if filled.isdisjoint(_PRODUCT_FIELDS):
        yield ("columns",), f"no column says what is traded: one of {', '.join(_PRODUCT_FIELDS)}"


def _defaults(layout: Layout) -> Iterator[Contradiction]:
    for index, column in enumerate(layout.columns):
        if column.default is not None and isinstance(reader_of(layout, column)(column.default), Wrong):
            yield (
                ("columns", index, "default"),
                f"{column.default!r} is no {column.type.value} of this layout",
            )
    for field in layout.constants:
        if not types_of(layout.document, field):
            yield ("constants", field), f"a document of kind {layout.document.value} has no field {field}"
        elif isinstance(constant_reader(layout, field)(layout.constants[field]), Wrong):
            yield ("constants", field), f"{layout.constants[field]!r} cannot be read as {field}"
