"""Tells from the first bytes of a file what it is, or what it looks like if it is nothing we read.

Source: BI-001 and BI-002.
"""

from __future__ import annotations

import re

from parsers.catalogue import found
from parsers.finding import Finding

#: Bytes of a file that decide; a caller need not read more.
SNIFF_BYTES = 8192

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BLANK = b" \t\r\n\x0b\x0c\x00\x1a"
#: ISA and a separator, at the beginning or where a line begins after a wrapper of a network.
_X12 = re.compile(rb"(?:\A|[\r\n])\s*ISA[^A-Za-z0-9\s]..[^A-Za-z0-9\s]", re.DOTALL)
_DELIMITERS = (";", "\t", ",", "|")
_LINES_LOOKED_AT = 20
_EBCDIC = "X12 in EBCDIC"

#: First bytes that name a format we do not read, after blanks; the first match counts.
_LOOKS = tuple(
    (re.compile(pattern, re.IGNORECASE), name)
    for pattern, name in (
        (rb"UN[ABGH][^A-Za-z0-9]", "EDIFACT"),
        (rb"STX=", "TRADACOMS"),
        (rb"(GS|ST|BEG|BIG|BSN)[*|~^]", "X12 without its ISA"),
        (rb"(?-i:\xff\xfe|\xfe\xff)|I\x00S\x00A", "text in UTF-16"),
        (rb"(?-i:\xc9\xe2\xc1)", _EBCDIC),
        (rb"ISA", "X12 with a damaged ISA"),
        (rb"<!doctype html|<html|<head|<body", "an HTML page"),
        (rb"<\?xml|<[a-z!]", "XML"),
        (rb"%PDF", "a PDF document"),
        (rb"PK\x03\x04|PK\x05\x06", "a ZIP archive or an Office document"),
        (rb"\xff\xd8\xff", "a JPEG picture"),
        (rb"\x89PNG", "a PNG picture"),
        (rb"\x1f\x8b", "a gzip archive"),
        (rb"-----BEGIN PGP", "a PGP message"),
        (rb"[{\[]", "JSON"),
    )
)


def sniff(first: bytes) -> str | None:
    """The format of a file that begins with `first`: "x12", "csv", or None.

    first: at least SNIFF_BYTES, or the whole file. What None looks like, `unrecognised` says.
    """
    head = _without_blanks(first[:SNIFF_BYTES])
    if _X12.search(head):
        return "x12"
    if _known_look(head) is None and _looks_delimited(head):
        return "csv"
    return None


def unrecognised(first: bytes) -> Finding:
    """A finding that says what a file looks like that `sniff` does not know."""
    head = _without_blanks(first[:SNIFF_BYTES])
    if not head:
        return found("X12-001", value="blank bytes" if first else "no bytes")
    look = _known_look(head)
    if look == _EBCDIC:
        return found("X12-134")
    return found("X12-002", value=look or _kind_of_bytes(head))


def _without_blanks(first: bytes) -> bytes:
    """`first` without blanks around it, nor byte order marks before it."""
    head = first.strip(_BLANK)
    while head.startswith(_BYTE_ORDER_MARK):
        head = head.removeprefix(_BYTE_ORDER_MARK).lstrip(_BLANK)
    return head


def _known_look(head: bytes) -> str | None:
    return next((name for pattern, name in _LOOKS if pattern.match(head)), None)


def _kind_of_bytes(head: bytes) -> str:
    if any(byte < 9 or 13 < byte < 32 for byte in head):
        return "binary data"
    return "rows of text" if _looks_delimited(head) else "plain text"


def _looks_delimited(head: bytes) -> bool:
    """True if the first line and at least half of the following hold the same delimiter.

    A single line must hold it twice: a sentence with a comma is no table.
    """
    if any(byte < 9 or 13 < byte < 32 for byte in head):
        return False
    lines = [line for line in head.decode("latin-1").splitlines() if line.strip()][:_LINES_LOOKED_AT]
    if len(lines) < 2:
        return any(line.count(mark) > 1 for line in lines for mark in _DELIMITERS)
    return any(
        mark in lines[0] and 2 * sum(mark in line for line in lines[1:]) >= len(lines) - 1
        for mark in _DELIMITERS
    )
