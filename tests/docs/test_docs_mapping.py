"""The page on mappings: its examples can be used, and it names every function."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from outbound.mapping.calls import ALWAYS, OF_ANSWERS, VALUES, mapped_documents
from outbound.mapping.expressions import LEFT_OUT, _Words
from outbound.sql_table import mapped_tables
from partners.destinations import Destination
from partners.mappings import Ending, MappingFile

PAGE = (Path(__file__).parents[2] / "docs" / "mapping.md").read_text("utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


def test_every_function_of_ours_and_every_name_is_on_the_page() -> None:
    ours = {name for name in _Words.FUNCTION_TABLE if name in vars(_Words) or f"_func_{name}" in vars(_Words)}
    named = set(re.findall(r"`(\w+)(?:\(|`)", PAGE))
    assert ours <= named
    assert named >= LEFT_OUT
    assert named >= ALWAYS | OF_ANSWERS | {VALUES}


def test_every_ending_is_explained() -> None:
    meanings = Ending.model_fields["then"].annotation.__args__  # type: ignore[union-attr]
    assert all(f"`{meaning}`" in PAGE for meaning in meanings)


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_can_be_used(example: str) -> None:
    data = tomllib.loads(example)
    if "url" in data.get("erp", {}):
        mapped = MappingFile()
        Destination.model_validate({"name": "erp", **data["erp"], "mapped": mapped})
        return
    if not data.keys() & MappingFile.model_fields.keys():
        calls = {"order": {"calls": [{"name": "a", "path": "/a", "body": data}]}}
        mapped_documents(MappingFile.model_validate(calls))
        return
    mapping = MappingFile.model_validate(data)
    assert mapped_documents(mapping) or mapped_tables(mapping)
