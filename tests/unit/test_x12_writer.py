"""Writing is the inverse of reading; what the format cannot carry is refused or replaced."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.x12 import model
from parsers.x12.interchange import read
from parsers.x12.limits import DEFAULT_LIMITS
from parsers.x12.model import PartyId, Separators
from parsers.x12.options import DEFAULT_OPTIONS
from parsers.x12.read_segments import SegmentReader
from parsers.x12.separators import Isa
from parsers.x12.writer import (
    Element,
    GroupToWrite,
    InterchangeToWrite,
    NotWritable,
    SetToWrite,
    write_interchange,
)

INTERCHANGE = InterchangeToWrite(
    PartyId("ZZ", "SENDER"), PartyId("01", "123456789"), "240131", "1100", "00401", "42", "P"
)
OTHERS = (
    Separators(),
    Separators("|", "^", "!", None, "\r\n"),
    Separators("*", ":", "\n"),
    Separators("\x1d", "\x1f", "\x1c", "\x1e", "\n"),
)


def _group(*segments: tuple[str, tuple[Element, ...]]) -> GroupToWrite:
    sets = [SetToWrite("997", "0001", segments)]
    return GroupToWrite("FA", "SENDER", "RECEIVER", "20240131", "1100", "7", "004010", sets)


def test_an_interchange_is_written_with_widths_counts_and_trailers() -> None:
    group = _group(("AK1", ("PO", "1")), ("AK9", ("A", "1", "1", "1", "", "")))
    assert write_interchange(INTERCHANGE, [group], Separators(suffix="\n")).decode().splitlines() == [
        (
            "ISA*00*          *00*          *ZZ*SENDER         *01*123456789      "
            "*240131*1100*U*00401*000000042*0*P*>~"
        ),
        "GS*FA*SENDER*RECEIVER*20240131*1100*7*X*004010~",
        "ST*997*0001~",
        "AK1*PO*1~",
        "AK9*A*1*1*1~",
        "SE*4*0001~",
        "GE*1*7~",
        "IEA*1*000000042~",
    ]


def test_a_ta1_stands_before_the_groups() -> None:
    interchange = InterchangeToWrite(
        *(INTERCHANGE.sender, INTERCHANGE.receiver, "240131", "1100", "00501", "1", "T"),
        acknowledgements=[("000000009", "240130", "0900", "A", "000")],
    )
    text = write_interchange(interchange, [], Separators(repetition="^")).decode()
    assert text[106:] == "TA1*000000009*240130*0900*A*000~IEA*0*000000001~"
    assert text[82:88] == "^*0050"


def test_composites_are_written_with_the_component_separator() -> None:
    text = write_interchange(INTERCHANGE, [_group(("AK4", (("1", "2", ""), "235")))], Separators()).decode()
    assert "AK4*1>2*235~" in text


@pytest.mark.parametrize("mark", ["*", ">", "~", "\r", "\n"])
def test_a_delimiter_in_data_is_refused_or_replaced(mark: str) -> None:
    group = _group(("MSG", (f"A{mark}B",)))
    with pytest.raises(NotWritable, match="holds a delimiter"):
        write_interchange(INTERCHANGE, [group], Separators())
    assert b"MSG*A B~" in write_interchange(INTERCHANGE, [group], Separators(), replacement=" ")


@pytest.mark.parametrize(
    ("separators", "replacement"),
    [(Separators("*", "*"), None), (Separators("A"), None), (Separators(), "~"), (Separators(), "--")],
)
def test_delimiters_that_clash_are_refused(separators: Separators, replacement: str | None) -> None:
    with pytest.raises(NotWritable):
        write_interchange(INTERCHANGE, [], separators, replacement=replacement)


def test_a_value_too_long_for_the_isa_is_refused() -> None:
    interchange = InterchangeToWrite(
        PartyId("ZZ", "S" * 16), PartyId("ZZ", "R"), "240131", "1100", "00401", "1", "P"
    )
    with pytest.raises(NotWritable, match="longer than its place"):
        write_interchange(interchange, [], Separators())


TEXT = st.text(
    st.characters(exclude_characters="*>~|^!:\r\n\x1c\x1d\x1e\x1f", exclude_categories=("Cs", "Cc")),
    max_size=12,
)
SEGMENTS = st.lists(
    st.tuples(st.sampled_from(("N1", "REF", "MSG")), st.lists(TEXT, max_size=4).map(tuple)), max_size=6
)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(segments=SEGMENTS, separators=st.sampled_from(OTHERS), chunk_bytes=st.integers(1, 300))
def test_what_is_written_reads_as_it_was(
    segments: list[tuple[str, tuple[str, ...]]], separators: Separators, chunk_bytes: int
) -> None:
    data = write_interchange(INTERCHANGE, [_group(*segments)], separators)
    reader = SegmentReader(io.BytesIO(data), DEFAULT_LIMITS, chunk_bytes)
    isa = reader.next_header()
    assert isinstance(isa, Isa)
    back = [(segment.id, tuple(segment.elements)) for segment in reader.segments(isa, "utf-8")]
    assert back[2:-3] == [(name, _without_empty_end(elements)) for name, elements in segments]
    assert (isa.findings, reader.remarks) == ((), [])


def _without_empty_end(elements: tuple[str, ...]) -> tuple[str, ...]:
    while elements and not elements[-1]:
        elements = elements[:-1]
    return elements


@pytest.mark.parametrize("separators", OTHERS)
def test_a_written_acknowledgement_reads_without_a_finding(separators: Separators) -> None:
    group = _group(("AK1", ("PO", "1")), ("AK9", ("A", "1", "1", "1")))
    data = write_interchange(INTERCHANGE, [group], separators)
    events = list(read(io.BytesIO(data), lambda _header: DEFAULT_OPTIONS))
    findings = [
        finding
        for event in events
        for finding in (event.set.findings if isinstance(event, model.SetRead) else event.findings)
    ]
    assert findings == []
