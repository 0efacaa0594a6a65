"""Layouts load as a whole or are refused with file, line and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from parsers.delimited.formats import date_expression, time_expression
from parsers.delimited.layout import Layout, load_layout, parse_layout
from parsers.toml_lines import dotted, line_of

PROFILES = Path(__file__).parents[2] / "partners" / "profiles"
GOOD = """\
document = "order"
[grouping]
key = ["PO"]
[[columns]]
name = "PO"
field = "number"
[[columns]]
name = "Item"
field = "line.seller_item"
[[columns]]
name = "Qty"
field = "line.quantity"
type = "decimal"
"""


def faults(text: str) -> list[tuple[str, int | None, str | None]]:
    made = parse_layout(text, "x.layout.toml")
    assert isinstance(made, tuple), "the layout was accepted"
    return [(finding.code, finding.location.row, finding.location.column) for finding in made]


def column(lines: str) -> str:
    """GOOD with a further column; its name stands in line 15."""
    return f'{GOOD}[[columns]]\nname = "X"\n{lines}\n'


def test_a_good_layout_loads() -> None:
    made = parse_layout(GOOD, "x.layout.toml")
    assert isinstance(made, Layout)
    assert made.grouping.key == ("PO",)


@pytest.mark.parametrize("path", sorted(PROFILES.glob("*/*.layout.toml")), ids=lambda path: path.name)
def test_the_bundled_layouts_load(path: Path) -> None:
    assert isinstance(load_layout(path), Layout)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("document = ", [("CSV-002", None, None)]),
        (GOOD.replace('"order"', '"receipt"'), [("CSV-005", 1, "document")]),
        ("colour = 1\n" + GOOD, [("CSV-003", 1, "colour")]),
        (GOOD.removeprefix('document = "order"\n'), [("CSV-004", 1, "document")]),
        (GOOD.replace('field = "number"', 'feld = "number"'), [("CSV-003", 6, "columns[1].feld")]),
        ('encoding = "ebcdic"\n' + GOOD, [("CSV-005", 1, "encoding")]),
        ('thousands_mark = "."\n' + GOOD, [("CSV-005", 1, "thousands_mark")]),
        ('date_format = "DD.MM"\n' + GOOD, [("CSV-005", 1, "date_format")]),
        ('time_format = "HH"\n' + GOOD, [("CSV-005", 1, "time_format")]),
        (GOOD.replace('"PO"]', '"Order"]'), [("CSV-005", 3, "grouping.key[1]")]),
        (column('name = "Y"'), [("CSV-002", None, None)]),
        (column("").replace('"X"', '"Qty"'), [("CSV-005", 15, "columns[4].name")]),
        (column('field = "number"'), [("CSV-005", 16, "columns[4].field")]),
        (column('field = "line.colour"'), [("CSV-005", 16, "columns[4].field")]),
        (column('field = "line.gtin"'), [("CSV-005", 14, "columns[4].type")]),
        (column('type = "date"\nformat = "HH:mm"'), [("CSV-005", 17, "columns[4].format")]),
        (column('format = "DD.MM.YYYY"'), [("CSV-005", 16, "columns[4].format")]),
        (column('type = "code"'), [("CSV-005", 14, "columns[4].codes")]),
        (column('type = "decimal"\ndefault = "x"'), [("CSV-005", 17, "columns[4].default")]),
        (column("may_be_absent = true\n[header]\npresent = false"), [("CSV-005", 4, "columns")]),
        (GOOD + '[header]\npresent = false\norder = "fixed"\n', [("CSV-005", 16, "header.order")]),
        (GOOD + '[test]\ncolumn = "Z"\nvalues = ["T"]\n', [("CSV-005", 15, "test.column")]),
        (GOOD + '[totals]\ncolumn = "Z"\nstarts_with = ["T"]\n', [("CSV-005", 15, "totals.column")]),
        (GOOD + '[constants]\ncolour = "red"\n', [("CSV-005", 15, "constants.colour")]),
        (GOOD + '[constants]\ndate = "today"\n', [("CSV-005", 15, "constants.date")]),
        (GOOD.replace("line.seller_item", "line.note"), [("CSV-005", 4, "columns")]),
        (GOOD.replace('"number"', '"release"'), [("CSV-005", 4, "columns")]),
        (GOOD + "[limits]\nfield_length = 200000\n", [("CSV-005", 15, "limits.field_length")]),
    ],
)
def test_a_layout_that_cannot_be_honoured_is_refused_in_its_place(
    text: str, expected: list[tuple[str, int | None, str | None]]
) -> None:
    assert faults(text) == expected


def test_all_faults_of_a_layout_are_named_at_once() -> None:
    text = GOOD.replace('"decimal"', '"number"').replace('"order"', '"receipt"')
    assert faults(text) == [("CSV-005", 1, "document"), ("CSV-005", 13, "columns[3].type")]


def test_a_file_that_is_missing_or_no_text_is_a_finding(tmp_path: Path) -> None:
    broken = tmp_path / "x.layout.toml"
    broken.write_bytes(b"document = \xff")
    for path in (broken, tmp_path / "absent.layout.toml", tmp_path):
        made = load_layout(path)
        assert isinstance(made, tuple)
        assert [finding.code for finding in made] == ["CSV-001"]


@pytest.mark.parametrize(
    "pattern", ["YYYY-MM-DD", "DD.MM.YYYY", "M/D/YYYY", "YYYYMMDD", "DD/MM/YY", "D M YYYY"]
)
def test_a_date_format_names_year_month_and_day(pattern: str) -> None:
    assert date_expression(pattern) is not None


@pytest.mark.parametrize(
    "pattern", ["", "YYYY", "YYYYMD", "DD.MM.YYYY.DD", "YYYY-MM-TT", "%Y-%m-%d", "YYYY-mm-DD"]
)
def test_anything_else_is_no_date_format(pattern: str) -> None:
    assert date_expression(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "good"), [("HH:mm", True), ("HHmmss", True), ("HH", False), ("HH:mm:mm", False)]
)
def test_a_time_format_names_hour_and_minute(pattern: str, good: bool) -> None:
    assert (time_expression(pattern) is not None) is good


TOML = """\
a = 1
[b]
"c d" = 2
e.f = 3
[[g]]
h = { i = 1 }
[[g]]
[[g.k]]
l = [
  1,
]
"""


@pytest.mark.parametrize(
    ("path", "line", "written"),
    [
        (("a",), 1, "a"),
        (("b",), 2, "b"),
        (("b", "c d"), 3, "b.c d"),
        (("b", "e", "f"), 4, "b.e.f"),
        (("g", 0, "h", "i"), 6, "g[1].h.i"),
        (("g", 1), 7, "g[2]"),
        (("g", 1, "k", 0, "l", 0), 9, "g[2].k[1].l[1]"),
        (("g", 1, "absent"), 7, "g[2].absent"),
        (("absent",), 1, "absent"),
    ],
)
def test_a_key_is_found_at_its_line(path: tuple[int | str, ...], line: int, written: str) -> None:
    assert line_of(TOML, path) == line
    assert dotted(path) == written
