"""The page on Tryton shows a destination that works, and the lists and states that there are."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from outbound.registry import connect
from outbound.tryton.connector import TrytonConnector
from outbound.tryton.master_data import BUYERS, GTINS, SELLERS
from partners.crosswalk import LISTS
from partners.destinations import Destination

PAGE = (Path(__file__).parents[2] / "docs" / "tryton.md").read_text("utf-8")


def test_the_destination_on_the_page_is_one(tmp_path: Path) -> None:
    (block,) = re.findall(r"```toml\n(.+?)```", PAGE, re.DOTALL)
    ((name, table),) = tomllib.loads("\n".join(line.strip() for line in block.splitlines())).items()
    destination = Destination.model_validate({"name": name, **table})
    assert destination.secrets == {"tryton.application_key": "file:secrets/tryton-key"}
    connector = connect(destination, {"tryton.application_key": "0f"}, tmp_path)
    assert isinstance(connector, TrytonConnector)
    connector.close()


def test_every_list_of_a_crosswalk_is_on_the_page() -> None:
    assert {name for name in LISTS if f"`{name}`:" in PAGE} == set(LISTS)


def test_every_qualifier_that_products_are_found_by_is_on_the_page() -> None:
    (row,) = [line for line in PAGE.splitlines() if line.startswith("| product |")]
    assert set(re.findall(r"\b[A-Z]{2}\b", row)) == GTINS | SELLERS | BUYERS
