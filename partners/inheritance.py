"""Base > family > partner > document set: which value holds, and which file set it.

A profile may extend a base, a base another one. A table is laid over the inherited table
key by key; anything else, lists included, replaces what was inherited. A table whose `kind`
changes replaces the inherited one whole. The table `document` holds what every entry of
`documents` has unless it says otherwise itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from parsers.toml_lines import TomlPath, dotted, line_of

#: The table that every document rule starts from.
DOCUMENT_DEFAULTS = "document"
_STRUCTURE = frozenset({"extends", DOCUMENT_DEFAULTS})
_PATH_PART = re.compile(r"([A-Za-z0-9_-]+)|\[([0-9]+)\]")

#: Stands for a value that is not there.
ABSENT = object()

Table = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Source:
    """One TOML file as read. name: its path from the partners folder, "acme/profile.toml"."""

    name: str
    text: str
    data: Table

    def place(self, path: TomlPath) -> Place:
        """Where `path` stands in this file; a key that is missing, where it is missing from."""
        return Place(self.name, line_of(self.text, path), dotted(path))


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file, and the field meant: "x12.isa[1].qualifier"."""

    file: str
    line: int
    field: str


@dataclass(frozen=True, slots=True)
class Setting:
    """An effective value and who set it; place is None for a default."""

    value: object
    place: Place | None


@dataclass(frozen=True, slots=True)
class Chain:
    """A profile and what it extends, the most general file first, the profile last."""

    sources: tuple[Source, ...]

    @property
    def own(self) -> Source:
        """The profile itself."""
        return self.sources[-1]

    def effective(self) -> dict[str, object]:
        """The values that hold, before defaults; `extends` and `document` are gone."""
        everything = self._overlaid()
        defaults = everything.get(DOCUMENT_DEFAULTS)
        rules = everything.get("documents")
        if isinstance(defaults, Mapping) and isinstance(rules, list):
            everything["documents"] = [
                overlay(defaults, rule) if isinstance(rule, Mapping) else rule for rule in rules
            ]
        return {key: value for key, value in everything.items() if key not in _STRUCTURE}

    def document_defaults(self) -> object:
        """What `document` holds over all files; an empty table if none has it."""
        return self._overlaid().get(DOCUMENT_DEFAULTS, {})

    def place(self, path: TomlPath) -> Place:
        """Where the value at `path` was set, or in the profile where it is missing."""
        return self.origin(path) or self.own.place(path)

    def origin(self, path: TomlPath) -> Place | None:
        """Where the value at `path` was set; None if no file sets it."""
        if value_at(self.effective(), path) is ABSENT:
            return None
        general = path[2:] if path[:1] == ("documents",) and len(path) > 2 else None
        return self._latest(path) or (self._latest((DOCUMENT_DEFAULTS, *general)) if general else None)

    def _latest(self, path: TomlPath) -> Place | None:
        return next(
            (
                source.place(path)
                for source in reversed(self.sources)
                if value_at(source.data, path) is not ABSENT
            ),
            None,
        )

    def _overlaid(self) -> dict[str, object]:
        everything: dict[str, object] = {}
        for source in self.sources:
            everything = overlay(everything, source.data)
        return everything


def overlay(general: Table, special: Table) -> dict[str, object]:
    """`special` laid over `general`; neither is changed."""
    result = dict(general)
    for key, value in special.items():
        inherited = result.get(key)
        if isinstance(value, Mapping) and isinstance(inherited, Mapping) and _same_kind(inherited, value):
            result[key] = overlay(inherited, value)
        else:
            result[key] = value
    return result


def _same_kind(general: Table, special: Table) -> bool:
    return special.get("kind", general.get("kind")) == general.get("kind")


def entry(data: object, part: int | str) -> object:
    """What `data` has under a key or at an index; ABSENT if nothing."""
    if isinstance(data, Mapping):
        return data.get(part, ABSENT)
    if isinstance(data, list | tuple) and isinstance(part, int) and 0 <= part < len(data):
        return data[part]
    return ABSENT


def value_at(data: object, path: TomlPath) -> object:
    """What `data` has at `path`; ABSENT if nothing."""
    for part in path:
        data = entry(data, part)
    return data


def parse_path(text: str) -> TomlPath:
    """The path that people write as "documents[1].schedule"; entries count from 1.

    Raises ValueError if the text is no path.
    """
    parts: list[int | str] = []
    for piece in text.split("."):
        matches = list(_PATH_PART.finditer(piece))
        if not matches or "".join(match[0] for match in matches) != piece:
            raise ValueError(f"{text} is no path of a setting")
        parts += [match[1] if match[1] is not None else int(match[2]) - 1 for match in matches]
    return tuple(parts)
