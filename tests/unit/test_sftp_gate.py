"""Who may come in. SEC-06, SEC-07, SEC-09."""

from __future__ import annotations

import socket
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest
from argon2 import PasswordHasher
from paramiko import ECDSAKey, PKey, RSAKey
from paramiko.common import AUTH_FAILED, AUTH_SUCCESSFUL, OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

from gateway.sftp_server import gate as gate_module
from gateway.sftp_server.allowances import Allowances
from gateway.sftp_server.events import SftpEvent
from gateway.sftp_server.gate import Doorkeeper, Gate
from gateway.sftp_server.host_key import ensure_host_key
from gateway.sftp_server.limits import SftpLimits
from gateway.sftp_server.line import Line
from gateway.sftp_server.mailbox import LoginFacts
from gateway.sftp_server.memory import MemoryMailboxes
from gateway.sftp_server.passwords import MAX_PASSWORD_CHARS, Passwords, hash_password
from gateway.sftp_server.penalties import Penalties

SECRET = "correct horse battery staple"
HASH = hash_password(SECRET)


class Silence:
    """A connection on which nothing ever comes."""

    def settimeout(self, seconds: float) -> None:
        """Nothing to wait for."""


def _line(key: PKey) -> str:
    return f"{key.get_name()} {key.get_base64()} comment"


def _gate(*logins: LoginFacts, address: str = "192.0.2.1") -> tuple[Gate, MemoryMailboxes, list[SftpEvent]]:
    boxes, events = MemoryMailboxes(list(logins)), []

    def note(event: SftpEvent, fields: Mapping[str, str | int]) -> None:
        events.append(event)

    limits = SftpLimits(password_refusal_s=0)
    keeper = Doorkeeper(boxes, Passwords(), Allowances(limits), Penalties(limits.penalties), limits, (), note)
    return Gate(keeper, Line(cast("socket.socket", Silence()), 1.0), address), boxes, events


def test_a_password_opens_its_own_login_only() -> None:
    gate, _, events = _gate(LoginFacts("acme", "acme", "c", (), HASH), LoginFacts("bolt", "bolt", "c"))
    assert gate.check_auth_password("bolt", SECRET) == AUTH_FAILED
    assert gate.check_auth_password("acme", "wrong") == AUTH_FAILED
    assert gate.check_auth_password("acme", SECRET) == AUTH_SUCCESSFUL
    assert (gate.caller.partner, gate.caller.key, gate.caller.address) == ("acme", "password", "192.0.2.1")
    assert events == [SftpEvent.LOGIN_REFUSED] * 2


@pytest.mark.parametrize("name", ["nobody", "Acme", "acme ", "a", "../acme", "acme\x00", "a" * 65, "acme\n"])
def test_a_name_that_is_no_login_is_refused(name: str) -> None:
    gate, _, _ = _gate(LoginFacts("acme", "acme", "c", (), HASH))
    assert gate.check_auth_password(name, SECRET) == AUTH_FAILED


def test_a_disabled_login_is_refused_whatever_it_shows(tmp_path: Path) -> None:
    key = ensure_host_key(tmp_path / "key")
    gate, _, _ = _gate(LoginFacts("acme", "acme", "c", (_line(key),), HASH, enabled=False))
    assert gate.check_auth_password("acme", SECRET) == AUTH_FAILED
    assert gate.check_auth_publickey("acme", key) == AUTH_FAILED


def test_every_refused_password_costs_one_verification(monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []
    honest = PasswordHasher.verify

    def counted(self: PasswordHasher, known: str, password: str) -> bool:
        verified.append(known.split("$")[3])
        return honest(self, known, password)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    gate, _, _ = _gate(LoginFacts("acme", "acme", "c", (), HASH), LoginFacts("keys-only", "acme", "c"))
    for name in ("acme", "keys-only", "nobody", "No Login"):
        assert gate.check_auth_password(name, "wrong") == AUTH_FAILED
    assert gate.check_auth_password("acme", "x" * (MAX_PASSWORD_CHARS + 1)) == AUTH_FAILED
    assert verified == ["m=19456,t=2,p=1"] * 5


def test_a_hash_that_is_none_opens_nothing() -> None:
    gate, _, _ = _gate(LoginFacts("acme", "acme", "c", (), "not an argon2 hash"))
    assert gate.check_auth_password("acme", "not an argon2 hash") == AUTH_FAILED


def test_any_of_several_keys_opens_a_login(tmp_path: Path) -> None:
    first, second, other = (ensure_host_key(tmp_path / name) for name in ("1", "2", "3"))
    gate, _, _ = _gate(LoginFacts("acme", "acme", "c", ("broken line", _line(first), _line(second))))
    assert gate.check_auth_publickey("acme", other) == AUTH_FAILED
    assert gate.check_auth_publickey("acme", second) == AUTH_SUCCESSFUL
    assert gate.caller.key == second.fingerprint


def test_short_rsa_keys_are_refused_even_if_listed() -> None:
    short, ecdsa = RSAKey.generate(2048), ECDSAKey.generate()
    gate, _, _ = _gate(LoginFacts("acme", "acme", "c", (_line(short), _line(ecdsa))))
    assert gate.check_auth_publickey("acme", short) == AUTH_FAILED
    assert gate.check_auth_publickey("acme", ecdsa) == AUTH_SUCCESSFUL


def test_only_session_channels_are_admitted() -> None:
    gate, _, _ = _gate()
    for kind in ("x11", "direct-tcpip", "forwarded-tcpip", "auth-agent@openssh.com"):
        assert gate.check_channel_request(kind, 1) == OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED


def test_a_withdrawn_key_password_or_login_ends_the_welcome(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate_module, "RECHECK_S", 0.0)
    key = ensure_host_key(tmp_path / "key")
    facts = LoginFacts("acme", "acme", "c", (_line(key),), HASH)
    gate, boxes, _ = _gate(facts)
    for enter in (
        lambda: gate.check_auth_publickey("acme", key),
        lambda: gate.check_auth_password("acme", SECRET),
    ):
        boxes.logins = [facts]
        assert enter() == AUTH_SUCCESSFUL
        assert gate.is_still_welcome()
        boxes.logins = [LoginFacts("acme", "acme", "c", (), hash_password("new"))]
        assert not gate.is_still_welcome()
        boxes.logins = []
        assert not gate.is_still_welcome()


def test_a_host_key_is_made_once_and_is_ours_alone(tmp_path: Path) -> None:
    path = tmp_path / "host_key"
    first = ensure_host_key(path)
    assert ensure_host_key(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["host_key"]
