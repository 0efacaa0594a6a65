"""How fast sets are told to be without fault, beside the limits of plain Python on the same bytes.

Reports; asserts only that everything matched. Run with `make bench`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest

from parsers.x12.dictionary import releases, set_definition, set_ids
from parsers.x12.grammar import ENGINE_IS_SOUND, Matcher, normalise
from parsers.x12.model import Segment, Separators
from parsers.x12.segment_check import WalkOptions
from parsers.x12.walker import place
from tests.support.x12_generated import SetMaker
from tests.support.x12_mutants import Mutator

pytestmark = pytest.mark.skipif(not ENGINE_IS_SOUND, reason="this Python's patterns cannot be relied on")
SEPARATORS = Separators(suffix="\n")
SETS = 1000
#: The best of so many rounds counts.
ROUNDS = 15

ORDER = (
    """BEG*00*SA*PO-1**20261123~
CUR*BY*USD~
REF*DP*038~
REF*IA*12345~
PER*BD*JOHN DOE*TE*5551234567~
FOB*CC~
ITD*01*3*2**10**30~
DTM*002*20261201~
TD5**2*UPSN~
N1*ST*Example Store*92*0042~
N3*1 Example Road~
N4*Springfield*IL*62701~
N1*BT*Example Head Office*92*0001~
"""
    + "".join(
        f"PO1*{n}*12*EA*9.95**UP*01234567890{n % 10}*VN*X{n:04}~\nPID*F****WIDGET NUMBER {n} BLUE~\n"
        for n in range(1, 11)
    )
    + "CTT*10*120~\n"
)
NOTICE = (
    """BSN*00*SHIP1*20261123*1200*0001~
HL*1**S~
TD1*CTN25*10****G*120.5*LB~
TD5**2*UPSN~
REF*BM*123456~
DTM*011*20261123~
N1*SF*Example Works*92*0001~
HL*2*1*O~
PRF*PO123***20261101~
"""
    + "".join(f"HL*{n}*2*I~\nLIN**UP*01234567890{n % 10}*VN*X{n:04}~\nSN1**10*EA~\n" for n in range(3, 13))
    + "CTT*12~\n"
)
INVOICE = (
    """BIG*20261123*INV1*20261101*PO-1***DR*00~
CUR*SE*USD~
REF*DP*38~
N1*ST*Example Store*92*0042~
N3*1 Example Road~
N4*Springfield*IL*62701~
ITD*01*3*****30~
DTM*011*20261120~
"""
    + "".join(
        f"IT1*{n}*12*EA*9.95**UP*01234567890{n % 10}~\nPID*F****WIDGET NUMBER {n} BLUE~\n"
        for n in range(1, 11)
    )
    + "TDS*11940~\nSAC*C*D240***1500~\nCTT*10~\n"
)
BODIES = {"850": ORDER, "856": NOTICE, "810": INVOICE}


def file_of(set_id: str) -> bytes:
    """A thousand sets, each 10 lines long."""
    body = BODIES[set_id]
    count = body.count("~") + 2
    sets = (f"ST*{set_id}*{number:09}~\n{body}SE*{count}*{number:09}~\n" for number in range(SETS))
    return "".join(sets).encode()


def megabytes_a_second(content: bytes, read: Callable[[], object]) -> float:
    """The best of many rounds, in seconds of this process, so that others on the machine weigh less."""
    took = []
    for _ in range(ROUNDS):
        start = time.process_time()
        read()
        took.append(time.process_time() - start)
    return len(content) / 1e6 / min(took)


def matched(matcher: Matcher, text: str) -> int:
    """How many sets match, one after the other."""
    at = count = 0
    while (end := matcher.end_of(text, at)) > 0:
        at, count = end, count + 1
    return count


def test_matching_beside_the_limits() -> None:
    for set_id in BODIES:
        content = file_of(set_id)
        definition = set_definition("004010", set_id)
        assert definition is not None
        matcher = Matcher(definition, WalkOptions(SEPARATORS))
        text = normalise(content, SEPARATORS)
        assert text is not None
        assert matched(matcher, text) == SETS
        plain = content.decode()
        one = [part.lstrip().split("*") for part in plain[: len(content) // SETS].split("~")[:-1]]
        segments = [Segment(row[0], row[1:], number, 0, 9) for number, row in enumerate(one, 1)]
        rates = {
            "bytes.split(b'~')": megabytes_a_second(content, lambda content=content: content.split(b"~")),
            "str.split('~'), each split('*')": megabytes_a_second(
                content, lambda plain=plain: [part.split("*") for part in plain.split("~")]
            ),
            "re.finditer, a segment each": megabytes_a_second(
                content, lambda plain=plain: sum(1 for _ in re.finditer("[^~]*~", plain))
            ),
            "delimiters put into ours": megabytes_a_second(
                content, lambda content=content: normalise(content, SEPARATORS)
            ),
            "matched: structure, elements, codes, notes, counts, levels": megabytes_a_second(
                content, lambda matcher=matcher, text=text: matched(matcher, text)
            ),
            "walked, with its explanations (one set)": megabytes_a_second(
                content[: len(content) // SETS],
                lambda definition=definition, segments=segments: place(definition, segments, WalkOptions()),
            ),
        }
        print(f"\n{set_id} 004010, {SETS} sets of {len(content) // SETS} bytes and {len(one)} segments")
        for name, rate in rates.items():
            print(f"  {rate:8.1f} MB/s  {name}")
        assert matched(matcher, text) == SETS


def test_compiling_every_set() -> None:
    """What the first sets of a kind cost until the patterns know them."""
    took: dict[str, float] = {}
    for release in releases():
        for set_id in set_ids(release):
            definition = set_definition(release, set_id)
            assert definition is not None
            options = WalkOptions(SEPARATORS)
            maker = SetMaker(definition, options, f"{release} {set_id}")
            writer = Mutator(maker, SEPARATORS, "")
            text = normalise(writer.text(maker.clean_set()).encode(), SEPARATORS)
            assert text is not None
            start = time.process_time()
            matcher = Matcher(definition, options)
            assert all(matcher.end_of(text, 0) == len(text) for _ in range(50))
            took[f"{release} {set_id}"] = time.process_time() - start
    slowest = max(took, key=lambda kind: took[kind])
    print(f"\nlearning one set of each of {len(took)} kinds by reading it 50 times, patterns compiled:")
    print(f"  {1000 * sum(took.values()) / len(took):6.1f} ms on average")
    print(f"  {1000 * took[slowest]:6.1f} ms at most, {slowest}")
    assert len(took) == 53
