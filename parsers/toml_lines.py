"""Where a key stands in a TOML file, so that a finding can name its line."""

from __future__ import annotations

import re

#: Keys and list indexes from the top of the file: ("columns", 2, "type").
TomlPath = tuple[int | str, ...]

_TABLE = re.compile(r"\s*(\[{1,2})\s*([^\[\]]+?)\s*\]{1,2}\s*(?:#.*)?$")
_KEY = re.compile(r"\s*((?:[\w-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"|'[^']*'))*)\s*=")
#: What may hold quotes that open nothing, and the two texts that may run over lines, in order of trial.
_QUOTED = re.compile(
    r"""#[^\n]*|(?P<long>\"{3}(?:\\.|[^\\])*?(?:\"{3}|\Z)|'{3}.*?(?:'{3}|\Z))"""
    r"""|"(?:\\.|[^"\\\n])*"?|'[^'\n]*'?""",
    re.DOTALL,
)
_PART = re.compile(r"[\w-]+|\"[^\"]*\"|'[^']*'")


def dotted(path: TomlPath) -> str:
    """The path as people write it, list entries counted from 1: "columns[3].type"."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def line_of(text: str, path: TomlPath) -> int:
    """The line, from 1, where the longest beginning of `path` that the file spells out is written.

    A key inside an inline table or a list of values is found at the key that holds it; a key
    that is missing, at the table it is missing from. 1 if nothing of the path is written.
    """
    places = _places(text)
    return next((places[path[:size]] for size in range(len(path), 0, -1) if path[:size] in places), 1)


def _places(text: str) -> dict[TomlPath, int]:
    places: dict[TomlPath, int] = {}
    counts: dict[TomlPath, int] = {}
    table: TomlPath = ()
    for number, line in enumerate(_without_long_texts(text).split("\n"), start=1):
        if heading := _TABLE.match(line):
            table = _table_path(_parts(heading[2]), counts, is_list=heading[1] == "[[")
            places.setdefault(table, number)
            if heading[1] == "[[":
                places.setdefault(table[:-1], number)
        elif key := _KEY.match(line):
            places.setdefault((*table, *_parts(key[1])), number)
    return places


def _without_long_texts(text: str) -> str:
    """The file with each text over several lines emptied, its line ends kept: it may look like keys."""
    if '"""' not in text and "'''" not in text:
        return text
    return _QUOTED.sub(lambda match: "\n" * match[0].count("\n") if match["long"] else match[0], text)


def _table_path(parts: TomlPath, counts: dict[TomlPath, int], *, is_list: bool) -> TomlPath:
    """The path of a table heading; each list on the way is entered at its latest entry."""
    path: TomlPath = ()
    for position, part in enumerate(parts):
        path = (*path, part)
        if is_list and position == len(parts) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _parts(text: str) -> TomlPath:
    return tuple(part.strip("\"'") for part in _PART.findall(text))
