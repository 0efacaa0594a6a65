"""What the doctor says of settings and of the machine, and what to do (SEC-25)."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway import doctor_machine
from gateway.doctor_check import Check
from gateway.doctor_settings import examine_settings
from gateway.settings import Settings
from gateway.store import schema
from gateway.store.ledger import Ledger, open_engine

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MAIL = {"mail_host": "localhost", "alert_mail_to": "edi@us.example"}


def _looked(home: Path, **values: object) -> list[Check]:
    return list(examine_settings(Settings(home=home, **values), has_addresses=False))  # type: ignore[arg-type]


def test_the_defaults_are_well(tmp_path: Path) -> None:
    assert [check.state for check in _looked(tmp_path)] == ["well"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"database_url": "postgresql://me:pass@db/x"}, "database_url holds a password"),
        ({"alert_mail_to": "edi@us.example"}, "mail_host is empty"),
        ({"mail_host": "localhost"}, "nobody is to be told"),
        ({**MAIL, "mail_host": "mail.example", "mail_security": "none"}, "unencrypted"),
        ({**MAIL, "mail_user": "edi"}, "without mail_password"),
        ({"alert_webhook_url": "ftp://x"}, "no http or https URL"),
        ({"alert_webhook_url": "http://hooks.example/x"}, "told unencrypted"),
        ({"web_allow": "0.0.0.0/0"}, "lets 0.0.0.0/0 see"),
        ({"web_host": "192.0.2.1"}, "answers this machine only"),
        ({"push_host": "192.0.2.1"}, "reach it unencrypted"),
        ({"sftp_penalty_s": 0}, "not slowed down"),
        ({"sftp_penalty_exempt": "::/0"}, "guess for ever"),
        ({"sftp_penalty_s": 700}, "below sftp_penalty_s"),
        ({"disk_reserve_bytes": 0}, "until the disk is full"),
    ],
)
def test_what_is_weak_or_contradicts_itself_fails_with_advice(
    tmp_path: Path, values: dict[str, object], said: str
) -> None:
    [check] = [check for check in _looked(tmp_path, **values) if check.state == "failed"]
    assert said in check.says
    assert check.advice.endswith(".")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"sftp_host": "192.0.2.1"}, "Nobody is told"),
        ({"alert_webhook_url": "https://hooks.example/x"}, "cannot know that we are"),
        ({"sftp_port": 22}, "needs a privilege"),
        ({"stop_s": 60}, "stop_s is 60"),
        ({"log_level": "debug"}, "a line a stage"),
    ],
)
def test_what_is_worth_knowing_is_a_note(tmp_path: Path, values: dict[str, object], said: str) -> None:
    [check] = _looked(tmp_path, **values)
    assert check.state == "note"
    assert said in check.says


def test_a_password_in_a_setting_is_never_repeated(tmp_path: Path) -> None:
    """SEC-14."""
    assert "canary" not in str(_looked(tmp_path, database_url="postgresql://me:canary@db/x"))


# the machine -----------------------------------------------------------------------------------


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(open_engine(f"sqlite:///{tmp_path / 'ledger.db'}"))
    schema.upgrade(ledger.engine)
    yield ledger
    ledger.close()


def test_a_disk_is_well_low_or_full_by_the_reserve(tmp_path: Path) -> None:
    """FI-B04."""
    disk = os.statvfs(tmp_path)
    free = disk.f_bavail * disk.f_frsize
    states = []
    for reserve in (free // 4, free * 3 // 4, free * 2):
        settings = Settings(home=tmp_path, disk_reserve_bytes=reserve)
        states += [check.state for check in doctor_machine.disks(settings)]
    assert states == ["well", "note", "failed"]


def test_too_few_open_files_are_told_with_the_number_that_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (1024, 1024))
    [check] = doctor_machine.open_files(Settings(home=tmp_path))
    assert (check.state, "2600 are needed" in check.says) == ("failed", True)


def test_sqlite_as_we_open_it_keeps_its_promises(tmp_path: Path, ledger: Ledger) -> None:
    checks = list(doctor_machine.database(Settings(home=tmp_path), ledger))
    assert [(check.name, check.state) for check in checks] == [("schema", "well")]


def test_sqlite_on_a_network_disk_fails(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/x / ext4 rw 0 0\nserver:/home {tmp_path} nfs4 rw 0 0\n")
    assert doctor_machine.filesystem(tmp_path / "deep", mounts) == "nfs4"
    assert doctor_machine.filesystem(Path("/elsewhere"), mounts) == "ext4"
    assert doctor_machine.filesystem(tmp_path, tmp_path / "none") == ""


def test_folders_of_secrets_that_others_may_read_fail(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir(mode=0o755)
    (tmp_path / "keys").mkdir(mode=0o700)
    failed = [check for check in doctor_machine.rights(tmp_path) if check.state == "failed"]
    assert [check.name for check in failed] == ["secrets"]
    assert failed[0].advice == f"Run: chmod o= {tmp_path / 'secrets'}"


def test_the_age_of_the_last_backup_is_told(tmp_path: Path) -> None:
    [unknown] = doctor_machine.backup(tmp_path, NOW)
    stamp = tmp_path / doctor_machine.BACKUP_STAMP
    states = [unknown.state]
    for age in (timedelta(hours=3), timedelta(days=3)):
        stamp.touch()
        os.utime(stamp, ((NOW - age).timestamp(),) * 2)
        states += [check.state for check in doctor_machine.backup(tmp_path, NOW)]
    assert states == ["note", "well", "failed"]
