"""X12 in EBCDIC: translated byte for byte where it is agreed, and named where it is not."""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path

import pytest

from parsers.x12.ebcdic import CODE_PAGES, ebcdic_stream, looks_like_ebcdic, readable, translate
from partners.directory import Directory, load_directory
from translators.reading import read_file
from translators.report import DocumentRead, FileEnded, InterchangeEnded

LINES = [
    (
        "ISA*00*          *00*          *ZZ*BIGIRON        *ZZ*US             "
        "*260101*1200*U*00401*000000001*0*P*>"
    ),
    "GS*PO*BIGIRON*US*20260101*1200*1*X*004010",
    "ST*850*0001",
    "BEG*00*SA*4711**20260101",
    "N1*ST*Müller Größe",
    "PO1*1*5*EA*1.5**VP*A-1",
    "CTT*1",
    "SE*6*0001",
    "GE*1*1",
    "IEA*1*000000001",
]


def _directory(folder: Path, encoding: str) -> Directory:
    (folder / "bigiron").mkdir()
    (folder / "ours.toml").write_text('name = "We"\nisa = [{ qualifier = "ZZ", id = "US" }]\n')
    (folder / "bigiron" / "profile.toml").write_text(
        f'name = "Big Iron"\n[x12]\nencoding = "{encoding}"\n'
        'isa = [{ qualifier = "ZZ", id = "BIGIRON" }]\n'
        '[x12.acknowledge]\nta1 = "never"\nfunctional = "none"\n'
        '[[documents]]\nstandard = "x12"\ndocument = "order"\nset = "850"\n'
    )
    loaded = load_directory(folder)
    assert isinstance(loaded, Directory), loaded
    return loaded


@pytest.mark.parametrize("code_page", sorted(CODE_PAGES))
@pytest.mark.parametrize("end", ["", "\n", "\x85"], ids=["packed", "LF", "NL"])
def test_an_agreed_ebcdic_file_is_read_with_its_offsets(tmp_path: Path, code_page: str, end: str) -> None:
    data = "".join(f"{line}~{end}" for line in LINES).encode(code_page)
    events = list(read_file(io.BytesIO(data), directory=_directory(tmp_path, code_page)))
    (document,) = [event.document for event in events if isinstance(event, DocumentRead)]
    assert [finding.code for finding in document.findings if finding.is_error] == []
    assert document.number == "4711"
    (read,) = [event.report for event in events if isinstance(event, InterchangeEnded)]
    assert read.header is not None
    assert read.end == len(data.rstrip("\n\x85".encode(code_page)))
    begin = data[document.offset : document.offset + 6]
    assert begin == "ST*850".encode(code_page)


def test_letters_with_accents_come_through(tmp_path: Path) -> None:
    data = "~".join([*LINES, ""]).encode("cp273")
    events = list(read_file(io.BytesIO(data), directory=_directory(tmp_path, "cp273")))
    (document,) = [event.document for event in events if isinstance(event, DocumentRead)]
    assert "Müller Größe" in str(document.canonical)


def test_ebcdic_that_is_not_agreed_is_named(tmp_path: Path) -> None:
    data = "~".join([*LINES, ""]).encode("cp037")
    for options in ({}, {"directory": _directory(tmp_path, "utf-8")}):
        ended = [event for event in read_file(io.BytesIO(data), **options) if isinstance(event, FileEnded)]
        assert [finding.code for finding in ended[0].findings] == ["X12-134"]
        assert not ended[0].readable


def test_a_partner_that_may_send_ebcdic_may_send_ascii(tmp_path: Path) -> None:
    data = "~".join([*LINES, ""]).encode("latin-1")
    events = list(read_file(io.BytesIO(data), directory=_directory(tmp_path, "cp500")))
    (document,) = [event.document for event in events if isinstance(event, DocumentRead)]
    assert document.number == "4711"


def test_every_code_page_maps_each_byte_to_one_of_its_own() -> None:
    for code_page in CODE_PAGES:
        translated = translate(bytes(range(256)), code_page)
        assert len(translated) == 256
        assert len(set(translated)) >= 255


def test_a_stream_gives_the_same_in_pieces_of_any_size() -> None:
    data = "~\x85".join(LINES).encode("cp037")
    for size in (1, 7, 1 << 20):
        stream = ebcdic_stream(io.BytesIO(data), "cp037")
        pieces = iter(partial(stream.read, size), b"")
        assert b"".join(pieces) == translate(data, "cp037")


@pytest.mark.parametrize("text", ["ISA*00", "  \x85ISA*00", "\x00ISA|00"])
def test_ebcdic_is_known_by_its_isa(text: str) -> None:
    assert looks_like_ebcdic(text.encode("cp037"))


@pytest.mark.parametrize("text", ["", "ISA", "ISAAC", "ISA 00", "IS"])
def test_what_merely_begins_like_it_is_not(text: str) -> None:
    assert not looks_like_ebcdic(text.encode("cp037"))


def test_ascii_is_never_taken_for_ebcdic() -> None:
    assert not looks_like_ebcdic("~".join(LINES).encode("latin-1"))


def test_a_piece_is_shown_as_text_wherever_it_stands() -> None:
    data = "~".join(LINES).encode("cp500")
    stream = io.BytesIO(data)
    stream.seek(5)
    shown = readable(stream, "cp500")
    assert stream.tell() == 5
    at = data.index("ST*850".encode("cp500"))
    for _ in range(2):
        shown.seek(at)
        assert shown.read(6) == b"ST*850"


def test_what_is_no_ebcdic_is_shown_as_it_is() -> None:
    stream = io.BytesIO("~".join(LINES).encode("latin-1"))
    assert readable(stream) is stream
