"""Reads the TOML files of a partners folder and follows what they extend."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic_core import PydanticCustomError

from parsers.finding import Finding
from partners.faults import fault
from partners.inheritance import Chain, Place, Source
from partners.values import check_public_key

_TOML_LINE = re.compile(r"\(at line (\d+), column \d+\)|\(at end of document\)")


def read_source(path: Path, name: str) -> Source | Finding:
    """The TOML file at `path`, called `name` in findings; or why it cannot be read."""
    text = read_text(path, name)
    if isinstance(text, Finding):
        return text
    try:
        return Source(name, text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        return fault("PRT-002", Place(name, _line(error, text), ""), reason=str(error))
    except (ValueError, RecursionError):
        # A number of thousands of digits, or lists within lists without end: no TOML error to tomllib.
        return fault("PRT-002", Place(name, 1, ""), reason="a number is too long or a list nested too deep")


def read_text(path: Path, name: str) -> str | Finding:
    """The text of the file at `path`; or why it cannot be read."""
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        return fault("PRT-001", Place(name, 1, ""), reason=error.strerror or "it cannot be read")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        return fault("PRT-001", Place(name, line, ""), reason=f"byte {error.start} is not UTF-8")


def _line(error: tomllib.TOMLDecodeError, text: str) -> int:
    match = _TOML_LINE.search(str(error))
    return int(match[1]) if match and match[1] else text.count("\n") + 1


class Bases:
    """The bases that profiles may extend, each read once.

    Those of the home's own `_bases/` come before bundled ones of the same name.
    """

    def __init__(self, folders: Mapping[str, Path]) -> None:
        """folders: each folder of bases by the name it has in findings, the preferred one last."""
        self._paths = {
            path.stem: (path, f"{label}/{path.name}")
            for label, folder in folders.items()
            for path in sorted(folder.glob("*.toml"))
        }
        self._read: dict[str, Source | Finding] = {}

    def chain(self, own: Source) -> Chain | Finding:
        """A profile with all it extends; or why that cannot be followed."""
        sources = [own]
        seen: list[str] = []
        while "extends" in sources[0].data:
            special = sources[0]
            name = special.data["extends"]
            if not isinstance(name, str) or name not in self._paths:
                names = ", ".join(sorted(self._paths)) or "none"
                return fault("PRT-007", special.place(("extends",)), value=str(name), expected=names)
            if name in seen:
                circle = " → ".join([*seen, name])
                return fault("PRT-008", special.place(("extends",)), value=name, circle=circle)
            seen.append(name)
            base = self._source(name)
            if isinstance(base, Finding):
                return base
            sources.insert(0, base)
        return Chain(tuple(sources))

    def _source(self, name: str) -> Source | Finding:
        if name not in self._read:
            self._read[name] = read_source(*self._paths[name])
        return self._read[name]


def read_keys(folder: Path, name: str) -> Iterator[str | Finding]:
    """Every key line of the keys/*.pub of a partner's folder; or what is wrong with a line.

    Empty lines and lines that begin with # are passed over. name: the folder's, for findings.
    """
    for path in sorted((folder / "keys").glob("*.pub")):
        label = f"{name}/keys/{path.name}"
        text = read_text(path, label)
        if isinstance(text, Finding):
            yield text
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            key = line.strip()
            if key and not key.startswith("#"):
                yield _checked_key(key, Place(label, number, ""))


def _checked_key(key: str, place: Place) -> str | Finding:
    try:
        return check_public_key(key)
    except PydanticCustomError as error:
        return fault("PRT-040", place, expected=error.message())
