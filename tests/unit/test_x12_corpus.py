"""Real files: none raises, the valid ones read clean, each known envelope error is found."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from parsers.finding import Finding, Level
from parsers.registry import sniff
from parsers.sniffing import SNIFF_BYTES
from parsers.x12 import model
from parsers.x12.interchange import read
from parsers.x12.options import DEFAULT_OPTIONS

ENVELOPE_LEVELS = (Level.FILE, Level.INTERCHANGE, Level.GROUP, Level.SET)
FORMATS = {"X12": "x12", "CSV": "csv"}
#: A set that we have no table for is no fault of an envelope.
NO_TABLE = "X12-086"

#: Files whose format we tell otherwise than the index, and why.
SNIFFED_OTHERWISE = {
    "csv/wmmihaa__BizTalk-Server---Developing-Integration-Solutions__OrderFF.txt": (
        None,
        "fixed columns, commas and bars in one file: no line looks like the next",
    ),
    "malformed/GT-Logistics__edi-x12__empty-edi.edi": (None, "the file is empty"),
    "malformed/Silvenga__EdiWeave__X12_810_00204_InvalidHeader.txt": (None, "begins with FSA"),
    "malformed/olmelabs__EdiEngine__NonEdi.edi": (None, "no EDI at all"),
    "malformed/walmartlabs__gozer__x12.missing.ISA.txt": (None, "begins with GS"),
    "malformed/walmartlabs__gozer__x12.wrong.ISA.txt": (None, "begins with XXX"),
    "other/wx-yz__ballerina-edi-sample__yrc204-sample.edi": (None, "begins with ST"),
}
#: Envelope errors of the index that give no finding here, and why.
NOT_FOUND_HERE = {
    "850/ahuggins-nhs__node-x12__850_fat.edi": "one ISA13 in two interchanges is judged against the ledger",
    "850/bots-edi__bots-plugins__850-004010.16.x12": "counts the line break inside a wrapped ISA10",
    "other/xlate__staedi__ts210_80char.edi": "counts the line break inside a wrapped ISA10",
    "other/Inteligenz__X12Parser__857_AfterMarketSuppliers_Example.txt": "wants 857 in SP; it is BS (DE 479)",
    "other/Inteligenz__X12Parser__857_Kroger_CreditExample.txt": "wants 857 in SP; it is BS (DE 479)",
    "other/Inteligenz__X12Parser__857_Kroger_DeliveryExample.txt": "wants 857 in SP; it is BS (DE 479)",
}


@pytest.fixture(scope="module")
def corpus() -> Path:
    """The folder of real files, which is no part of the project."""
    beside = Path(__file__).parents[3] / "shared" / "corpus"
    folder = Path(os.environ.get("TRADEPOST_CORPUS", beside))
    if not (folder / "INDEX.tsv").is_file():
        pytest.skip(f"real files were not read: no corpus at {folder} (set TRADEPOST_CORPUS)")
    return folder


def _index(corpus: Path) -> Iterator[dict[str, str]]:
    with (corpus / "INDEX.tsv").open(encoding="utf-8", newline="") as index:
        yield from csv.DictReader(index, delimiter="\t", quoting=csv.QUOTE_NONE)


def _findings(path: Path) -> list[Finding]:
    with path.open("rb") as stream:
        return [
            finding
            for event in read(stream, lambda _header: DEFAULT_OPTIONS)
            for finding in (event.set.findings if isinstance(event, model.SetRead) else event.findings)
        ]


def _envelope_errors(path: Path) -> list[Finding]:
    return [
        finding
        for finding in _findings(path)
        if finding.is_error
        and (finding.level in ENVELOPE_LEVELS or "AK502" in finding.x12)
        and finding.code != NO_TABLE
    ]


@pytest.mark.slow
def test_no_real_file_raises_and_each_is_told_for_what_it_is(corpus: Path) -> None:
    differences = {}
    rows = list(_index(corpus))
    for row in rows:
        path = corpus / row["file"]
        with path.open("rb") as stream:
            format_ = sniff(stream.read(SNIFF_BYTES))
        _findings(path)
        if format_ != FORMATS.get(row["standard"]):
            differences[row["file"]] = format_
    assert len(rows) == 468
    assert differences == {name: told for name, (told, _) in SNIFFED_OTHERWISE.items()}


def test_every_valid_x12_file_has_clean_envelopes(corpus: Path) -> None:
    valid = [row for row in _index(corpus) if (row["standard"], row["judgement"]) == ("X12", "valid")]
    faults = {row["file"]: _envelope_errors(corpus / row["file"]) for row in valid}
    assert valid
    assert {name: found for name, found in faults.items() if found} == {}


def test_every_known_envelope_error_is_found(corpus: Path) -> None:
    broken = [row for row in _index(corpus) if row["standard"] == "X12" and row["envelope_errors"]]
    missed = {row["file"] for row in broken if not _envelope_errors(corpus / row["file"])}
    assert broken
    assert missed == set(NOT_FOUND_HERE)


#: Words of the index's envelope_errors, and the findings that may answer them.
ANSWERS = {
    "ISA not fixed width": {"X12-006", "X12-012", "X12-019", "X12-020", "X12-023", "X12-009", "X12-008"},
    "SE01=": {"X12-082"},
    "GE01=": {"X12-057", "X12-059"},
    "IEA01=": {"X12-031", "X12-028"},
    "duplicate GS06": {"X12-058"},
    "duplicate ST02": {"X12-083"},
    "GS01=": {"X12-084"},
    "SE02=": {"X12-081"},
    # A GS06 that is no number cannot be repeated by GE02: it is told once.
    "GE02=": {"X12-056", "X12-051"},
    "IEA02=": {"X12-032"},
    "missing SE": {"X12-080", "X12-029"},
    "missing GE": {"X12-055", "X12-029"},
    "missing IEA": {"X12-029"},
    "SE without ST": {"X12-059"},
    "GE without GS": {"X12-028"},
    "ST outside a group": {"X12-028"},
    "ISA16 missing": {"X12-009"},
    "no usable segment terminator": {"X12-008"},
    "missing ISA": {"X12-002"},
    "no interchange header": {"X12-001", "X12-002"},
}
#: Faults that only follow from another one, or that the index sees otherwise, and why.
ANSWERED_OTHERWISE = {
    # The ISA cannot be read: what stands inside is not told.
    "malformed/walmartlabs__gozer__TrailerSegmentCountX12RuleTest__test_one_group_missing_ge.edi": "X12-006",
    "malformed/walmartlabs__gozer__x12.no.line.break.no.delim.txt": "X12-008",
    # That SE01 is wrong follows from a segment that is missing, or from two that are too many.
    "856/apimeister__x12-types__test_856__at72.edi": "X12-203",
    "malformed/xlate__staedi__invalid999.edi": "X12-202",
    # No header: the file is no interchange.
    "malformed/walmartlabs__gozer__x12.missing.ISA.txt": "X12-002",
    # Sets outside any group are not looked into.
    "malformed/walmartlabs__gozer__x12.wrong.GS.txt": "X12-028",
}


def test_each_envelope_error_gets_the_finding_that_names_it(corpus: Path) -> None:
    unanswered = {}
    for row in _index(corpus):
        if row["standard"] != "X12" or row["file"] in NOT_FOUND_HERE:
            continue
        codes = {finding.code for finding in _findings(corpus / row["file"])}
        told_otherwise = ANSWERED_OTHERWISE.get(row["file"])
        if told_otherwise is not None:
            assert told_otherwise in codes
            continue
        for error in filter(None, row["envelope_errors"].split("; ")):
            wanted = next((found for words, found in ANSWERS.items() if error.startswith(words)), None)
            if wanted is not None and not wanted & codes:
                unanswered[row["file"]] = error
    assert unanswered == {}
