"""Binary segments end where their length says, whatever their data holds."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest

from parsers.x12 import model
from parsers.x12.dictionary import Dictionary
from parsers.x12.interchange import read
from parsers.x12.limits import Limits
from parsers.x12.options import DEFAULT_OPTIONS, ReadOptions
from parsers.x12.own_tables import load_tables

ISA = (
    b"ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       "
    b"*240131*1100*U*00401*000000001*0*P*>~"
)
GS = b"GS*SP*S1*R1*20240131*1100*1*X*004010~"
#: Delimiters, ends of sets and envelopes, line breaks, and bytes of no text.
HOSTILE = b"a~SE*3*0001~GE*1*1~IEA*1*000000001~ISA*00*~\r\n*>\x00\xff~BIN*3*"


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> ReadOptions:
    """Tables with an 841 that carries drawings."""
    folder = tmp_path_factory.mktemp("tables")
    (folder / "004010").mkdir()
    (folder / "sets.csv").write_text("set,functional_id,name\n841,SP,specifications\n")
    (folder / "004010" / "841.csv").write_text(
        "order,area,segment,requirement,max_use,loop,loop_requirement,loop_repeat,checked\n"
        "1,heading,ST,M,1,,,,yes\n2,detail,BIN,O,>1,,,,yes\n3,detail,BDS,O,>1,,,,yes\n4,summary,SE,M,1,,,,yes\n"
    )
    (folder / "segments.csv").write_text(
        "release,segment,position,element,requirement,repeat,checked\n"
        "004010,BIN,01,784,M,1,yes\n004010,BIN,02,785,M,1,yes\n"
        "004010,BDS,01,1570,M,1,yes\n004010,BDS,02,784,M,1,yes\n004010,BDS,03,785,M,1,yes\n"
    )
    (folder / "elements.csv").write_text(
        "release,element,name,type,min,max,checked\n"
        "004010,784,Bytes,N0,1,15,yes\n004010,785,Data,B,1,999999999999999,yes\n"
        "004010,1570,Filter,ID,3,3,yes\n"
    )
    loaded = load_tables(Path(folder))
    assert isinstance(loaded, Dictionary), loaded
    return replace(DEFAULT_OPTIONS, dictionary=loaded)


def _file(*segments: bytes, end: bytes = b"~") -> bytes:
    body = (b"ST*841*0001", *segments, b"SE*%d*0001" % (len(segments) + 2), b"GE*1*1", b"IEA*1*000000001")
    return (ISA + GS).replace(b"~", end) + b"".join(segment + end for segment in body)


def _read(
    data: bytes, options: ReadOptions, chunk_bytes: int = 65536
) -> tuple[list[model.TransactionSet], list[str]]:
    sets, codes = [], []
    for event in read(io.BytesIO(data), lambda _header: options, chunk_bytes=chunk_bytes):
        if isinstance(event, model.SetRead):
            sets.append(event.set)
        found = event.set.findings if isinstance(event, model.SetRead) else event.findings
        codes += [finding.code for finding in found]
    return sets, codes


@pytest.mark.parametrize("chunk_bytes", [1, 7, 100, 65536])
@pytest.mark.parametrize("end", [b"~", b"~\r\n", b"\n", b"\r\n"], ids=["~", "~CRLF", "LF", "CRLF"])
def test_data_may_hold_every_delimiter(options: ReadOptions, end: bytes, chunk_bytes: int) -> None:
    segment = b"BIN*%d*%s" % (len(HOSTILE), HOSTILE)
    data = _file(segment, b"BIN*1*~", end=end)
    (document,), codes = _read(data, options, chunk_bytes)
    assert codes == []
    binary = document.segments[1]
    assert (binary.id, binary.elements) == ("BIN", [str(len(HOSTILE)), HOSTILE.decode("latin-1")])
    assert document.segments[2].elements == ["1", "~"]
    assert data[binary.offset : binary.offset + binary.size] == segment
    assert data[binary.offset_of(2) :].startswith(HOSTILE)


def test_bds_counts_in_its_second_element(options: ReadOptions) -> None:
    (document,), codes = _read(_file(b"BDS*B64*5*a*b~c"), options)
    assert (document.segments[1].elements, codes) == (["B64", "5", "a*b~c"], [])


@pytest.mark.parametrize("length", ["3", "900", "x", ""])
def test_a_wrong_length_costs_the_segment_not_the_file(options: ReadOptions, length: str) -> None:
    sets, codes = _read(_file(b"BIN*%s*hello" % length.encode()), options)
    assert [document.control_number for document in sets] == ["0001"]
    assert sets[0].segments[1].elements == [length, "hello"]
    assert set(codes) <= {"X12-220", "X12-234"}


def test_data_beyond_the_limit_is_passed_over_with_a_finding(options: ReadOptions) -> None:
    narrow = replace(options, limits=Limits(element_bytes=200, segment_bytes=1000))
    data = _file(b"BIN*5000*" + b"~" * 5000)
    (document,), codes = _read(data, narrow, 512)
    assert codes == ["X12-100"]
    assert document.segment_count == 3
    assert document.segments[1].elements == []


def test_a_file_cut_inside_its_data_is_a_cut_file(options: ReadOptions) -> None:
    sets, codes = _read(_file(b"BIN*500*" + b"x" * 500)[: len(ISA + GS) + 100], options)
    assert "X12-029" in codes
    assert not sets[0].complete


def test_in_a_set_without_binary_segments_nothing_changes(options: ReadOptions) -> None:
    lines = b"ST*850*0001~BEG*00*SA*BIN**20240131~PO1*1*1*EA*1~CTT*1~SE*5*0001~GE*1*1~IEA*1*000000001~"
    data = ISA + GS.replace(b"GS*SP", b"GS*PO") + lines
    assert _read(data, options)[1] == []
