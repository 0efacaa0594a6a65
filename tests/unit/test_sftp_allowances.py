"""What a partner may take of the server. SEC-09, FI-H."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from argon2 import PasswordHasher

from gateway.sftp_server.allowances import Pace, Places, Today
from gateway.sftp_server.passwords import MAX_VERIFICATIONS, Passwords
from gateway.sftp_server.refusal import Refusal


def test_a_login_with_a_limit_of_its_own_has_that_instead_of_the_servers() -> None:
    places = Places(1)
    assert [places.take("acme", 2), places.take("acme", 2), places.take("acme", 2)] == [True, True, False]
    assert [places.take("bolt"), places.take("bolt")] == [True, False]
    places.give_back("acme")
    assert places.take("acme", 2)


def test_requests_beyond_a_seconds_burst_wait_for_their_turn_and_each_partner_for_its_own() -> None:
    now = [50.0]
    pace = Pace(8, lambda: now[0])
    assert [pace.delay_s("acme") for _ in range(8)] == [0.0] * 8
    assert pace.delay_s("acme") == pytest.approx(0.125)
    assert pace.delay_s("acme") == pytest.approx(0.25)
    assert pace.delay_s("bolt") == 0.0
    assert pace.delay_s("bolt", 1) == pytest.approx(0.125)
    now[0] += 5.0
    assert pace.delay_s("acme") == 0.0


def test_a_days_files_and_bytes_end_and_begin_anew_at_midnight_utc() -> None:
    days = [date(2026, 3, 1)]
    today = Today(2, 100, lambda: days[0])
    for _ in range(2):
        today.count_file("acme")
    today.count_bytes("acme", 100)
    with pytest.raises(Refusal, match="2 files a day"):
        today.count_file("acme")
    with pytest.raises(Refusal, match="100 bytes a day"):
        today.count_bytes("acme", 1)
    today.count_file("acme", 3)
    today.count_bytes("bolt", 100)
    days[0] = date(2026, 3, 2)
    today.count_file("acme")
    today.count_bytes("acme", 100)


def test_no_more_than_two_passwords_are_verified_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """19 MiB each: a flood of logins must not take the machine's memory."""
    lock, together = threading.Lock(), threading.Barrier(MAX_VERIFICATIONS, timeout=10)
    at_once, most = 0, 0

    def counted(self: PasswordHasher, known: str, password: str) -> bool:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        together.wait()
        with lock:
            at_once -= 1
        return True

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    passwords = Passwords()
    threads = [threading.Thread(target=passwords.matches, args=("x", "y")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert most == MAX_VERIFICATIONS == 2
