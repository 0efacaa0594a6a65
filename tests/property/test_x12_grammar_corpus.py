"""Reading with matchers gives what reading without them gives: on real files, and on mutants of samples."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from parsers.finding import Finding
from parsers.x12.clean_sets import Matched
from parsers.x12.grammar import ENGINE_IS_SOUND
from parsers.x12.grammar_content import LONGEST_SEGMENT
from parsers.x12.interchange import read
from parsers.x12.limits import DEFAULT_LIMITS, Limits
from parsers.x12.model import Event, SetRead
from parsers.x12.options import DEFAULT_OPTIONS

#: Under these no matcher is asked: it does not measure segments that finely.
WALKED = Limits(element_bytes=LONGEST_SEGMENT - 1)
SAMPLES = sorted(
    file
    for file in (Path(__file__).parents[2] / "samples" / "x12").rglob("input.edi")
    if file.stat().st_size > 200
)
#: Mutants of each sample.
MUTANTS = 60


def told(content: bytes, limits: Limits) -> list[object]:
    """All that reading says: sets with their places and counts, findings, and what stands around them."""
    return [_told_of(event) for event in _events(content, limits)]


def _events(content: bytes, limits: Limits) -> Iterator[Event]:
    return read(io.BytesIO(content), lambda header: DEFAULT_OPTIONS, limits)


def _told_of(event: Event) -> object:
    if not isinstance(event, SetRead):
        return event
    found = event.set
    place = (found.offset, found.size, found.segment_count, found.ordinal)
    name = (found.set_id, found.control_number, found.implementation, found.release)
    rows = [(segment.id, segment.elements, segment.offset, segment.size) for segment in found.segments]
    findings: list[Finding] = found.findings
    return name, place, found.complete, rows, findings


def test_real_files_read_alike(corpus: Path) -> None:
    matched = 0
    for file in sorted(path for path in corpus.rglob("*") if path.is_file()):
        content = file.read_bytes()
        if b"ISA" not in content or len(content) > 1_000_000:
            continue
        walked = told(content, WALKED)
        for _ in range(3):
            assert told(content, DEFAULT_LIMITS) == walked, file.name
        events = _events(content, DEFAULT_LIMITS)
        matched += sum(
            isinstance(event, SetRead) and isinstance(event.set.content, Matched) for event in events
        )
    assert matched > 100 or not ENGINE_IS_SOUND


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: "/".join(sample.parts[-4:-1]))
def test_mutants_of_samples_read_alike(sample: Path) -> None:
    chance, content = Random(sample.parts[-2]), sample.read_bytes()
    for _ in range(MUTANTS):
        at = chance.randrange(106, len(content))
        end = at + chance.choice((0, 1, 1, 2, 40))
        new = chance.choice(
            (b"", b"*", b"~", b"\n", b"1", b"A", b" ", b"\x1c", b"\xc3\xa9", content[at:end] * 2)
        )
        mutant = content[:at] + new + content[end:]
        assert told(mutant, DEFAULT_LIMITS) == told(mutant, WALKED), (at, end, new)
