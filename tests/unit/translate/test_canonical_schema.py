"""The published schemas: they are what the code writes, and they do not change unannounced."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from translators.canonical import codec, schema
from translators.canonical.schema import FOLDER, SchemaChanged, Step, step_needed, step_taken
from translators.translation import Translation

KINDS = sorted(codec.KINDS)


def _published(kind: str) -> list[tuple[str, dict[str, Any]]]:
    files = ((path.stem.rpartition("-")[2], path) for path in FOLDER.glob(f"{kind}-*.json"))
    ordered = sorted(files, key=lambda pair: [int(part) for part in pair[0].split(".")])
    return [(version, json.loads(path.read_bytes())) for version, path in ordered]


@pytest.mark.parametrize("kind", KINDS)
def test_the_published_schema_is_the_one_the_code_has(kind: str) -> None:
    path = FOLDER / f"{codec.KINDS[kind].schema}.json"
    assert path.read_bytes() == schema.schema_bytes(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_every_published_version_took_the_step_its_change_needed(kind: str) -> None:
    published = _published(kind)
    assert published[-1][0] == codec.KINDS[kind].version
    for (old_version, old), (new_version, new) in pairwise(published):
        assert step_taken(old_version, new_version) >= step_needed(old, new)


def test_publishing_again_writes_nothing_and_never_rewrites(tmp_path: Path) -> None:
    assert len(schema.publish(tmp_path)) == len(KINDS)
    assert schema.publish(tmp_path) == ()
    (tmp_path / f"{codec.KINDS['order'].schema}.json").write_text("{}")
    with pytest.raises(SchemaChanged, match=r"order-[0-9.]+\.json"):
        schema.publish(tmp_path)


def _removed(changed: dict[str, Any]) -> None:
    del changed["$defs"]["Party"]["properties"]["city"]


def _renamed(changed: dict[str, Any]) -> None:
    party = changed["$defs"]["Party"]["properties"]
    party["town"] = party.pop("city")


def _retyped(changed: dict[str, Any]) -> None:
    changed["$defs"]["Party"]["properties"]["city"] = {"type": "integer"}


def _newly_required(changed: dict[str, Any]) -> None:
    changed["required"] = [*changed["required"], "number"]


def _no_longer_promised(changed: dict[str, Any]) -> None:
    changed["required"].remove("usage")


def _class_gone(changed: dict[str, Any]) -> None:
    del changed["$defs"]["Party"]


@pytest.mark.parametrize(
    "change", [_removed, _renamed, _retyped, _newly_required, _no_longer_promised, _class_gone]
)
def test_a_change_that_breaks_readers_needs_a_major_step(change: Callable[[dict[str, Any]], None]) -> None:
    old = schema.schema_of("order")
    new = copy.deepcopy(old)
    change(new)
    assert step_needed(old, new) is Step.MAJOR


def _added(changed: dict[str, Any]) -> None:
    changed["$defs"]["Party"]["properties"]["county"] = {"type": "string"}


def _reworded(changed: dict[str, Any]) -> None:
    changed["$defs"]["Party"]["description"] = "Other words."


@pytest.mark.parametrize("change", [_added, _reworded])
def test_any_other_change_needs_a_minor_step(change: Callable[[dict[str, Any]], None]) -> None:
    old = schema.schema_of("order")
    new = copy.deepcopy(old)
    change(new)
    assert step_needed(old, new) is Step.MINOR


def test_a_new_version_number_alone_is_no_change() -> None:
    old = schema.schema_of("order")
    new = {**old, "$id": "other", "properties": {**old["properties"], "schema": {"const": "order-9.0.0"}}}
    assert step_needed(old, new) is Step.NONE


@pytest.mark.parametrize(
    ("old", "new", "step"),
    [
        ("1.0.0", "2.0.0", Step.MAJOR),
        ("1.0.0", "1.1.0", Step.MINOR),
        ("1.9.0", "1.10.0", Step.MINOR),
        ("1.0.0", "1.0.1", Step.NONE),
        ("2.0.0", "1.1.0", Step.NONE),
    ],
)
def test_a_version_step_is_read_as_a_number(old: str, new: str, step: Step) -> None:
    assert step_taken(old, new) is step


def test_a_translated_document_fits_its_schema(translate: Callable[..., Translation]) -> None:
    body = "BEG*00*SA*1**20240314\nCUR*BY*USD\nREF*DP*9\nDTM*002*20240401*0800\nPO1*1*1.5*EA*0.10\nCTT*1"
    document = translate("850", body).document
    assert document is not None
    written = codec.to_json(document)
    jsonschema.Draft202012Validator(schema.schema_of("order")).validate(written)
    assert json.loads(codec.to_json_bytes(document)) == written


SAMPLES = sorted((Path(__file__).parents[3] / "samples").glob("*/*/*/canonical.json"))


def test_the_samples_hold_every_kind_of_document() -> None:
    documents = [one["canonical"] for path in SAMPLES for one in json.loads(path.read_bytes())]
    assert {document["schema"].rpartition("-")[0] for document in documents} == set(codec.KINDS)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parent.parent.name}/{path.parent.name}")
def test_every_document_of_a_sample_fits_its_published_schema(path: Path) -> None:
    for one in json.loads(path.read_bytes()):
        published = json.loads((FOLDER / f"{one['canonical']['schema']}.json").read_bytes())
        jsonschema.Draft202012Validator(published).validate(one["canonical"])
