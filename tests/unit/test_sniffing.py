"""What a file is, told from its first bytes. BI-001, BI-002."""

from __future__ import annotations

import pytest

from parsers.registry import PARSERS, sniff, unrecognised


@pytest.mark.parametrize(
    "first",
    [
        b"ISA*00*          *00*",
        b"\xef\xbb\xbf\r\n ISA|00|",
        b"VAN ENVELOPE 17\r\nISA*00*          *",
    ],
)
def test_an_interchange_is_x12(first: bytes) -> None:
    assert sniff(first) == "x12"


@pytest.mark.parametrize(
    "first",
    [
        b"order;item;quantity\nA1;B;2\n",
        b"a,b\r\n1,2\r\n",
        b"A1|B|2",
        b"x\ty\n1\t2\n",
        b"a,b,c\n1,2,3\n\x00\x00",
    ],
)
def test_rows_with_a_common_delimiter_are_csv(first: bytes) -> None:
    assert sniff(first) == "csv"


@pytest.mark.parametrize(
    ("first", "looks"),
    [
        (b"UNB+UNOA:1+S+R+240131:1100+1'", "EDIFACT"),
        (b"UNA:+.? 'UNB+UNOA:1", "EDIFACT"),
        (b"STX=ANA:1+5000000000000:S", "TRADACOMS"),
        (b'<?xml version="1.0"?><order/>', "XML"),
        (b"<!DOCTYPE html><html><body>Error, gateway; timeout", "an HTML page"),
        (b"%PDF-1.7", "a PDF document"),
        (b"PK\x03\x04\x14\x00", "a ZIP archive or an Office document"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "a JPEG picture"),
        (b'{"order": 1, "lines": []}', "JSON"),
        (b"GS*PO*S*R*20240131", "X12 without its ISA"),
        ("ISA*00*".encode("utf-16"), "text in UTF-16"),
        ("ISA*00*".encode("utf-16-be"), "text in UTF-16"),
        (b"\x00\x01\x02", "binary data"),
        (b"Please find our order attached, thanks.", "plain text"),
    ],
)
def test_other_files_are_named_in_the_finding(first: bytes, looks: str) -> None:
    finding = unrecognised(first)
    assert sniff(first) is None
    assert (finding.code, finding.value) == ("X12-002", looks)


@pytest.mark.parametrize("code_page", ["cp037", "cp500", "cp273"])
def test_x12_in_ebcdic_has_a_finding_that_says_how_to_agree_on_it(code_page: str) -> None:
    finding = unrecognised("ISA*00*".encode(code_page))
    assert finding.code == "X12-134"
    assert "cp037" in finding.remedy


@pytest.mark.parametrize("first", [b"", b" \r\n\t", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n\x1a"])
def test_an_empty_file_is_told_from_an_unknown_one(first: bytes) -> None:
    assert sniff(first) is None
    assert unrecognised(first).code == "X12-001"


def test_every_format_that_is_sniffed_has_its_parser() -> None:
    assert set(PARSERS) == {"x12", "csv"}
