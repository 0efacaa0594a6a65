"""The JSON of `inspect` is a promise: these keys, in this order, on any file."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.inspect import Inspection, write_json
from partners.directory import BUNDLED, Directory, load_directory

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
CORPUS = Path(os.environ.get("TRADEPOST_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))

FILE = ["schema", "file", "format", "status", "findings", "interchanges", "acknowledgements"]
INTERCHANGE = [
    *("control_number", "sender", "receiver", "version", "usage", "ack_requested", "status", "ta1"),
    *("received_ta1", "findings", "groups"),
]
GROUP = [
    *("functional_id", "sender", "receiver", "control_number", "version", "status", "ak9", "findings"),
    "documents",
]
DOCUMENT = [
    *("set", "control_number", "implementation", "status", "ak5", "disposition", "findings", "canonical"),
    "answers",
]
FINDING = [
    *("code", "severity", "level", "title", "message", "x12", "segment", "segment_number", "loop", "element"),
    *(
        "component",
        "repetition",
        "data_element",
        "row",
        "column",
        "byte_offset",
        "value",
        "expected",
        "remedy",
    ),
]
LEVELS = {"file", "interchange", "group", "set", "segment", "element", "row", "value"}
STATUSES = {"accepted", "accepted_with_errors", "partially_accepted", "rejected"}

ISA = (
    "ISA*00*          *00*          *ZZ*ACMERETAIL     *12*2015550100     "
    "*261123*0915*U*00401*000000007*1*P*>~"
)
GOOD = "ST*850*0001~BEG*00*SA*PO-1**20261123~PO1*1*10*EA*9.95**UP*012345678905~SE*4*0001~"
CHANGE = "ST*850*0002~BEG*04*SA*PO-2**20261123~PO1*1*10*EA*9.95**UP*012345678905~SE*4*0002~"


def inspected(data: bytes, name: str = "file.edi", **options: Any) -> tuple[dict[str, Any], int]:
    out = io.BytesIO()
    canonical = options.pop("canonical", True)
    status = write_json(Inspection(io.BytesIO(data), name, AT, **options), out, canonical=canonical)
    return json.loads(out.getvalue(), parse_float=_no_floats), status


def _no_floats(text: str) -> float:
    raise AssertionError(f"{text} is a JSON number with a fraction")


def interchange(*sets: str, trailer: str | None = None) -> bytes:
    group = f"GS*PO*ACMERETAIL*TRADEPOST*20261123*0915*12*X*004010~{''.join(sets)}GE*{len(sets)}*12~"
    return f"{ISA}{group}{trailer if trailer is not None else 'IEA*1*000000007~'}".encode()


def check_keys(report: dict[str, Any]) -> None:
    """Every key is there, in the promised order, with values from the promised lists."""
    assert list(report) == FILE
    assert report["status"] in STATUSES
    for finding in _findings(report):
        assert list(finding) == FINDING
        assert finding["level"] in LEVELS
        assert finding["severity"] in ("note", "error")
    for envelope in report["interchanges"]:
        assert list(envelope) == INTERCHANGE
        assert list(envelope["sender"]) == list(envelope["receiver"]) == ["qualifier", "id"]
        assert envelope["ta1"] is None or list(envelope["ta1"]) == ["TA104", "TA105"]
        for group in envelope["groups"]:
            assert list(group) == GROUP
            assert group["ak9"] is None or list(group["ak9"]) == ["AK901", "AK902", "AK903", "AK904", "AK905"]
            for document in group["documents"]:
                check_document(document)
    for answer in report["acknowledgements"]:
        assert list(answer) == ["kind", "interchange", "groups", "text"]


def check_document(document: dict[str, Any]) -> None:
    assert list(document) == DOCUMENT
    assert document["disposition"] in ("deliver", "hold", "reject", "none")
    mirrored = {"A": "accepted", "E": "accepted_with_errors", "R": "rejected"}
    if document["ak5"] is not None:
        assert list(document["ak5"]) == ["AK501", "AK502"]
        assert document["status"] == mirrored[document["ak5"]["AK501"]]


def _findings(report: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from report["findings"]
    for envelope in report["interchanges"]:
        yield from envelope["findings"]
        for group in envelope["groups"]:
            yield from group["findings"]
            for document in group["documents"]:
                yield from document["findings"]


def test_a_good_file_gives_exactly_the_promised_keys() -> None:
    report, status = inspected(interchange(GOOD))
    check_keys(report)
    assert status == 0
    (envelope,) = report["interchanges"]
    assert envelope["sender"] == {"qualifier": "ZZ", "id": "ACMERETAIL"}
    assert (envelope["control_number"], envelope["version"], envelope["usage"]) == ("000000007", "00401", "P")
    assert envelope["ack_requested"] is True
    (group,) = envelope["groups"]
    assert group["ak9"] == {"AK901": "A", "AK902": "1", "AK903": "1", "AK904": "1", "AK905": []}
    (document,) = group["documents"]
    assert (document["set"], document["control_number"], document["disposition"]) == (
        "850",
        "0001",
        "deliver",
    )
    assert document["canonical"]["number"] == "PO-1"
    assert document["canonical"]["lines"][0]["quantity"]["value"] == "10"
    assert [
        (answer["kind"], answer["interchange"], answer["groups"]) for answer in report["acknowledgements"]
    ] == [
        ("TA1", "000000007", []),
        ("997", "000000007", ["12"]),
    ]


def test_no_canonical_leaves_the_content_out() -> None:
    report, _ = inspected(interchange(GOOD), canonical=False)
    assert report["interchanges"][0]["groups"][0]["documents"][0]["canonical"] is None


def test_a_document_has_its_final_status_when_its_group_falls() -> None:
    report, status = inspected(interchange(GOOD).replace(b"GE*1*12", b"GE*2*12"))
    check_keys(report)
    (group,) = report["interchanges"][0]["groups"]
    (document,) = group["documents"]
    assert (group["status"], document["status"], document["disposition"]) == (
        "rejected",
        "rejected",
        "reject",
    )
    assert document["canonical"]["number"] == "PO-1"
    assert status == 1


def test_a_document_has_its_final_status_when_its_interchange_falls() -> None:
    report, status = inspected(interchange(GOOD, trailer=""))
    check_keys(report)
    (envelope,) = report["interchanges"]
    assert envelope["ta1"] == {"TA104": "R", "TA105": "023"}
    assert envelope["status"] == envelope["groups"][0]["status"] == report["status"] == "rejected"
    assert envelope["groups"][0]["documents"][0]["disposition"] == "reject"
    assert [answer["kind"] for answer in report["acknowledgements"]] == ["TA1"]
    assert status == 1


def test_a_change_is_held() -> None:
    report, status = inspected(interchange(GOOD, CHANGE))
    documents = report["interchanges"][0]["groups"][0]["documents"]
    assert [document["disposition"] for document in documents] == ["deliver", "hold"]
    assert status == 0


def test_several_interchanges_are_reported_one_by_one() -> None:
    second = interchange(GOOD, trailer="IEA*4*000000007~").replace(b"000000007", b"000000008")
    report, _ = inspected(interchange(GOOD) + second)
    assert [envelope["status"] for envelope in report["interchanges"]] == ["accepted", "accepted_with_errors"]
    assert report["status"] == "accepted_with_errors"


def test_a_control_number_used_twice_in_the_file_refuses_the_second_interchange() -> None:
    report, status = inspected(interchange(GOOD) * 2)
    verdicts = [envelope["ta1"] for envelope in report["interchanges"]]
    assert verdicts == [{"TA104": "A", "TA105": "000"}, {"TA104": "R", "TA105": "025"}]
    assert (report["status"], status) == ("partially_accepted", 1)


@pytest.mark.parametrize("data", [b"", b" \r\n", b"%PDF-1.7", b"UNB+UNOA:1'", b"\x00\xff\x00"])
def test_what_is_nothing_we_know_has_a_finding_and_its_own_exit_status(data: bytes) -> None:
    report, status = inspected(data)
    check_keys(report)
    assert (status, report["format"], report["interchanges"]) == (2, None, [])
    assert report["findings"]


@pytest.fixture(scope="module")
def directory() -> Directory:
    loaded = load_directory(BUNDLED)
    assert isinstance(loaded, Directory)
    return loaded


def test_a_delimited_file_is_one_interchange_with_one_group(directory: Directory) -> None:
    layout = directory.layout("corner-bikes", "orders")
    data = layout.delimiter.join(column.name for column in layout.columns).encode() + b"\nx\n"
    agreement = directory.by_partner("corner-bikes")
    report, status = inspected(data, "orders.csv", directory=directory, agreement=agreement)
    check_keys(report)
    (envelope,) = report["interchanges"]
    (group,) = envelope["groups"]
    assert (report["format"], report["status"], status) == ("csv", "rejected", 1)
    assert envelope["sender"] == {"qualifier": None, "id": None}
    assert (envelope["ta1"], group["ak9"], group["functional_id"]) == (None, None, None)
    assert [answer["kind"] for answer in report["acknowledgements"]] == ["CSV"]


@pytest.mark.slow
@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside the project")
def test_every_file_of_the_corpus_gives_valid_json_with_exactly_these_keys() -> None:
    files = sorted(path for path in CORPUS.rglob("*") if path.is_file() and path.suffix != ".tsv")
    assert len(files) >= 468
    for path in files:
        report, status = inspected(path.read_bytes(), path.name)
        check_keys(report)
        assert status in (0, 1, 2)
        assert (status == 2) == (report["format"] is None)
