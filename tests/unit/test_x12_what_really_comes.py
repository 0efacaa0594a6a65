"""Files as they really come read like the plain one; what was guessed is said. X12.5; BI-003 to BI-020."""

from __future__ import annotations

import io

import pytest

from parsers.x12 import model
from parsers.x12.interchange import read
from parsers.x12.options import DEFAULT_OPTIONS

ISA = (
    "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       "
    "*240131*1100*U*00401*000000001*0*P*>"
)
SET = ("ST*850*0001", "BEG*00*SA*PO1**20240131", "PO1*1*10*EA*5.25**UP*012345678905", "CTT*1", "SE*5*0001")
LINES = (ISA, "GS*PO*S1*R1*20240131*1100*1*X*004010", *SET, "GE*1*1", "IEA*1*000000001")
TA1 = "TA1*000000009*240131*1100*A*000"
PLAIN = "~".join((*LINES, "")).encode()


def _wrapped(data: bytes, end: bytes) -> bytes:
    """Cut into lines of 80 columns, wherever that falls."""
    return end.join(data[at : at + 80] for at in range(0, len(data), 80))


def _ended(terminator: str, lines: tuple[str, ...] = LINES) -> bytes:
    return "".join(line + terminator for line in lines).encode("latin-1")


def _read(data: bytes) -> tuple[list[list[str]], list[str]]:
    """The sets of all interchanges as lists of segments, and the codes of all findings."""
    sets, codes = [], []
    for event in read(io.BytesIO(data), lambda _header: DEFAULT_OPTIONS):
        if isinstance(event, model.SetRead):
            sets.append(["*".join((each.id, *each.elements)) for each in event.set.segments])
        found = event.set.findings if isinstance(event, model.SetRead) else event.findings
        codes += [finding.code for finding in found]
    return sets, codes


@pytest.mark.parametrize(
    ("data", "codes"),
    [
        (PLAIN, []),
        (_ended("\n"), []),
        (_ended("\r"), []),
        (_ended("\r\n"), []),
        (_ended("~\n"), []),
        (_ended("~\r"), []),
        (_ended("~\r\n"), []),
        (_ended("~\r\n\r\n"), []),
        (_ended("'"), []),
        (_ended("\x1c"), []),
        (_ended("\x15"), []),
        (_ended("\x85"), []),
        (_ended("~").replace(b"*", b"|"), []),
        (_ended("\x1c").replace(b"*", b"\x1d").replace(b">", b"\x1f"), []),
        (_wrapped(PLAIN, b"\n"), ["X12-007"]),
        (_wrapped(PLAIN, b"\r\n"), ["X12-007"]),
        (PLAIN.replace(b"SENDER         ", b"SENDER").replace(b"RECEIVER       ", b"RECEIVER"), ["X12-012"]),
        (b"\xef\xbb\xbf" + PLAIN, []),
        (b"\r\n\r\n  \x00" + PLAIN, []),
        (b"*VAN HEADER 123\r\n" + PLAIN, ["X12-038"]),
        (PLAIN[:-1], ["X12-034"]),
        (PLAIN + b"\r\n\x1a", []),
        (PLAIN + b"\x00" * 64, []),
        (PLAIN + b"\r\nEND OF TRANSMISSION", ["X12-003"]),
    ],
    ids=[
        *("plain", "LF", "CR", "CRLF", "~LF", "~CR", "~CRLF", "blank lines", "quote", "FS", "NAK", "NEL"),
        *("bar", "control characters", "80 columns LF", "80 columns CRLF", "trimmed ISA", "byte order mark"),
        *("blanks before", "wrapper before", "no last terminator", "DOS end", "NUL padding", "garbage after"),
    ],
)
def test_the_same_order_is_read_however_it_is_dressed(data: bytes, codes: list[str]) -> None:
    sets, found = _read(data)
    separated = [[line.replace("|", "*").replace("\x1d", "*") for line in lines] for lines in sets]
    assert (separated, found) == ([list(SET)], codes)


def test_any_character_that_may_separate_does() -> None:
    used = set(PLAIN.decode())
    for code in range(1, 256):
        mark = chr(code)
        if mark not in used and not mark.isalnum() and mark not in " \t\x0b\x0c\x1a\xa0":
            assert _read(_ended(mark)) == ([list(SET)], []), f"terminator {code:#04x}"


@pytest.mark.parametrize("number", ["ISA", "ISA*", "ISAAC", "XISA00"])
def test_isa_inside_data_begins_no_interchange(number: str) -> None:
    lines = tuple(line.replace("*PO1*", f"*{number.strip('*')}*") for line in LINES)
    sets, codes = _read(_ended("~", lines))
    assert (len(sets), codes) == (1, [])
    assert f"BEG*00*SA*{number.strip('*')}**20240131" in sets[0]


def test_interchanges_with_other_delimiters_follow_one_another() -> None:
    second = _ended("\n").replace(b"*", b"|").replace(b">", b"<").replace(b"000000001", b"000000002")
    third = _ended("\x1c").replace(b"*", b"\x1d").replace(b"000000001", b"000000003")
    sets, codes = _read(PLAIN + b"\r\n" + second + b" " + third)
    assert (len(sets), codes) == (3, [])


def test_an_interchange_may_hold_a_ta1_alone() -> None:
    assert _read(_ended("~", (ISA, TA1, "IEA*0*000000001"))) == ([], [])


@pytest.mark.parametrize("before", [2, 9], ids=["before GS", "after GE"])
def test_a_ta1_stands_beside_the_groups(before: int) -> None:
    place = 1 if before == 2 else len(LINES) - 1
    lines = (*LINES[:place], TA1, *LINES[place:])
    assert _read(_ended("~", lines)) == ([list(SET)], [])


def test_a_segment_id_in_lower_case_is_no_segment_of_the_standard() -> None:
    lines = tuple(line.replace("CTT*1", "ctt*1") for line in LINES)
    sets, codes = _read(_ended("~", lines))
    assert sets == [[line.replace("CTT", "ctt") for line in SET]]
    assert codes == ["X12-200"]


def test_lower_case_in_text_is_text() -> None:
    lines = tuple(line.replace("*PO1*", "*po1*") for line in LINES)
    assert _read(_ended("~", lines))[1] == []


@pytest.mark.parametrize("mark", ["\x07", "\x00", "\x7f", "\x1b"])
def test_a_control_character_in_text_is_a_finding_and_hurts_nothing_else(mark: str) -> None:
    lines = tuple(line.replace("*PO1*", f"*P{mark}1*") for line in LINES)
    sets, codes = _read(_ended("~", lines))
    assert (len(sets), codes) == (1, ["X12-225"])


@pytest.mark.parametrize("digits", [20, 5000])
@pytest.mark.parametrize("tag", ["SE*", "GE*", "IEA*"])
def test_a_count_of_any_length_is_a_count_that_is_wrong(tag: str, digits: int) -> None:
    lines = tuple(
        tag + "9" * digits + line[line.index("*", len(tag)) :] if line.startswith(tag) else line
        for line in LINES
    )
    sets, codes = _read(_ended("~", lines))
    assert len(sets) == 1
    assert codes == [{"SE*": "X12-082", "GE*": "X12-057", "IEA*": "X12-031"}[tag]]
