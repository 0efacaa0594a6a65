"""Strict JSON: what is refused before a schema is asked."""

from __future__ import annotations

import io

import pytest

from parsers.finding import Finding
from parsers.strict_json import MAX_BYTES, JsonObject, pointer, read


def _told(data: bytes) -> list[str]:
    """Messages of everything that is wrong."""
    return [
        finding.message
        for item in read(io.BytesIO(data))
        for finding in ([item] if isinstance(item, Finding) else item.findings)
    ]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b'{"a": {"b": 1, "b": 2}}', "/a is names twice: b"),
        (b'{"a": [1, NaN]}', "/a/1 is NaN"),
        (b'{"a": -Infinity}', "/a is -Infinity"),
        (b'{"a": "%s"}' % (b"x" * 70_000), "/a is a text of 70000 characters"),
        (b'{"a": "\\ud800"}', "expected: characters of Unicode"),
        (b'{"\\ud800": 1}', "/ is a name that is no text"),
        (b'{"a":' * 80 + b"1" + b"}" * 80, "64 levels deep"),
        (b'{"a":' * 1_000_000, "without measure"),
        (b'{"a": %s}' % (b"9" * 5_000), "without measure"),
        (b'{"a": 1', "not JSON at byte 7"),
        (b"\xff", "at byte 0: a byte that is not UTF-8"),
        (b" \n", "no canonical document"),
        (b"[]", "no canonical document"),
        (b'[{"a": 1}, 2]', "no canonical document"),
        (b" " * (MAX_BYTES + 1), "larger than"),
    ],
)
def test_what_json_alone_forbids_is_told_with_its_place(data: bytes, told: str) -> None:
    """BI-059."""
    [message] = _told(data)
    assert told in message


@pytest.mark.parametrize(
    "data", [b'\xef\xbb\xbf{"a":1}\r\n{"a":2}\n', b'[{"a":1},{"a":2}]', b'{\n "a":1\n}\n{"a":\n2}']
)
def test_a_list_and_one_object_after_another_are_the_same(data: bytes) -> None:
    assert list(read(io.BytesIO(data))) == [JsonObject({"a": 1}, 1), JsonObject({"a": 2}, 2)]


def test_a_pointer_escapes_what_would_divide_it() -> None:
    assert pointer("a/b", 0, "c~d") == "/a~1b/0/c~0d"
