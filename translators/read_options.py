"""From a partner's settings to what the reader of its X12 must be told."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from parsers.x12.dictionary import Dictionary
from parsers.x12.ebcdic import CODE_PAGES, TRANSLATED, ebcdic_stream, looks_like_ebcdic, translate
from parsers.x12.element import CharacterSet
from parsers.x12.headers import interchange_header
from parsers.x12.limits import Limits
from parsers.x12.options import ReadOptions
from parsers.x12.segment_check import WalkOptions
from parsers.x12.separators import ISA_WINDOW_BYTES, Isa, read_isa
from translators.reading_agreements import Resolve

if TYPE_CHECKING:
    from partners.profile import X12Settings


def read_options(x12: X12Settings, dictionary: Dictionary) -> ReadOptions:
    """How the interchanges of a partner with these settings are read.

    Text in EBCDIC has been translated by then.
    """
    limits = x12.limits
    walk = WalkOptions(
        charset=CharacterSet(x12.character_set),
        trailing_separators=x12.trailing_separators,
        check_codes=x12.check_codes,
        tree_depth=limits.tree_depth,
    )
    return ReadOptions(
        encoding=TRANSLATED if x12.encoding in CODE_PAGES else x12.encoding,
        other_releases=x12.other_releases == "nearest",
        walk=walk,
        dictionary=dictionary,
        limits=Limits(limits.element_bytes, limits.segment_bytes, limits.set_segments),
        endless_loops=x12.endless_loops,
    )


def without_ebcdic(stream: BinaryIO, head: bytes, resolve: Resolve) -> BinaryIO:
    """`stream` as text that can be read: translated if it is X12 in EBCDIC from a partner that may send it.

    head: its first bytes. resolve: finds the agreement of its first interchange, whose ids are the
    same in every code page. EBCDIC that nobody agreed to stays what it is, and is refused as such.
    """
    if not looks_like_ebcdic(head):
        return stream
    text = translate(head, "cp037")
    begin = text.find(b"ISA")
    isa = read_isa(text[begin : begin + ISA_WINDOW_BYTES], begin)
    agreement = resolve(interchange_header(isa)).agreement if isinstance(isa, Isa) else None
    if agreement is None or agreement.x12 is None or agreement.x12.encoding not in CODE_PAGES:
        return stream
    return ebcdic_stream(stream, agreement.x12.encoding)
