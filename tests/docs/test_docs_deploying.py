"""Unit files, compose file and image stay in step with the gateway, and are as tight as they say (SEC-21)."""

from __future__ import annotations

import re
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.pages.cli import commands
from gateway.pages.settings import variable
from gateway.running import Role
from gateway.settings import HOME_VARIABLE, Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "docs" / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
FILES = [*UNITS, DEPLOY / "compose.yaml", DEPLOY / "Containerfile"]
PROGRAM = "/opt/tradepost/bin/tradepost"
#: Worst score that `systemd-analyze security` may give, in tenths: 0 is best, 100 worst.
WORST = 20


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    return read


def _nodes(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: one for name, one in compose["services"].items() if one["image"] == "tradepost"}


def _check_words(words: list[str]) -> None:
    """The words after `tradepost` are a command of ours with options of its own."""
    named = {command.words: command for command in commands()}
    command = next(one for length in (2, 1) if (one := named.get(" ".join(words[:length]))))
    options = {name for parameter in command.parameters for name in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options
    for before, after in pairwise(words):
        if before == "--role":
            assert after in {*Role, "%i"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_variable_is_a_setting(path: Path) -> None:
    known = {variable(name) for name in Settings.model_fields} | {HOME_VARIABLE}
    assert set(re.findall(r"\bTRADEPOST_[A-Z0-9_]+", path.read_text("utf-8"))) <= known


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_runs_a_command_that_exists(unit: Path) -> None:
    [line] = re.findall(rf"^ExecStart={PROGRAM} (.*)$", unit.read_text("utf-8"), re.MULTILINE)
    _check_words(line.split())


def test_each_service_runs_a_command_that_exists_and_every_role_is_played(compose: dict[str, Any]) -> None:
    played = set()
    for name, node in _nodes(compose).items():
        if name != "bucket":
            _check_words(node["command"])
            played |= {one for one in node["command"] if one in set(Role)}
    assert played == {str(role) for role in Role}


def test_each_container_is_unprivileged_read_only_and_looked_after(compose: dict[str, Any]) -> None:
    """SEC-21."""
    for name, node in _nodes(compose).items():
        assert node["user"] == "65532:65532", name
        assert node["read_only"] is True, name
        assert node["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in node["security_opt"], name
        assert "healthcheck" in node, name


def test_no_secret_is_a_value_in_any_of_the_files(compose: dict[str, Any]) -> None:
    """SEC-14: secrets come as files."""
    for name, service in compose["services"].items():
        for key, value in service.get("environment", {}).items():
            assert not re.search(r"PASSWORD$|SECRET|TOKEN|ACCESS_KEY", key), (name, key)
            assert not re.search(r"://[^/]*:[^/]*@", str(value)), (name, key)
    assert all(set(secret) == {"file"} for secret in compose["secrets"].values())
    used = {one for service in compose["services"].values() for one in service.get("secrets", [])}
    assert used == set(compose["secrets"])


def test_what_compose_names_it_also_has(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert set(service.get("depends_on", {})) <= set(compose["services"])
        named = [one.split(":")[0] for one in service.get("volumes", []) if isinstance(one, str)]
        assert {one for one in named if not one.startswith((".", "/"))} <= set(compose["volumes"])
        if "build" in service:
            assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()


def test_the_image_copies_what_is_there_and_does_not_run_as_root() -> None:
    """SEC-21."""
    text = (DEPLOY / "Containerfile").read_text("utf-8")
    for line in re.findall(r"^COPY (?!--from)(.*)$", text, re.MULTILINE):
        *sources, _ = line.split()
        assert all((ROOT / source).exists() for source in sources), line
    assert re.findall(r"^USER (.*)$", text, re.MULTILINE)[-1] == "65532:65532"
    for package in ("parsers", "partners", "translators", "outbound", "gateway"):
        assert f"COPY {package} {package}" in text


def test_the_ports_are_those_of_the_settings(compose: dict[str, Any]) -> None:
    sftp, web = Settings.model_fields["sftp_port"].default, Settings.model_fields["web_port"].default
    text = (DEPLOY / "Containerfile").read_text("utf-8")
    assert f"EXPOSE {sftp} {web}\n" in text
    assert f"127.0.0.1:{web}/healthz" in text
    assert compose["services"]["sftp"]["ports"] == [f"{sftp}:{sftp}"]
    assert f"127.0.0.1:{web}/readyz" in compose["services"]["work"]["healthcheck"]["test"][-1]


def test_systemd_waits_longer_than_the_gateway_needs_to_stop() -> None:
    """FI-H04."""
    stop_s = Settings.model_fields["stop_s"].default
    for unit in UNITS:
        [patience] = re.findall(r"^TimeoutStopSec=(\d+)$", unit.read_text("utf-8"), re.MULTILINE)
        assert int(patience) > stop_s


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_finds_nothing_wrong_with_a_unit(unit: Path, tmp_path: Path) -> None:
    there = tmp_path / unit.name.replace("@", "@work")
    there.write_text(unit.read_text("utf-8").replace(PROGRAM, "/bin/true"), "utf-8")
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", there], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_rates_a_unit_as_tight(unit: Path) -> None:
    """SEC-21: at most 2.0."""
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--threshold={WORST}", "--no-pager", unit],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-200:]
