"""Files of many sets, all that is told of them, and a helper that is asked as another process is."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime

from translators.acknowledgements.answer import PreviewNumbers
from translators.acknowledgements.answers import write_answers
from translators.beside import Helper
from translators.lots import Lot, take_sets, terms_of, told_sets, told_terms
from translators.reading import read_file
from translators.report import DocumentRead, FileEnded, GroupEnded, InterchangeEnded

_AT = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
_SET = re.compile(rb"ST(.)(\w{3})\1([^*|~]+)(.*?SE\1\d+\1)\3(\W\s*)", re.DOTALL)


def copies(content: bytes, times: int) -> bytes:
    """A file whose first set comes so many times more, each with a number of its own; counts are faults."""
    first = _SET.search(content)
    if first is None:
        raise ValueError("a file without a set")
    mark, kind, _, rest, end = first.groups()
    sets = (
        b"ST%b%b%b%07d%b%07d%b" % (mark, kind, mark, number, rest, number, end) for number in range(times)
    )
    return content[: first.start()] + b"".join(sets) + content[first.start() :]


def told(content: bytes, helper: Helper | None, *, translate: bool = True) -> list[object]:
    """Everything that a reading tells, as values that can be compared."""
    things: list[object] = []
    stream = io.BytesIO(content)
    for event in read_file(stream, repeats="refuse", translate=translate, helper=helper):
        match event:
            case DocumentRead():
                one = event.document
                things.append((one.ordinal, one.offset, one.size, one.set_id, one.control_number))
                things.append((one.status, one.disposition, one.hold, one.findings, one.ak5, one.answers))
                things.append((one.json, one.number, one.keys, one.kind, one.segment_count))
            case GroupEnded():
                things.append((event.report.findings, event.report.ak9, list(event.report.outcomes)))
            case InterchangeEnded():
                answers = write_answers(event.report, PreviewNumbers(), _AT)
                things.append((event.report.findings, event.report.ta1, [a.payload for a in answers]))
            case FileEnded():
                things.append(event)
            case _:
                things.append(type(event))
    return things


class Beside:
    """A helper that reads what it owes once it is waited for, told and asked in JSON.

    most: lots that it takes at once. lives: lots that it reads before it is gone. read: sets so far.
    """

    def __init__(self, most: int, lives: int | None = None) -> None:
        self.read = 0
        self._most = most
        self._lives = lives
        self._owed: list[Lot] = []

    def has_room(self) -> bool:
        """See `translators.beside.Helper`."""
        return len(self._owed) < self._most and self._lives != 0

    def hand_over(self, lot: Lot) -> None:
        """See `translators.beside.Helper`."""
        self._owed.append(lot)

    def wait_for(self, lot: Lot) -> None:
        """See `translators.beside.Helper`."""
        lot.away = False
        if self._lives == 0:
            return
        self._lives = None if self._lives is None else self._lives - 1
        self._owed.remove(lot)
        terms = terms_of(json.loads(json.dumps(told_terms(lot.terms))))
        rows, documents = told_sets(Lot(terms, lot.data, lot.offset, lot.ordinal))
        take_sets(lot, json.loads(json.dumps(rows)), memoryview(b"".join(documents)))
        self.read += len(rows)
