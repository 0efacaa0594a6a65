"""An ERP with trouble, as the people at the command line see it: pause, outage, dead letters, compare."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from business_files import order_850
from fake_erp import FakeErp, fake_erp, status

from gateway import cli

pytestmark = pytest.mark.slow

DESTINATIONS = """\
[erp]
url = "{url}"
allow_hosts = ["127.0.0.1"]
owner = "erp-desk@example.com"
[copy]
url = "folder:copy"
[[copy.takes]]
kinds = ["order"]
[erp-test]
url = "folder:erp-test"
environment = "test"
[harbor-answers]
url = "folder:harbor-answers"
"""
WHY = ("--reason", "as agreed")
#: How long a delivery that waits for its turn may take on a busy machine.
PATIENCE_S = 60.0
Tradepost = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def tradepost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Tradepost:
    """The command line in this process: exit status, stdout (as JSON if asked for), stderr."""
    monkeypatch.setenv("TRADEPOST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "250")

    def run(*arguments: str) -> tuple[int, Any, str]:
        monkeypatch.setattr(sys, "argv", ["tradepost", *arguments])
        capfdbinary.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capfdbinary.readouterr()
        said = json.loads(out) if "--json" in arguments and out else out.decode()
        return int(ended.value.code or 0), said, err.decode()

    return run


def _home(tradepost: Tradepost, tmp_path: Path, erp: FakeErp) -> None:
    assert tradepost("init", "--samples")[0] == 0
    home = tmp_path / "home"
    (home / "copy").mkdir()
    (home / "partners" / "destinations.toml").write_text(DESTINATIONS.format(url=erp.url), "utf-8")
    assert tradepost("partners", "apply", *WHY)[0] == 0


def _send(tradepost: Tradepost, tmp_path: Path, number: int, *orders: str) -> None:
    path = tmp_path / f"po{number}.edi"
    path.write_bytes(order_850(number, orders))
    assert tradepost("receive", str(path), "--partner", "acme-retail")[0] == 0
    assert tradepost("run", "--once")[0] == 0


def _of(tradepost: Tradepost, name: str) -> dict[str, Any]:
    lines = tradepost("destinations", "list", "--json")[1]
    return next(line for line in lines if line["name"] == name)


def test_an_erp_is_paused_refuses_and_takes_again(tradepost: Tradepost, tmp_path: Path) -> None:
    with fake_erp() as erp:
        _home(tradepost, tmp_path, erp)
        assert tradepost("destinations", "check")[0] == 0
        assert "GTW-030" in tradepost("destinations", "pause", "erp")[2]
        assert "GTW-045" in tradepost("destinations", "pause", "nowhere", *WHY)[2]
        assert tradepost("destinations", "pause", "erp", *WHY)[0] == 0
        _send(tradepost, tmp_path, 1, "A-1", "A-2")
        assert (_of(tradepost, "erp")["state"], _of(tradepost, "erp")["waiting"]) == ("paused", 2)
        assert "as agreed" in tradepost("destinations", "list")[1]
        assert {one["waits_for"] for one in tradepost("deliveries", "list", "--json")[1]} == {
            "destination",
            None,
        }
        assert erp.requests == []
        [first, *_] = tradepost("documents", "list", "--json")[1]
        compared = tradepost("documents", "compare", first["id"], "--json")[1]
        assert [one["destination"] for one in compared["held"]] == ["copy", "erp"]
        assert tradepost("documents", "compare", first["id"])[0] == 0

        erp.script(status(422), status(422))
        assert tradepost("destinations", "resume", "erp", *WHY)[0] == 0
        assert "GTW-047" in tradepost("destinations", "resume", "erp", *WHY)[2]
        ends = time.monotonic() + PATIENCE_S
        while len(erp.requests) < 2 and time.monotonic() < ends:  # the second waits for its turn
            assert tradepost("run", "--once")[0] == 0
        [group] = tradepost("dead-letters", "list", "--json")[1]
        assert (group["cause"], group["count"], group["owner"]) == ("OUT-037", 2, "erp-desk@example.com")
        assert "OUT-037" in tradepost("dead-letters", "list")[1]
        assert {one["state"] for one in tradepost("documents", "list", "--json")[1]} == {"ready"}

        assert "GTW-046" in tradepost("dead-letters", "retry", *WHY)[2]
        by_cause = ("--cause", "OUT-037", "--json")
        assert tradepost("dead-letters", "retry", *by_cause, "--dry-run")[1] == {"count": 2, "dry_run": True}
        [letter, _] = tradepost("deliveries", "list", "--state", "dead", "--json")[1]
        status_of_preview, preview, _ = tradepost("deliveries", "preview", letter["id"], "--json")
        assert (status_of_preview, preview["headers"]["Idempotency-Key"]) == (0, letter["key"])
        assert tradepost("dead-letters", "close", letter["id"], *WHY)[0] == 0
        assert tradepost("dead-letters", "retry", *by_cause, *WHY)[1] == {"count": 1, "dry_run": False}
        assert tradepost("run", "--once")[0] == 0
        assert len(erp.committed) == 1
        documents = tradepost("documents", "list", "--json")[1]
        assert {one["state"] for one in documents} == {"delivered"}, "the copy has what the ERP has not"
        assert tradepost("dead-letters", "list", "--json")[1] == []


def test_a_replay_is_shown_and_then_done(tradepost: Tradepost, tmp_path: Path) -> None:
    with fake_erp() as erp:
        _home(tradepost, tmp_path, erp)
        _send(tradepost, tmp_path, 1, "A-1", "A-2")
        [sent] = tradepost("transmissions", "list", "--json")[1]
        code, shown, _ = tradepost("transmissions", "replay", sent["id"], "--dry-run", "--json")
        assert (code, shown["documents"], shown["differing"], shown["sent_again"]) == (0, 2, [], 4)
        assert "2 documents read" in tradepost("transmissions", "replay", sent["id"], "--dry-run")[1]
        document = tradepost("documents", "list", "--number", "A-1", "--json")[1][0]
        replay = ("documents", "replay", document["id"], "--profiles", "then", "--keys", "new")
        assert tradepost(*replay, "--dry-run", "--json")[1]["new_keys"] == 2
        assert tradepost(*replay, *WHY)[0] == 0
        assert tradepost("run", "--once")[0] == 0
        assert len(erp.committed) == 3
        again = tradepost(*replay, *WHY)
        assert again[0] == 1
        assert "GTW-002" in again[2]
