"""Base, family, partner, document set: which value holds and which file set it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from partners.directory import BUNDLED, Directory, load_directory
from partners.inheritance import Chain, Place, Source, overlay, parse_path


def chain(*texts: str) -> Chain:
    return Chain(tuple(Source(f"{n}.toml", text, tomllib.loads(text)) for n, text in enumerate(texts)))


@pytest.fixture(scope="module")
def samples() -> Directory:
    directory = load_directory(BUNDLED)
    assert isinstance(directory, Directory)
    return directory


def test_a_table_is_laid_over_key_by_key_and_a_list_replaced() -> None:
    general = {"x12": {"a": 1, "b": [1, 2]}, "c": 1}
    special = {"x12": {"b": [3]}, "d": 2}
    assert overlay(general, special) == {"x12": {"a": 1, "b": [3]}, "c": 1, "d": 2}
    assert general == {"x12": {"a": 1, "b": [1, 2]}, "c": 1}


def test_a_table_of_another_kind_replaces_the_inherited_one() -> None:
    every = {"schedule": {"kind": "every", "minutes": 5}}
    assert overlay(every, {"schedule": {"kind": "at_once"}}) == {"schedule": {"kind": "at_once"}}
    assert overlay(every, {"schedule": {"minutes": 7}}) == {"schedule": {"kind": "every", "minutes": 7}}


def test_document_rules_start_from_the_table_document() -> None:
    effective = chain(
        "[document]\nreceipt = false\ndestination = 'erp'",
        "[[documents]]\nset = '850'\n[[documents]]\nset = '856'\ndestination = 'wms'",
    ).effective()
    assert effective == {
        "documents": [
            {"receipt": False, "destination": "erp", "set": "850"},
            {"receipt": False, "destination": "wms", "set": "856"},
        ]
    }


def test_the_most_special_file_that_sets_a_value_is_named() -> None:
    files = chain("[x12]\na = 1\nb = 1\nc = 1", "[x12]\nb = 2\nc = 2", "name = 'n'\n[x12]\nc = 3")
    assert files.origin(("x12", "a")) == Place("0.toml", 2, "x12.a")
    assert files.origin(("x12", "b")) == Place("1.toml", 2, "x12.b")
    assert files.origin(("x12", "c")) == Place("2.toml", 3, "x12.c")
    assert files.origin(("x12", "d")) is None


def test_what_a_replaced_list_held_has_no_origin() -> None:
    files = chain("[[documents]]\nset = '850'\n[[documents]]\nset = '810'", "[[documents]]\nset = '856'")
    assert files.origin(("documents", 1, "set")) is None
    assert files.origin(("documents", 0, "set")) == Place("1.toml", 2, "documents[1].set")


@pytest.mark.parametrize(
    ("path", "value", "file"),
    [
        ("x12.acknowledge.ta1", "on_error", "delta-supply/profile.toml"),
        ("x12.on_element_error", "reject", "bundled/_bases/x12.toml"),
        ("documents[2].document", "invoice", "bundled/_bases/supplier.toml"),
        ("documents[2].destination", "erp", "bundled/_bases/x12.toml"),
        ("x12.acknowledge.version", "received", None),
        ("channels[1].senders", ("delta-supply",), None),
    ],
)
def test_a_setting_is_explained_by_value_and_file(
    samples: Directory, path: str, value: object, file: str | None
) -> None:
    setting = samples.explain("delta-supply", path)
    assert setting.value == value
    assert (setting.place.file.removeprefix("bundled/") if setting.place else None) == (
        file.removeprefix("bundled/") if file else None
    )


@pytest.mark.parametrize(
    "path", ["x12.nothing", "documents[6]", "documents[0]", "name.length", "documents.x"]
)
def test_a_setting_that_does_not_exist_is_a_key_error(samples: Directory, path: str) -> None:
    with pytest.raises(KeyError):
        samples.explain("delta-supply", path)


@pytest.mark.parametrize("text", ["", ".", "a..b", "a[b]", "a b", "[x]"])
def test_a_text_that_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no path"):
        parse_path(text)


def test_a_base_of_the_home_comes_before_a_bundled_one(tmp_path: Path) -> None:
    (tmp_path / "_bases").mkdir()
    (tmp_path / "_bases" / "csv.toml").write_text('name = "From the home"\n')
    (tmp_path / "ours.toml").write_text('name = "We"\n')
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "profile.toml").write_text('extends = "csv"\n')
    directory = load_directory(tmp_path)
    assert isinstance(directory, Directory)
    assert directory.partners[0].name == "From the home"
