"""Our word for a sender's code: the table meanings.csv, by X12 data element."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path

from translators.canonical.values import Code

MEANINGS = Path(__file__).with_name("meanings.csv")


@cache
def _table() -> Mapping[tuple[str, str], str]:
    text = MEANINGS.read_text("utf-8")
    return {(row["element"], row["code"]): row["meaning"] for row in csv.DictReader(text.splitlines())}


@lru_cache(maxsize=4096)
def coded(element: str, code: str) -> Code:
    """The code of X12 data element `element` with its meaning, None where we have no word for it."""
    return Code(code, _table().get((element, code)))
