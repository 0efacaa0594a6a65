"""Data after the last element of a control segment is a finding, each at its own level."""

from __future__ import annotations

import io

import pytest

from parsers.finding import Finding
from parsers.x12 import model
from parsers.x12.interchange import read
from parsers.x12.options import DEFAULT_OPTIONS

ISA = (
    "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       "
    "*240131*1100*U*00401*000000001*0*P*>"
)
TA1 = "TA1*000000009*240131*1100*A*000"
WHOLE = (
    *(ISA, TA1, "GS*PO*S1*R1*20240131*1100*1*X*004010", "ST*850*0001", "BEG*00*SA*PO1**20240131"),
    *("PO1*1*10*EA*5.25**UP*012345678905", "CTT*1", "SE*5*0001", "GE*1*1", "IEA*1*000000001"),
)


def _findings(lines: tuple[str, ...]) -> list[Finding]:
    data = "".join(f"{line}~" for line in lines).encode()
    return [
        finding
        for event in read(io.BytesIO(data), lambda _header: DEFAULT_OPTIONS)
        for finding in (event.set.findings if isinstance(event, model.SetRead) else event.findings)
    ]


def _with(ending: str, tag: str, release: str = "004010") -> tuple[str, ...]:
    lines = (line.replace("*004010", f"*{release}") for line in WHOLE)
    return tuple(line + ending if line.startswith(f"{tag}*") else line for line in lines)


@pytest.mark.parametrize(
    ("tag", "code", "element", "most"),
    [
        ("TA1", "X12-135", 6, "5"),
        ("GS", "X12-136", 9, "8"),
        ("ST", "X12-222", 3, "2"),
        ("SE", "X12-222", 3, "2"),
        ("GE", "X12-136", 3, "2"),
        ("IEA", "X12-135", 3, "2"),
    ],
)
def test_an_extra_element_is_one_finding(tag: str, code: str, element: int, most: str) -> None:
    (finding,) = _findings(_with("*MORE", tag))
    place = finding.location
    assert (finding.code, place.segment, place.element, finding.value) == (code, tag, element, "MORE")
    assert finding.expected == most
    data = "".join(f"{line}~" for line in _with("*MORE", tag))
    assert place.byte_offset is not None
    assert data[place.byte_offset :].startswith("MORE~")


@pytest.mark.parametrize("tag", ["ST", "SE"])
def test_in_a_set_it_is_an_error_that_the_997_can_tell(tag: str) -> None:
    (finding,) = _findings(_with("*MORE", tag))
    assert finding.is_error
    assert (finding.x12["AK304"], finding.x12["AK403"]) == ("8", "3")
    assert finding.location.segment_number == (1 if tag == "ST" else 5)


@pytest.mark.parametrize("tag", ["TA1", "GS", "GE", "IEA"])
def test_outside_sets_it_is_a_note_that_fells_nothing(tag: str) -> None:
    assert not any(finding.is_error for finding in _findings(_with("*MORE", tag)))


@pytest.mark.parametrize("tag", ["TA1", "GS", "ST", "SE", "GE", "IEA"])
def test_empty_elements_at_the_end_are_none(tag: str) -> None:
    assert _findings(_with("**", tag)) == []


def test_st03_is_an_element_from_005010_on() -> None:
    newer = _with("*005010X231", "ST", "005010")
    assert _findings(newer) == []
    assert [finding.code for finding in _findings(_with("*A*B", "ST", "005010"))] == ["X12-222"]
