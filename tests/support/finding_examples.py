"""Makes the examples of `tradepost errors` from the table of faults and the samples."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from x12_faults import CASES

from gateway.inspect import Inspection
from gateway.inspect_excerpt import excerpt
from parsers.examples import COLUMNS
from parsers.finding import Finding
from parsers.x12.model import Separators
from partners.directory import BUNDLED, Directory, load_directory
from translators.report import DocumentRead, FileEnded, GroupEnded, InterchangeEnded

SAMPLES = Path(__file__).parents[2] / "samples"
AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
#: Columns of an example's text.
ROOM = 76


def examples_csv() -> str:
    """The whole file: for each code the first example of it."""
    rows: dict[str, tuple[object, ...]] = {}
    for data, name, partner in _files():
        for finding, separators in _findings(data, name, partner):
            if finding.code not in rows:
                rows[finding.code] = _row(data, finding, separators)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows[code] for code in sorted(rows))
    return text.getvalue()


def _files() -> Iterator[tuple[bytes, str, str | None]]:
    """Bytes, name, and the partner for delimited files."""
    for case in CASES.values():
        yield case.text.encode(), "order.edi", None
    for path in sorted(SAMPLES.glob("*/*/*/input.*")):
        about = (path.parent / "about.md").read_text("utf-8")
        facts = dict(line.split(": ", 1) for line in about.splitlines() if ": " in line)
        csv_only = path.parts[-4] == "csv"
        yield path.read_bytes(), facts["file"], facts["partner"] if csv_only else None


def _findings(data: bytes, name: str, partner: str | None) -> Iterator[tuple[Finding, Separators | None]]:
    directory = load_directory(BUNDLED) if partner else None
    assert directory is None or isinstance(directory, Directory)
    agreement = directory.by_partner(partner) if directory and partner else None
    for event in Inspection(io.BytesIO(data), name, AT, directory, agreement).events():
        match event:
            case DocumentRead():
                header = event.interchange.header
                yield from ((f, header.separators if header else None) for f in event.document.findings)
            case GroupEnded():
                header = event.interchange.header
                yield from ((f, header.separators if header else None) for f in event.report.findings)
            case InterchangeEnded():
                header = event.report.header
                yield from ((f, header.separators if header else None) for f in event.report.findings)
            case FileEnded():
                yield from ((f, None) for f in event.findings)


def _row(data: bytes, finding: Finding, separators: Separators | None) -> tuple[object, ...]:
    shown = excerpt(io.BytesIO(data), finding.location, separators, ROOM) if separators else None
    text, start, length = (shown.text, shown.start, shown.length) if shown else ("", 0, 0)
    return finding.code, text, start, length, finding.message, finding.remedy
