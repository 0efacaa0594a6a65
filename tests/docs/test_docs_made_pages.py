"""The made pages are current, and whatever can be named has a sentence on its page."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.pages.cli import commands
from gateway.pages.ledger import models
from gateway.pages.registry import PAGES
from gateway.pages.settings import variable
from gateway.pages.states import KINDS
from gateway.settings import Settings
from gateway.states import TABLES, beginnings
from gateway.store.core import table_of
from parsers.catalogue import entries

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def rows(name: str) -> list[str]:
    """The table rows of a page."""
    return [line for line in (DOCS / name).read_text("utf-8").splitlines() if line.startswith("| ")]


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_made_page_is_current(name: str) -> None:
    assert (DOCS / name).read_text("utf-8") == PAGES[name](), "run: make docs"


@pytest.mark.slow
def test_make_docs_writes_every_made_page(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "gateway.pages", str(tmp_path)], check=True, cwd=ROOT, timeout=60)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(PAGES)
    assert "python -m gateway.pages docs" in (ROOT / "Makefile").read_text("utf-8")


def test_every_setting_has_a_type_a_default_a_sentence_and_a_variable() -> None:
    page = rows("settings.md")
    for name, field in Settings.model_fields.items():
        assert field.description is not None, name
        assert field.description.endswith("."), name
        (row,) = [row for row in page if row.startswith(f"| `{name}`<br>`{variable(name)}` |")]
        assert field.description[:30] in row
        assert "| |" not in row.replace("|  |", "| |")


def test_a_setting_in_seconds_or_bytes_says_its_unit() -> None:
    page = rows("settings.md")
    for suffix, unit in (("_s", "seconds"), ("_bytes", "bytes")):
        for name in Settings.model_fields:
            if name.endswith(suffix):
                assert any(row.startswith(f"| `{name}`") and f"| {unit} |" in row for row in page), name


def test_every_environment_variable_of_the_page_is_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(variable("workers"), "7")
    assert Settings(home=tmp_path).workers == 7


def test_every_state_has_a_meaning_moves_and_what_a_crash_leaves() -> None:
    text = (DOCS / "states.md").read_text("utf-8")
    sections = {part.split("\n", 1)[0].lower(): part for part in text.split("\n## ")[1:]}
    assert set(sections) == set(TABLES) == set(KINDS)
    for kind, states in TABLES.items():
        for state in states.values():
            assert f"| `{state.name}` | {state.meaning}" in sections[kind]
            assert state.after_crash
            for after in state.next:
                assert after in states, f"{kind} {state.name} leads nowhere: {after}"
                assert f"    {state.name} --> {after}\n" in sections[kind]
        for name in beginnings(states):
            assert f"    [*] --> {name}\n" in sections[kind]


def test_every_finding_stands_on_the_page_with_cause_and_remedy() -> None:
    page = {
        match[1]: row for row in rows("findings.md") if (match := re.search(r"`([A-Z0-9]{3}-\d{3})`", row))
    }
    assert set(page) == set(entries())
    for code, entry in entries().items():
        assert entry.title.replace("*", r"\*")[:20] in page[code]
        assert entry.cause.endswith("."), code
        assert entry.remedy.endswith((".", ")")) or "tradepost " in entry.remedy, code


def test_every_code_that_the_program_uses_is_in_the_catalogue() -> None:
    pattern = re.compile(r'"((?:X12|CSV|PRT|TRN|OUT|GTW)-\d{3})"')
    for package in ("gateway", "outbound", "translators", "partners", "parsers"):
        for source in (ROOT / package).rglob("*.py"):
            unknown = set(pattern.findall(source.read_text("utf-8"))) - set(entries())
            assert not unknown, source


def test_every_command_and_option_is_described() -> None:
    text = (DOCS / "cli.md").read_text("utf-8")
    sections = {part.split("\n", 1)[0]: part for part in text.split("\n## ")[1:]}
    assert list(sections) == [command.words for command in commands()]
    for command in commands():
        section = sections[command.words]
        assert command.help.endswith("."), command.words
        for parameter in command.parameters:
            for option in parameter.opts:
                if option.startswith("-") and option != "--help":
                    assert option in section, f"{command.words} {option}"
                    assert parameter.help, f"{command.words} {option} has no sentence"


def test_every_table_and_column_of_the_ledger_stands_on_its_page() -> None:
    text = (DOCS / "ledger.md").read_text("utf-8")
    sections = {part.split("\n", 1)[0]: part for part in text.split("\n## ")[1:]}
    assert list(sections) == [table_of(model).name for model in models()]
    for model in models():
        made = table_of(model)
        assert model.__doc__, made.name
        assert model.__doc__.splitlines()[0] in sections[made.name]
        assert all(f"`{column.name}`" in sections[made.name] for column in made.columns)
    assert "| *`same_as`* | text | The earlier transmission" in sections["transmission"]
