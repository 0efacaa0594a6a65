"""Every finding on the real files names its place: the bytes there are the value it reports, once."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
from second_opinion_reading import findings_of

from parsers.finding import Finding

BREAKS = b"\r\n"


def stands_there(finding: Finding, data: bytes) -> bool:
    """True if the file holds the reported value at the reported byte, line breaks left out."""
    value, offset = finding.value or "", finding.location.byte_offset
    if offset is None:
        return False
    found = data[offset : offset + 2 * len(value) + 8].translate(None, BREAKS)
    return any(found.startswith(value.encode(code, "surrogateescape")) for code in _encodings(value))


def _encodings(value: str) -> tuple[str, ...]:
    return ("utf-8", "latin-1") if all(ord(character) < 256 for character in value) else ("utf-8",)


@pytest.mark.slow
def test_the_bytes_at_a_finding_are_the_value_it_reports(corpus: Path) -> None:
    with (corpus / "INDEX.tsv").open(encoding="utf-8", newline="") as table:
        files = [row["file"] for row in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE)]
    misplaced, twice = [], []
    for file in files:
        data = (corpus / file).read_bytes()
        findings = [finding for finding in findings_of(data) if finding.is_error]
        misplaced += [
            (file, finding.code, finding.value)
            for finding in findings
            if finding.location.element and finding.value and not stands_there(finding, data)
        ]
        places = Counter((finding.code, finding.location) for finding in findings)
        twice += [(file, place) for place, count in places.items() if count > 1]
    assert not misplaced
    assert not twice
