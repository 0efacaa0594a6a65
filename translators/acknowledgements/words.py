"""Plain words for the codes of TA1, 997 and 999, from codes.csv."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources

_NO_WORDS = "a code that we have no words for"


@cache
def _words() -> Mapping[tuple[str, str], str]:
    text = resources.files("translators.acknowledgements").joinpath("codes.csv").read_text("utf-8")
    return {(row["element"], row["code"]): row["words"] for row in csv.DictReader(text.splitlines())}


def words_for(element: str, code: str) -> str:
    """What `code` means; the 999's IK elements share the lists of the 997's AK elements.

    element: the first element that carries the list: "AK304", "AK502", "TA105".
    """
    return _words().get((element, code), _NO_WORDS)
