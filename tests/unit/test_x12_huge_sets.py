"""Sets too long to be held are checked as they pass by, in bounded memory. Cites BI-037."""

from __future__ import annotations

import io
import tracemalloc

import pytest

from parsers.x12 import interchange, open_set, walker
from parsers.x12.clean_sets import CleanSets
from parsers.x12.model import SetRead, TransactionSet
from parsers.x12.options import DEFAULT_OPTIONS
from translators.reading import read_file
from translators.report import Disposition, DocumentRead, Status

HEAD = (
    b"ISA*00*          *00*          *ZZ*BUYER          *ZZ*SELLER         "
    b"*261123*0915*U*00401*000000001*0*P*>~GS*PO*BUYER*SELLER*20261123*0915*1*X*004010~"
)
TAIL = b"GE*1*1~IEA*1*000000001~"


def order(lines: int, *, bad: int = 0, quantity: str = "12") -> bytes:
    """One order. bad: the line whose quantity is `quantity`, 0 for none."""
    body = [f"PO1*{n}*{quantity if n == bad else 12}*EA*9.95**VN*X{n:06}~" for n in range(1, lines + 1)]
    head = f"ST*850*0001~BEG*00*SA*4500001**20261123~{''.join(body)}CTT*{lines}~SE*{lines + 4}*0001~"
    return HEAD + head.encode() + TAIL


def read(content: bytes) -> TransactionSet:
    events = interchange.read(io.BytesIO(content), lambda header: DEFAULT_OPTIONS)
    [found] = [event.set for event in events if isinstance(event, SetRead)]
    return found


@pytest.fixture(autouse=True)
def walks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every set goes to the walker, also one without fault."""
    monkeypatch.setattr(CleanSets, "take", lambda self, group: iter(()))


@pytest.fixture
def short_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sets of more than fifty segments are not held."""
    monkeypatch.setattr(open_set, "HELD_SEGMENTS", 50)


@pytest.mark.usefixtures("short_memory")
@pytest.mark.parametrize("bad", [0, 3, 46, 47, 48, 90, 100])
def test_a_set_that_is_not_held_is_judged_like_one_that_is(bad: int, monkeypatch: pytest.MonkeyPatch) -> None:
    content = order(100, bad=bad, quantity="many")
    passing = read(content)
    monkeypatch.setattr(open_set, "HELD_SEGMENTS", 1000)
    held = read(content)
    assert passing.findings == held.findings
    assert len(held.findings) == bool(bad)
    assert (passing.segments, passing.tree) == ([], None)
    assert passing.segment_count == len(held.segments) == 104


@pytest.mark.usefixtures("short_memory")
def test_the_levels_of_a_shipment_that_is_not_held_are_checked() -> None:
    levels = ["HL*1**S~", "HL*2*1*O~", *(f"HL*{n}*{2 if n != 88 else 500}*I~" for n in range(3, 101))]
    body = "".join(f"{level}REF*PK*{n}~" for n, level in enumerate(levels))
    text = f"ST*856*0001~BSN*00*A1*20261123*0915*0001~{body}CTT*100~SE*204*0001~"
    content = HEAD.replace(b"GS*PO", b"GS*SH") + text.encode() + TAIL
    shipment = read(content)
    assert [finding.code for finding in shipment.findings] == ["X12-301"]
    assert shipment.findings[0].location.segment_number == 2 + 2 * 87 + 1


def test_faults_beyond_the_last_that_is_told_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walker, "MOST_FINDINGS", 5)
    lines = "".join(f"PO1*{n}*many*EA*1**VN*X~" for n in range(12))
    found = read(HEAD + f"ST*850*0001~BEG*00*SA*1**20261123~{lines}SE*15*0001~".encode() + TAIL).findings
    assert len({finding.code for finding in found[:-1]}) == 1
    assert [finding.location.segment_number for finding in found[:-1]] == [3, 4, 5, 6, 7]
    assert found[-1].code == "X12-110"
    assert found[-1].message.endswith("the number of those found after them is 7.")


@pytest.mark.slow
def test_the_memory_for_a_set_does_not_grow_with_its_length(monkeypatch: pytest.MonkeyPatch) -> None:
    def peak(lines: int) -> int:
        content = order(lines, bad=2, quantity="many")
        tracemalloc.start()
        stream = io.BytesIO(content)
        for _ in interchange.read(stream, lambda header: DEFAULT_OPTIONS):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    monkeypatch.setattr(open_set, "HELD_SEGMENTS", 1000)
    assert peak(40_000) < 1.2 * peak(20_000) + len(order(20_000))


@pytest.mark.usefixtures("short_memory")
def test_a_set_that_was_checked_but_not_held_waits_for_a_person() -> None:
    [document] = [e.document for e in read_file(io.BytesIO(order(100))) if isinstance(e, DocumentRead)]
    assert (document.status, document.disposition) == (Status.ACCEPTED, Disposition.HOLD)
    assert [finding.code for finding in document.findings] == ["TRN-315"]


@pytest.mark.parametrize("set_id", [b"", b"999X", b"123"], ids=["none", "too long", "unknown"])
def test_a_short_set_that_nothing_is_known_of_is_held(set_id: bytes) -> None:
    content = order(3).replace(b"ST*850*", b"ST*" + set_id + b"*")
    assert len(read(content).segments) == 7
    [document] = [e.document for e in read_file(io.BytesIO(content)) if isinstance(e, DocumentRead)]
    assert "TRN-315" not in {finding.code for finding in document.findings}
