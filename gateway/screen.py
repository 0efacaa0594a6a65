"""Text for people on a terminal: styled pieces, wrapped and aligned by the columns they take.

Small on purpose: what prints with it starts at once. Text of partners passes `printable` first;
nothing here takes text for markup.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO
from unicodedata import combining, east_asian_width

#: Width of what is not a terminal.
WIDE = 160
#: The narrowest that is laid out; a terminal narrower than that wraps by itself.
NARROW = 40
_CODES = {"": "", "bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}

#: A text and its style: "", or words of `_CODES` with spaces between, "bold red".
Piece = tuple[str, str]


def printable(text: str) -> str:
    """`text` with control and other unprintable characters escaped, so that a terminal only shows it."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def columns(text: str) -> int:
    """Columns of a terminal that printable text takes: two for wide characters, none for combining ones."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def fitting(text: str, room: int) -> str:
    """The text, its end cut off with an ellipsis where it takes more than `room` columns."""
    if columns(text) <= room:
        return text
    text = text[: max(0, room)]
    while text and columns(text) >= room:
        text = text[:-1]
    return f"{text}…" if room > 0 else ""


def ending(text: str, room: int) -> str:
    """The text, its beginning cut off with an ellipsis where it takes more than `room` columns."""
    return fitting(text[::-1], room)[::-1]


class Screen:
    """Where lines go. width: columns. colour: whether styles are written as ANSI sequences."""

    def __init__(self, out: TextIO, *, width: int = WIDE, colour: bool = False) -> None:
        self._out = out
        self.width = max(NARROW, width)
        self.colour = colour

    @classmethod
    def of(cls, out: TextIO) -> Screen:
        """A terminal as it is, coloured unless NO_COLOR is set; anything else wide and plain.

        COLUMNS sets the width of either.
        """
        terminal = out.isatty()
        plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
        told = os.environ.get("COLUMNS", "")
        width = int(told) if told.isdecimal() else _terminal_columns(out) if terminal else WIDE
        return cls(out, width=width, colour=terminal and not plain)

    def line(self, *pieces: Piece, indent: int = 0) -> None:
        """One line, never wrapped."""
        text = "".join(self._styled(*piece) for piece in pieces)
        self._out.write(f"{' ' * indent}{text}".rstrip(" ") + "\n")

    def blank(self) -> None:
        """An empty line."""
        self._out.write("\n")

    def words(self, *pieces: Piece, indent: int = 0, label: Piece = ("", "")) -> None:
        """Pieces wrapped between words, all lines indented, the first one beginning with the label."""
        head = label
        for line in _wrapped(pieces, self.width - indent - columns(label[0])):
            self.line(head, *line, indent=indent)
            head = (" " * columns(label[0]), "")

    def table(self, rows: Sequence[Sequence[Piece]], *, indent: int = 0, gap: int = 2) -> None:
        """Rows in columns as wide as their widest cell; the widest give where the screen is narrow."""
        if not rows:
            return
        widths = [max(columns(cell[0]) for cell in column) for column in zip(*rows, strict=True)]
        used = [at for at, width in enumerate(widths) if width]
        room = self.width - indent - gap * (len(used) - 1)
        while sum(widths) > room and max(widths) > 8:
            widths[widths.index(max(widths))] -= 1
        for row in rows:
            cells: list[Piece] = []
            for at in used:
                text = fitting(row[at][0], widths[at])
                cells += [(text, row[at][1]), (" " * (widths[at] - columns(text) + gap), "")]
            self.line(*cells[:-1], indent=indent)

    def _styled(self, text: str, style: str) -> str:
        codes = ";".join(_CODES[word] for word in style.split())
        return f"\x1b[{codes}m{text}\x1b[0m" if self.colour and codes and text else text


def _terminal_columns(out: TextIO) -> int:
    try:
        return os.get_terminal_size(out.fileno()).columns or WIDE
    except (OSError, ValueError):
        return WIDE


def _wrapped(pieces: Iterable[Piece], room: int) -> Iterator[list[Piece]]:
    """Lines of pieces, each at most `room` columns; a word longer than that is broken."""
    line: list[Piece] = []
    used = 0
    for text, style in pieces:
        for word in _words(text, max(1, room)):
            if used and used + columns(word.rstrip(" ")) > room:
                yield line
                line, used = [], 0
            line.append((word, style))
            used += columns(word)
    if line:
        yield line


def _words(text: str, room: int) -> Iterator[str]:
    """The words of a text with the spaces after them, none longer than `room` columns."""
    at = 0
    while at < len(text):
        end = text.find(" ", at)
        end = len(text) if end < 0 else end + 1
        while end < len(text) and text[end] == " ":
            end += 1
        word, at = text[at:end], end
        while columns(word.rstrip(" ")) > room:
            part = word[:1]
            while columns(word[: len(part) + 1]) <= room:
                part = word[: len(part) + 1]
            yield part
            word = word[len(part) :]
        yield word
