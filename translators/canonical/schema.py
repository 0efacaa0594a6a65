"""The published JSON Schemas of the canonical documents, and what a change to one of them costs.

A schema file is named after kind and semantic version and never changes once it is published: a
changed model needs a new version in `codec.KINDS`, a major step if a reader of the old one could
stumble, a minor step otherwise. `publish` writes what is missing and refuses to rewrite the past.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from enum import IntEnum
from pathlib import Path
from typing import Any

from translators.canonical.codec import adapter
from translators.canonical.kinds import KINDS

Schema = Mapping[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
FOLDER = Path(__file__).parent / "schemas"
#: Words of a schema that say nothing about what is valid.
REMARKS = frozenset({"title", "description", "default"})


class SchemaChanged(ValueError):
    """A published schema would change; the text names its file."""


class Step(IntEnum):
    """The least step of a semantic version that a change asks for."""

    NONE = 0
    MINOR = 1
    MAJOR = 2


def schema_of(kind: str) -> dict[str, Any]:
    """The JSON Schema of documents of `kind` as `codec.to_json` writes them. KeyError if unknown."""
    known = KINDS[kind]
    body = adapter(kind).json_schema(mode="validation")
    named = {"schema": {"const": known.schema}, **body["properties"]}
    return {
        "$schema": DIALECT,
        "$id": f"urn:tradepost:canonical:{known.schema}",
        **body,
        "properties": named,
        "required": ["schema", *body["required"]],
    }


def schema_bytes(kind: str) -> bytes:
    """The schema as it stands in its file."""
    return (json.dumps(schema_of(kind), indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()


def publish(folder: Path = FOLDER) -> tuple[Path, ...]:
    """Write the schema files that are missing and give their paths; may run any number of times.

    Raises SchemaChanged if the file of a current version holds another schema.
    """
    written = []
    for kind in KINDS.values():
        path, data = folder / f"{kind.schema}.json", schema_bytes(kind.name)
        if not path.exists():
            path.write_bytes(data)
            written.append(path)
        elif path.read_bytes() != data:
            raise SchemaChanged(f"{path.name} is published and differs: raise the version of {kind.name}")
    return tuple(written)


def step_needed(old: Schema, new: Schema) -> Step:
    """What the change from `old` to `new` asks for.

    MAJOR: something removed, renamed, of another type, newly required or no longer promised.
    MINOR: any other change. NONE: the same, the version's own name aside.
    """
    if _nameless(old) == _nameless(new):
        return Step.NONE
    before, after = dict(_objects(old)), dict(_objects(new))
    broken = any(name not in after or _breaks(schema, after[name]) for name, schema in before.items())
    return Step.MAJOR if broken else Step.MINOR


def step_taken(old: str, new: str) -> Step:
    """The step between two versions such as "1.0.0" and "1.1.0"; NONE if it is not forward."""
    (old_major, old_minor, _), (new_major, new_minor, _) = (
        tuple(int(part) for part in version.split(".")) for version in (old, new)
    )
    if new_major > old_major:
        return Step.MAJOR
    return Step.MINOR if new_major == old_major and new_minor > old_minor else Step.NONE


def _nameless(schema: Schema) -> dict[str, Any]:
    properties = {name: value for name, value in schema["properties"].items() if name != "schema"}
    return {**schema, "$id": None, "properties": properties}


def _objects(schema: Schema) -> Iterator[tuple[str, Schema]]:
    yield "", _nameless(schema)
    yield from schema.get("$defs", {}).items()


def _breaks(old: Schema, new: Schema) -> bool:
    """True if a document or a reader made for the object `old` could stumble over `new`."""
    if set(old.get("required", ())) != set(new.get("required", ())):
        return True
    properties = new.get("properties", {})
    return _shape({**old, "properties": None}) != _shape({**new, "properties": None}) or any(
        name not in properties or _shape(value) != _shape(properties[name])
        for name, value in old.get("properties", {}).items()
    )


def _shape(value: Any) -> Any:
    """A schema without its remarks and without its list of required names, which is compared apart."""
    if isinstance(value, Mapping):
        left_out = REMARKS | {"$defs", "$id", "required"}
        return {key: _shape(part) for key, part in value.items() if key not in left_out}
    if isinstance(value, list):
        return [_shape(part) for part in value]
    return value
