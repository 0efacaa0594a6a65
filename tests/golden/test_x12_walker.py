"""Faulty sets beside what is said about them: segment number, AK304, AK403 and place, one line a finding."""

from __future__ import annotations

import pytest

from parsers.finding import Finding
from parsers.x12.dictionary import set_definition
from parsers.x12.element import CharacterSet
from parsers.x12.model import Loop, Segment, Separators
from parsers.x12.walker import WalkOptions, place

ORDER = """
ST*850*0001
BEG*00*SA*PO123**20240115
CUR*BY*USD
REF*DP*38
PER*BD*JOHN*TE*5551234
DTM*002*20240120
N1*BY*ACME*92*0001
N3*1 MAIN ST
N4*TOWN*NY*10001
N1*ST*STORE*92*0002
N3*2 MAIN ST
PO1*1*10*EA*9.95**UP*012345678905
PID*F****WIDGET
PO4*1*10*EA
PO1*2*5*EA*1.25
PID*F****GADGET
CTT*2
SE*18*0001
"""

INVOICE = """
ST*810*0001
BIG*20240115*INV1
IT1*1*10*EA*9.95
TDS*9950
CTT*1
SE*6*0001
"""

NOTICE = """
ST*856*0001
BSN*00*SHIP1*20240115*1200*0001
HL*1**S
TD1*CTN25*10
TD5**2*UPSN
HL*2*1*O
PRF*PO123
HL*3*2*P
MAN*GM*00000123450000000018
HL*4*3*I
LIN**UP*012345678905
SN1**10*EA
CTT*4
SE*14*0001
"""

ANSWER = """
ST*999*0001*005010X231
AK1*PO*1*005010
AK2*850*0001
IK3*BEG*2**8
IK4*5*373*8*20241301
IK5*R*5
AK9*R*1*1*0
SE*8*0001
"""


def segments_of(text: str, element: str = "*") -> list[Segment]:
    """The lines of a set as segments of a file with one-byte terminators."""
    segments, offset = [], 0
    for number, line in enumerate(text.split("\n")[1:-1], 1):
        parts = line.split(element)
        segments.append(Segment(parts[0], parts[1:], number, offset, len(line.encode())))
        offset += len(line.encode()) + 1
    return segments


def read(
    text: str, release: str = "004010", options: WalkOptions | None = None
) -> tuple[Loop, list[Finding]]:
    segments = segments_of(text)
    definition = set_definition(release, segments[0].get(1))
    assert definition is not None
    return place(definition, segments, options or WalkOptions())


def told(findings: list[Finding]) -> list[str]:
    """Findings in one line each: "5 PER 8/3 PER-05" is AK304 8 and AK403 3 at PER-05 of segment 5."""
    lines = []
    for finding in findings:
        place, codes = finding.location, finding.x12
        parts = [place.element, place.component, place.repetition]
        at = "-".join("" if part is None else str(part) for part in parts).rstrip("-")
        code = "/".join(codes[key] for key in ("AK304", "AK403") if key in codes) or finding.severity.value
        # Only IK403 has codes of its own for too many repetitions and components, whatever the release.
        older = {"12": "3", "13": "3"} if codes.get("AK403") == "3" else {}
        for key in codes:
            if key.startswith("IK"):
                assert older.get(codes[key], codes[key]) == codes[key.replace("IK", "AK")]
        lines.append(f"{place.segment_number} {place.segment} {code} {at}".rstrip())
    return lines


@pytest.mark.parametrize(
    ("text", "release"), [(ORDER, "004010"), (INVOICE, "004010"), (NOTICE, "004010"), (ANSWER, "005010")]
)
def test_a_clean_set_has_no_findings(text: str, release: str) -> None:
    root, findings = read(text, release)
    assert told(findings) == []
    assert sum(1 for _ in _all_segments(root)) == len(segments_of(text))


def _all_segments(loop: Loop) -> list[Segment]:
    inner = [segment for child in loop.loops() for segment in _all_segments(child)]
    return [*loop.segments(), *inner]


def test_segments_stand_in_the_loops_they_belong_to() -> None:
    root, _ = read(ORDER)
    assert [loop.path for loop in root.loops()] == ["N1", "N1", "PO1", "PO1", "CTT"]
    line = next(root.loops("PO1"))
    assert [child.id for child in line.children] == ["PO1", "PID", "PO4"]
    assert next(line.loops("PID")).path == "PO1/PID"
    assert [segment.id for segment in next(root.loops("N1")).segments()] == ["N1", "N3", "N4"]


def drop(text: str, line: str) -> str:
    assert text.count(f"\n{line}\n") == 1
    return text.replace(f"\n{line}\n", "\n")


def swap(text: str, line: str, *others: str) -> str:
    assert text.count(f"\n{line}\n") == 1
    return text.replace(f"\n{line}\n", "\n" + "".join(f"{other}\n" for other in others))


STRUCTURE = [
    ("1 unrecognized", swap(ORDER, "CUR*BY*USD", "CUR*BY*USD", "QQQ*1"), ["4 QQQ 1"]),
    ("1 malformed id", swap(ORDER, "CUR*BY*USD", "CUR*BY*USD", "*1"), ["4  1"]),
    ("2 first segment of its loop missing", drop(ORDER, "N1*BY*ACME*92*0001"), ["7 N3 2"]),
    ("2 first line without PO1", drop(ORDER, "PO1*1*10*EA*9.95**UP*012345678905"), ["12 PID 2"]),
    ("2 in no open loop", swap(ORDER, "REF*DP*38", "REF*DP*38", "N3*ASTRAY"), ["5 N3 2"]),
    ("3 mandatory segment", drop(ORDER, "BEG*00*SA*PO123**20240115"), ["2 BEG 3"]),
    ("3 mandatory segment of the summary", drop(INVOICE, "TDS*9950"), ["4 TDS 3"]),
    ("3 mandatory loop", "\n".join([*ORDER.split("\n")[:12], "SE*12*0001", ""]), ["12 PO1 3"]),
    (
        "3 mandatory segment of a loop",
        swap(INVOICE, "IT1*1*10*EA*9.95", "LM*10", "IT1*1*10*EA*9.95"),
        ["4 LQ 3"],
    ),
    ("4 loop too often", swap(ORDER, "CTT*2", "CTT*2", "CTT*2"), ["18 CTT 4"]),
    ("5 segment too often", swap(ORDER, "CUR*BY*USD", "CUR*BY*USD", "CUR*BY*USD"), ["4 CUR 5"]),
    ("5 PER at most three times", swap(ORDER, "REF*DP*38", "REF*DP*38", *["PER*BD*A"] * 3), ["8 PER 5"]),
    ("6 of another set", swap(ORDER, "CUR*BY*USD", "CUR*BY*USD", "BIG*20240101*1"), ["4 BIG 6"]),
    ("7 too late", swap(drop(ORDER, "CUR*BY*USD"), "REF*DP*38", "REF*DP*38", "CUR*BY*USD"), ["4 CUR 7"]),
    (
        "7 too late in a loop",
        swap(drop(ORDER, "N3*1 MAIN ST"), "N4*TOWN*NY*10001", "N4*TOWN", "N3*B"),
        ["9 N3 7"],
    ),
    ("7 CTT before PO1", swap(drop(ORDER, "CTT*2"), "N3*2 MAIN ST", "N3*2 MAIN ST", "CTT*2"), ["12 CTT 7"]),
    ("7 second address without N1", drop(ORDER, "N1*ST*STORE*92*0002"), ["10 N3 7"]),
    ("empty segment", swap(ORDER, "REF*DP*38", "REF"), ["4 REF 8/1 1"]),
    ("empty segment with separators", swap(ORDER, "REF*DP*38", "REF***"), ["4 REF 8/1 1"]),
    ("cut off before SE", drop(drop(INVOICE, "SE*6*0001"), "TDS*9950"), ["4 TDS 3"]),
    ("cut off early", "\nST*850*0001\nBEG*00*SA*PO123**20240115\n", []),
]


@pytest.mark.parametrize(
    ("text", "expected"), [case[1:] for case in STRUCTURE], ids=[case[0] for case in STRUCTURE]
)
def test_one_fault_of_structure_is_named_once(text: str, expected: list[str]) -> None:
    _, findings = read(text)
    assert told(findings) == expected


ELEMENTS = [
    ("1 mandatory", "BEG**SA*PO123**20240115", ["2 BEG 8/1 1"]),
    ("1 spaces only", "BEG*00*SA*   **20240115", ["2 BEG 8/1 3"]),
    ("1 at the end", "BEG*00*SA*PO123", ["2 BEG 8/1 5"]),
    ("3 too many", "BEG*00*SA*PO123**20240115********X", ["2 BEG 8/3 13"]),
    ("trailing separators are no elements", "BEG*00*SA*PO123**20240115**********", []),
    ("4 too short", "BEG*0*SA*PO123**2024011", ["2 BEG 8/4 1", "2 BEG 8/4 5"]),
    ("5 too long", "BEG*00*SA*12345678901234567890123**20240115", ["2 BEG 8/5 3"]),
    ("6 character", "BEG*00*SA*PO\t123**20240115", ["2 BEG 8/6 3"]),
    ("7 code", "BEG*QQ*SA*PO123**20240115", ["2 BEG 8/7 1"]),
    ("7 codes are case sensitive", "BEG*00*sa*PO123**20240115", ["2 BEG 8/7 2"]),
    ("8 date", "BEG*00*SA*PO123**20241301", ["2 BEG 8/8 5"]),
    ("component separator in a text", "BEG*00*SA*PO>123**20240115", ["2 BEG 8/3 3"]),
]


@pytest.mark.parametrize(
    ("line", "expected"), [case[1:] for case in ELEMENTS], ids=[case[0] for case in ELEMENTS]
)
def test_a_faulty_element_is_named_once(line: str, expected: list[str]) -> None:
    _, findings = read(swap(ORDER, "BEG*00*SA*PO123**20240115", line))
    assert told(findings) == expected


MORE_ELEMENTS = [
    ("2 paired", ORDER, "PO1*2*5*EA*1.25", "PO1*2*5*EA*1.25**UP", ["15 PO1 8/2 7"]),
    ("2 conditional", ORDER, "PO1*2*5*EA*1.25", "PO1*2*5*EA***VP*9", []),
    ("2 conditional, the first present", ORDER, "PO1*2*5*EA*1.25", "PO1*2**EA*1.25", ["15 PO1 8/2 2"]),
    ("2 required", ORDER, "REF*DP*38", "REF*DP", ["4 REF 8/2 2"]),
    ("2 one of several", ORDER, "DTM*002*20240120", "DTM*002", ["6 DTM 8/2 2"]),
    ("2 paired, in a date", ORDER, "DTM*002*20240120", "DTM*002****D8", ["6 DTM 8/2 6"]),
    ("2 list conditional", ORDER, "CUR*BY*USD", "CUR*BY*USD********007", ["3 CUR 8/2 11"]),
    ("6 letters in a number", ORDER, "PO1*2*5*EA*1.25", "PO1*2*five*EA*1.25", ["15 PO1 8/6 2"]),
    ("6 a point in an implied decimal", INVOICE, "TDS*9950", "TDS*99.50", ["4 TDS 8/6 1"]),
    ("9 time", NOTICE, "BSN*00*SHIP1*20240115*1200*0001", "BSN*00*SHIP1*20240115*2460*0001", ["2 BSN 8/9 4"]),
    ("composite", ORDER, "REF*DP*38", "REF*DP*38**DP>1>DP", ["4 REF 8/2 4-4"]),
    ("mandatory component", ORDER, "REF*DP*38", "REF*DP*38**>1", ["4 REF 8/1 4-1"]),
    ("too many components", ORDER, "REF*DP*38", "REF*DP*38**DP>1>DP>1>DP>1>7", ["4 REF 8/3 4"]),
]


@pytest.mark.parametrize(
    ("text", "line", "faulty", "expected"),
    [case[1:] for case in MORE_ELEMENTS],
    ids=[case[0] for case in MORE_ELEMENTS],
)
def test_a_rule_between_elements_is_told_at_the_element_at_fault(
    text: str, line: str, faulty: str, expected: list[str]
) -> None:
    _, findings = read(swap(text, line, faulty))
    assert told(findings) == expected


def test_elements_that_exclude_each_other_are_told_at_the_second() -> None:
    stock = "\nST*846*0001\nBIA*00*DD*1*20240115\nLIN**UP*012345678905\nQTY*33*5**TEXT\nSE*5*0001\n"
    _, findings = read(stock)
    assert told(findings) == ["4 QTY 8/10 4"]


def test_too_many_repetitions_and_components_have_codes_of_their_own_from_005010() -> None:
    options = WalkOptions(Separators(repetition="^"))
    faulty = swap(ANSWER, "IK4*5*373*8*20241301", "IK4*5>1>1>1*373^373*8*A>B")
    _, findings = read(faulty, "005010", options)
    assert told(findings) == ["5 IK4 8/13 1", "5 IK4 8/12 2", "5 IK4 8/13 4"]


def test_a_mandatory_loop_is_told_by_its_first_segment() -> None:
    text = "\nST*864*0001\nBMG*00\nSE*3*0001\n"
    _, findings = read(text, "005010", WalkOptions(Separators(repetition="^")))
    assert [line.split()[:3] for line in told(findings)] == [["3", "MIT", "3"]]


def test_a_location_is_whole() -> None:
    _, findings = read(swap(ORDER, "PO1*2*5*EA*1.25", "PO1*2*5*E*1.25"))
    (finding,) = findings
    place = finding.location
    assert (place.segment, place.segment_number, place.loop) == ("PO1", 15, "PO1")
    assert (place.element, place.data_element) == (3, "355")
    text = swap(ORDER, "PO1*2*5*EA*1.25", "PO1*2*5*E*1.25")[1:]
    assert text.encode()[place.byte_offset : (place.byte_offset or 0) + 6] == b"E*1.25"
    assert (finding.code, finding.value, finding.expected) == ("X12-223", "E", "2 characters")


def test_an_offset_counts_bytes_and_not_characters() -> None:
    text = swap(ORDER, "N1*BY*ACME*92*0001", "N1*BY*ÄCMÉ*92*0")
    _, findings = read(text)
    (finding,) = findings
    assert text[1:].encode()[finding.location.byte_offset :].startswith(b"0\n")


def test_a_missing_segment_is_told_where_its_absence_was_noticed() -> None:
    _, (finding,) = read(drop(INVOICE, "TDS*9950"))
    assert (finding.location.segment, finding.location.segment_number) == ("TDS", 4)
    assert finding.location.byte_offset == segments_of(drop(INVOICE, "TDS*9950"))[3].offset
    assert "CTT" in finding.message


def test_a_fault_of_structure_does_not_hide_the_faults_after_it() -> None:
    text = swap(drop(ORDER, "BEG*00*SA*PO123**20240115"), "PO1*2*5*EA*1.25", "PO1*2*X*EA*1.25", "QQQ*1")
    _, findings = read(text)
    assert told(findings) == ["2 BEG 3", "14 PO1 8/6 2", "15 QQQ 1"]


def test_a_segment_out_of_place_is_still_checked() -> None:
    text = swap(drop(ORDER, "CUR*BY*USD"), "REF*DP*38", "REF*DP*38", "CUR*BY")
    _, findings = read(text)
    assert told(findings) == ["4 CUR 7", "4 CUR 8/1 2"]


def test_what_cannot_be_placed_is_in_no_loop() -> None:
    root, _ = read(drop(ORDER, "N1*BY*ACME*92*0001"))
    assert [loop.path for loop in root.loops()] == ["N1", "PO1", "PO1", "CTT"]
    assert all(segment.get(1) != "1 MAIN ST" for segment in _all_segments(root))


def test_a_bounded_loop_is_read_between_ls_and_le() -> None:
    lines = ["LS*LDT", "LDT*AA*5*DA", "LDT*AA*6*DA", "LE*LDT"]
    root, findings = read(swap(ORDER, "PID*F****GADGET", "PID*F****GADGET", *lines))
    assert told(findings) == []
    *_, line = root.loops("PO1")
    bounded = next(line.loops("LS"))
    assert [child.id for child in bounded.children] == ["LS", "LDT", "LDT", "LE"]


def test_a_bounded_loop_is_closed_with_the_name_it_was_opened_with() -> None:
    lines = ["LS*LDT", "LDT*AA*5*DA", "LE*XYZ"]
    _, findings = read(swap(ORDER, "PID*F****GADGET", "PID*F****GADGET", *lines))
    assert told(findings) == ["19 LE 8/7 1"]


def test_a_bounded_loop_without_its_end_is_told_once() -> None:
    lines = ["LS*LDT", "LDT*AA*5*DA"]
    _, findings = read(swap(ORDER, "PID*F****GADGET", "PID*F****GADGET", *lines))
    assert told(findings) == ["19 LE 3"]


def test_the_same_segment_belongs_to_the_loop_it_follows() -> None:
    root, findings = read(swap(ORDER, "PO4*1*10*EA", "PO4*1*10*EA", "N1*ST*DOCK", "N3*3 QUAY"))
    assert told(findings) == []
    assert [loop.path for loop in next(root.loops("PO1")).loops()] == ["PO1/PID", "PO1/N1"]


def test_the_agreement_may_forbid_or_ask_for_trailing_separators() -> None:
    text = swap(ORDER, "REF*DP*38", "REF*DP*38*")
    _, forbidden = read(text, options=WalkOptions(trailing_separators="forbidden"))
    assert told(forbidden) == ["4 REF 8/3 3"]
    _, asked = read("\nST*850*0001\nBEG*00\n", options=WalkOptions(trailing_separators="mandatory"))
    assert told(asked)[-1] == "2 BEG 8/1 2"


def test_separators_at_the_end_of_a_composite_separate_nothing() -> None:
    _, findings = read(ORDER.replace("REF*DP*38", "REF*DP*38**ZZ>1>>>>>>>"))
    assert told(findings) == []
    _, findings = read(ORDER.replace("REF*DP*38", "REF*DP*38**ZZ>1>>>>>2"))
    assert told(findings) == ["4 REF 8/3 4"]


def test_codes_are_not_looked_at_if_the_agreement_says_so() -> None:
    text = swap(ORDER, "BEG*00*SA*PO123**20240115", "BEG*QQ*SA*PO123**20240115")
    _, findings = read(text, options=WalkOptions(check_codes=False))
    assert told(findings) == []


def test_the_agreed_character_set_is_kept() -> None:
    _, findings = read(
        swap(ORDER, "N3*1 MAIN ST", "N3*1 Main St"), options=WalkOptions(charset=CharacterSet.BASIC)
    )
    assert told(findings) == ["8 N3 8/6 1"]


def test_an_older_version_is_read_with_short_dates() -> None:
    definition = set_definition("004010", "850", short_dates=True)
    assert definition is not None
    older = swap(
        swap(ORDER, "BEG*00*SA*PO123**20240115", "BEG*00*SA*PO123**240115"),
        "DTM*002*20240120",
        "DTM*002*240120",
    )
    _, findings = place(definition, segments_of(older), WalkOptions())
    assert told(findings) == []


def test_faults_of_the_hierarchy_are_faults_of_the_set() -> None:
    _, findings = read(swap(NOTICE, "HL*3*2*P", "HL*3*9*P"))
    assert told(findings) == ["8 HL 8/7 2"]
