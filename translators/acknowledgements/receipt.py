"""The receipt for a delimited file: a small CSV that a spreadsheet opens safely.

One row a document, then one row a finding of it; findings of the whole file come first.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from parsers.finding import Finding
from translators.acknowledgements.answer import Answer
from translators.outcomes import SetOutcome
from translators.report import InterchangeReport, Status

COLUMNS = ("record", "document", "number", "status", "code", "row", "column", "value", "message", "remedy")
#: What makes a spreadsheet take a cell for a formula (BI-052).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
#: The byte order mark makes spreadsheets read UTF-8.
_ENCODING = "utf-8-sig"
_MAX_STEM_CHARS = 80

Row = tuple[str, ...]


def receipt(report: InterchangeReport, file_name: str, at: datetime) -> Answer:
    """The receipt for the delimited file of that name.

    report: the file's pseudo-interchange. file_name: the sender's; only its letters, digits,
    "-" and "_" are taken into the receipt's own name.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(tuple(map(harmless, row)) for row in _rows(report))
    return Answer("CSV", text.getvalue().encode(_ENCODING), _name(file_name, at), "")


def harmless(cell: str) -> str:
    """The cell as text for a spreadsheet: an apostrophe in front where it would be a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


def _rows(report: InterchangeReport) -> Iterator[Row]:
    yield ("file", "", "", report.status.value, "", "", "", "", "", "")
    yield from _findings("", "", report.findings)
    for group in report.groups:
        yield from _findings("", "", group.findings)
        for ordinal, outcome in enumerate(group.outcomes, start=1):
            yield _document(str(ordinal), outcome)
            yield from _findings(str(ordinal), outcome.control_number, outcome.findings)


def _document(ordinal: str, outcome: SetOutcome) -> Row:
    status = Status.REJECTED if outcome.ak5.code == "R" else Status.ACCEPTED
    return ("document", ordinal, outcome.control_number, status.value, "", "", "", "", outcome.set_id, "")


def _findings(ordinal: str, number: str, findings: Iterable[Finding]) -> Iterator[Row]:
    for finding in findings:
        place = finding.location
        row = "" if place.row is None else str(place.row)
        told = (finding.value or "", finding.message, finding.remedy)
        yield (finding.severity.value, ordinal, number, "", finding.code, row, place.column or "", *told)


def _name(file_name: str, at: datetime) -> str:
    stem = re.sub(r"[^A-Za-z0-9_-]+", "_", re.sub(r"\.[A-Za-z0-9]{1,4}$", "", file_name)).strip("_")
    return f"receipt_{stem[:_MAX_STEM_CHARS] or 'file'}_{at:%Y%m%d%H%M%S}.csv"
