"""Envelopes, counts and control numbers: each fault told once, at its own level. BI-009 to BI-032."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest

from parsers.finding import Finding, Level, Severity
from parsers.x12 import model
from parsers.x12.interchange import read
from parsers.x12.limits import DEFAULT_LIMITS, Limits
from parsers.x12.options import DEFAULT_OPTIONS, ReadOptions

ISA = (
    "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       "
    "*240131*1100*U*00401*000000001*0*P*>"
)
GS = "GS*PO*S1*R1*20240131*1100*1*X*004010"
ST = ("ST*850*0001", "BEG*00*SA*PO1**20240131", "PO1*1*10*EA*5.25**UP*012345678905", "CTT*1", "SE*5*0001")
WHOLE = (ISA, GS, *ST, "GE*1*1", "IEA*1*000000001")


def _events(
    lines: Sequence[str], *, options: ReadOptions = DEFAULT_OPTIONS, limits: Limits = DEFAULT_LIMITS
) -> list[model.Event]:
    data = "".join(f"{line}~" for line in lines).encode()
    return list(read(io.BytesIO(data), lambda _header: options, limits))


def _findings(events: Sequence[model.Event]) -> list[Finding]:
    return [
        finding
        for event in events
        for finding in (event.set.findings if isinstance(event, model.SetRead) else event.findings)
    ]


def _codes(lines: Sequence[str]) -> list[str]:
    return [finding.code for finding in _findings(_events(lines))]


def _changed(old: str, new: str, lines: Sequence[str] = WHOLE) -> list[str]:
    assert any(old in line for line in lines)
    return [line.replace(old, new) for line in lines]


def test_a_clean_file_gives_its_events_in_order_and_no_finding() -> None:
    events = _events(WHOLE)
    assert [type(event).__name__ for event in events] == [
        "InterchangeOpened",
        "GroupOpened",
        "SetRead",
        "GroupClosed",
        "InterchangeClosed",
    ]
    assert _findings(events) == []
    opened, group, document, closed, end = events
    assert isinstance(opened, model.InterchangeOpened)
    assert opened.header is not None
    assert (str(opened.header.sender), opened.header.control_number) == ("ZZ:SENDER", "000000001")
    assert isinstance(group, model.GroupOpened)
    assert (group.header.functional_id, group.header.release) == ("PO", "004010")
    assert isinstance(document, model.SetRead)
    assert (document.set.set_id, document.set.segment_count, document.set.complete) == ("850", 5, True)
    assert [segment.number for segment in document.set.segments] == [1, 2, 3, 4, 5]
    assert document.set.tree is not None
    assert closed == model.GroupClosed("1", 1, ())
    assert end == model.InterchangeClosed(1, (), sum(len(line) + 1 for line in WHOLE))


def test_a_set_knows_its_bytes() -> None:
    document = next(event for event in _events(WHOLE) if isinstance(event, model.SetRead)).set
    data = "".join(f"{line}~" for line in WHOLE).encode()
    assert data[document.offset : document.offset + document.size] == "".join(f"{s}~" for s in ST).encode()


@pytest.mark.parametrize(
    ("old", "new", "code", "note"),
    [
        ("ISA*00", "ISA*  ", "X12-013", "010"),
        ("*00*          *ZZ*S", "*0 *          *ZZ*S", "X12-014", "012"),
        ("*ZZ*SENDER", "*Z *SENDER", "X12-015", "005"),
        ("SENDER         ", "               ", "X12-016", "006"),
        ("*ZZ*RECEIVER", "* 1*RECEIVER", "X12-017", "007"),
        ("RECEIVER       ", "               ", "X12-018", "008"),
        ("*240131*1100*U", "*240230*1100*U", "X12-019", "014"),
        ("*1100*U", "*2460*U", "X12-020", "015"),
        ("*00401*", "*ABCDE*", "X12-022", "017"),
        ("*00401*000000001*", "*00401*000000000*", "X12-023", "018"),
        ("*00401*000000001*", "*00401*00000000A*", "X12-023", "018"),
        ("*0*P*>", "*2*P*>", "X12-024", "019"),
        ("*0*P*>", "*0*X*>", "X12-025", "020"),
        ("SENDER         ", "SENDER", "X12-012", "022"),
    ],
)
def test_each_fault_of_the_isa_has_its_ta105(old: str, new: str, code: str, note: str) -> None:
    """FI-G03."""
    opened = _events(_changed(old, new, [ISA]) + list(WHOLE[1:]))[0]
    assert isinstance(opened, model.InterchangeOpened)
    assert [(f.code, f.level, f.x12) for f in opened.findings] == [(code, Level.INTERCHANGE, {"TA105": note})]


def test_a_password_in_the_isa_is_never_shown() -> None:
    lines = _changed("ISA*00*          *00*          ", "ISA*03*LOGIN-12345678*01*PASSWORD", WHOLE)
    findings = _findings(_events(lines))
    assert [finding.code for finding in findings] == ["X12-012"]
    assert not any(secret in str(findings) for secret in ("LOGIN", "PASSWORD"))


def test_a_password_that_slipped_into_another_place_is_never_shown() -> None:
    lines = _changed("ISA*00*          *00*          ", "ISA*03*01*PASSWORD99*X", WHOLE)
    findings = _findings(_events(lines))
    assert "X12-014" in [finding.code for finding in findings]
    assert "PASSWORD" not in str(findings)


@pytest.mark.parametrize(
    ("old", "new", "code", "x12"),
    [
        ("SE*5", "SE*4", "X12-082", {"AK502": "4"}),
        ("SE*5", "SE*x", "X12-082", {"AK502": "4"}),
        ("SE*5*0001", "SE*5*0002", "X12-081", {"AK502": "3"}),
        ("ST*850*0001", "ST*850*1", "X12-085", {"AK502": "7"}),
        ("GS*PO", "GS*IN", "X12-084", {"AK502": "18"}),
        ("ST*850", "ST*999", "X12-084", {"AK502": "18"}),
        ("ST*850", "ST*888", "X12-086", {"AK502": "1"}),
        ("ST*850", "ST*85", "X12-060", {"AK905": "5", "AK502": "6"}),
        ("GE*1*1", "GE*2*1", "X12-057", {"AK905": "5"}),
        ("GE*1*1", "GE*1*2", "X12-056", {"AK905": "4"}),
        ("1100*1*X", "1100*A1*X", "X12-051", {"AK905": "6", "TA105": "024"}),
        ("1100*1*X", "1100*0*X", "X12-051", {"AK905": "6"}),
        ("GS*PO", "GS*", "X12-050", {"AK905": "1", "TA105": "024"}),
        ("GS*PO", "GS*ZZ", "X12-050", {"AK905": "1"}),
        ("004010", "999999", "X12-052", {"AK905": "2"}),
        ("ST*850*0001", "ST**0001", "X12-060", {"AK905": "5", "AK502": "6"}),
        ("IEA*1", "IEA*2", "X12-031", {"TA105": "021"}),
        ("IEA*1*000000001", "IEA*1*000000002", "X12-032", {"TA105": "001"}),
    ],
)
def test_counts_and_control_numbers_have_their_codes(
    old: str, new: str, code: str, x12: dict[str, str]
) -> None:
    faults = [f for f in _findings(_events(_changed(old, new))) if f.code < "X12-100"]
    told = {finding.code: finding.x12 for finding in faults}
    assert told[code] == x12


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [("IEA*1*000000001", "IEA*1*1", "X12-033"), ("GE*1*1", "GE*1*001", "X12-062")],
)
def test_leading_zeros_alone_are_a_note(old: str, new: str, code: str) -> None:
    findings = _findings(_events(_changed(old, new)))
    assert [(f.code, f.severity) for f in findings] == [(code, Severity.NOTE)]


@pytest.mark.parametrize("count", ["05", "0000000005"])
def test_a_count_may_have_leading_zeros(count: str) -> None:
    assert _codes(_changed("SE*5", f"SE*{count}")) == []


def test_a_control_number_used_twice_in_a_group_fells_the_second_set() -> None:
    events = _events((ISA, GS, *ST, *ST, "GE*2*1", "IEA*1*000000001"))
    sets = [event.set for event in events if isinstance(event, model.SetRead)]
    assert [[finding.code for finding in item.findings] for item in sets] == [[], ["X12-083"]]
    assert sets[1].findings[0].x12 == {"AK502": "23"}


def test_a_group_number_used_twice_is_told_with_the_second_group() -> None:
    group = (GS, *ST, "GE*1*1")
    opened = [
        e for e in _events((ISA, *group, *group, "IEA*2*000000001")) if isinstance(e, model.GroupOpened)
    ]
    assert [[finding.code for finding in event.findings] for event in opened] == [[], ["X12-058"]]


def test_the_same_group_number_of_another_kind_is_another_number() -> None:
    other = ("GS*FA*S1*R1*20240131*1100*1*X*004010", "GE*0*1")
    assert _codes((ISA, GS, *ST, "GE*1*1", *other, "IEA*2*000000001")) == []


@pytest.mark.parametrize(
    ("lines", "codes"),
    [
        ((ISA, GS, *ST[:-1], "GE*1*1", "IEA*1*000000001"), ["X12-080"]),
        ((ISA, GS, *ST, "IEA*1*000000001"), ["X12-055"]),
        ((ISA, *ST, "GE*1*1", "IEA*1*000000001"), ["X12-028"]),
        ((ISA, GS, *ST[1:], "GE*1*1", "IEA*1*000000001"), ["X12-059"]),
        ((ISA, GS, *ST, "N1*ST*ACME", "GE*1*1", "IEA*1*000000001"), ["X12-059"]),
        ((ISA, GS, *ST, "GE*1*1"), ["X12-029"]),
        ((ISA, GS, *ST), ["X12-029"]),
        ((ISA, GS, *ST[:3]), ["X12-029"]),
        ((ISA,), ["X12-029"]),
        ((ISA, GS, *ST, "GE*1*1", *WHOLE), ["X12-030"]),
    ],
)
def test_what_is_missing_or_out_of_place_is_told_once(lines: Sequence[str], codes: list[str]) -> None:
    assert _codes(lines) == codes


def test_a_file_cut_inside_a_set_gives_one_finding_with_the_codes_of_all_levels() -> None:
    events = _events((ISA, GS, *ST[:3]))
    closed = events[-1]
    assert isinstance(closed, model.InterchangeClosed)
    assert closed.findings[0].x12 == {"TA105": "023", "AK905": "3", "AK502": "2"}
    document = next(event.set for event in events if isinstance(event, model.SetRead))
    assert (document.complete, document.tree, document.findings) == (False, None, [])
    assert model.GroupClosed(None, 1, ()) in events


def test_a_fault_of_one_set_leaves_the_others_alone() -> None:
    second = [line.replace("0001", "0002") for line in ST]
    events = _events((ISA, GS, *_changed("SE*5", "SE*9", ST), *second, "GE*2*1", "IEA*1*000000001"))
    sets = [event.set for event in events if isinstance(event, model.SetRead)]
    assert [[finding.code for finding in item.findings] for item in sets] == [["X12-082"], []]


TA1 = "TA1*000000009*240131*1100*A*000"


@pytest.mark.parametrize(
    "lines",
    [
        (ISA, TA1, *WHOLE[1:]),
        (*WHOLE[:-1], TA1, WHOLE[-1]),
        (ISA, GS, TA1, *WHOLE[2:]),
        (ISA, TA1, "IEA*0*000000001"),
    ],
)
def test_a_ta1_is_read_wherever_it_stands_between_isa_and_iea(lines: Sequence[str]) -> None:
    events = _events(lines)
    read_ta1 = [event for event in events if isinstance(event, model.Ta1Read)]
    assert [event.segment.get(1) for event in read_ta1] == ["000000009"]
    assert _findings(events) == []


def test_a_ta1_that_cannot_be_matched_gives_notes() -> None:
    findings = _findings(_events((ISA, "TA1*9*240131*1100*X*1", "IEA*0*000000001")))
    assert [(f.code, f.location.element, f.is_error) for f in findings] == [
        ("X12-026", 1, False),
        ("X12-026", 4, False),
        ("X12-026", 5, False),
    ]


def test_service_segments_before_the_first_group_are_passed_over() -> None:
    lines = (ISA, "ISB*1", "ISE*200601*0515*04", "ISX*\\", *WHOLE[1:])
    assert _codes(lines) == ["X12-027"]


def test_another_release_is_read_by_the_nearest_tables_or_refused() -> None:
    lines = _changed("X*004010", "X*004060")
    assert _codes(lines) == ["X12-053"]
    events = _events(lines, options=ReadOptions(other_releases=False))
    opened = next(event for event in events if isinstance(event, model.GroupOpened))
    assert [(f.code, f.x12) for f in opened.findings] == [("X12-061", {"AK905": "2"})]
    assert next(event.set.tree for event in events if isinstance(event, model.SetRead)) is None


def test_a_version_that_is_a_word_is_read_by_the_version_of_the_isa() -> None:
    events = _events(_changed("X*004010", "X*UNKNOWN"))
    opened = next(event for event in events if isinstance(event, model.GroupOpened))
    assert ([f.code for f in opened.findings], opened.header.release) == (["X12-053"], "004010")


def test_garbage_between_and_after_interchanges_is_told_and_the_rest_is_read() -> None:
    events = _events((*WHOLE, "GARBAGE", *WHOLE, "MORE"))
    strays = [event for event in events if isinstance(event, model.Stray)]
    assert [event.findings[0].code for event in strays] == ["X12-003", "X12-003"]
    assert sum(isinstance(event, model.InterchangeClosed) for event in events) == 2


def test_text_of_a_network_before_the_first_interchange_is_a_note() -> None:
    findings = _findings(_events(("VAN HEADER 1\r\n" + ISA, *WHOLE[1:])))
    assert [(f.code, f.severity) for f in findings] == [("X12-038", Severity.NOTE)]


@pytest.mark.parametrize(
    ("data", "code"), [(b"", "X12-001"), (b"\xef\xbb\xbf \r\n\x1a", "X12-001"), (b"UNB+UNOA:1", "X12-002")]
)
def test_a_file_without_interchanges_says_what_it_is(data: bytes, code: str) -> None:
    events = list(read(io.BytesIO(data), lambda _header: DEFAULT_OPTIONS))
    assert [type(event).__name__ for event in events] == ["Stray"]
    assert [finding.code for finding in _findings(events)] == [code]


def test_an_unreadable_isa_opens_and_closes_an_interchange_and_the_next_one_is_read() -> None:
    events = _events(("ISA*00*ZZ\r\n" + GS, *ST, *WHOLE))
    assert isinstance(events[0], model.InterchangeOpened)
    assert events[0].header is None
    assert [finding.code for finding in events[0].findings] == ["X12-006"]
    assert isinstance(events[1], model.InterchangeClosed)
    assert len(events) == 2 + 5


def test_a_set_past_the_limit_is_counted_but_not_kept() -> None:
    document = next(
        event.set
        for event in _events(WHOLE, limits=Limits(set_segments=3))
        if isinstance(event, model.SetRead)
    )
    assert (document.segments, document.tree, document.segment_count) == ([], None, 5)
    assert [finding.code for finding in document.findings] == ["X12-087"]


def test_a_segment_past_the_limit_is_one_finding_of_its_set() -> None:
    lines = (ISA, GS, ST[0], ST[1], "MSG*" + "x" * 300, *ST[2:-1], "SE*6*0001", *WHOLE[-2:])
    findings = _findings(_events(lines, limits=Limits(element_bytes=100, segment_bytes=200)))
    assert [(f.code, f.location.segment_number, f.x12) for f in findings] == [
        ("X12-100", 3, {"AK304": "8", "AK403": "5", "AK502": "5"})
    ]


def test_notes_of_form_are_told_once_an_interchange() -> None:
    data = "~".join((*WHOLE[:-1], "")).replace("PO1*1*10", "PO\r\n1*1*1\r\n0") + "IEA*1*000000001"
    events = list(read(io.BytesIO(data.encode()), lambda _header: DEFAULT_OPTIONS))
    assert [(f.code, f.is_error) for f in _findings(events)] == [("X12-007", False), ("X12-034", False)]
