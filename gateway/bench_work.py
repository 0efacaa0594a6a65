"""One measurement in a process of its own: `python -m gateway.bench_work KIND FILE` and options.

Talks to the process that started it by lines of JSON on stdout: `{"at": bytes}` while it reads,
at last what it measured, as the fields of `gateway.bench.Measured`.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from gateway.bench import Measured
from gateway.inspect import Inspection
from gateway.known_partners import known
from gateway.peak_memory import peak_rss_bytes
from gateway.second_process import SecondProcess
from gateway.side_by_side import second_process
from translators.report import DocumentRead, InterchangeEnded

#: Readings of one measurement, at most; small files are read until enough time has passed.
MAX_READINGS = 1000
#: A file of so many bytes is read by two processes; that both have started is not measured.
HELPED_BYTES = 256 * 1024
#: Readings at least, since others use the machine too, unless they would take longer than this.
MIN_READINGS = 3
LONG_S = 15.0
#: Bytes of the file that the physical limits are measured on, at most.
LIMIT_BYTES = 64 * 1024 * 1024
#: Seconds between two words about how far the reading is.
TOLD_EVERY_S = 0.2
#: The kind of measurement in which a second process helps: only translating is worth handing over.
HELPED = "canonical"
_ISA = re.compile(rb"ISA(.).{101}(.)", re.DOTALL)

#: Reads the file once: bytes, documents.
Work = Callable[[BinaryIO], tuple[int, int]]


def main(words: Sequence[str]) -> None:
    """Measure what the words name."""
    options = _options().parse_args(words)
    file = Path(options.file)
    size = file.stat().st_size if options.kind == HELPED else 0
    with second_process(size, HELPED_BYTES) as helper, file.open("rb") as stream:
        if helper is not None:
            helper.wait_until_ready()  # what is loaded before anything is read is not measured
        work = _work(options, helper)
        start_rss = _peak(helper)
        took, size, documents = _measured(work, stream, options.seconds)
        measured = Measured(
            size=size,
            documents=documents,
            readings=len(took),
            first_s=took[0],
            best_s=min(took),
            start_rss_bytes=start_rss,
            peak_rss_bytes=_peak(helper),
            processes=1 if helper is None else 2,
        )
    _say(asdict(measured))


def _peak(helper: SecondProcess | None) -> int:
    """The most memory held, by both processes together."""
    return peak_rss_bytes() + (0 if helper is None else helper.peak_rss_bytes)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gateway.bench_work")
    parser.add_argument("kind", choices=["validate", "canonical", "split", "finditer"])
    parser.add_argument("file")
    parser.add_argument("--partner")
    parser.add_argument("--profiles", type=Path)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--seconds", type=float, default=1.0)
    return parser


def _work(options: argparse.Namespace, helper: SecondProcess | None) -> Work:
    match options.kind:
        case "split":
            return _split
        case "finditer":
            return _finditer
        case kind:
            directory, agreement = known(options.partner, options.profiles, options.home)
            name = Path(options.file).name
            senders = (options.partner,) if options.partner is not None else None
            at = datetime.now(UTC)
            canonical = kind == "canonical"
            return lambda stream: _read(
                Inspection(
                    stream, name, at, directory, agreement, senders, translate=canonical, helper=helper
                ),
                canonical=canonical,
            )


def _read(inspection: Inspection, *, canonical: bool) -> tuple[int, int]:
    """Read as the gateway does, writing every answer, and every document's JSON if asked for."""
    documents, next_word = 0, time.monotonic() + TOLD_EVERY_S
    for event in inspection.events():
        match event:
            case DocumentRead():
                documents += 1
                if canonical:
                    _ = event.document.json
                if time.monotonic() > next_word:
                    _say({"at": inspection.stream.tell()})
                    next_word = time.monotonic() + TOLD_EVERY_S
            case InterchangeEnded():
                inspection.previews(event.report)
    return inspection.stream.tell(), documents


def _split(stream: BinaryIO) -> tuple[int, int]:
    """Cut into segments and elements, and forget them: the least that any reader does."""
    content = stream.read(LIMIT_BYTES)
    element, terminator = _separators(content)
    for segment in content.split(terminator):
        segment.split(element)
    return len(content), 0


def _finditer(stream: BinaryIO) -> tuple[int, int]:
    """Find every segment by a pattern."""
    content = stream.read(LIMIT_BYTES)
    _, terminator = _separators(content)
    for _ in re.finditer(b"[^%b]*%b" % (re.escape(terminator), re.escape(terminator)), content):
        pass
    return len(content), 0


def _separators(content: bytes) -> tuple[bytes, bytes]:
    """Element separator and terminator; comma and line end for what is no X12."""
    isa = _ISA.search(content[:4096])
    return (isa[1], isa[2]) if isa else (b",", b"\n")


def _measured(work: Work, stream: BinaryIO, seconds: float) -> tuple[list[float], int, int]:
    """Seconds of each reading; bytes and documents of one."""
    took: list[float] = []
    size = documents = 0
    while len(took) < MAX_READINGS and (sum(took) < seconds or _once_more(took)):
        stream.seek(0)
        start = time.perf_counter()
        size, documents = work(stream)
        took.append(time.perf_counter() - start)
    return took, size, documents


def _once_more(took: list[float]) -> bool:
    return len(took) < MIN_READINGS and sum(took) < LONG_S


def _say(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
