"""What a profile says of its logins, and what the SFTP server makes of it. SEC-06."""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from gateway.ports import Archive, Clock
from gateway.profiles import check, fingerprint
from gateway.sftp_server.ledger_mailboxes import LedgerMailboxes
from gateway.sftp_server.limits import PartnerLimits
from gateway.store.ledger import Ledger
from partners.directory import Directory, load_directory

FIRST = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGEbkJlYzEt1Ee9ZdRYbL1Vk0DpYPz3l6bZZWvYQ8rBn"
SECOND = FIRST.replace("GEbk", "GEbl")
THIRD = FIRST.replace("GEbk", "GEbm")
PROFILE = """\
name = "Acme"

[[channels]]
kind = "sftp_mailbox"
name = "acme-mailbox"
login = "acme"
"""


class SetClock:
    """A clock that stands where it is put."""

    def __init__(self, now: datetime) -> None:
        self.time = now

    def now(self) -> datetime:
        """Where it stands."""
        return self.time


def _folder(home: Path, lines: str, key_file: str = "") -> Path:
    folder = home / "partners"
    (folder / "acme" / "keys").mkdir(parents=True)
    (folder / "ours.toml").write_text('name = "We"\nisa = [{ qualifier = "ZZ", id = "US" }]\n', "utf-8")
    (folder / "acme" / "profile.toml").write_text(PROFILE + lines, "utf-8")
    if key_file:
        (folder / "acme" / "keys" / "a.pub").write_text(key_file, "utf-8")
    return folder


def _boxes(folder: Path, clock: SetClock) -> LedgerMailboxes:
    directory = load_directory(folder)
    assert isinstance(directory, Directory), directory
    ledger, archive = cast("Ledger", None), cast("Archive", None)  # a login needs neither
    return LedgerMailboxes(ledger, archive, cast("Clock", clock), lambda: directory, folder.parent, 60)


def test_keys_with_dates_open_on_their_days_and_plain_ones_always(tmp_path: Path) -> None:
    keys = f"""public_keys = [
        "{FIRST} plain",
        {{ key = "{SECOND}", not_before = 2026-03-02 }},
        {{ key = "{THIRD}", not_after = 2026-03-02 }},
    ]\n"""
    clock = SetClock(datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC))
    boxes = _boxes(_folder(tmp_path, keys), clock)
    valid = []
    for _ in range(3):
        facts = boxes.login("acme")
        assert facts is not None
        valid.append(facts.public_keys)
        clock.time += timedelta(days=1)
    plain = f"{FIRST} plain"
    assert valid == [(plain, THIRD), (plain, SECOND, THIRD), (plain, SECOND)]


def test_the_dates_of_a_key_hold_for_its_pub_file_too(tmp_path: Path) -> None:
    keys = f'public_keys = [{{ key = "{FIRST}", not_after = 2026-03-01 }}]\n'
    folder = _folder(tmp_path, keys, f"{FIRST} the EDI desk\n{SECOND}\n")
    boxes = _boxes(folder, SetClock(datetime(2026, 3, 2, tzinfo=UTC)))
    facts = boxes.login("acme")
    assert facts is not None
    assert facts.public_keys == (SECOND,)


def test_a_password_is_read_where_the_profile_says_and_a_missing_one_leaves_the_keys(tmp_path: Path) -> None:
    lines = f'public_keys = ["{FIRST}"]\npassword = "file:acme.hash"\n'
    boxes = _boxes(_folder(tmp_path, lines), SetClock(datetime(2026, 3, 2, tzinfo=UTC)))
    facts = boxes.login("acme")
    assert facts is not None
    assert (facts.password_hash, facts.public_keys) == (None, (FIRST,))
    secret = tmp_path / "acme.hash"
    secret.write_text("$argon2id$of-a-password\n", "utf-8")
    secret.chmod(0o600)
    facts = boxes.login("acme")
    assert facts is not None
    assert facts.password_hash == "$argon2id$of-a-password"


def test_networks_and_limits_reach_the_server(tmp_path: Path) -> None:
    lines = 'networks = ["192.0.2.0/24", "2001:db8::1"]\nlimits = { sessions = 2, bytes_per_day = 1000 }\n'
    facts = _boxes(_folder(tmp_path, lines), SetClock(datetime(2026, 3, 2, tzinfo=UTC))).login("acme")
    assert facts is not None
    assert facts.networks == ("192.0.2.0/24", "2001:db8::1")
    assert facts.limits == PartnerLimits(sessions=2, bytes_per_day=1000)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            f'public_keys = [{{ key = "{FIRST}", not_before = 2026-03-02, not_after = 2026-03-01 }}]',
            "ends (not_after) before it begins",
        ),
        ('public_keys = [{ key = "ssh-ed25519 AAAA" }]', "must be one line of an OpenSSH public key"),
        (f'public_keys = [{{ key = "{FIRST}", until = 2026-03-01 }}]', "PRT-003"),
        (f'public_keys = [{{ key = "{FIRST}", not_after = "2026-03-01" }}]', "date"),
        ("public_keys = [7]", "PRT-005"),
        ('networks = ["192.0.2.1/24"]', "must be an IP address or a network"),
        ("limits = { sessions = 0 }", "must be at least 1"),
    ],
)
def test_what_makes_no_sense_is_refused_in_plain_words(tmp_path: Path, lines: str, said: str) -> None:
    (finding,) = check(_folder(tmp_path, lines + "\n"), tmp_path)
    assert said in f"{finding.code} {finding.message}"
    assert "line 7" in finding.message


def _rsa(bits: int) -> str:
    """A public key of that length; nobody has its private half."""
    parts = (b"ssh-rsa", b"\x01\x00\x01", b"\x00" + (1 << (bits - 1) | 1).to_bytes(bits // 8, "big"))
    blob = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return f"ssh-rsa {base64.b64encode(blob).decode()}"


@pytest.mark.parametrize(
    ("days", "code"), [(-1, "PRT-140"), (0, "PRT-141"), (29, "PRT-141"), (30, None), (None, None)]
)
def test_a_key_that_ends_is_told_of_in_good_time(tmp_path: Path, days: int | None, code: str | None) -> None:
    today: date = datetime.now(UTC).date()
    until = "" if days is None else f", not_after = {today + timedelta(days)}"
    lines = f'public_keys = [{{ key = "{FIRST}"{until} }}]\n'
    found = check(_folder(tmp_path, lines), tmp_path)
    assert [finding.code for finding in found] == ([code] if code else [])
    assert not any(finding.is_error for finding in found)
    assert all(fingerprint(FIRST) in finding.message for finding in found)


def test_an_rsa_key_that_is_too_short_is_told_of(tmp_path: Path) -> None:
    lines = f'public_keys = ["{_rsa(2048)}", "{_rsa(3072)}"]\n'
    (finding,) = check(_folder(tmp_path, lines), tmp_path)
    assert finding.code == "PRT-142"
    assert "has 2048 bits" in finding.message
