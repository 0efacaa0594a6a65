"""The one place where a client's path becomes a place in the mailbox.

There is no real folder behind a path: a path is only looked up among names we list ourselves.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date

from gateway.sftp_server.mailbox import Folder, Place
from gateway.sftp_server.refusal import Refusal, Status, refusal

MAX_NAME_BYTES = 255
MAX_PATH_BYTES = 4096

#: Characters that separate paths somewhere, and Unicode categories that a person cannot see:
#: controls, format characters (bidi overrides), surrogates, line and paragraph separators.
_SEPARATORS = frozenset("/\\")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Node:
    """Where a path leads. place None: the root, or /archive. name None: a folder."""

    parts: tuple[str, ...]
    place: Place | None = None
    name: str | None = None


def checked_name(name: str) -> str:
    """`name`, if it can be the name of a file; raises Refusal (GTW-100) if not.

    Refused: empty, longer than 255 bytes of UTF-8, a separator ('/' or '\\'), unseen characters,
    and a leading dot: desktop clients drop such side files (.DS_Store) that nobody meant to send.
    """
    reason = _fault(name)
    if reason is not None:
        raise refusal("GTW-100", Status.FAILURE, value=name, reason=reason)
    return name


def _fault(name: str) -> str | None:
    if not name:
        return "it is empty"
    if any(unicodedata.category(c) in _UNSEEN for c in name):
        return "it holds a control character"
    if not _SEPARATORS.isdisjoint(name):
        return "it holds a slash or backslash"
    if name.startswith("."):
        return "it begins with a dot"
    if len(name.encode()) > MAX_NAME_BYTES:
        return f"it is longer than {MAX_NAME_BYTES} bytes"
    return None


def normalise(path: str) -> tuple[str, ...]:
    """The parts of a path from the root of the mailbox: '.', '..' and doubled slashes resolved.

    '..' at the root stays at the root. Relative paths start at the root. Every part that is left
    is a checked name. Raises Refusal (GTW-100).
    """
    if len(path.encode(errors="surrogatepass")) > MAX_PATH_BYTES:
        raise refusal("GTW-100", Status.FAILURE, value=path, reason="the path is too long")
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(checked_name(part))
    return tuple(parts)


def shown_path(parts: tuple[str, ...]) -> str:
    """The absolute path that a client sees."""
    return "/" + "/".join(parts)


def resolve(path: str) -> Node:
    """What `path` points at, existing or not. Raises Refusal (GTW-100, GTW-101)."""
    parts = normalise(path)
    if parts in ((), (Folder.ARCHIVE,)):
        return Node(parts)
    place, rest = _place(parts)
    if len(rest) > 1:
        raise no_such(parts)
    return Node(parts, place, rest[0] if rest else None)


def no_such(parts: tuple[str, ...]) -> Refusal:
    """The refusal for a path where nothing is."""
    return refusal("GTW-101", Status.NO_SUCH_FILE, value=shown_path(parts))


def _place(parts: tuple[str, ...]) -> tuple[Place, tuple[str, ...]]:
    """The place that the first parts name, and what is left of them."""
    try:
        folder = Folder(parts[0])
        if folder is not Folder.ARCHIVE:
            return Place(folder), parts[1:]
        return Place(folder, _day(parts[1])), parts[2:]
    except ValueError:
        raise no_such(parts) from None


def _day(text: str) -> date:
    """A day folder's date. Raises ValueError; only the one spelling 2026-11-23 is a day."""
    day = date.fromisoformat(text)
    if day.isoformat() != text:
        raise ValueError(text)
    return day
