"""Our words for the standard's codes, for people; what may be sent is the dictionary's business."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache

from parsers.x12.dictionary import STANDARD


@cache
def code_meanings(release: str, element: str) -> Mapping[str, str]:
    """What the codes of a data element mean in a release, "original" for "00" of 353.

    Empty if we keep no list of it; a meaning may be "". Users' own tables are not looked at.
    """
    path = STANDARD / "codes" / f"{element}.csv"
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["meaning"] for row in csv.DictReader(file) if row["release"] == release}
