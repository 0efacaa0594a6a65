"""docs/partners.md is made from the models, and what it shows works."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from partners.directory import BUNDLED, Directory, load_directory
from partners.reference import page
from partners.values import Model

PAGE = Path(__file__).parents[2] / "docs" / "partners.md"


def models(base: type[Model]) -> list[type[Model]]:
    return [inner for model in base.__subclasses__() for inner in (model, *models(model))]


def test_the_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: python -m partners.reference > docs/partners.md"


@pytest.mark.parametrize(
    "model", [m for m in models(Model) if not m.__subclasses__()], ids=lambda m: m.__name__
)
def test_every_key_is_described_in_a_sentence_on_the_page(model: type[Model]) -> None:
    rows = PAGE.read_text("utf-8").splitlines()
    for name, field in model.model_fields.items():
        assert field.description, name
        assert field.description.endswith((".", "…")), name
        assert any(row.startswith(f"| `{name}` |") and field.description[:40] in row for row in rows), name


def test_the_profile_of_the_five_minutes_loads(tmp_path: Path) -> None:
    block = re.search(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert block is not None
    for name in ("ours.toml", "destinations.toml"):
        (tmp_path / name).write_bytes((BUNDLED / name).read_bytes())
    (tmp_path / "bluebarn").mkdir()
    (tmp_path / "bluebarn" / "profile.toml").write_text(
        re.sub(r"^   ", "", block[1], flags=re.MULTILINE), "utf-8"
    )
    directory = load_directory(tmp_path)
    assert isinstance(directory, Directory), [finding.message for finding in directory]
    assert tomllib.loads(block[1])["extends"] == "retailer"
    agreement = directory.by_partner("bluebarn")
    assert agreement is not None
    rule = agreement.rule_for("x12", "850", "004010")
    assert rule is not None
    assert (rule.destination, rule.test_destination) == ("erp", "erp-test")
