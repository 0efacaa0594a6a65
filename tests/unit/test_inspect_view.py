"""`inspect` for people: each fault under the text it stands in, and no partner text runs wild."""

from __future__ import annotations

import io
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.inspect import Inspection, show
from gateway.inspect_excerpt import excerpt
from gateway.screen import Screen
from parsers.finding import Location
from parsers.x12.dictionary import STANDARD, Dictionary
from parsers.x12.model import Separators
from parsers.x12.table_files import TableFolder
from parsers.x12.tables import Tables
from partners.directory import BUNDLED, Directory, load_directory

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
FILE = (
    "ISA*00*          *00*          *ZZ*ACMERETAIL     *12*2015550100     "
    "*261123*0915*U*00401*000000007*1*P*>~\r\nGS*PO*ACMERETAIL*TRADEPOST*20261123*0915*12*X*004010~\r\n"
    "ST*850*0001~\r\nBEG*00*SA*PO-1**20261399~\r\nPO1*1*10*EA*9.95**UP*012345678905~\r\nSE*4*0001~\r\n"
    "GE*1*12~\r\nIEA*1*000000007~\r\n"
)


def shown(data: bytes, name: str = "file.edi", **options: object) -> tuple[list[str], int]:
    text = io.StringIO()
    status = show(Inspection(io.BytesIO(data), name, AT, **options), Screen(text, width=100))  # type: ignore[arg-type]
    return [line.rstrip() for line in text.getvalue().splitlines()], status


def test_a_fault_stands_under_its_segment_with_a_mark_under_its_element() -> None:
    lines, status = shown(FILE.encode())
    assert status == 1
    at = lines.index("    BEG*00*SA*PO-1**20261399")
    assert lines[at - 1] == "X12-227 Invalid date"
    assert lines[at + 1] == "                    ^^^^^^^^"
    assert lines[at + 2] == '  BEG-05 (Date) at segment 2 is "20261399", which is no date.'
    assert lines[at + 3 : at + 9] == [
        "  place     850 0001, segment 2, BEG (beginning of an order); line 4, byte 193",
        "  element   373 Date: date, 8 characters, mandatory",
        "  found     20261399",
        "  expected  8 digits, CCYYMMDD",
        "  answered  AK304 8, AK403 8",
        "  → Ask the partner to send BEG-05 as 8 digits, CCYYMMDD.",
    ]


def test_every_level_says_its_verdict_and_the_answers_are_previewed() -> None:
    lines, status = shown(FILE.replace("20261399", "20261123").encode())
    assert status == 0
    assert lines[:5] == [
        "file.edi: X12",
        "",
        "Interchange 000000007  ZZ:ACMERETAIL to 12:2015550100  accepted  TA1 A 000",
        "  Group PO 12          004010                          accepted  AK9 A, 1 of 1 accepted",
        "    850 0001           PO-1 purchase order             accepted  AK5 A, goes on",
    ]
    assert "Would be answered with 997_000000001.edi:" in lines
    assert "  AK9*A*1*1*1~" in lines


def test_partner_text_is_neither_markup_nor_control_characters() -> None:
    """BI-075: an escape sequence in a file never reaches the terminal."""
    lines, _ = shown(FILE.replace("PO-1", "[red]\x1b[31m\x07").encode())
    text = "\n".join(lines)
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "[red]\\x1b[31m\\x07" in text


@pytest.mark.parametrize(
    ("element", "offset", "text", "start", "length"),
    [
        (5, 0, "BEG*00*SA*PO-1**20261399", 16, 8),
        (5, 16, "BEG*00*SA*PO-1**20261399", 16, 8),
        (None, 0, "BEG*00*SA*PO-1**20261399", 0, 3),
        (9, 0, "BEG*00*SA*PO-1**20261399", 24, 1),
    ],
)
def test_the_mark_is_found_from_the_segments_or_the_elements_offset(
    element: int | None, offset: int, text: str, start: int, length: int
) -> None:
    place = Location("BEG", element=element, byte_offset=FILE.index("BEG") + offset)
    found = excerpt(io.BytesIO(FILE.encode()), place, Separators(suffix="\r\n"))
    assert found is not None
    assert (found.text, found.start, found.length) == (text, start, length)


def test_a_long_segment_is_cut_around_the_mark() -> None:
    data = f"MSG*{'a' * 500}*bad*{'b' * 500}~"
    found = excerpt(io.BytesIO(data.encode()), Location("MSG", element=2, byte_offset=0), Separators())
    assert found is not None
    assert len(found.text) <= 100
    assert found.text[found.start : found.start + found.length] == "bad"


def test_a_delimited_file_shows_its_documents_and_its_receipt() -> None:
    directory = load_directory(BUNDLED)
    assert isinstance(directory, Directory)
    layout = directory.layout("corner-bikes", "orders")
    values = {
        "order_number": "A-1",
        "order_date": "2026-11-23",
        "ship_to": "SHOP1",
        "item": "BELL",
        "quantity": "2",
        "unit": "each",
        "price": "9.95",
    }
    names = [column.name for column in layout.columns]
    data = "\n".join((",".join(names), ",".join(values.get(name, "") for name in names), ""))
    corner = directory.by_partner("corner-bikes")
    lines, status = shown(data.encode(), "orders.csv", directory=directory, agreement=corner)
    assert status == 0
    assert "    order            A-1  accepted  goes on" in lines
    assert "Would be answered with receipt_orders_20261123093000.csv:" in lines
    assert "  document,1,A-1,accepted,,,,,order," in lines


def test_inspect_loads_neither_the_database_nor_any_network_library() -> None:
    heavy = {"sqlmodel", "sqlalchemy", "boto3", "paramiko", "rich", "fastapi", "lxml"}
    code = f"import gateway.inspect, sys; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_elements_of_a_users_own_tables_are_explained_by_them() -> None:
    own = TableFolder(
        Path("own"),
        {
            "elements.csv": "release,element,name,type,min,max,checked\n004010,373,Day of ours,DT,8,8,yes\n",
            "names.csv": "kind,id,name\nsegment,BEG,how our orders begin\n",
        },
    )
    known = Dictionary(Tables(TableFolder(STANDARD), own))
    lines, _ = shown(FILE.encode(), dictionary=known)
    text = "\n".join(lines)
    assert "element   373 Day of ours: date, 8 characters, mandatory" in text
    assert "BEG (how our orders begin)" in text
