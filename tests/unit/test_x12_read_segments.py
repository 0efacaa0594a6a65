"""Segments with their exact places, whatever stands between and inside them."""

from __future__ import annotations

import io

import pytest

from parsers.x12.limits import DEFAULT_LIMITS, Limits
from parsers.x12.model import Segment
from parsers.x12.read_segments import Outside, SegmentReader
from parsers.x12.separators import Isa

ISA = (
    b"ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       "
    b"*240131*1100*U*00401*000000001*0*P*>~"
)


def _read(data: bytes, limits: Limits = DEFAULT_LIMITS) -> tuple[list[Segment], list[str], SegmentReader]:
    """The segments of the first interchange, the codes of the remarks, and the reader after them."""
    reader = SegmentReader(io.BytesIO(data), limits)
    isa = reader.next_header()
    assert isinstance(isa, Isa)
    segments = list(reader.segments(isa, "utf-8"))
    return segments, [remark.code for remark in reader.remarks], reader


def _texts(segments: list[Segment]) -> list[str]:
    return ["*".join((segment.id, *segment.elements)) for segment in segments]


def test_segments_come_with_their_offsets_and_sizes() -> None:
    segments, remarks, reader = _read(ISA + b"N1*ST*ACME~REF*PO**~IEA*0*000000001~")
    assert segments == [
        Segment("N1", ["ST", "ACME"], 0, 106, 10),
        Segment("REF", ["PO", "", ""], 0, 117, 8),
        Segment("IEA", ["0", "000000001"], 0, 126, 15),
    ]
    assert (remarks, reader.offset) == ([], 142)


@pytest.mark.parametrize(
    ("between", "indent"), [(b"\n", b""), (b"\r\n", b"    "), (b"\r\n\r\n", b"\t"), (b"  \n", b"")]
)
def test_line_breaks_blank_lines_and_indents_are_no_data(between: bytes, indent: bytes) -> None:
    lines = [b"N1*ST*ACME~", b"REF*PO*1~", b"IEA*0*1~"]
    data = ISA + between + b"".join(indent + line + between for line in lines)
    segments, remarks, _ = _read(data)
    assert _texts(segments) == ["N1*ST*ACME", "REF*PO*1", "IEA*0*1"]
    assert [data[s.offset : s.offset + s.size] for s in segments] == [line[:-1] for line in lines]
    assert remarks == []


def test_hard_wrapped_lines_are_joined_with_a_remark() -> None:
    segments, remarks, _ = _read(ISA + b"N1*ST*AC\r\nME~RE\nF*PO*1~IEA*0*1~")
    assert _texts(segments) == ["N1*ST*ACME", "REF*PO*1", "IEA*0*1"]
    assert set(remarks) == {"X12-007"}
    assert segments[1].offset == 106 + len(b"N1*ST*AC\r\nME~")


def test_lines_are_segments_where_the_terminator_is_a_line_break() -> None:
    for ending in (b"\n", b"\r", b"\r\n"):
        segments, remarks, _ = _read(ISA[:105] + ending + ending.join((b"N1*ST", b"", b"IEA*0*1", b"")))
        assert (_texts(segments), remarks) == (["N1*ST", "IEA*0*1"], [])


def test_lines_that_end_in_two_ways_are_remarked_on_and_read() -> None:
    segments, remarks, _ = _read(ISA[:105] + b"\r\nN1*ST\nN1*BT\r\nIEA*0*1\r\n")
    assert _texts(segments) == ["N1*ST", "N1*BT", "IEA*0*1"]
    assert remarks == ["X12-036"]


def test_empty_segments_are_left_out_with_a_remark() -> None:
    segments, remarks, _ = _read(ISA + b"N1*ST~~N1*BT~IEA*0*1~")
    assert (_texts(segments), remarks) == (["N1*ST", "N1*BT", "IEA*0*1"], ["X12-037"])


def test_text_is_utf8_and_falls_back_to_latin1_by_segment() -> None:
    data = ISA + "N1*ST*MÜLLER~".encode() + "N1*BT*GRÜN~".encode("latin-1") + b"IEA*0*1~"
    segments, remarks, _ = _read(data)
    assert _texts(segments) == ["N1*ST*MÜLLER", "N1*BT*GRÜN", "IEA*0*1"]
    assert (remarks, segments[1].offset) == (["X12-035"], 106 + len("N1*ST*MÜLLER~".encode()))


def test_a_last_segment_without_terminator_is_read_and_remarked_on() -> None:
    segments, remarks, reader = _read(ISA + b"IEA*0*1\r\n\x1a")
    assert (_texts(segments), remarks) == (["IEA*0*1"], ["X12-034"])
    assert reader.next_header() is None


def test_the_letters_isa_inside_data_are_no_header() -> None:
    segments, _, reader = _read(ISA + b"N1*ST*ISA*LISA~MSG*ISA*00~IEA*0*1~")
    assert _texts(segments)[0] == "N1*ST*ISA*LISA"
    assert reader.next_header() is None


def test_each_interchange_has_its_own_delimiters() -> None:
    other = ISA.replace(b"*", b"|").replace(b"~", b"!") + b"IEA|0|1!"
    reader = SegmentReader(io.BytesIO(ISA + b"IEA*0*1~\r\n\x1a\xef\xbb\xbf" + other), DEFAULT_LIMITS)
    seen = []
    while isinstance(isa := reader.next_header(), Isa):
        seen.append((isa.offset, _texts(list(reader.segments(isa, "utf-8")))))
    assert seen == [(0, ["IEA*0*1"]), (120, ["IEA*0*1"])]


def test_a_header_ends_the_interchange_before_it_even_with_other_delimiters() -> None:
    other = ISA.replace(b"*", b"|").replace(b"~", b"!")
    segments, _, reader = _read(ISA + b"N1*ST~" + other + b"IEA|0|1!")
    assert _texts(segments) == ["N1*ST"]
    assert reader.offset == 112
    assert isinstance(reader.next_header(), Isa)


def test_bytes_outside_interchanges_never_repeat_a_header() -> None:
    damaged = b"xx ISA*03*SECRET1   *01*SECRET2   *ZZ*" + b"x" * 30
    item = SegmentReader(io.BytesIO(damaged), DEFAULT_LIMITS).next_header()
    assert item == Outside("xx", 0, len(damaged), damaged)


def test_bytes_outside_interchanges_are_given_with_their_place() -> None:
    reader = SegmentReader(io.BytesIO(b"VAN 1\r\n" + ISA + b"IEA*0*1~GARBAGE"), DEFAULT_LIMITS)
    assert reader.next_header() == Outside("VAN 1", 0, 7, b"VAN 1\r\n")
    isa = reader.next_header()
    assert isinstance(isa, Isa)
    assert len(list(reader.segments(isa, "utf-8"))) == 1
    assert reader.next_header() == Outside("GARBAGE", 7 + 106 + 8, 7, b"GARBAGE")
    assert reader.next_header() is None


@pytest.mark.parametrize("chunk_bytes", [64, 1 << 18])
def test_a_segment_past_the_limit_is_passed_over_not_kept(chunk_bytes: int) -> None:
    limits = Limits(element_bytes=50, segment_bytes=2000)
    data = ISA + b"MSG*" + b"x" * 5000 + b"~REF*PO*1~IEA*0*1~"
    reader = SegmentReader(io.BytesIO(data), limits, chunk_bytes)
    isa = reader.next_header()
    assert isinstance(isa, Isa)
    segments = list(reader.segments(isa, "utf-8"))
    assert segments[0] == Segment("MSG", [], 0, 106, 5004)
    assert _texts(segments[1:]) == ["REF*PO*1", "IEA*0*1"]
    assert [remark.code for remark in reader.remarks] == ["X12-100"]


def test_an_element_past_the_limit_is_named_by_its_position() -> None:
    reader = SegmentReader(io.BytesIO(ISA + b"MSG*a*" + b"x" * 60 + b"~IEA*0*1~"), Limits(element_bytes=50))
    isa = reader.next_header()
    assert isinstance(isa, Isa)
    assert len(list(reader.segments(isa, "utf-8"))) == 2
    assert [(remark.code, remark.element) for remark in reader.remarks] == [("X12-101", 2)]
