"""Delimiters from the ISA: by position, unwrapped, by counting, or a finding. BI-003 to BI-007."""

from __future__ import annotations

import pytest

from parsers.x12.model import Separators
from parsers.x12.separators import Isa, Unreadable, read_isa

ISA = (
    b"ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       "
    b"*240131*1100*U*00401*000000001*0*P*>~"
)
GS = b"GS*PO*S*R*20240131*1100*1*X*004010~"


def _read(window: bytes) -> Isa:
    isa = read_isa(window, 0)
    assert isinstance(isa, Isa)
    return isa


def _codes(isa: Isa | Unreadable) -> list[tuple[str, str | None]]:
    return [(finding.code, finding.x12.get("TA105")) for finding in isa.findings]


def test_delimiters_come_from_position() -> None:
    isa = _read(ISA.replace(b"*", b"|").replace(b"~", b"!").replace(b">", b"^") + GS)
    assert isa.separators == Separators(element="|", component="^", segment="!")
    assert (isa.size, isa.findings) == (106, ())


@pytest.mark.parametrize(
    ("ending", "separators"),
    [
        (b"~\n", Separators(suffix="\n")),
        (b"~\r\n", Separators(suffix="\r\n")),
        (b"~\r", Separators(suffix="\r")),
        (b"\n", Separators(segment="\n")),
        (b"\r", Separators(segment="\r")),
        (b"\r\n", Separators(segment="\r", suffix="\n")),
        (b"\x15", Separators(segment="\x15")),
        (b"\x1c\n", Separators(segment="\x1c", suffix="\n")),
        (b"\x85", Separators(segment="\x85")),
        (b"\xc2\x85", Separators(segment="\x85")),
        (b"'", Separators(segment="'")),
    ],
)
def test_any_terminator_and_what_follows_it_is_found(ending: bytes, separators: Separators) -> None:
    isa = _read(ISA[:-1] + ending + GS)
    assert isa.separators == separators
    assert isa.findings == ()
    assert (ISA[:-1] + ending + GS)[isa.size :] == GS


def test_a_header_wrapped_at_eighty_columns_is_read_with_a_note() -> None:
    isa = _read(ISA[:80] + b"\r\n" + ISA[80:] + GS)
    assert isa.separators == Separators()
    assert _codes(isa) == [("X12-007", None)]
    assert isa.elements[10:12] == ("U", "00401")


def test_trimmed_padding_is_read_by_counting_separators() -> None:
    isa = _read(b"ISA*00**00**ZZ*SENDER*ZZ*RECEIVER*240131*1100*U*00401*000000001*0*P*>~" + GS)
    assert isa.separators == Separators()
    assert isa.elements[5] == "SENDER"


def test_a_repetition_separator_counts_from_00402_on() -> None:
    assert _read(ISA.replace(b"*U*00401", b"*^*00501")).separators.repetition == "^"
    assert _read(ISA.replace(b"*U*00401", b"*^*00401")).separators.repetition is None


@pytest.mark.parametrize("mark", [b"U", b" ", b"7"])
def test_a_letter_digit_or_blank_in_isa11_repeats_nothing(mark: bytes) -> None:
    isa = _read(ISA.replace(b"*U*00401", b"*" + mark + b"*00501") + GS)
    assert isa.separators.repetition is None
    assert _codes(isa) == [("X12-010", None)]


def test_a_repetition_separator_that_clashes_is_an_error() -> None:
    isa = _read(ISA.replace(b"*U*00401", b"*>*00501") + GS)
    assert isa.separators.repetition is None
    assert _codes(isa) == [("X12-011", "016")]


@pytest.mark.parametrize("component", [b"*", b"~", b"A", b" "])
def test_a_component_separator_that_cannot_separate_is_an_error(component: bytes) -> None:
    isa = _read(ISA[:104] + component + b"~" + GS)
    assert _codes(isa) == [("X12-009", "027")]
    assert isa.separators.component not in ("*", "~")


@pytest.mark.parametrize("following", [b"", b"\n"])
def test_a_missing_isa16_does_not_take_the_terminator_for_it(following: bytes) -> None:
    isa = _read(ISA[:104] + b"~" + following + GS + following)
    assert isa.separators.segment == "~"
    assert isa.elements[15] == ""
    assert _codes(isa) == [("X12-009", "027")]


def test_a_blank_terminator_before_a_line_break_is_replaced_by_the_line_break() -> None:
    isa = _read(ISA[:105] + b" \r\n" + GS)
    assert isa.terminator == b"\n"
    assert _codes(isa) == [("X12-008", "004")]


@pytest.mark.parametrize(
    ("window", "code", "note"),
    [
        (b"ISA", "X12-004", "023"),
        (ISA[:50], "X12-004", "023"),
        (ISA[:105], "X12-004", "023"),
        (ISA.replace(b"*", b"Q"), "X12-005", "026"),
        (b"ISA*00*ZZ\r\n" + GS * 4, "X12-006", "022"),
        (ISA[:105] + b"G" + GS[1:].replace(b"~", b""), "X12-008", "004"),
    ],
)
def test_a_header_that_cannot_be_read_says_why(window: bytes, code: str, note: str) -> None:
    isa = read_isa(window, 0)
    assert isinstance(isa, Unreadable)
    assert _codes(isa) == [(code, note)]
