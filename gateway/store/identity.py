"""Ids: drawn once for what arrives, derived for what is read from it.

What comes in numbers has ids that follow one another: every index takes them side by side, and a
transaction touches few of its pages however many are there already.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import threading
from datetime import datetime
from functools import lru_cache

ID_HASH_CHARS = 24
#: Of these, those that count, in ids that follow one another.
ORDINAL_CHARS = 8
#: Random bits of an id that is drawn; one more is left for those that count up from it.
RANDOM_BITS = 39


class _Tails:
    """Ends of ids: random, and counting up while it is the same millisecond. A fork draws its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of = (0, 0)
        self._tail = 0

    def next(self, milliseconds: int) -> int:
        of = (os.getpid(), milliseconds)
        with self._lock:
            self._tail = self._tail + 1 if of == self._of else secrets.randbits(RANDOM_BITS)
            self._of = of
            return self._tail


_TAILS = _Tails()


def drawn(kind: str, now: datetime) -> str:
    """A new id that sorts by time: kind, milliseconds since 1970, 40 bits that begin at random.

    Ids that a process draws one after the other in the same millisecond sort in that order.
    """
    milliseconds = int(now.timestamp() * 1000)
    return f"{kind}-{milliseconds:011x}{_TAILS.next(milliseconds):010x}"


@lru_cache(maxsize=64, typed=True)  # of what documents in a row are in
def derived(kind: str, *parts: object) -> str:
    """The id that belongs to `parts`: the same parts give the same id, always."""
    text = "\x1f".join(str(part) for part in parts)
    return f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:ID_HASH_CHARS]}"


def numbered(kind: str, *parts: object, ordinal: int) -> str:
    """The id that belongs to `parts` and a number: those of the same parts sort by their numbers."""
    return f"{derived(kind, *parts)[:-ORDINAL_CHARS]}{ordinal:0{ORDINAL_CHARS}x}"


def following(kind: str, other: str, *parts: object) -> str:
    """The id that belongs to another id and `parts`: those of the same parts sort as the other ids do."""
    return derived(kind, other[:-ORDINAL_CHARS], *parts)[:-ORDINAL_CHARS] + other[-ORDINAL_CHARS:]


def business_identity(*parts: str) -> str:
    """SHA-256 of what makes a business document this document."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
