"""Reading delimited files: every fault is one finding, in its place, and fells no more than it must.

Bad input by its list: encodings BI-050; delimiters, headers, ragged rows BI-051; formulas BI-052;
dates BI-053; numbers and damaged GTINs BI-054; Unicode BI-055.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO

import pytest

from parsers.catalogue import entries
from parsers.delimited.document import DelimitedDocument, Extra
from parsers.delimited.layout import Layout, Limits, parse_layout
from parsers.delimited.reader import read
from parsers.finding import Finding

COLUMNS = """
[[columns]]
name = "PO"
field = "number"
required = true
max_length = 12
[[columns]]
name = "Date"
field = "date"
type = "date"
format = "DD.MM.YYYY"
[[columns]]
name = "Time"
field = "time"
type = "time"
may_be_absent = true
[[columns]]
name = "GTIN"
field = "line.gtin"
type = "gtin"
[[columns]]
name = "Qty"
field = "line.quantity"
type = "decimal"
required = true
max_decimals = 2
[[columns]]
name = "Unit"
field = "line.unit"
type = "code"
codes = { Stk = "EA", kg = "KG" }
default = "Stk"
[[columns]]
name = "Pos"
type = "integer"
"""
TOP = """
document = "order"
delimiter = ";"
decimal_mark = ","
thousands_mark = "."
"""
BY_PO = '[grouping]\nkey = ["PO"]\n'
HEAD = b"PO;Date;GTIN;Qty;Unit;Pos\n"
ROW = b"7;31.12.2025;4006381333931;1,5;Stk;1\n"


def layout(top: str = "", grouping: str = BY_PO, tables: str = "", columns: str = COLUMNS) -> Layout:
    made = parse_layout(TOP + top + grouping + tables + columns, "test.layout.toml")
    assert isinstance(made, Layout), made
    return made


def taken(content: bytes, by: Layout | None = None) -> tuple[list[DelimitedDocument], list[Finding]]:
    """The documents, and the findings of the file as a whole."""
    documents, findings = [], []
    for item in read(BytesIO(content), by or layout()):
        (findings if isinstance(item, Finding) else documents).append(item)
    return documents, findings


def all_findings(content: bytes, by: Layout | None = None) -> list[Finding]:
    documents, findings = taken(content, by)
    return [*findings, *(finding for document in documents for finding in document.findings)]


@dataclass(frozen=True)
class Case:
    """One fault: what is sent, and where the finding points."""

    code: str
    content: bytes
    row: int | None = None
    column: str | None = None
    offset: int | None = None
    by: Layout | None = None

    def __str__(self) -> str:
        return f"{self.code} {self.content[len(HEAD) :][:24]!r}"


def value(cell: bytes, at: int) -> bytes:
    """HEAD and a good row with one cell replaced."""
    cells = ROW.rstrip(b"\n").split(b";")
    cells[at] = cell
    return HEAD + b";".join(cells) + b"\n"


def limited(**bounds: int) -> Layout:
    return layout(tables="[limits]\n" + "".join(f"{name} = {bound}\n" for name, bound in bounds.items()))


def english() -> Layout:
    return layout().model_copy(update={"decimal_mark": ".", "thousands_mark": ""})


START = len(HEAD)
NO_HEADER = layout(
    tables="[header]\npresent = false\n", columns=COLUMNS.replace("may_be_absent = true\n", "")
)
FIXED = layout(tables='[header]\norder = "fixed"\n')
MARKED = layout(tables='[test]\ncolumn = "Pos"\nvalues = ["99"]\n')
CLOSED = layout(tables='[header]\nunexpected = "refuse"\n')
FEW_GATHERED = layout(grouping=BY_PO + 'scattered = "gather"\n', tables="[limits]\ngathered_rows = 2\n")
EIGHT = ROW.replace(b"7;", b"8;", 1)
TIMED = HEAD.replace(b"Date;", b"Date;Time;")
FILE_CASES = [
    Case("CSV-030", b""),
    Case("CSV-030", b"\n \r\n;;\n"),
    Case("CSV-030", b"\n", by=NO_HEADER),
    Case("CSV-031", HEAD),
    Case("CSV-032", HEAD + b"7;31.12.2025;\xe9", offset=START + 13),
    Case("CSV-032", HEAD + b"\xc3", offset=START),
    Case("CSV-032", HEAD + b"\x81", offset=START, by=layout('encoding = "cp1252"\n')),
    Case("CSV-033", b"\xff\xfeP\0O\0", offset=0),
    Case("CSV-034", HEAD, offset=0, by=layout('encoding = "utf-16"\n')),
    Case("CSV-035", HEAD.replace(b"Qty", b"Quantity") + ROW, 1, "Qty", 0),
    Case("CSV-036", HEAD.replace(b"Pos", b"Pos;Qty") + ROW, 1, "Qty", 13),
    Case("CSV-037", HEAD.replace(b"PO;Date", b"Date;PO") + ROW, 1, "Date", 0, FIXED),
    Case("CSV-038", HEAD.replace(b"Pos", b"Pos;Colour") + ROW.replace(b"\n", b";\n"), 1, "Colour", 26),
    Case("CSV-039", HEAD.replace(b"Pos", b"Pos;X") + ROW, 1, "X", 26, CLOSED),
    Case("CSV-040", b"sep=;\n" + HEAD + ROW, 1),
    Case("CSV-041", b"SEP=,\n" + HEAD + ROW, 1, by=layout('separator_line = "accept"\n')),
    Case("CSV-042", HEAD + ROW * 3, 4, by=limited(rows=3)),
    Case("CSV-043", HEAD + ROW + b'7;"31.12.2025;;1;;\n' + ROW, 3, None, START + len(ROW)),
    Case("CSV-043", HEAD + b'7;"a\n8;"b";1;1;\n', 2, None, START),
    Case("CSV-043", HEAD + b'7;"a\nb"\n', 2, None, START),
    Case("CSV-044", HEAD + b"x" * 2000, offset=START, by=limited(row_length=1000)),
    Case("CSV-044", HEAD + b'7;"' + b"x\n" * 900, offset=START, by=limited(row_length=1000)),
    Case("CSV-045", HEAD + ROW + EIGHT + ROW, 4, None, START + 2 * len(ROW)),
    Case("CSV-046", HEAD + ROW + EIGHT, 3, None, START + len(ROW), limited(documents=1)),
    Case("CSV-047", HEAD + ROW * 3, 4, None, START + 2 * len(ROW), limited(document_rows=2)),
    Case("CSV-047", HEAD + ROW * 3, 4, None, START + 2 * len(ROW), FEW_GATHERED),
    Case("CSV-048", HEAD.replace(b";", b",") + ROW, 1, None, 0),
    Case(
        "CSV-052",
        HEAD + ROW + value(b"99", 5)[START:].replace(b"7;", b"8;", 1),
        3,
        None,
        START + len(ROW),
        MARKED,
    ),
    Case("CSV-050", b'"PO"x;Date\n', 1, None, 0),
    Case("CSV-051", HEAD + ROW, 1, None, 0, limited(columns=5)),
]
ROW_CASES = [
    Case("CSV-060", HEAD + b"7;31.12.2025\n", 2, None, START),
    Case("CSV-061", HEAD + ROW.replace(b"\n", b";x\n"), 2, None, START),
    Case("CSV-061", HEAD + ROW.replace(b"\n", b";x\n"), 2, None, START, layout('ragged = "pad"\n')),
    Case("CSV-062", HEAD + b'7;"31.12.2025"x;;1;;\n', 2, None, START),
    Case("CSV-063", HEAD + ROW + b";31.12.2025;;1;;\n", 3, None, START + len(ROW)),
    Case("CSV-065", HEAD + ROW + ROW.replace(b"31.", b"30."), 3, "Date", START + len(ROW) + 2),
    Case("CSV-066", value(b"4\0", 2), 2, "GTIN", START + 13),
    Case("CSV-067", HEAD + b"7;" + b"x" * 131_073 + b";;1;;\n", 2, None, START),
    Case("CSV-068", value(b"4" * 51, 2), 2, "GTIN", START + 13, limited(field_length=50)),
    Case("CSV-080", value(b" ", 3), 2, "Qty", START + 27),
    Case("CSV-081", value(b"1234567890123", 0), 2, "PO", START),
    Case("CSV-082", value(b"EA", 4), 2, "Unit", START + 31),
    *(
        Case("CSV-083", value(cell, 3), 2, "Qty", START + 27)
        for cell in (
            b"1-",
            b"(1)",
            b"5 EUR",
            b"--1",
            b"1.00.0",
            b"9" * 41,
            "\u0661".encode(),
            b"NaN",
            b"1_0",
            b"-",
            b",",
        )
    ),
    Case("CSV-083", value(b"1 000", 3), 2, "Qty", START + 27),
    Case(
        "CSV-084", value(b"1.5", 3), 2, "Qty", START + 27, layout().model_copy(update={"thousands_mark": ""})
    ),
    Case("CSV-084", value(b"1,5", 3), 2, "Qty", START + 27, english()),
    Case("CSV-086", value(b"6,14E+13", 2), 2, "GTIN", START + 13),
    Case("CSV-086", value(b"1,5E+3", 3), 2, "Qty", START + 27),
    Case("CSV-087", value(b"1,5", 5), 2, "Pos", START + 35),
    Case("CSV-088", value(b"1,555", 3), 2, "Qty", START + 27),
    Case("CSV-089", value(b"36000291452", 2), 2, "GTIN", START + 13),
    Case("CSV-090", value(b"4006381333932", 2), 2, "GTIN", START + 13),
    Case("CSV-091", value(b"4006381 33393", 2), 2, "GTIN", START + 13),
    *(
        Case("CSV-092", value(cell, 1), 2, "Date", START + 2)
        for cell in (b"2025-12-31", b"1.2.2025", b"31.12.25")
    ),
    *(
        Case("CSV-093", value(cell, 1), 2, "Date", START + 2)
        for cell in (b"31.02.2025", b"12.31.2025", b"29.02.2025", b"00.01.2025", b"01.01.0000")
    ),
    Case("CSV-094", value(b"46022", 1), 2, "Date", START + 2),
    Case("CSV-095", TIMED + ROW.replace(b"2025;", b"2025;24:00;"), 2, "Time", len(TIMED) + 13),
    Case("CSV-095", TIMED + ROW.replace(b"2025;", b"2025;9h;"), 2, "Time", len(TIMED) + 13),
]


@pytest.mark.parametrize("case", FILE_CASES, ids=str)
def test_a_fault_of_the_file_is_named_once_in_its_place(case: Case) -> None:
    _, findings = taken(case.content, case.by)
    place = findings[-1].location
    assert [finding.code for finding in findings] == [case.code]
    assert (place.row, place.column, place.byte_offset) == (case.row, case.column, case.offset)


@pytest.mark.parametrize("case", ROW_CASES, ids=str)
def test_a_fault_of_a_row_is_named_once_in_its_place(case: Case) -> None:
    documents, findings = taken(case.content, case.by)
    (fault,) = [finding for document in documents for finding in document.findings]
    place = fault.location
    assert fault.code == case.code
    assert (place.row, place.column, place.byte_offset) == (case.row, case.column, case.offset)
    assert findings == []
    assert documents[0].rejected


def test_every_code_of_the_reader_has_a_case() -> None:
    mentioned = {case.code for case in (*FILE_CASES, *ROW_CASES)} | {"CSV-049"}
    readers = {code for code in entries() if "CSV-030" <= code < "CSV-120"}
    assert mentioned == readers


def test_values_are_typed_and_their_texts_kept() -> None:
    (document,), findings = taken(HEAD + b"7;31.12.2025;4006381333931;1.234,50;kg;1\n")
    cells = document.rows[0].cells
    assert findings == []
    assert document.header["date"].value == datetime.date(2025, 12, 31)
    assert cells["line.quantity"].value == Decimal("1234.50")
    assert cells["line.quantity"].text == "1.234,50"
    assert (cells["line.unit"].value, cells["line.unit"].text) == ("KG", "kg")
    assert document.rows[0].extra == (Extra("Pos", "1", 2),)


def test_an_empty_cell_takes_its_columns_default() -> None:
    (document,), _ = taken(value(b"", 4))
    assert document.rows[0].cells["line.unit"].value == "EA"
    assert document.rows[0].cells["line.unit"].text == ""


def test_a_bad_row_fells_its_document_only() -> None:
    rows = [ROW, b"8;31.12.2025;;x;;\n", b"9;31.12.2025;;1;;\n"]
    documents, findings = taken(HEAD + b"".join(rows))
    assert [(document.key, document.rejected) for document in documents] == [
        (("7",), False),
        (("8",), True),
        (("9",), False),
    ]
    assert findings == []


def test_a_short_row_after_a_leading_key_fells_its_own_document_only() -> None:
    documents, _ = taken(HEAD + ROW + b"8;31.12.2025\n" + b"9;31.12.2025;;1;;\n")
    assert [document.rejected for document in documents] == [False, True, False]
    assert documents[1].text("number") == "8"


KEY_LAST = b"Date;GTIN;Qty;Unit;Pos;PO\n"


def test_a_row_broken_before_its_key_fells_both_neighbours() -> None:
    rows = b"31.12.2025;;1;;;7\n31.12.2025;;1;8\n31.12.2025;;1;;;9\n31.12.2025;;1;;;10\n"
    documents, _ = taken(KEY_LAST + rows)
    assert [(document.key[0], document.rejected) for document in documents] == [
        ("7", True),
        ("9", True),
        ("10", False),
    ]


def test_a_broken_row_between_rows_of_one_document_is_that_documents() -> None:
    rows = b"31.12.2025;;1;;;7\n31.12.2025;;1\n31.12.2025;;1;;;7\n31.12.2025;;1;;;9\n"
    documents, _ = taken(KEY_LAST + rows)
    assert [(document.key[0], document.rejected) for document in documents] == [("7", True), ("9", False)]


def test_a_file_of_broken_rows_alone_gives_findings_of_their_rows() -> None:
    documents, findings = taken(KEY_LAST + b"31.12.2025;;1\n")
    assert documents == []
    assert [finding.code for finding in findings] == ["CSV-060"]


def test_rows_count_as_a_spreadsheet_counts() -> None:
    by = layout(columns=COLUMNS + '[[columns]]\nname = "Note"\nfield = "line.note"\n')
    head = HEAD.replace(b"\n", b";Note\n")
    rows = b'7;31.12.2025;;1;;;"two\nlines"\n\n7;31.12.2025;;x;;;\n'
    (document,), _ = taken(head + rows, by)
    assert document.findings[0].location.row == 4
    assert document.rows[0].cells["line.note"].value == "two\nlines"
    assert (document.first_row, document.last_row) == (2, 4)
    assert (document.offset, document.offset + document.size) == (len(head), len(head + rows))


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
def test_every_line_end_reads_alike(end: bytes) -> None:
    documents, findings = taken((HEAD + ROW + EIGHT).replace(b"\n", end))
    assert [document.key for document in documents] == [("7",), ("8",)]
    assert findings == []


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("utf-8", (HEAD + ROW).decode().encode("utf-8-sig")),
        ("utf-16", (HEAD + ROW).decode().encode("utf-16")),
        ("utf-16-be", (HEAD + ROW).decode().encode("utf-16-be")),
        ("cp1252", HEAD + ROW),
    ],
)
def test_the_declared_encoding_is_read_with_or_without_its_mark(encoding: str, content: bytes) -> None:
    (document,), findings = taken(content, layout(f'encoding = "{encoding}"\n'))
    assert findings == []
    assert document.text("number") == "7"
    assert document.offset + document.size == len(content)


def test_scattered_rows_are_gathered_where_the_layout_says_so() -> None:
    by = layout(grouping=BY_PO + 'scattered = "gather"\n')
    documents, findings = taken(HEAD + ROW + EIGHT + ROW, by)
    assert [(document.key[0], len(document.rows)) for document in documents] == [("7", 2), ("8", 1)]
    assert findings == []


def test_values_of_the_document_may_stand_in_its_first_row_only() -> None:
    by = layout(grouping=BY_PO + 'repeat = "first_row"\n')
    (document,), _ = taken(HEAD + ROW + b";;;2;;\n", by)
    assert len(document.rows) == 2
    assert not document.rejected


def test_without_a_key_the_file_is_one_document() -> None:
    (document,), _ = taken(HEAD + ROW + ROW, layout(grouping=""))
    assert (document.key, len(document.rows)) == ((), 2)


def test_without_a_header_the_columns_stand_as_in_the_layout() -> None:
    (document,), findings = taken(b"7;31.12.2025;08:15;;1;;\n", NO_HEADER)
    assert findings == []
    assert document.header["time"].value == datetime.time(8, 15)
    assert document.first_row == 1


def test_columns_in_another_order_are_read_by_name() -> None:
    (document,), findings = taken(KEY_LAST + b"31.12.2025;;1;;;7\n")
    assert findings == []
    assert document.text("number") == "7"


def test_a_separator_line_is_left_out_where_accepted() -> None:
    (document,), findings = taken(b"sep=;\r\n" + HEAD + ROW, layout('separator_line = "accept"\n'))
    assert findings == []
    assert document.first_row == 2


def test_rows_cut_at_the_end_are_padded_where_the_layout_says_so() -> None:
    (document,), _ = taken(HEAD + b"7;31.12.2025;;1\n7;31.12.2025;;1;;;;\n", layout('ragged = "pad"\n'))
    assert len(document.rows) == 2
    assert not document.rejected


def test_rows_of_totals_are_left_out() -> None:
    by = layout(tables='[totals]\ncolumn = "PO"\nstarts_with = ["Summe"]\n')
    (document,), findings = taken(HEAD + ROW + b"Summe 2025;;;1,5;;\n", by)
    assert findings == []
    assert len(document.rows) == 1


def test_a_row_marked_test_makes_its_document_a_test() -> None:
    documents, _ = taken(HEAD + ROW + value(b"99", 5)[START:], MARKED)
    assert [document.test for document in documents] == [True]


def test_without_a_mark_the_channel_says_what_is_a_test() -> None:
    (document,), _ = taken(HEAD + ROW)
    assert document.test is None


def test_constants_of_the_layout_stand_in_header_and_lines() -> None:
    by = layout(tables='[constants]\ncurrency = "EUR"\n"line.seller_item" = "A"\n')
    (document,), _ = taken(HEAD + ROW, by)
    assert document.text("currency") == "EUR"
    assert document.rows[0].cells["line.seller_item"].value == "A"


def test_a_file_full_of_faults_lists_the_first_and_says_so() -> None:
    (document,), _ = taken(HEAD + ROW.replace(b"1,5", b"x") * 300)
    assert len(document.findings) == 201
    assert document.findings[-1].code == "CSV-049"


def test_the_stricter_of_two_limits_holds() -> None:
    items = list(read(BytesIO(HEAD + ROW * 3), layout(), Limits(rows=2)))
    assert [item.code for item in items if isinstance(item, Finding)] == ["CSV-042"]


def test_a_cell_of_ten_megabytes_is_refused_without_being_read_whole() -> None:
    stream = BytesIO(HEAD + b'7;"' + b"x" * 10_000_000)
    codes = [item.code for item in read(stream, layout()) if isinstance(item, Finding)]
    assert codes == ["CSV-044"]
    assert stream.tell() < 2_000_000


def test_a_value_that_cannot_be_read_is_kept_as_sent() -> None:
    (document,), _ = taken(value(b"x", 3))
    assert Extra("Qty", "x", 2) in document.rows[0].extra


@pytest.mark.parametrize(
    ("cell", "cause"),
    [
        (b"1.234,5", "it has a decimal comma"),
        (b"1,234.5", "it has commas between thousands"),
        (b"12,5", "it has a decimal comma"),
    ],
)
def test_the_cause_of_a_bad_number_is_named(cell: bytes, cause: str) -> None:
    by = english()
    (finding,) = all_findings(value(cell, 3), by)
    assert cause in finding.message


def test_lost_leading_zeros_are_named_as_the_cause() -> None:
    (finding,) = all_findings(value(b"36000291452", 2))
    assert "leading zeros" in finding.message


def test_a_bad_value_of_the_document_is_named_once_though_every_row_has_it() -> None:
    bad = ROW.replace(b"31.12.2025", b"31.02.2025")
    assert [finding.code for finding in all_findings(HEAD + bad * 3)] == ["CSV-093"]


def test_a_message_repeats_no_control_characters() -> None:
    (finding,) = all_findings(value(b"\x1b[31m", 3))
    assert finding.value == "\\x1b[31m"
    assert finding.message.isprintable()


def test_a_column_name_of_the_partner_is_made_safe_to_show() -> None:
    (note,) = all_findings(HEAD.replace(b"Pos", b"Pos;\x1b[31m" + b"x" * 100) + ROW.replace(b"\n", b";\n"))
    assert note.message.isprintable()
    assert len(note.message) < 200


def test_a_long_list_of_codes_is_cut() -> None:
    codes = ", ".join(f"c{number} = 'EA'" for number in range(50))
    by = layout(
        columns=COLUMNS.replace(
            'codes = { Stk = "EA", kg = "KG" }\ndefault = "Stk"', f"codes = {{ {codes} }}"
        )
    )
    (finding,) = all_findings(value(b"x", 4), by)
    assert finding.expected is not None
    assert finding.expected.endswith("c11 and 38 more")


def test_a_formula_is_kept_as_sent() -> None:
    by = layout(columns=COLUMNS + '[[columns]]\nname = "Note"\nfield = "line.note"\n')
    content = HEAD.replace(b"\n", b";Note\n") + ROW.replace(b"\n", b";=cmd|' /C calc'!A0\n")
    (document,), _ = taken(content, by)
    assert document.rows[0].cells["line.note"].value == "=cmd|' /C calc'!A0"


def test_a_key_is_the_same_however_its_accents_are_composed() -> None:
    composed, decomposed = "É1".encode(), "E\u03011".encode()
    rows = [ROW.replace(b"7;", key + b";", 1) for key in (composed, decomposed)]
    (document,), _ = taken(HEAD + b"".join(rows))
    assert not document.rejected
