"""No input, however hostile, takes more than a second of work per 64 kB, or more memory than its limits.

Each pattern is 64 kB or a few times that. What is measured is the processor time of this process, so
that a busy machine does not matter, for the whole way of a file: read, judged, answered, translated,
shown to people and to machines. Source: BI-037, SEC-020.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count, cycle
from pathlib import Path

import pytest

from gateway.inspect import Inspection, write_json
from gateway.inspect_view import show
from gateway.screen import Screen

KB64 = 64 * 1024
#: Processor seconds for each 64 kB begun.
SECONDS_A_PIECE = 1.0
#: Loading the tables of a set, once a process.
LOADING_S = 0.5
AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
ISA = "ISA*00*          *00*          *ZZ*A              *ZZ*B              *261123*0915*U*00401*{:09}*0*P*>~"
GS = "GS*PO*A*B*20261123*0915*{}*X*004010~"
NEWER = ISA.replace("*U*00401*", "*^*00501*")
BEG = "BEG*00*SA*1**20261123~"


def filled(pieces: Iterator[str], size: int = KB64) -> str:
    """As many pieces as `size` holds."""
    taken, length = [], 0
    for piece in pieces:
        length += len(piece)
        if length > size:
            break
        taken.append(piece)
    return "".join(taken)


def order(body: str, head: str = ISA, set_id: str = "850", group: str = GS) -> str:
    """A set of that body, with envelopes that fit it."""
    segments = body.count("~") + 2
    return (
        f"{head.format(1)}{group.format(1)}ST*{set_id}*0001~{body}SE*{segments}*0001~GE*1*1~IEA*1*000000001~"
    )


def notice(body: str) -> str:
    return order(f"BSN*00*1*20261123*0915*0001~{body}", set_id="856", group=GS.replace("GS*PO", "GS*SH"))


def numbered(form: str) -> Iterator[str]:
    return (form.format(number) for number in count(1))


def _good_and_bad() -> Iterator[str]:
    bodies = cycle((f"{BEG}PO1*1*1*EA*1~CTT*1~SE*5", f"{BEG}PO1*1*x*EA*1~CTT*1~SE*5"))
    return (f"ST*850*{n:04}~{body}*{n:04}~" for n, body in zip(count(1), bodies, strict=False))


PATTERNS: dict[str, Callable[[], str]] = {
    "nothing but ISA": lambda: "ISA" * (KB64 // 3),
    "nothing but ISA headers": lambda: filled(numbered(ISA)),
    "interchanges that never end": lambda: filled(numbered(ISA + GS.format(1) + "ST*850*0001~" + BEG)),
    "element separators": lambda: ISA.format(1) + "*" * KB64,
    "terminators": lambda: ISA.format(1) + "~" * KB64,
    "component separators": lambda: order(f"{BEG}SLN*1**I*1*EA*1*{'>' * KB64}~"),
    "repetition separators": lambda: order(f"{BEG}REF*{'^' * KB64}~", NEWER),
    "empty elements in a segment": lambda: order(f"{BEG}REF{'*' * KB64}~"),
    "line ends": lambda: ISA.format(1) + "\r\n" * (KB64 // 2),
    "spaces before the ISA": lambda: " " * KB64 + ISA.format(1),
    "NUL bytes": lambda: "\0" * KB64,
    "NUL bytes in a set": lambda: order(BEG + "\0" * KB64 + "~"),
    "one endless element": lambda: order(f"BEG*00*SA*{'9' * KB64}**20261123~"),
    "one endless segment": lambda: order(BEG + "MSG" + "*A" * (KB64 // 2) + "~"),
    "an endless segment id": lambda: order(BEG + "N" * KB64 + "~"),
    "a number of 64 kB digits": lambda: order(f"{BEG}PO1*1*{'9' * KB64}*EA*1~"),
    "numbers of 60,000 digits": lambda: order(f"{BEG}PO1*1*{'9' * 60_000}*EA*{'9' * 60_000}~"),
    "a number of points": lambda: order(f"{BEG}PO1*1*{'1.' * 30_000}*EA*1~"),
    "an exponent": lambda: order(f"{BEG}PO1*1*1E999999999*EA*9E-999999999~CTT*1*9E99999999~"),
    "a control number of digits": lambda: order(BEG).replace("ST*850*0001", f"ST*850*{'1' * KB64}"),
    "a count of digits": lambda: order(BEG).replace("SE*3", f"SE*{'9' * 60_000}"),
    "a count of sets of digits": lambda: order(BEG).replace("GE*1", f"GE*{'9' * 60_000}"),
    "a count of groups of digits": lambda: order(BEG).replace("IEA*1", f"IEA*{'9' * 60_000}"),
    "a group number of digits": lambda: order(BEG, group=GS.format("9" * 60_000)),
    "a group trailer of digits": lambda: order(BEG).replace("GE*1*1", f"GE*1*{'0' * 60_000}1"),
    "a date of digits": lambda: order(BEG.replace("20261123", "2" * 60_000)),
    "a group date of digits": lambda: order(BEG, group=GS.replace("20261123", "2" * 60_000)),
    "unknown segments": lambda: order(BEG + "ZZZ*1~" * 10_000),
    "unknown segments, each another": lambda: order(BEG + filled(numbered("Z{:04}*1~"))),
    "segments of another set": lambda: order(BEG + "BIG*20261123*1~" * 4_000),
    "segments out of order": lambda: order(BEG + "CTT*1~PO1*1*1*EA*1~" * 3_000),
    "mandatory segments missing": lambda: order(BEG + "N3*A~N4*B~" * 6_000),
    "loops without their first segment": lambda: order(BEG + "PID*F****X~" * 5_000),
    "too many of one segment": lambda: order(BEG + "CUR*BY*USD~" * 5_000),
    "lines": lambda: order(BEG + filled(numbered("PO1*{}*1*EA*1~")) + "CTT*1~"),
    "lines, all faulty": lambda: order(BEG + filled(numbered("PO1*{}*x*QQ*y~")) + "CTT*1~"),
    "faults in every element": lambda: order(BEG + "PO1*x*x*x*x*x*x*x*x*x*x*x*x*x*x~" * 2_000),
    "nested LS": lambda: order(BEG + filled(numbered("LS*{}~"))),
    "LS and LE that differ": lambda: order(BEG + "LS*1~LE*2~" * 6_000),
    "deep HL": lambda: notice(filled(f"HL*{n}*{n - 1 or ''}*I~" for n in count(1))),
    "wide HL": lambda: notice(filled(f"HL*{n}*1*I~" for n in count(1))),
    "HL that all hang on the last": lambda: notice(filled(f"HL*{n}*9999*I~" for n in count(1))),
    "HL in a circle": lambda: notice(filled(f"HL*{n}*{n + 1}*I~" for n in count(1))),
    "the same HL": lambda: notice("HL*1**S~" * 6_000),
    "HL with long numbers": lambda: notice(filled(f"HL*{n:012}*{n - 1:012}*I~" for n in count(1))),
    "groups repeated": lambda: ISA.format(1) + filled(numbered(GS)),
    "groups with the same number": lambda: ISA.format(1) + (GS.format(1) + "GE*0*1~") * 1_400,
    "sets that never end": lambda: ISA.format(1) + GS.format(1) + filled(numbered("ST*850*{:04}~")),
    "sets with the same number": lambda: ISA.format(1) + GS.format(1) + f"ST*850*1~{BEG}SE*3*1~" * 1_200,
    "sets good and bad by turns": lambda: ISA.format(1) + GS.format(1) + filled(_good_and_bad()),
    "sets that nobody has": lambda: ISA.format(1) + GS.format(1) + "ST*999999*1~SE*2*1~" * 3_000,
    "SE without ST": lambda: ISA.format(1) + GS.format(1) + "SE*1*1~" * 9_000,
    "trailers without headers": lambda: ISA.format(1) + "GE*1*1~" * 4_000 + "IEA*1*1~" * 3_000,
    "TA1 without end": lambda: ISA.format(1) + "TA1*000000001*261123*0915*A*000~" * 2_000,
    "a 997 about everything": lambda: order(
        "AK1*PO*1~" + filled(numbered("AK2*850*{:04}~AK5*A~")) + "AK9*A*1*1*1~", set_id="997",
        group=GS.replace("GS*PO", "GS*FA"),
    ),
    "quotes and braces": lambda: order(BEG + 'MSG*{"[$<%{%s%n~' * 4_000),
    "control characters": lambda: order(BEG + "MSG*" + "\x1b[31m\x07" * 8_000 + "~"),
    "text in no encoding": lambda: order(BEG + "MSG*" + "\xff\xfe" * 30_000 + "~"),
    "wide characters": lambda: order(BEG + "MSG*" + "漢" * 20_000 + "~"),
    "repetitions of composites": lambda: order(BEG + "REF*DP*1**" + "A>B^" * 16_000 + "~", NEWER),
    "SDQ without end": lambda: order(BEG + "PO1*1*1*EA*1~" + "SDQ*EA*92*1*1*2*1*3*1*4*1*5*1~" * 2_000),
    "allowances without end": lambda: order(BEG + "SAC*A*A130***100~" * 3_600),
}  # fmt: skip


def spent(work: Callable[[], object]) -> float:
    """Processor seconds of this process."""
    start = time.process_time()
    work()
    return time.process_time() - start


def looked_at(data: bytes) -> None:
    """The whole way of a file, twice: for people and for machines."""
    show(Inspection(io.BytesIO(data), "hostile.edi", AT), Screen(io.StringIO(), width=80))
    write_json(Inspection(io.BytesIO(data), "hostile.edi", AT), io.BytesIO())


@pytest.mark.parametrize("name", PATTERNS)
def test_no_pattern_takes_more_than_a_second_for_64_kb(name: str) -> None:
    data = PATTERNS[name]().encode("utf-8", "surrogateescape")
    pieces = -(-len(data) // KB64)
    took = spent(lambda: looked_at(data)) / 2
    assert took < SECONDS_A_PIECE * pieces + LOADING_S, f"{took:.2f} s for {len(data)} bytes"


#: Held beyond the program itself while 64 kB are looked at, whatever they say: objects, not bytes, weigh.
HELD_BYTES = 64_000_000
PEAKS = """
import json, sys
sys.path.insert(0, sys.argv[1])
from test_people_hostile import KB64, LARGE, PATTERNS, looked_at
from gateway.peak_memory import peak_rss_bytes
looked_at(PATTERNS["lines"]().encode())
peaks = [peak_rss_bytes()]
for name in json.loads(sys.argv[2]):
    data = (LARGE.get(name) or PATTERNS[name])()
    looked_at(data.encode("utf-8", "surrogateescape"))
    peaks.append(peak_rss_bytes())
print(json.dumps(peaks))
"""
MB8 = 8_000_000
#: Much more than any limit on one segment, element or set allows to be held.
LARGE: dict[str, Callable[[], str]] = {
    "8 MB of one element": lambda: order(f"BEG*00*SA*{'9' * MB8}**20261123~"),
    "8 MB of one segment": lambda: order(BEG + "MSG" + "*A" * (MB8 // 2) + "~"),
    "8 MB of element separators": lambda: ISA.format(1) + "*" * MB8,
    "8 MB of terminators": lambda: ISA.format(1) + "~" * MB8,
    "8 MB of line ends": lambda: ISA.format(1) + "\r\n" * (MB8 // 2),
    "8 MB of spaces": lambda: " " * MB8 + ISA.format(1),
    "8 MB of NUL bytes": lambda: "\0" * MB8,
    "8 MB after the interchange": lambda: order(BEG) + "garbage" * (MB8 // 7),
}


def peaks(*names: str) -> list[int]:
    """The most memory held after each pattern in turn, in one process of its own."""
    command = [sys.executable, "-c", PEAKS, str(Path(__file__).parent), json.dumps(names)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    found: list[int] = json.loads(done.stdout)
    return found


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_pattern_of_64_kb_takes_more_memory_than_its_limits() -> None:
    names = list(PATTERNS)
    found = peaks(*names)
    grown = {name: after - found[0] for name, after in zip(names, found[1:], strict=True)}
    assert max(grown.values()) < HELD_BYTES, grown


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", LARGE)
def test_what_is_longer_than_its_limit_is_not_held(name: str) -> None:
    data = LARGE[name]().encode()
    before, after = peaks(name)
    assert after - before < HELD_BYTES + 3 * len(data)  # made, encoded and kept by the test itself
    assert spent(lambda: looked_at(data)) / 2 < SECONDS_A_PIECE * len(data) / KB64
