"""Who may import whom: the contracts of pyproject.toml hold, and they bite."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("gateway", "outbound", "translators", "partners", "parsers")
LINT = Path(sys.executable).with_name("lint-imports")

#: A file, an import that has no business there, and the contract that says so.
FORBIDDEN = [
    ("parsers/x12/element.py", "partners.profile", "One direction"),
    ("partners/values.py", "translators.report", "One direction"),
    ("outbound/retry.py", "gateway.store.ledger", "One direction"),
    ("gateway/store/moves.py", "gateway.pipeline", "Inside the gateway"),
    ("gateway/errors.py", "gateway.settings", "Inside the gateway"),
    ("gateway/views.py", "gateway.operations", "Inside the gateway"),
    ("translators/totals.py", "time", "no clock"),
    ("parsers/registry.py", "socket", "no network"),
    ("partners/loading.py", "sqlalchemy", "no database"),
    ("outbound/retry.py", "sqlmodel", "Outbound knows no database"),
    ("outbound/file_drop.py", "outbound.http_json", "Connectors"),
    ("translators/x12_810.py", "translators.x12_850", "Translators of different documents"),
    ("gateway/archive/local.py", "gateway.archive.s3", "Archives"),
    ("gateway/watchers/local.py", "gateway.watchers.sftp", "Watchers"),
    ("gateway/pipeline.py", "gateway.archive.local", "knows the ports"),
]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(LINT), "--no-cache", "--config", str(ROOT / "pyproject.toml")]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def broken(said: str) -> str:
    """The names of the broken contracts, as one line."""
    return " ".join(said.partition("Broken contracts")[2].split())


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The five packages' modules in a folder of their own."""
    folder = tmp_path_factory.mktemp("sources")
    for package in PACKAGES:
        for source in (ROOT / package).rglob("*.py"):
            target = folder / source.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    return folder


def test_the_contracts_hold(copied: Path) -> None:
    result = lint(copied)
    assert result.returncode == 0, result.stdout[-4000:]


@pytest.mark.slow
def test_every_contract_bites(copied: Path, tmp_path: Path) -> None:
    folder = tmp_path / "sources"
    shutil.copytree(copied, folder)
    for file, module, _ in FORBIDDEN:
        with (folder / file).open("a", encoding="utf-8") as source:
            source.write(f"\nimport {module}\n")
    result = lint(folder)
    assert result.returncode == 1
    said = broken(result.stdout)
    for file, module, contract in FORBIDDEN:
        importer = file.removesuffix(".py").replace("/", ".")
        assert contract in said
        assert importer in said, f"{file} may import {module} unseen"


@pytest.mark.slow
@pytest.mark.parametrize(("file", "module", "contract"), FORBIDDEN[::4])
def test_one_forbidden_import_is_enough(
    copied: Path, tmp_path: Path, file: str, module: str, contract: str
) -> None:
    folder = tmp_path / "sources"
    shutil.copytree(copied, folder)
    with (folder / file).open("a", encoding="utf-8") as source:
        source.write(f"\nimport {module}\n")
    result = lint(folder)
    assert result.returncode == 1
    assert contract in broken(result.stdout)


@pytest.mark.slow
def test_a_new_module_of_the_gateway_needs_a_place_in_the_order(copied: Path, tmp_path: Path) -> None:
    folder = tmp_path / "sources"
    shutil.copytree(copied, folder)
    (folder / "gateway" / "utils.py").write_text('"""Anything."""\n', "utf-8")
    result = lint(folder)
    assert result.returncode == 1
    assert "utils" in result.stdout
