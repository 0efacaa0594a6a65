"""What of a received file an answer may repeat."""

from __future__ import annotations

import re
from typing import Literal

from parsers.x12.model import Separators


def unquotable_part(set_id: str, control_number: str) -> Literal["ST01", "ST02", ""]:
    """The element that is not fit to be repeated in AK201 or AK202, or "".

    A short ST02 (the standard wants four characters) is repeated as sent, since its sender
    will look for it so.
    """
    if not re.fullmatch(r"[A-Z0-9]{3}", set_id):
        return "ST01"
    return "" if re.fullmatch(r"[A-Za-z0-9]{1,9}", control_number) else "ST02"


def can_quote_group(functional_id: str, control_number: str) -> bool:
    """True if GS01 and GS06 are fit to be repeated in AK101 and AK102."""
    return bool(re.fullmatch(r"[A-Z0-9]{2}", functional_id) and re.fullmatch(r"[0-9]{1,9}", control_number))


def clean(text: str, separators: Separators) -> str:
    """`text` as an answer may repeat it: printable ASCII without the answer's own delimiters."""
    barred = {separators.element, separators.component, separators.segment, separators.repetition}
    if text.isascii() and text.isprintable() and barred.isdisjoint(text):
        return text
    return "".join(c for c in text if " " <= c <= "~" and c not in barred)
