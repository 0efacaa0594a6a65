"""Names that others gave their files: which are looked at, and how ours avoid theirs."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Callable, Iterator
from itertools import count

#: Endings under which clients upload before they rename.
UNFINISHED = (".tmp", ".part", ".filepart")
MAX_NAME_BYTES = 255


def wanted(pattern: str) -> Callable[[str], bool]:
    """Tells the names that fit the pattern of * and ?, hidden and unfinished ones left out."""
    fits = re.compile(fnmatch.translate(pattern)).match
    return lambda name: not name.startswith(".") and not name.endswith(UNFINISHED) and fits(name) is not None


def label(name: str) -> str:
    """The name as text that any database keeps: bytes that are no UTF-8 are written as \\xNN."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def numbered(name: str) -> Iterator[str]:
    """The name, then the name with .1, .2, … at its end; each fits a file system's 255 bytes."""
    yield name
    yield from (fitted(name, suffix=f".{number}") for number in count(1))


def fitted(name: str, *, prefix: str = "", suffix: str = "") -> str:
    """Prefix, name and suffix, the name cut at its end where all is longer than 255 bytes."""
    room = MAX_NAME_BYTES - len(os.fsencode(prefix)) - len(os.fsencode(suffix))
    return prefix + os.fsdecode(os.fsencode(name)[:room]) + suffix
