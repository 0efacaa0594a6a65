"""Our verdict on a file beside pyx12's, as the tests compare them."""

from __future__ import annotations

import io
from collections.abc import Iterator

from parsers.finding import Finding
from parsers.x12.second_opinion.comparison import Comparison, compare
from parsers.x12.second_opinion.fair_copy import FairCopy, fair_copies
from parsers.x12.second_opinion.verdict import opinion
from translators.reading import read_file
from translators.report import DocumentRead, FileEnded, GroupEnded, InterchangeEnded


def findings_of(data: bytes) -> list[Finding]:
    """Every finding of a file, whatever level it stands at."""
    found: list[Finding] = []
    for event in read_file(io.BytesIO(data), name="file.edi"):
        match event:
            case DocumentRead():
                found += event.document.findings
            case GroupEnded() | InterchangeEnded():
                found += event.report.findings
            case FileEnded():
                found += event.findings
    return found


def comparisons(data: bytes) -> Iterator[Comparison]:
    """Both verdicts on each interchange of a file that pyx12 can be shown."""
    findings = findings_of(data)
    for copy in fair_copies(io.BytesIO(data)):
        if isinstance(copy, FairCopy):
            yield compare(findings, opinion(copy))
