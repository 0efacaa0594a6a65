"""The formats we read, and what reads each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from parsers.delimited import reader as delimited
from parsers.sniffing import SNIFF_BYTES, sniff, unrecognised
from parsers.x12 import interchange

__all__ = ["PARSERS", "SNIFF_BYTES", "sniff", "unrecognised"]

#: Format as `sniff` names it -> its reader. Each takes a binary stream and what the reader's own
#: page asks for, and gives the file's events or documents in order.
PARSERS: Mapping[str, Callable[..., Iterator[object]]] = {
    "x12": interchange.read,
    "csv": delimited.read,
}
