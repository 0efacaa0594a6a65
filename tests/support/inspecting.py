"""What `tradepost inspect` says of a file, as tests read it."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

from gateway.inspect import Inspection, write_json

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def inspected(data: bytes) -> dict[str, Any]:
    """What `tradepost inspect --json` says of the file."""
    out = io.BytesIO()
    status = write_json(Inspection(io.BytesIO(data), "file.edi", AT), out)
    return {**json.loads(out.getvalue()), "exit": status}


def findings(report: dict[str, Any]) -> list[dict[str, Any]]:
    """All findings of a report, outermost level first."""
    found = list(report["findings"])
    for interchange in report["interchanges"]:
        found += interchange["findings"]
        for group in interchange["groups"]:
            found += group["findings"]
            for document in group["documents"]:
                found += document["findings"]
    return found


def errors(report: dict[str, Any]) -> list[dict[str, Any]]:
    return [finding for finding in findings(report) if finding["severity"] == "error"]


def place(finding: dict[str, Any]) -> str:
    """The finding as a case says it: `X12-226 BEG 2 02`, `X12-220 REF 4 04-2`."""
    number = finding["segment_number"] or "-"
    parts = (finding["element"], finding["component"], finding["repetition"])
    element = "-".join(f"{part:02}" if at == 0 else str(part) for at, part in enumerate(parts) if part)
    return " ".join(f"{finding['code']} {finding['segment']} {number} {element}".split())


def answered(report: dict[str, Any]) -> str:
    """AK3 to AK9 of the 997s, one a line as a case writes them; "" if there is none."""
    lines = [
        segment
        for answer in report["acknowledgements"]
        if answer["kind"] == "997"
        for segment in answer["text"].replace("\n", "").rstrip("~").split("~")
        if segment[:3] in ("AK3", "AK4", "AK5", "AK9")
    ]
    return " ".join(lines)
