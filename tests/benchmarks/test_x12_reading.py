"""How fast purchase orders are read, beside pyx12 on the same bytes, and how memory grows.

Reports, asserts only what must hold on any machine. Run with `make bench`.
"""

from __future__ import annotations

import io
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest
import pyx12.x12file

from parsers.x12 import interchange
from parsers.x12.options import DEFAULT_OPTIONS
from translators.canonical.writing import to_json_bytes
from translators.reading import read_file
from translators.report import DocumentRead

LINES = 10
BODY = [
    "BEG*00*SA*PO{number:08}**20261123",
    "REF*DP*038",
    "DTM*002*20261201",
    "N1*ST*Example Store*92*0042",
    "N3*1 Example Road",
    "N4*Springfield*IL*62701",
    *[f"PO1*{n}*12*EA*9.95**UP*012345678905*VN*X{n:04}" for n in range(1, LINES + 1)],
    f"CTT*{LINES}",
]


def orders(count: int) -> bytes:
    """An interchange of `count` purchase orders of ten lines."""
    head = (
        "ISA*00*          *00*          *ZZ*BUYER          *ZZ*SELLER         "
        "*261123*0915*U*00401*000000001*0*P*>~\nGS*PO*BUYER*SELLER*20261123*0915*1*X*004010~\n"
    )
    body = "~\n".join(BODY)
    sets = (
        f"ST*850*{number:04}~\n{body.format(number=number)}~\nSE*{len(BODY) + 2}*{number:04}~\n"
        for number in range(1, count + 1)
    )
    return (head + "".join(sets) + f"GE*{count}*1~\nIEA*1*000000001~\n").encode()


def megabytes_a_second(content: bytes, read: Callable[[BinaryIO], None]) -> float:
    """The best of three readings."""
    took = []
    for _ in range(3):
        start = time.perf_counter()
        read(io.BytesIO(content))
        took.append(time.perf_counter() - start)
    return len(content) / 1e6 / min(took)


def _pyx12(stream: BinaryIO) -> None:
    text = io.StringIO(stream.read().decode())
    deque(pyx12.x12file.X12Reader(text), maxlen=0)


def _ours(stream: BinaryIO) -> None:
    deque(interchange.read(stream, lambda header: DEFAULT_OPTIONS), maxlen=0)


def _canonical(stream: BinaryIO) -> None:
    for event in read_file(stream):
        if isinstance(event, DocumentRead) and event.document.canonical is not None:
            to_json_bytes(event.document.canonical)


def test_reading_orders_beside_pyx12() -> None:
    content = orders(1000)
    rates = {
        "pyx12, segments and envelopes only (it has no 850 map)": megabytes_a_second(content, _pyx12),
        "ours, every element against the dictionary": megabytes_a_second(content, _ours),
        "ours, to canonical JSON": megabytes_a_second(content, _canonical),
    }
    print(f"\n{len(content) / 1e6:.1f} MB, 1,000 orders of {LINES} lines")
    for name, rate in rates.items():
        print(f"  {rate:6.2f} MB/s  {1000 * rate / (len(content) / 1e6):7.0f} orders/s  {name}")
    assert all(rates.values())


_PEAK = """
import resource, sys
sys.path.insert(0, sys.argv[2])
from test_x12_reading import _canonical
with open(sys.argv[1], "rb") as stream:
    _canonical(stream)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
def test_memory_while_reading_hardly_grows_with_the_file(tmp_path: Path) -> None:
    def peak_kib(count: int) -> int:
        file = tmp_path / f"{count}.edi"
        file.write_bytes(orders(count))
        command = [sys.executable, "-c", _PEAK, str(file), str(Path(__file__).parent)]
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    small, large = peak_kib(100), peak_kib(10_000)
    size = len(orders(10_000)) // 1024
    print(f"\npeak memory: {small} KiB for 100 orders, {large} KiB for 10,000 orders of {size} KiB")
    assert large - small < 4 * size  # a line of the 997 for each set, and what the allocator keeps
