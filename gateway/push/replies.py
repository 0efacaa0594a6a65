"""What the door says to a client, as JSON: what was kept, and what is wrong with it in plain words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from parsers.catalogue import found
from parsers.finding import NOWHERE, Finding
from translators.report import DocumentRead, DocumentReport, FileEnded, ReportEvent, Status


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the door. headers: besides those of every answer."""

    status: HTTPStatus
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def refusal(status: HTTPStatus, code: str, headers: Mapping[str, str] | None = None, **blanks: str) -> Reply:
    """Nothing was kept, and why, worded by the catalogue's row `code`."""
    finding = found(code, NOWHERE, x12=None, **blanks)
    return Reply(status, _written({"findings": [_told(finding)]}), headers or {})


def unwell(code: str, message: str, remedy: str, retry_s: int) -> Reply:
    """Nothing was promised: the archive or the ledger is away. The client sends the same again."""
    told = {"code": code, "severity": "error", "message": message, "remedy": remedy}
    return Reply(
        HTTPStatus.SERVICE_UNAVAILABLE, _written({"findings": [told]}), {"Retry-After": str(retry_s)}
    )


def kept(transmission: str, sha256: str, events: Iterable[ReportEvent]) -> Reply:
    """What was kept under `transmission`, and how it reads.

    202: every document is as it should be. 422: those with findings will be rejected, the others go
    on. 400: it is no JSON, or holds no documents. The same bytes always give the same answer.
    """
    documents: list[DocumentReport] = []
    faults: tuple[Finding, ...] = ()
    readable = True
    for event in events:
        match event:
            case DocumentRead(document=document):
                documents.append(document)
            case FileEnded():
                faults, readable = event.findings, event.readable
    good = sum(document.status is not Status.REJECTED for document in documents)
    status = HTTPStatus.ACCEPTED if good == len(documents) else HTTPStatus.UNPROCESSABLE_ENTITY
    body = {
        "transmission": transmission,
        "sha256": sha256,
        "accepted": good,
        "rejected": len(documents) - good,
        "documents": [_document(document) for document in documents],
        "findings": [_told(finding) for finding in faults],
    }
    return Reply(status if readable else HTTPStatus.BAD_REQUEST, _written(body))


def _document(document: DocumentReport) -> dict[str, Any]:
    return {
        "ordinal": document.ordinal,
        "kind": document.kind,
        "number": document.number or None,
        "status": "rejected" if document.status is Status.REJECTED else "accepted",
        "findings": [_told(finding) for finding in document.findings],
    }


def _told(finding: Finding) -> dict[str, Any]:
    """A finding for whoever writes the client: where, what was found, what was expected, what to do."""
    place = finding.location
    offset = None if place.byte_offset is None else f"byte {place.byte_offset}"
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "place": place.column or offset,
        "found": finding.value,
        "expected": finding.expected,
        "message": finding.message,
        "remedy": finding.remedy,
    }


def _written(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, indent=2).encode() + b"\n"
