"""How fast faulty sets are validated and answered, beside clean ones of the same kind.

Reports; asserts what is promised: with a fault in every tenth set at least half the clean rate, and no
second for 64 kB whatever is wrong. Run with `make bench`. BI-043.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from gateway.inspect import Inspection
from gateway.known_partners import known
from tests.benchmarks.x12_files import KINDS
from translators.report import InterchangeEnded

AT = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)
#: Bytes of a file, and the best of so many rounds counts.
SIZE, ROUNDS = 100_000, 9
#: No input may take longer than a second for so many bytes.
BYTES_A_SECOND = 64 * 1024

Body = list[str]


def one_fault(body: Body) -> Body:
    """A date that is none."""
    return [
        segment.replace("*20261201", "*20261301").replace("*011*20261123", "*011*20261323")
        for segment in body
    ]


def fault_a_line(body: Body) -> Body:
    """A unit that is none, in every line."""
    return [segment.replace("*12*EA", "*12*QQ") for segment in body]


def out_of_order(body: Body) -> Body:
    """The second and third segments the wrong way round."""
    return [body[0], body[2], body[1], *body[3:]]


def misplaced_a_line(body: Body) -> Body:
    """A segment of the heading behind every line."""
    return [part for segment in body for part in ((segment, body[0]) if segment[0] in "PHI" else (segment,))]


def file_of(set_id: str, ruin: Callable[[Body], Body], every: int) -> bytes:
    """One interchange, one set in so many ruined."""
    kind = KINDS[set_id]
    head = f"ISA*00*{'':10}*00*{'':10}*ZZ*{'BUYER':15}*ZZ*{'SELLER':15}*261123*0915*U*00401*000000001*0*P*>~"
    parts = [head, f"GS*{kind.functional_id}*BUYER*SELLER*20261123*0915*1*X*004010~"]
    number = 0
    while sum(map(len, parts)) < SIZE:
        number += 1
        body = ruin(kind.body(number)) if number % every == 0 else kind.body(number)
        segments = [f"ST*{set_id}*{number:04}", *body, f"SE*{len(body) + 2}*{number:04}"]
        parts.append("".join(f"{segment}~\n" for segment in segments))
    return "\n".join([*parts, f"GE*{number}*1~", "IEA*1*000000001~"]).encode()


def validated(content: bytes) -> None:
    directory, agreement = known(None, None, None)
    inspection = Inspection(io.BytesIO(content), "x.edi", AT, directory, agreement, None, translate=False)
    for event in inspection.events():
        if isinstance(event, InterchangeEnded):
            inspection.previews(event.report)


def rates(contents: dict[str, bytes]) -> dict[str, float]:
    """Bytes a second of processor time, by turns so that all meet the same machine."""
    best = dict.fromkeys(contents, float("inf"))
    for _ in range(ROUNDS):
        for name, content in contents.items():
            start = time.process_time()
            validated(content)
            best[name] = min(best[name], time.process_time() - start)
    return {name: len(content) / best[name] for name, content in contents.items()}


@pytest.mark.slow
@pytest.mark.parametrize("set_id", KINDS)
def test_faulty_sets_beside_clean_ones(set_id: str) -> None:
    measured = rates(
        {
            "clean": file_of(set_id, list, 1),
            "one fault in every tenth set": file_of(set_id, one_fault, 10),
            "one fault in every set": file_of(set_id, one_fault, 1),
            "a fault in every line": file_of(set_id, fault_a_line, 1),
            "two segments of every set the wrong way round": file_of(set_id, out_of_order, 1),
            "a segment misplaced behind every line": file_of(set_id, misplaced_a_line, 1),
        }
    )
    print(f"\n{set_id} 004010, validated and answered")
    for name, rate in measured.items():
        print(f"  {rate / 1e6:8.2f} MB/s  {rate / measured['clean']:6.1%}  {name}")
    assert measured["one fault in every tenth set"] > measured["clean"] / 2
    assert min(measured.values()) > BYTES_A_SECOND
