"""Profiles are applied as a whole or refused as a whole; secrets never show (SEC-14, FI-H01)."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.profiles import ProfilesRefused, SecretUnreadable, check, load, read_secret
from parsers.finding import Finding

OURS = 'name = "We"\nisa = [{ qualifier = "ZZ", id = "US" }]\n'
MAILBOX = """\
name = "Acme"

[[channels]]
kind = "sftp_mailbox"
name = "acme-mailbox"
login = "acme"
"""
HASH = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ"
CANARY = "canary-of-a-secret"


def write(home: Path, profile: str = MAILBOX, destinations: str = "") -> Path:
    """A home with one partner; gives its partners folder."""
    folder = home / "partners"
    (folder / "acme").mkdir(parents=True)
    (folder / "ours.toml").write_text(OURS, "utf-8")
    (folder / "destinations.toml").write_text(destinations, "utf-8")
    (folder / "acme" / "profile.toml").write_text(profile, "utf-8")
    return folder


def secret(home: Path, text: str, mode: int = 0o600) -> str:
    """Writes a secret file; gives its reference."""
    path = home / "secrets" / "acme"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    path.chmod(mode)
    return "file:secrets/acme"


def only(findings: tuple[Finding, ...], code: str) -> Finding:
    assert [finding.code for finding in findings] == [code], [finding.message for finding in findings]
    return findings[0]


def test_a_secret_file_is_read_without_its_line_end(tmp_path: Path) -> None:
    assert read_secret(secret(tmp_path, f"{CANARY}\r\n"), tmp_path) == CANARY
    assert read_secret(secret(tmp_path, f"{CANARY}\n\n"), tmp_path) == f"{CANARY}\n"


def test_a_secret_is_read_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_SECRET", CANARY)
    assert read_secret("env:ACME_SECRET", tmp_path) == CANARY


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o644])
def test_a_secret_that_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    reference = secret(tmp_path, CANARY, mode)
    with pytest.raises(SecretUnreadable) as refusal:
        read_secret(reference, tmp_path)
    assert refusal.value.code == "PRT-105"
    assert CANARY not in str(refusal.value)


@pytest.mark.parametrize("reference", ["env:NOT_SET_ANYWHERE", "file:missing", "file:."])
def test_a_secret_that_is_not_there_is_unreadable(
    tmp_path: Path, reference: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOT_SET_ANYWHERE", raising=False)
    with pytest.raises(SecretUnreadable) as refusal:
        read_secret(reference, tmp_path)
    assert refusal.value.code == "PRT-104"
    assert reference in refusal.value.message
    assert refusal.value.remedy


@pytest.mark.parametrize("content", [b"", b"\n", b"x" * 65_537, b"\xff\xfe"])
def test_a_file_that_holds_no_usable_secret_is_unreadable(tmp_path: Path, content: bytes) -> None:
    reference = secret(tmp_path, "")
    (tmp_path / "secrets" / "acme").write_bytes(content)
    with pytest.raises(SecretUnreadable):
        read_secret(reference, tmp_path)


def test_a_password_must_be_kept_as_an_argon2_hash(tmp_path: Path) -> None:
    profile = MAILBOX + f'password = "{secret(tmp_path, CANARY)}"\n'
    folder = write(tmp_path, profile)
    finding = only(check(folder, tmp_path), "PRT-107")
    assert finding.message.startswith("acme/profile.toml line 7: channels[1].password")
    assert CANARY not in str(finding)
    secret(tmp_path, HASH)
    assert check(folder, tmp_path) == ()


def test_an_unreadable_secret_refuses_the_folder_and_names_its_line(tmp_path: Path) -> None:
    folder = write(tmp_path, MAILBOX + 'password = "file:secrets/none"\n')
    finding = only(check(folder, tmp_path), "PRT-104")
    assert (finding.location.row, finding.location.column) == (7, "channels[1].password")
    with pytest.raises(ProfilesRefused) as refusal:
        load(folder, tmp_path)
    assert refusal.value.findings == (finding,)
    assert finding.message in refusal.value.message


def test_secrets_of_resting_channels_are_not_looked_for(tmp_path: Path) -> None:
    folder = write(tmp_path, MAILBOX + 'password = "file:secrets/none"\nenabled = false\n')
    assert check(folder, tmp_path) == ()


def test_a_mailbox_without_a_key_is_worth_a_note_and_no_refusal(tmp_path: Path) -> None:
    folder = write(tmp_path)
    finding = only(check(folder, tmp_path), "PRT-106")
    assert not finding.is_error
    assert load(folder, tmp_path).partners[0].partner == "acme"


@pytest.mark.parametrize("zone", ["CEST", "Europe/Atlantis", "../etc/passwd", "America"])
def test_an_unknown_time_zone_is_refused(tmp_path: Path, zone: str) -> None:
    folder = write(tmp_path, f'name = "Acme"\ntime_zone = "{zone}"\n')
    finding = only(check(folder, tmp_path), "PRT-103")
    assert (finding.location.row, finding.location.column) == (2, "time_zone")


def test_a_schedule_that_never_comes_is_refused(tmp_path: Path) -> None:
    profile = (
        'name = "Acme"\n[x12]\nisa = [{ qualifier = "ZZ", id = "ACME" }]\nacknowledge = '
        '{ ta1 = "never", functional = "none" }\n[[documents]]\ndocument = "order"\nstandard = "x12"\n'
        'set = "850"\nschedule = { kind = "cron", expression = "61 6 * * *" }\n'
    )
    finding = only(check(write(tmp_path, profile), tmp_path), "PRT-102")
    assert (finding.location.row, finding.location.column) == (9, "documents[1].schedule.expression")


@pytest.mark.parametrize("url", ["ftp://erp.example/in", "erp", "javascript:alert(1)"])
def test_a_destination_without_a_connector_is_refused(tmp_path: Path, url: str) -> None:
    folder = write(tmp_path, 'name = "Acme"\n', f'[erp]\nurl = "{url}"\n')
    finding = only(check(folder, tmp_path), "PRT-101")
    assert finding.message.startswith("destinations.toml line 2: erp.url")


def test_a_destination_that_its_connector_refuses_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path, 'name = "Acme"\n', '[erp]\nurl = "folder:"\n')
    only(check(folder, tmp_path), "PRT-108")


def test_a_destinations_secret_is_looked_for(tmp_path: Path) -> None:
    destinations = '[erp]\nurl = "https://erp.example/orders"\n\n[erp.http]\nhmac_secret = "file:none"\n'
    finding = only(check(write(tmp_path, 'name = "Acme"\n', destinations), tmp_path), "PRT-104")
    assert (finding.location.row, finding.location.column) == (5, "erp.http.hmac_secret")


def test_what_the_files_themselves_get_wrong_is_told_before_anything_else(tmp_path: Path) -> None:
    folder = write(tmp_path, MAILBOX.replace("login", "logon"))
    assert {finding.code for finding in check(folder, tmp_path)} == {"PRT-003", "PRT-004"}
    with pytest.raises(ProfilesRefused):
        load(folder, tmp_path)
