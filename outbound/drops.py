"""What the drops of files have in common: names that are safe, and names while writing."""

from __future__ import annotations

import hashlib
from uuid import uuid4

from outbound.connector import Consignment, Holding
from outbound.refusals import refuse_faulty, refused

#: Longest name that every file system we know takes, in bytes of UTF-8.
MAX_NAME_BYTES = 255
#: What the far end should leave alone: hidden, and with an ending that pick-up jobs skip.
TEMPORARY_PREFIX = ".tradepost-"
TEMPORARY_SUFFIX = ".part"
LEFTOVER_AFTER_S = 86_400.0


def safe_name(consignment: Consignment) -> str:
    """The consignment's file name.

    Raises Refused if it could mean a place or a hidden file (BI-070), and if the documents could
    not be written in the destination's form.
    """
    refuse_faulty(consignment)
    name = consignment.file_name
    unsafe = (
        not name
        or name[0] in ".-~"
        or any(char in "/\\:" or not char.isprintable() for char in name)
        or len(name.encode("utf-8", "surrogatepass")) > MAX_NAME_BYTES
    )
    if unsafe:
        raise refused("OUT-020", name=name)
    return name


def holding_of(place: str, content: bytes) -> Holding:
    """A file as a far end holds it."""
    return Holding(place, {"sha256": hashlib.sha256(content).hexdigest(), "bytes": str(len(content))})


def temporary_name() -> str:
    """A new name to write under. No two attempts share one, not even with the same key."""
    return f"{TEMPORARY_PREFIX}{uuid4().hex}{TEMPORARY_SUFFIX}"


def is_leftover(name: str, modified_s: float, now_s: float) -> bool:
    """True for a file that a killed attempt left behind; times in seconds since 1970.

    A day's grace keeps attempts of other processes, and far ends with a wrong clock, safe.
    """
    ours = name.startswith(TEMPORARY_PREFIX) and name.endswith(TEMPORARY_SUFFIX)
    return ours and now_s - modified_s > LEFTOVER_AFTER_S
