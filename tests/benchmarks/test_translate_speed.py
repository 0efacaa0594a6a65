"""What translating one set costs: by the translator, and by learned forms; and what the forms hold.

Reports, asserts only what must hold on any machine. Times are of the processor, the best of several.
Values differ from set to set, so that nothing is measured that only repeats.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from parsers.x12.model import TransactionSet
from tests.support.alike_sets import HEADER, SEPARATORS, Values, as_clean, group
from translators import x12_810, x12_850, x12_856
from translators.learned.level_sets import LevelSetForms
from translators.learned.line_sets import LineSetForms
from translators.translation import Translation

LINES, SETS, ROUNDS = 10, 100, 7


@dataclass(slots=True)
class Measured:
    """A set of ten lines. head, line, tail: its segments with blanks, "|" between them."""

    set_id: str
    read: Callable[..., Translation]
    forms: LineSetForms | LevelSetForms
    head: str
    line: str
    tail: str

    def sets(self) -> list[TransactionSet]:
        """Sets alike, with values of their own."""
        values = Values(random.Random(self.set_id))
        made = []
        for ordinal in range(1, SETS + 1):
            lines = [self.line.replace("{k}", str(n)).replace("{m}", str(n + 2)) for n in range(1, LINES + 1)]
            body = "|".join([self.head, *lines, self.tail]).split("|")
            made.append(as_clean(self.set_id, [values.filled(segment) for segment in body], ordinal))
        return made


MEASURED = {
    "850": lambda: Measured(
        "850",
        x12_850.read,
        LineSetForms(x12_850.SHAPE, SEPARATORS),
        "BEG*00*SA*{t}**{D}|CUR*BY*USD|REF*DP*{n}|REF*CO*{t}|PER*BD*{t}*TE*{n}|ITD*01*3*2**10**30|DTM*002*{D}"
        "|TD5**2*UPSN|N1*BY*{t}*92*{n}|N3*{t}|N4*{t}*IL*{n}|N1*ST*{t}*92*{n}|N3*{t}|N4*{t}*IL*{n}",
        "PO1*{k}*{n}*EA*{p}**UP*{u}*VN*{t}|PID*F****{t}",
        f"CTT*{LINES}",
    ),
    "810": lambda: Measured(
        "810",
        x12_810.read,
        LineSetForms(x12_810.SHAPE, SEPARATORS),
        "BIG*{D}*{t}**{t}***CN*00|CUR*SE*USD|REF*DP*{n}|N1*ST*{t}*92*{n}|N3*{t}|N4*{t}*IL*{n}"
        "|ITD*01*3*2**10**30|DTM*011*{D}",
        "IT1*{k}*{n}*EA*1.00**UP*{u}*VN*{t}|PID*F****{t}",
        f"TDS*?|CTT*{LINES}",
    ),
    "856": lambda: Measured(
        "856",
        x12_856.read,
        LevelSetForms(x12_856.SHAPE, SEPARATORS),
        "BSN*00*{t}*{D}*0915*0004|HL*1**S|TD1*CTN25*{n}****G*{n}*LB|TD5**2*UPSN|REF*BM*{t}|DTM*011*{D}"
        "|N1*SF*{t}*92*{n}|N1*ST*{t}*92*{n}|HL*2*1*O|PRF*{t}",
        "HL*{m}*2*I|LIN*{k}*UP*{u}*VN*{t}|SN1**{n}*EA",
        f"CTT*{LINES + 2}",
    ),
}


def best_s(work: Callable[[], object]) -> float:
    """Seconds of the processor for one set."""
    took = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        took.append(time.process_time() - start)
    return min(took) / SETS


def _invoiced(one: TransactionSet, read: Callable[..., Translation]) -> TransactionSet:
    """The set with the total that its lines come to."""
    document = read(one, HEADER, group("810")).document
    assert document is not None
    assert document.computed is not None
    assert document.computed.amount is not None
    total = str(int(document.computed.amount.amount * 100))
    assert one.text is not None
    body = [segment.replace("TDS*?", f"TDS*{total}") for segment in one.text.split("~\n")[1:-1]]
    return as_clean("810", body, one.ordinal)


@pytest.mark.slow
@pytest.mark.parametrize("set_id", sorted(MEASURED))
def test_what_a_set_of_ten_lines_costs(set_id: str) -> None:
    measured, header = MEASURED[set_id](), group(set_id)
    sets = measured.sets()
    if set_id == "810":
        sets = [_invoiced(one, measured.read) for one in sets]
    trees = [one.tree for one in sets]
    assert all(trees)
    write, read = measured.forms.write, measured.read
    hits = sum(write(one, HEADER, header) is not None for one in sets)
    fast = best_s(lambda: [write(one, HEADER, header) for one in sets])
    slow = best_s(lambda: [read(one, HEADER, header) for one in sets])
    both = best_s(lambda: [read(one, HEADER, header).json for one in sets])
    size = sum(one.size for one in sets) / len(sets)
    print(
        f"\n{set_id}, {LINES} lines, {size:.0f} bytes; {hits} of {len(sets)} by forms, "
        f"which take {measured.forms.size / 1024:.0f} KiB\n"
        f"  by forms, to JSON:        {fast * 1e6:6.1f} µs  {size / fast / 1e6:5.1f} MB/s\n"
        f"  by the translator:        {slow * 1e6:6.1f} µs\n"
        f"  and its document to JSON: {both * 1e6:6.1f} µs  {size / both / 1e6:5.1f} MB/s"
    )
    assert hits >= len(sets) * 0.9
    assert fast < both
