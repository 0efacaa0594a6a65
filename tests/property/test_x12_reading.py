"""No bytes raise, every cut is found, any chunk size reads alike. BI-011, BI-037."""

from __future__ import annotations

import io
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.finding import Finding
from parsers.x12 import model
from parsers.x12.interchange import read
from parsers.x12.limits import DEFAULT_LIMITS, Limits
from parsers.x12.options import DEFAULT_OPTIONS

ISA = b"ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *240131*1100*%s*000000001*0*P*>"
ITEM = b"PO1*%d*10*EA*5.25**UP*012345678905*VP*ABC-%03d\nPID*F****WIDGET NUMBER %d, BLUE, LARGE\n"
PLAIN = (
    ISA % b"U*00401"
    + b"\nGS*PO*S1*R1*20240131*1100*1*X*004010\nST*850*0001\nBEG*00*SA*PO1**20240131\n"
    + b"".join(ITEM % (n, n, n) for n in range(1, 19))
    + b"CTT*18\nSE*40*0001\nGE*1*1\nIEA*1*000000001\n"
)
FORMS = {
    "lines": PLAIN,
    "one line": PLAIN.replace(b"\n", b"~"),
    "terminator and CRLF": PLAIN.replace(b"\n", b"~\r\n"),
    "CRLF": PLAIN.replace(b"\n", b"\r\n"),
    "indented": PLAIN.replace(b"\n", b"!\n   "),
    "wrapped": b"\r\n".join(PLAIN.replace(b"\n", b"~")[at : at + 80] for at in range(0, len(PLAIN), 80)),
    "accents": PLAIN.replace(b"BLUE", "BLÜE".encode(), 9).replace(b"BLUE", b"BL\xdcE"),
    "wrapper": b"\xef\xbb\xbf$$ADD ID=X\r\n" + PLAIN.replace(b"\n", b"~\n") + b"\r\n\x1a",
    "two": PLAIN + PLAIN.replace(b"*", b"|").replace(b"\n", b"'"),
    "no IEA": PLAIN[: PLAIN.rindex(b"IEA")] + PLAIN.replace(b"*", b"|").replace(b"\n", b"'"),
    "blank lines": PLAIN.replace(b"\n", b"~\n\n").replace(b"CTT", b"~CTT"),
    "no terminator": PLAIN.replace(b"\n", b""),
}
SMALL = Limits(element_bytes=40, segment_bytes=90)


def _events(data: bytes, chunk_bytes: int = 1 << 18, limits: Limits = DEFAULT_LIMITS) -> list[model.Event]:
    return list(read(io.BytesIO(data), lambda _header: DEFAULT_OPTIONS, limits, chunk_bytes=chunk_bytes))


def _findings(events: list[model.Event]) -> list[Finding]:
    return [
        finding
        for event in events
        for finding in (event.set.findings if isinstance(event, model.SetRead) else event.findings)
    ]


def _well_nested(events: list[model.Event]) -> bool:
    """True if the events nest as the model says."""
    marks = {
        model.Stray: "s",
        model.InterchangeOpened: "I",
        model.Ta1Read: "t",
        model.GroupOpened: "G",
        model.SetRead: "S",
        model.GroupClosed: "g",
        model.InterchangeClosed: "i",
    }
    text = "".join(marks[type(event)] for event in events)
    while (shorter := text.replace("S", "").replace("Gg", "").replace("t", "").replace("Ii", "")) != text:
        text = shorter
    return set(text) <= {"s"}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("limits", [DEFAULT_LIMITS, SMALL], ids=["default", "small"])
def test_any_chunk_size_reads_alike(form: str, limits: Limits) -> None:
    whole = _events(FORMS[form], limits=limits)
    for chunk_bytes in (1, 2, 3, 7, 64, 79, 80, 81, 106, 107, 1000):
        assert _events(FORMS[form], chunk_bytes, limits) == whole


@pytest.mark.parametrize("form", ["one line", "terminator and CRLF"])
def test_every_prefix_of_a_file_ends_in_a_finding(form: str) -> None:
    data = FORMS[form]
    end = data.rindex(b"000000001~") + 10
    assert _findings(_events(data)) == []
    for size in range(end):
        events = _events(data[:size])
        assert _findings(events), size
        assert _well_nested(events)


@pytest.mark.parametrize("form", FORMS)
def test_no_single_wrong_byte_raises(form: str) -> None:
    draw = random.Random(20240131)  # a fixed seed: the same bytes every time
    data = FORMS[form]
    for at in range(0, len(data), 5):
        changed = bytearray(data)
        changed[at] ^= draw.randrange(1, 256)
        assert _well_nested(_events(bytes(changed)))


MARKS = st.sampled_from(
    [b"ISA", b"GS", b"GE", b"ST", b"SE", b"IEA", b"TA1", b"*", b"~", b"\n", b"\r", b" ", b"\x00", b"\xc2\x85"]
)
PIECES = st.lists(
    st.one_of(
        MARKS,
        st.binary(max_size=4),
        st.sampled_from([PLAIN[:106], *(line + b"\n" for line in PLAIN.splitlines()[1:8])]),
        st.sampled_from(
            [PLAIN[:106].replace(b"\n", b"~"), *(b"%s~" % line for line in PLAIN.splitlines()[-4:])]
        ),
    ),
    max_size=30,
)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(pieces=PIECES, chunk_bytes=st.integers(1, 200))
def test_no_arrangement_of_segments_and_bytes_raises(pieces: list[bytes], chunk_bytes: int) -> None:
    data = b"".join(pieces)
    events = _events(data)
    assert _well_nested(events)
    assert _events(data, chunk_bytes) == events


def test_memory_does_not_grow_with_the_file() -> None:
    """A thousand sets are given one at a time: the stream is read only as far as needed."""
    one = PLAIN[PLAIN.index(b"ST*") : PLAIN.index(b"GE*")]
    data = PLAIN[: PLAIN.index(b"ST*")] + one * 1000 + b"GE*1000*1\nIEA*1*000000001\n"
    stream = io.BytesIO(data)
    for event in read(stream, lambda _header: DEFAULT_OPTIONS, chunk_bytes=4096):
        if isinstance(event, model.SetRead):
            ahead = stream.tell() - event.set.offset - event.set.size
            assert ahead <= 2 * 4096
