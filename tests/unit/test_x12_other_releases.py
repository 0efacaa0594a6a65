"""Releases without tables of their own: read by the nearest tables, with a note. BI-022."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from parsers.finding import Finding
from parsers.x12 import model
from parsers.x12.interchange import read
from parsers.x12.options import DEFAULT_OPTIONS, ReadOptions

# fmt: off
BEFORE_004010 = [
    "002001", "002002", "002003", "002040", "003010", "003020", "003030", "003040", "003050", "003060",
    "003070",
]
FROM_004010 = [
    "004011", "004020", "004030", "004040", "004041", "004042", "004050", "004051", "004052", "004060",
]
FROM_005010 = [
    "005011", "005012", "005020", "005030", "005040", "005050", "006010", "006020", "006030", "006040",
    "006050", "007010", "007020", "007030", "007040", "007050", "007060", "008010", "008020", "008030",
    "008040", "008050", "008060",
]
# fmt: on
OWN = ["004010", "004010VICS", "004010UCS", "004010X098A1", "005010", "005010X222A1", "005010VICS"]
LATER = [*FROM_004010, *FROM_005010]


def _order(version: str, *, date: str | None = None, isa11: str | None = None) -> bytes:
    """An 850 of a version: its control version in the ISA, its dates in the digits it has."""
    control = f"00{version[2:5]}"
    day = date or ("240131" if version < "004010" else "20240131")
    repeats = isa11 or ("^" if control >= "00402" else "U")
    lines = [
        (
            "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       "
            f"*240131*1100*{repeats}*{control}*000000001*0*P*>"
        ),
        f"GS*PO*S1*R1*{day}*1100*1*X*{version}",
        "ST*850*0001",
        f"BEG*00*SA*PO1**{day}",
        "PO1*1*10*EA*5.25**UP*012345678905",
        "CTT*1",
        "SE*5*0001",
        "GE*1*1",
        "IEA*1*000000001",
    ]
    return "".join(f"{line}~" for line in lines).encode()


def _read(data: bytes, options: ReadOptions = DEFAULT_OPTIONS) -> tuple[list[model.Event], list[Finding]]:
    events = list(read(io.BytesIO(data), lambda _header: options))
    findings = [
        finding
        for event in events
        for finding in (event.set.findings if isinstance(event, model.SetRead) else event.findings)
    ]
    return events, findings


def _release(events: list[model.Event]) -> str | None:
    return next(event.header.release for event in events if isinstance(event, model.GroupOpened))


@pytest.mark.parametrize("version", OWN)
def test_a_version_with_its_own_tables_is_read_without_a_word(version: str) -> None:
    events, findings = _read(_order(version))
    assert (findings, _release(events)) == ([], version[:6])


@pytest.mark.parametrize("version", [*BEFORE_004010, *LATER])
def test_any_other_version_is_read_by_the_nearest_tables_and_one_note_says_so(version: str) -> None:
    events, findings = _read(_order(version))
    nearest = "004010" if version < "005010" else "005010"
    assert _release(events) == nearest
    (note,) = findings
    assert (note.code, note.is_error, note.value, note.expected) == ("X12-053", False, version, nearest)


@pytest.mark.parametrize("version", ["003040", "004030", "006020", "008060"])
def test_a_profile_may_refuse_versions_without_tables(version: str) -> None:
    events, findings = _read(_order(version), replace(DEFAULT_OPTIONS, other_releases=False))
    assert _release(events) is None
    (refusal,) = findings
    assert (refusal.code, refusal.is_error, refusal.x12["AK905"]) == ("X12-061", True, "2")


@pytest.mark.parametrize("version", BEFORE_004010)
def test_before_004010_a_date_has_six_digits(version: str) -> None:
    _, findings = _read(_order(version, date="20240131"))
    assert [finding.code for finding in findings] == ["X12-053", "X12-224"]
    assert findings[1].location.element == 5


@pytest.mark.parametrize("version", ["004010", *LATER])
def test_from_004010_on_a_date_has_eight_digits(version: str) -> None:
    codes = [finding.code for finding in _read(_order(version, date="240131"))[1]]
    assert [code for code in codes if code != "X12-053"] == ["X12-223"]


@pytest.mark.parametrize("version", ["003040", "004010"])
def test_up_to_00401_isa11_is_no_separator(version: str) -> None:
    data = _order(version, isa11="^").replace(b"*PO1*", b"*PO^1*")
    events, findings = _read(data)
    assert "X12-021" in [finding.code for finding in findings]
    document = next(event.set for event in events if isinstance(event, model.SetRead))
    assert document.separators.repetition is None


@pytest.mark.parametrize("version", [version for version in LATER if version >= "004020"])
def test_from_00402_on_isa11_separates_repetitions(version: str) -> None:
    document = next(event.set for event in _read(_order(version))[0] if isinstance(event, model.SetRead))
    assert document.separators.repetition == "^"


@pytest.mark.parametrize("version", ["004030", "005010", "007030"])
def test_a_u_in_isa11_of_a_later_version_separates_nothing(version: str) -> None:
    events, findings = _read(_order(version, isa11="U"))
    assert "X12-010" in [finding.code for finding in findings]
    assert not any(finding.is_error for finding in findings)
    document = next(event.set for event in events if isinstance(event, model.SetRead))
    assert document.separators.repetition is None


def test_the_version_of_a_group_decides_not_that_of_the_interchange() -> None:
    data = _order("005010").replace(b"*00501*", b"*00401*").replace(b"*^*", b"*U*")
    events, findings = _read(data)
    assert (_release(events), findings) == ("005010", [])


@pytest.mark.parametrize("version", ["4010", "00401", "VICS4010", "00401O", "000010"])
def test_what_is_no_version_is_refused(version: str) -> None:
    data = _order("004010").replace(b"*X*004010", f"*X*{version}".encode())
    _, findings = _read(data)
    assert "X12-052" in [finding.code for finding in findings]
