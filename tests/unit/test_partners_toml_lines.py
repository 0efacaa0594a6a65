"""A finding about a TOML file names the line on which the key stands."""

from __future__ import annotations

import tomllib

import pytest

from parsers.toml_lines import TomlPath, line_of

LONG_TEXTS = '''\
name = "it's # no remark" # a remark: """
notes = """
[x12]
isa = "in a text"
an escaped \\""" quote
"""
more = \'\'\'
[x12]\'\'\'
quote = \'"""\'

[x12]
isa = "here"
'''
LISTS = """\
[[channels]]
name = "a"
[channels.inner]
deep = 1
[[channels]]
"name" = "b"
x12.isa = [
  { id = "1" },
]
"""


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        (LONG_TEXTS, ("x12", "isa"), 12),
        (LONG_TEXTS, ("x12",), 11),
        (LONG_TEXTS, ("quote",), 9),
        (LONG_TEXTS, ("nothing",), 1),
        (LISTS, ("channels", 0, "name"), 2),
        (LISTS, ("channels", 0, "inner", "deep"), 4),
        (LISTS, ("channels", 1, "name"), 6),
        (LISTS, ("channels", 1, "x12", "isa", 0, "id"), 7),
        (LISTS, ("channels", 1, "login"), 5),
    ],
)
def test_the_line_of_a_key_is_where_it_is_written(text: str, path: TomlPath, line: int) -> None:
    tomllib.loads(text)
    assert line_of(text, path) == line


def test_a_text_that_never_ends_is_no_endless_search() -> None:
    assert line_of('a = """' + '\\"' * 20_000, ("a",)) == 1
