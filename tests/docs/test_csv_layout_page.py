"""docs/csv-layouts.md says what the layout's definition says, and its example loads."""

from __future__ import annotations

import re
from pathlib import Path

from parsers.delimited.fields import FIELDS
from parsers.delimited.layout import Column, Layout, Limits, parse_layout
from parsers.delimited.layout_page import page

PAGE = Path(__file__).parents[2] / "docs" / "csv-layouts.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == page(), "python -m parsers.delimited.layout_page docs/csv-layouts.md"


def test_every_key_and_field_stands_in_the_page_with_a_sentence() -> None:
    text = PAGE.read_text("utf-8")
    for model in (Layout, Column, Limits):
        for name, info in model.model_fields.items():
            assert f"| `{name}` |" in text
            assert info.description, name
    assert all(f"| `{name}` |" in text for fields in FIELDS.values() for name in fields)


def test_the_example_of_the_page_loads() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), flags=re.DOTALL)
    assert isinstance(parse_layout(example, "example.layout.toml"), Layout)
