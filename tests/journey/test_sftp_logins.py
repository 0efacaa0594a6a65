"""Logins of a running gateway: withdrawn at once, listed, their passwords and the server's key made."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from click.testing import Result
from live_gateway import TRADEPOST, LiveGateway, live_gateway
from paramiko import Ed25519Key, SFTPClient, Transport
from typer.testing import CliRunner

from gateway.cli import logins
from gateway.errors import WrongUsage

pytestmark = pytest.mark.slow
#: SEC-06.
WITHDRAWN_WITHIN_S = 5.0


def _said(gateway: LiveGateway, *words: str, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [TRADEPOST, *words],
        env=gateway.environment,
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _entered(gateway: LiveGateway, partner: str, login: str) -> Transport:
    transport = Transport(("127.0.0.1", gateway.port))
    key = Ed25519Key.from_private_key_file(str(gateway.home / "keys" / "clients" / partner))
    transport.connect(username=login, pkey=key)
    assert SFTPClient.from_transport(transport) is not None
    return transport


def test_an_idle_session_ends_within_five_seconds_of_the_profile_that_withdraws_it(tmp_path: Path) -> None:
    with live_gateway(tmp_path) as gateway:
        gone = _entered(gateway, "acme-retail", "acme")
        stays = _entered(gateway, "summit-outfitters", "summit")
        try:
            (gateway.home / "partners" / "acme-retail" / "keys" / "acme-retail.pub").unlink()
            applied = _said(gateway, "partners", "apply")
            in_force = time.monotonic()
            assert applied.returncode == 0, applied.stderr
            gone.join(2 * WITHDRAWN_WITHIN_S)
            assert time.monotonic() - in_force < WITHDRAWN_WITHIN_S
            assert not gone.is_active()
            assert stays.is_active()
            entry = json.loads(_said(gateway, "logins", "list", "--json").stdout)
            assert {row["login"] for row in entry} == {"corner", "delta", "rhein", "summit"}
        finally:
            gone.close()
            stays.close()


def _typed(home: Path, *words: str, text: str = "") -> Result:
    return CliRunner().invoke(logins.app, list(words), obj=home, input=text)


def test_a_password_is_hashed_and_a_short_one_refused(tmp_path: Path) -> None:
    hashed = _typed(tmp_path, "hash", text="correct horse battery\n").stdout.strip()
    assert PasswordHasher().verify(hashed, "correct horse battery")
    refused = _typed(tmp_path, "hash", text="too short\n").exception
    assert isinstance(refused, WrongUsage)
    assert refused.code == "GTW-114"


def test_the_servers_key_is_changed_in_two_steps(tmp_path: Path) -> None:
    LiveGateway(tmp_path).prepare()

    def keys(*options: str) -> list[str]:
        said = _typed(tmp_path, "host-key", "--json", *options)
        return [row["fingerprint"] for row in json.loads(said.stdout)]

    (first,) = keys()
    refused = _typed(tmp_path, "host-key", "--change").exception
    assert isinstance(refused, WrongUsage)
    assert refused.code == "GTW-115"
    now, coming = keys("--next")
    assert now == first
    assert keys("--next") == [first, coming], "asked for twice, made once"
    assert keys("--change") == [coming]
