"""Names of others' files: which are looked at, how they are shown, and how ours stay apart."""

from __future__ import annotations

import os
from itertools import islice

import pytest

from gateway.watchers.names import MAX_NAME_BYTES, fitted, label, numbered, wanted
from gateway.watchers.s3_notices import names_new_object
from gateway.watchers.taken import name_of_leftover


@pytest.mark.parametrize("name", [".hidden.edi", "order.edi.tmp", "order.edi.part", "order.edi.filepart"])
def test_hidden_and_unfinished_names_are_never_looked_at(name: str) -> None:
    assert not wanted("*")(name)


def test_a_pattern_is_compared_with_the_whole_name_and_its_case() -> None:
    is_wanted = wanted("*.ed?")
    assert is_wanted("order.edi")
    assert not is_wanted("order.EDI")
    assert not is_wanted("order.edi.bak")


def test_a_pattern_takes_names_over_several_lines() -> None:
    assert wanted("*.edi")("two\nlines.edi")


def test_a_name_in_no_known_encoding_can_be_kept_as_text() -> None:
    assert label(os.fsdecode(b"order-\xff.edi")) == "order-\\xff.edi"
    assert label("bestellung-ü.edi") == "bestellung-ü.edi"


def test_numbered_names_fit_a_file_system() -> None:
    for name in ("order.edi", "x" * 255, "ü" * 127):
        for candidate in islice(numbered(name), 12):
            assert len(os.fsencode(candidate)) <= MAX_NAME_BYTES
    assert list(islice(numbered("a"), 3)) == ["a", "a.1", "a.2"]


def test_a_cut_name_keeps_what_is_put_before_and_behind() -> None:
    cut = fitted("y" * 300, prefix="before-", suffix=".9")
    assert cut.startswith("before-y")
    assert cut.endswith("y.9")
    assert len(cut) == MAX_NAME_BYTES


def test_only_names_of_ours_are_leftovers() -> None:
    assert name_of_leftover(".tradepost-taken-0a1b2c3d-order 1.edi") == "order 1.edi"
    assert name_of_leftover(".tradepost-0a1b2c3d.part") is None
    assert name_of_leftover("order.edi") is None


CREATED = (
    '{"Records": [{"eventName": "ObjectCreated:Put", '
    '"s3": {"bucket": {"name": "b"}, "object": {"key": "in/two+words%C3%BC.edi"}}}]}'
)


def test_a_notice_of_a_new_object_is_understood() -> None:
    assert names_new_object(CREATED, "b", "in/two wordsü")


@pytest.mark.parametrize(
    "body",
    [
        CREATED.replace('"b"', '"other"'),
        CREATED.replace("in/", "out/"),
        CREATED.replace("ObjectCreated:Put", "ObjectRemoved:Delete"),
        '{"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"}',
        '{"Records": [7]}',
        '{"Records": 7}',
        '{"Records": [{"eventName": 7}]}',
        "[]",
        "null",
        "no JSON",
        "",
        "[" * 100_000,
    ],
)
def test_any_other_message_says_nothing(body: str) -> None:
    assert not names_new_object(body, "b", "in/")
