"""The process that reads lots: `python -m gateway.side_work`, started by `gateway.second_process`.

Takes messages from stdin and answers on stdout, one for each lot; ends with its stdin. A message is a
JSON value and bytes that belong to it, with the length of each before both.
"""

from __future__ import annotations

import json
import os
import signal
import struct
from collections.abc import Iterable
from io import FileIO
from typing import Any, BinaryIO

from gateway.peak_memory import peak_rss_bytes
from translators.lots import Lot, Terms, terms_of, told_sets

#: Stands before each message: how many bytes of JSON it has, and how many others.
LENGTHS = struct.Struct("<QQ")


def main() -> None:
    """Read lots until there is nothing more to do."""
    # Who is interrupted at the keyboard is the one that started this; it then closes stdin.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with os.fdopen(0, "rb") as lots, FileIO(1, "wb") as answers:
        _answer(answers, peak_rss_bytes())
        _work(lots, answers)


def _work(lots: BinaryIO, answers: FileIO) -> None:
    terms: Terms | None = None
    while lengths := lots.read(LENGTHS.size):
        size, others = LENGTHS.unpack(lengths)
        told: dict[str, Any] = json.loads(lots.read(size))
        data = lots.read(others)
        if told["terms"] is not None:
            terms = terms_of(told["terms"])
        if terms is None:
            raise ValueError("a lot without terms")
        rows, documents = told_sets(Lot(terms, data, told["offset"], told["ordinal"]))
        _answer(answers, {"sets": rows, "peak": peak_rss_bytes()}, documents)


def _answer(stream: FileIO, value: object, others: Iterable[bytes] = ()) -> None:
    left = memoryview(message(value, others))
    while left:
        left = left[stream.write(left) :]


def message(value: object, others: Iterable[bytes] = ()) -> bytes:
    """A JSON value, and bytes that belong to it, as they are sent."""
    told, parts = json.dumps(value).encode("ascii"), list(others)
    return b"".join((LENGTHS.pack(len(told), sum(map(len, parts))), told, *parts))


if __name__ == "__main__":
    main()
