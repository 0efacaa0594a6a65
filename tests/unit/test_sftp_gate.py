"""Who may come in. SEC-06, SEC-07, SEC-09."""

from __future__ import annotations

import socket
import stat
import time
from collections.abc import Mapping
from dataclasses import replace
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
from gateway.sftp_server.penalties import Penalties, PenaltyRules

SECRET = "correct horse battery staple"
HASH = hash_password(SECRET)
FAST = SftpLimits(password_refusal_s=0, key_refusal_s=0)


class Silence:
    """A connection on which nothing ever comes."""

    def settimeout(self, seconds: float) -> None:
        """Nothing to wait for."""


def _line(key: PKey) -> str:
    return f"{key.get_name()} {key.get_base64()} comment"


def _gate(
    *logins: LoginFacts, address: str = "192.0.2.1", limits: SftpLimits = FAST
) -> tuple[Gate, MemoryMailboxes, list[SftpEvent]]:
    boxes, events = MemoryMailboxes(list(logins)), []

    def note(event: SftpEvent, fields: Mapping[str, str | int]) -> None:
        events.append(event)

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


@pytest.mark.parametrize("proof", ["key", "password"])
@pytest.mark.parametrize("left", ["another password", "nothing", "another partner"])
def test_a_withdrawn_key_password_or_login_ends_the_welcome_for_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proof: str, left: str
) -> None:
    key = ensure_host_key(tmp_path / "key")
    facts = LoginFacts("acme", "acme", "c", (_line(key),), HASH)
    gate, boxes, _ = _gate(facts)
    entered = (
        gate.check_auth_publickey("acme", key) if proof == "key" else gate.check_auth_password("acme", SECRET)
    )
    assert entered == AUTH_SUCCESSFUL
    assert gate.is_in_force()
    boxes.logins = {
        "another password": [LoginFacts("acme", "acme", "c", (), hash_password("new"))],
        "nothing": [],
        "another partner": [replace(facts, partner="bolt")],
    }[left]
    assert gate.is_still_welcome(), "looked up a moment ago"
    monkeypatch.setattr(gate_module, "RECHECK_S", 0.0)
    assert not gate.is_still_welcome()
    boxes.logins = [facts]
    assert not gate.is_still_welcome()
    assert not gate.is_in_force()


def test_a_host_key_is_made_once_and_is_ours_alone(tmp_path: Path) -> None:
    path = tmp_path / "host_key"
    first = ensure_host_key(path)
    assert ensure_host_key(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["host_key"]


def test_a_login_with_networks_is_unknown_from_anywhere_else() -> None:
    facts = LoginFacts("acme", "acme", "c", (), HASH, networks=("192.0.2.0/28", "2001:db8::/32"))
    for address, answer in (
        ("192.0.2.15", AUTH_SUCCESSFUL),
        ("::ffff:192.0.2.1", AUTH_SUCCESSFUL),
        ("2001:db8:9::1", AUTH_SUCCESSFUL),
        ("192.0.2.16", AUTH_FAILED),
        ("::1", AUTH_FAILED),
    ):
        gate, _, _ = _gate(facts, address=address)
        assert gate.check_auth_password("acme", SECRET) == answer


def test_no_refusal_is_answered_before_its_time_whoever_is_asked_for(tmp_path: Path) -> None:
    """SEC-07: what is known of a login can be read neither from the answer nor from the clock."""
    listed, stranger = ensure_host_key(tmp_path / "1"), ensure_host_key(tmp_path / "2")
    gate, _, _ = _gate(
        LoginFacts("acme", "acme", "c", (_line(listed),) * 50, HASH),
        limits=SftpLimits(password_refusal_s=0.2, key_refusal_s=0.1),
    )
    for name in ("acme", "nobody", "No Login"):
        began = time.monotonic()
        assert gate.check_auth_publickey(name, stranger) == AUTH_FAILED
        assert time.monotonic() - began >= 0.1
        began = time.monotonic()
        assert gate.check_auth_password(name, "wrong") == AUTH_FAILED
        assert time.monotonic() - began >= 0.2


def test_wrong_passwords_count_one_by_one_and_keys_once_a_connection(tmp_path: Path) -> None:
    gate, _, events = _gate(limits=SftpLimits(password_refusal_s=0, penalties=PenaltyRules(free=2)))
    for _ in range(3):
        assert not gate.is_shut_out()
        gate.check_auth_password("acme", "wrong")
    assert events == [SftpEvent.LOGIN_REFUSED] * 2 + [SftpEvent.SHUT_OUT, SftpEvent.LOGIN_REFUSED]
    assert gate.is_shut_out()
    gate, _, events = _gate(limits=SftpLimits(penalties=PenaltyRules(free=0)))
    key = ensure_host_key(tmp_path / "key")
    for _ in range(3):
        gate.check_auth_publickey("acme", key)
    assert not gate.is_shut_out()
    gate.ended(late=False)
    assert gate.is_shut_out()


def test_a_connection_that_tries_too_often_is_known() -> None:
    gate, _, _ = _gate(limits=SftpLimits(password_refusal_s=0, tries=2))
    gate.check_auth_password("acme", "wrong")
    assert not gate.tries_too_often()
    gate.check_auth_password("acme", "wrong")
    assert gate.tries_too_often()
