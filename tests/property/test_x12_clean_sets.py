"""What is taken whole is what the walker would have found: same sets, same places, same events."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from parsers.x12 import clean_sets, interchange
from parsers.x12.clean_sets import CleanSets, Matched
from parsers.x12.grammar import ENGINE_IS_SOUND
from parsers.x12.grammar_content import MOST_FAULTS
from parsers.x12.model import Event, Loop, SetRead, TransactionSet
from parsers.x12.open_set import OpenSet
from parsers.x12.options import DEFAULT_OPTIONS

SAMPLES = Path(__file__).parents[2] / "samples"
#: More sets than a matcher needs to know what they hold.
MANY = 40


def order(number: int, quantity: str = "12") -> list[str]:
    return [
        f"ST*850*{number:04}",
        f"BEG*00*SA*45{number:06}**20261123",
        "REF*DP*038",
        "N1*ST*Example Store*92*0042",
        "N3*1 Example Road",
        f"PO1*1*{quantity}*EA*9.95**UP*012345678905",
        "PID*F****A lamp",
        "CTT*1",
        f"SE*9*{number:04}",
    ]


def interchange_of(sets: Iterable[list[str]], between: str = "") -> bytes:
    """One group of purchase orders. between: what stands after each terminator."""
    orders = list(sets)
    segments = [
        f"ISA*00*{'':10}*00*{'':10}*ZZ*{'BUYER':15}*ZZ*{'SELLER':15}*261123*0915*U*00401*000000001*0*P*>",
        "GS*PO*BUYER*SELLER*20261123*0915*1*X*004010",
        *(segment for one in orders for segment in one),
        f"GE*{len(orders)}*1",
        "IEA*1*000000001",
    ]
    return "".join(f"{segment}~{between}" for segment in segments).encode()


def events(content: bytes, chunk_bytes: int = 1 << 16) -> list[Event]:
    return list(
        interchange.read(io.BytesIO(content), lambda header: DEFAULT_OPTIONS, chunk_bytes=chunk_bytes)
    )


def walked(content: bytes, monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """The events if no set is ever taken whole."""
    with monkeypatch.context() as patch:
        patch.setattr(CleanSets, "take", lambda self, group: iter(()))
        return events(content)


def shape(loop: Loop | None) -> object:
    if loop is None:
        return None
    return loop.id, loop.path, [shape(c) if isinstance(c, Loop) else c for c in loop.children]


def facts(read: TransactionSet) -> tuple[object, ...]:
    known = (read.set_id, read.control_number, read.implementation, read.ordinal, read.release)
    place = (read.segment_count, read.offset, read.size, read.complete, read.findings)
    return *known, *place, read.segments, shape(read.tree)


def told(found: list[Event]) -> Iterator[object]:
    for event in found:
        yield facts(event.set) if isinstance(event, SetRead) else event


def matched(found: list[Event]) -> list[TransactionSet]:
    return [e.set for e in found if isinstance(e, SetRead) and isinstance(e.set.content, Matched)]


needs_matching = pytest.mark.skipif(not ENGINE_IS_SOUND, reason="this Python's patterns cannot be relied on")


@needs_matching
@pytest.mark.parametrize("between", ["", "\n", "\r\n", "  \n"])
@pytest.mark.parametrize("chunk_bytes", [200, 1000, 1 << 16])
def test_sets_taken_whole_are_told_like_walked_ones(
    between: str, chunk_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = interchange_of([order(n) for n in range(1, MANY + 1)], between=between)
    taken = events(content, chunk_bytes)
    assert len(matched(taken)) > MANY / 2
    assert list(told(taken)) == list(told(walked(content, monkeypatch)))


@needs_matching
def test_a_bad_set_among_good_ones_is_walked_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    sets = [order(n, quantity="many" if n == 30 else "12") for n in range(1, MANY + 1)]
    content = interchange_of(sets)
    taken = events(content)
    numbers = {read.control_number for read in matched(taken)}
    assert "0030" not in numbers
    assert {"0029", "0031"} <= numbers
    assert list(told(taken)) == list(told(walked(content, monkeypatch)))


@pytest.mark.parametrize(
    "fault",
    [
        (b"SE*9*0031", b"SE*8*0031"),
        (b"SE*9*0031", b"SE*9*0032"),
        (b"ST*850*0031", b"ST*850*0030"),
        (b"ST*850*0031", b"ST*850*0031*X"),
        (b"ST*850*0031", b"ST*810*0031"),
        (b"SE*9*0031~", b""),
        (b"ST*850*0031~", b""),
        (b"ST*850*0031~", b"~ST*850*0031~"),
        (b"ST*850*0031~", b"REF*DP*1~ST*850*0031~"),
    ],
    ids=["count", "number", "twice", "convention", "kind", "trailer", "header", "empty", "stray"],
)
def test_a_fault_of_a_sets_envelope_is_found(
    fault: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = interchange_of([order(n) for n in range(1, MANY + 1)]).replace(*fault)
    assert list(told(events(content))) == list(told(walked(content, monkeypatch)))


def _alike(paths: Iterable[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    contents = {path: path.read_bytes() for path in paths if path.is_file()}
    for content in contents.values():  # so that the matchers know what these files hold
        events(content)
    for path, content in contents.items():
        assert list(told(events(content))) == list(told(walked(content, monkeypatch))), path


def test_every_sample_is_told_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    _alike(SAMPLES.rglob("input.edi"), monkeypatch)


@pytest.mark.slow
def test_every_corpus_file_is_told_alike(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _alike(corpus.rglob("*"), monkeypatch)


def long_order(number: int, lines: int, *, bad: int = 0, counted: int = 0) -> list[str]:
    """An order of so many lines. bad: the line with a wrong quantity. counted: added to SE01."""
    body = [f"PO1*{n}*{'many' if n == bad else 12}*EA*9.95**VN*X{n:05}" for n in range(1, lines + 1)]
    head = [f"ST*850*{number:04}", f"BEG*00*SA*45{number:06}**20261123", "REF*DP*038"]
    return [*head, *body, f"CTT*{lines}", f"SE*{lines + 5 + counted}*{number:04}"]


def verdicts(found: list[Event]) -> list[object]:
    return [facts(e.set)[:-2] if isinstance(e, SetRead) else e for e in found]


@pytest.fixture
def short_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sets of two thousand bytes are too long to be at hand."""
    monkeypatch.setattr(clean_sets, "LONGEST_BYTES", 2000)
    monkeypatch.setattr(clean_sets, "STRETCH_BYTES", 300)


@needs_matching
@pytest.mark.usefixtures("short_sight")
@pytest.mark.parametrize("between", ["", "\n", "\r\n", "  \n"])
@pytest.mark.parametrize("chunk_bytes", [97, 500])
def test_a_set_too_long_to_be_at_hand_is_followed_and_not_kept(
    between: str, chunk_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = interchange_of([order(1), long_order(2, 200), order(3)], between=between)
    taken = events(content, chunk_bytes)
    assert [e.set.is_kept for e in taken if isinstance(e, SetRead)] == [True, False, True]
    assert verdicts(taken) == verdicts(walked(content, monkeypatch))


@pytest.mark.usefixtures("short_sight")
@pytest.mark.parametrize(
    "order_sent",
    [
        long_order(2, 200, bad=1),
        long_order(2, 200, bad=90),
        long_order(2, 200, bad=200),
        long_order(2, 200, counted=1),
        [*long_order(2, 200)[:-1], "SE*205*0003"],
        long_order(2, 200)[:-1],
        [*long_order(2, 200)[:100], "N1*ST*Late*92*1", *long_order(2, 200)[100:]],
        long_order(1, 200),
    ],
    ids=["first", "middle", "last", "count", "number", "no trailer", "inserted", "twice"],
)
def test_a_fault_in_a_set_too_long_to_be_at_hand_is_found(
    order_sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = interchange_of([order(1), order_sent, order(3)])
    assert verdicts(events(content, 500)) == verdicts(walked(content, monkeypatch))


@pytest.mark.parametrize(
    "fault",
    [
        (b"*12*EA*", b"*many*EA*"),
        (b"*12*EA*9.95", b"*twelve*QQ*9,95"),
        (b"REF*DP*038~", b"REF*DP~"),
        (b"REF*DP*038~", b"REF*ZZ9*038*>>x~"),
        (b"REF*DP*038~", b"REF~"),
        (b"REF*DP*038~", b"REF*~"),
        (b"CTT*1~", b"CTT*1*****9~"),
        (b"PID*F****A lamp", b"PID*F****A\xe9lamp"),
        (b"PID*F****A lamp", b"PID*F****A\nlamp"),
    ],
)
def test_faulty_elements_of_segments_in_their_places_are_told_like_walked_ones(
    fault: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = interchange_of([order(n) for n in range(1, MANY + 1)])
    for times in (1, MANY):
        faulty = content.replace(*fault, times)
        assert list(told(events(faulty))) == list(told(walked(faulty, monkeypatch)))


@needs_matching
def test_only_faulty_segments_of_a_set_in_order_are_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    content = interchange_of([order(n, quantity="many") for n in range(1, MANY + 1)])
    monkeypatch.setattr(OpenSet, "close", lambda *_: pytest.fail("a set was walked"))
    assert [event.set.findings[0].code for event in events(content) if isinstance(event, SetRead)] == [
        "X12-234"
    ] * MANY


def test_a_set_of_more_faults_than_are_looked_for_is_walked(monkeypatch: pytest.MonkeyPatch) -> None:
    *head, total, _ = order(1, quantity="many")
    lines = head[5:7] * (MOST_FAULTS + 1)
    content = interchange_of([[*head[:5], *lines, total, f"SE*{len(lines) + 7}*0001"]])
    taken = events(content)
    assert list(told(taken)) == list(told(walked(content, monkeypatch)))
    assert sum(len(event.set.findings) for event in taken if isinstance(event, SetRead)) == MOST_FAULTS + 1
