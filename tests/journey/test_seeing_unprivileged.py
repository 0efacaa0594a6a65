"""The gateway as an unprivileged user who can write nothing but its home (SEC-21)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from business_files import order_850

NOBODY = 65534
SCRIPT = Path(__file__).parents[1] / "support" / "unprivileged.py"
pytestmark = pytest.mark.slow


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of that user's own; pytest's belong to whoever runs the tests."""
    with TemporaryDirectory(prefix="tradepost-nobody-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        own = folder / "own"
        own.mkdir()
        if os.geteuid() == 0:
            os.chown(own, NOBODY, NOBODY)
        yield own


def _run(folder: Path, *words: str, status: int = 0) -> str:
    """A command, as that user where we may become it; code is read and never written."""
    done = subprocess.run(
        [sys.executable, SCRIPT, str(NOBODY), "--home", str(folder / "home"), *words],
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == status, done.stderr
    return done.stdout if status == 0 else done.stderr


def test_a_file_becomes_an_order_and_is_answered_without_any_privilege(folder: Path) -> None:
    """SEC-21."""
    order = folder / "po.edi"
    order.write_bytes(order_850(1, ["A-1"]))
    order.chmod(0o644)
    _run(folder, "init")
    _run(folder, "receive", str(order), "--partner", "acme-retail")
    _run(folder, "run", "--once")
    [document] = json.loads(_run(folder, "documents", "list", "--json"))
    assert (document["number"], document["state"]) == ("A-1", "delivered")
    [answer] = json.loads(_run(folder, "acknowledgements", "list", "--json"))
    assert answer["state"] == "sent"
    if os.geteuid() == 0:
        assert {path.stat().st_uid for path in (folder / "home").rglob("*")} == {NOBODY}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can find out what another user may not do")
def test_it_can_write_nothing_but_its_home(folder: Path) -> None:
    """SEC-21: a home in a folder of root's is refused with words."""
    said = _run(folder / "..", "init", status=1)
    assert "GTW-026" in said
