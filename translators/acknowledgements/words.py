"""Plain words for the codes of TA1, 997, 999 and 824, and which of them we say ourselves, from codes.csv."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from parsers.record import record

CODES = Path(__file__).with_name("codes.csv")
_NO_WORDS = "a code that we have no words for"


@record
class CodeEntry:
    """One code of one list.

    element: the first element that carries the list: "AK304", "AK502", "TA105". words: what it means.
    said: "sent" if an answer of ours may carry it; "shown" if it can be our verdict, but no answer can
    be sent then; "no" if it is never our verdict. note: why, or since when; "" if there is nothing to say.
    """

    element: str
    code: str
    words: str
    said: str
    note: str


@cache
def entries() -> Mapping[tuple[str, str], CodeEntry]:
    """Every code by element and code, in the order of the lists."""
    text = CODES.read_text("utf-8")
    rows = (CodeEntry(**row) for row in csv.DictReader(text.splitlines()))
    return {(entry.element, entry.code): entry for entry in rows}


def words_for(element: str, code: str) -> str:
    """What `code` means; the 999's IK elements share the lists of the 997's AK elements.

    element: the first element that carries the list: "AK304", "AK502", "TA105".
    """
    entry = entries().get((element, code))
    return _NO_WORDS if entry is None else entry.words
