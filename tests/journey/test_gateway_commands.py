"""Every command as a person types it, for people and for machines, on one home with some history."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from business_files import SAMPLES, order_850, sample
from fake_erp import fake_erp, status

from gateway import cli

pytestmark = pytest.mark.slow

ERP = '[erp]\nurl = "{url}"\nallow_hosts = ["127.0.0.1"]\n'
REST = """\
[erp-test]
url = "folder:erp-test"
environment = "test"
[harbor-answers]
url = "folder:harbor-answers"
"""
REASON = ("--reason", "as agreed")


@dataclass(frozen=True)
class Said:
    """How a command ended. out: bytes on stdout. err: text on stderr."""

    status: int
    out: bytes
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Tradepost = Callable[..., Said]


@pytest.fixture
def tradepost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Tradepost:
    """The command line in this process, on a home of its own."""
    monkeypatch.setenv("TRADEPOST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["tradepost", *arguments])
        capfdbinary.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capfdbinary.readouterr()
        assert isinstance(ended.value.code, int)
        return Said(ended.value.code, out, err.decode())

    return run


@pytest.fixture
def history(tradepost: Tradepost, tmp_path: Path) -> Iterator[Tradepost]:
    """A home where one order is delivered, one refused by the ERP, one held, and one file in quarantine."""
    assert tradepost("init").status == 0
    with fake_erp() as erp:
        destinations = tmp_path / "home" / "partners" / "destinations.toml"
        destinations.write_text(ERP.format(url=erp.url) + REST)
        erp.script(status(400))
        for name, content in {
            "refused.edi": order_850(1, ["A-1"]),
            "good.edi": order_850(2, ["A-2"]),
            "change.edi": order_850(3, ["A-3"], purpose="04"),
            "stranger.edi": order_850(4, ["A-4"], sender="NOBODY"),
            "nonsense.edi": sample("x12/any/not-edi"),
        }.items():
            path = tmp_path / name
            path.write_bytes(content)
            said = tradepost("receive", str(path), "--partner", "acme-retail", "--json")
            assert said.json["size"] == len(content)
            assert tradepost("run", "--once").status == 0
        yield tradepost


LISTS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("transmissions", "list"): ("good.edi", "refused.edi"),
    ("transmissions", "list", "--direction", "out"): ("997_000000001.edi",),
    ("documents", "list"): ("A-1", "A-2", "A-3"),
    ("documents", "list", "--state", "held"): ("A-3",),
    ("deliveries", "list"): ("A-1", "A-2"),
    ("deliveries", "list", "--state", "dead"): ("A-1",),
    ("acknowledgements", "list"): ("997_000000001.edi", "997_000000003.edi"),
    ("quarantine", "list"): ("stranger.edi", "nonsense.edi"),
    ("numbers", "show"): ("interchange ZZ:MILLBROOK ZZ:ACMERETAIL",),
    ("archive", "find", "A-2"): ("good.edi", "997_000000002.edi"),
    ("archive", "find", "--po", "A-1"): ("refused.edi",),
    ("archive", "find", "--control-number", "3"): ("change.edi",),
    ("archive", "find", "--name", "nons*"): ("nonsense.edi",),
    ("archive", "find", "--partner", "acme-retail"): ("good.edi",),
    ("partners", "list"): ("acme-retail", "harbor-distribution"),
    ("partners", "show", "acme-retail"): ("Acme Retail",),
}


def test_every_list_speaks_to_people_and_to_machines(history: Tradepost) -> None:
    for command, expected in LISTS.items():
        people, machines = history(*command), history(*command, "--json")
        assert (people.status, machines.status) == (0, 0), command
        text = json.dumps(machines.json)
        for word in expected:
            assert word in people.out.decode(), command
            assert word in text, command


def test_what_is_listed_can_be_shown_one_by_one(history: Tradepost) -> None:
    for noun in ("transmissions", "documents", "deliveries", "acknowledgements"):
        for listed in history(noun, "list", "--json").json:
            people, machines = (
                history(noun, "show", listed["id"]),
                history(noun, "show", listed["id"], "--json"),
            )
            assert (people.status, machines.status) == (0, 0), people.err
            assert listed["id"] in people.out.decode()
            assert listed["id"] in json.dumps(machines.json)
    [found] = history("archive", "find", "--name", "good.edi", "--json").json
    assert history("archive", "show", found["id"], "--json").json["transmission"]["id"] == found["id"]
    assert history("archive", "get", found["id"]).out == order_850(2, ["A-2"])
    assert history("archive", "get", found["sha256"]).out == order_850(2, ["A-2"])


def test_a_person_decides_and_the_next_run_does_it(history: Tradepost) -> None:
    [held] = history("documents", "list", "--state", "held", "--json").json
    [dead] = history("deliveries", "list", "--state", "dead", "--json").json
    first = history("acknowledgements", "list", "--json").json[-1]
    stranger = next(
        one for one in history("quarantine", "list", "--json").json if one["name"] == "stranger.edi"
    )
    for command in (
        ("documents", "release", held["id"]),
        ("deliveries", "retry", dead["id"]),
        ("acknowledgements", "resend", first["id"]),
        ("quarantine", "close", stranger["id"]),
        ("numbers", "set", "interchange ZZ:MILLBROOK ZZ:ACMERETAIL", "500"),
    ):
        assert history(*command).status == 1, "without a reason nothing happens"
        done = history(*command, *REASON)
        assert done.status == 0, done.err
    assert history("run", "--once").status == 0
    assert history("documents", "list", "--state", "held", "--json").json == []
    assert history("deliveries", "list", "--state", "dead", "--json").json == []
    shown = history("documents", "show", held["id"], "--json").json
    assert shown["document"]["state"] == "delivered"
    assert "as agreed" in {event["reason"] for event in shown["events"]}


def test_a_held_document_is_rejected_and_a_delivery_cancelled(history: Tradepost) -> None:
    [held] = history("documents", "list", "--state", "held", "--json").json
    [dead] = history("deliveries", "list", "--state", "dead", "--json").json
    assert history("documents", "reject", held["id"], *REASON).status == 0
    assert history("deliveries", "cancel", dead["id"], *REASON).status == 0
    again = history("documents", "reject", held["id"], *REASON)
    assert again.status == 1
    assert "GTW-002" in again.err


def test_a_replay_and_a_release_are_done_by_the_next_run(history: Tradepost) -> None:
    [good] = history("archive", "find", "--name", "good.edi", "--json").json
    quarantined = history("quarantine", "list", "--json").json
    assert history("transmissions", "replay", good["id"], *REASON).status == 0
    for one in quarantined:
        assert history("quarantine", "release", one["id"], *REASON).status == 0
    assert history("run", "--once").status == 0
    versions = {one["version"] for one in history("documents", "list", "--number", "A-2", "--json").json}
    assert versions == {1, 2}
    assert len(history("quarantine", "list", "--json").json) == len(quarantined), "nothing has changed"


def test_profiles_are_checked_applied_and_explained(history: Tradepost, tmp_path: Path) -> None:
    assert history("partners", "check").status == 0
    assert history("partners", "check", "--json").json is not None
    assert history("partners", "apply").status == 0
    explained = history("partners", "show", "acme-retail", "time_zone").json
    assert explained["value"] == "America/Chicago"
    profile = tmp_path / "home" / "partners" / "acme-retail" / "profile.toml"
    profile.write_text(profile.read_text() + "\nunheard_of = 1\n")
    refused = history("partners", "apply")
    assert refused.status == 1
    assert "profile.toml line" in refused.err
    checked = history("partners", "check", "--json")
    assert checked.status == 1
    assert checked.json


def test_doctor_says_what_is_open_and_what_to_do(history: Tradepost) -> None:
    people, machines = history("doctor"), history("doctor", "--json")
    assert people.status == machines.status == 1, "a dead letter waits"
    assert "tradepost dead-letters list" in people.out.decode()
    assert "dead letters" in {check["name"] for check in machines.json}


def test_inspect_needs_no_home(tradepost: Tradepost) -> None:
    file = str(next((SAMPLES / "x12" / "850" / "simple").glob("input.*")))
    assert tradepost("inspect", file).status == 0
    assert tradepost("inspect", file, "--json").json["status"] == "accepted"


def test_faults_go_to_stderr_with_code_and_remedy(tradepost: Tradepost) -> None:
    homeless = tradepost("transmissions", "list")
    assert (homeless.status, homeless.out) == (1, b"")
    assert "GTW-023" in homeless.err
    assert tradepost("transmissions", "list", "--no-such-option").status == 64
    assert tradepost("init").status == 0
    unknown = tradepost("transmissions", "show", "tx-0")
    assert (unknown.status, unknown.out) == (1, b"")
    assert "GTW-001" in unknown.err
