"""The receipt for a delimited file, and that no spreadsheet runs what is in it (BI-052)."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest

from parsers.finding import Finding, Level, Location, Severity
from translators.acknowledgements.receipt import COLUMNS, harmless, receipt
from translators.outcomes import Ak5, Outcomes, SetOutcome
from translators.report import GroupReport, InterchangeReport, Status

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def fault(value: str) -> Finding:
    place = Location(row=3, column="qty")
    return Finding(
        "CSV-083", Severity.ERROR, Level.VALUE, "t", f"{value} is wrong", "Fix it", place, {}, value
    )


def rows(*outcomes: SetOutcome) -> list[dict[str, str]]:
    group = GroupReport(None, 1, outcomes=Outcomes(outcomes))
    report = InterchangeReport(
        None, 1, "corner", None, None, None, "P", Status.PARTIALLY_ACCEPTED, groups=[group]
    )
    payload = receipt(report, "orders.csv", AT).payload
    reader = csv.DictReader(io.StringIO(payload.decode("utf-8-sig"), newline=""))
    assert tuple(reader.fieldnames or ()) == COLUMNS
    return list(reader)


def test_each_document_has_a_row_and_each_finding_another() -> None:
    told = rows(
        SetOutcome("order", "A-1", "", Ak5("A")),
        SetOutcome("order", "A-2", "", Ak5("R"), findings=(fault("x"),)),
    )
    assert [(row["record"], row["document"], row["number"], row["status"]) for row in told] == [
        ("file", "", "", "partially_accepted"),
        ("document", "1", "A-1", "accepted"),
        ("document", "2", "A-2", "rejected"),
        ("error", "2", "A-2", ""),
    ]
    assert (told[3]["code"], told[3]["row"], told[3]["column"], told[3]["value"]) == (
        "CSV-083",
        "3",
        "qty",
        "x",
    )


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_would_be_a_formula_is_escaped(start: str) -> None:
    text = f"{start}cmd|' /C calc'!A0"
    (*_, row) = rows(SetOutcome("order", text, "", Ak5("R"), findings=(fault(text),)))
    assert row["number"] == f"'{text}"
    assert row["value"].startswith("'")
    assert harmless("plain") == "plain"


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("orders.csv", "receipt_orders_20261123093000.csv"),
        ("../../etc/passwd", "receipt_etc_passwd_20261123093000.csv"),
        ("=1+1\n.csv", "receipt_1_1_20261123093000.csv"),
        ("", "receipt_file_20261123093000.csv"),
    ],
)
def test_the_receipts_name_takes_nothing_dangerous_from_the_senders(sent: str, name: str) -> None:
    report = InterchangeReport(None, 1, "corner", None, None, None, "P")
    assert receipt(report, sent, AT).file_name == name
