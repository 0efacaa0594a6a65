"""What a partner does with OpenSSH's own client."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.sftp_server.events import SftpEvent
from gateway.sftp_server.mailbox import INBOX, OUTBOX, Folder, Place


@pytest.fixture
def open_house(house: Any) -> Any:
    house.open()
    return house


def test_a_put_is_kept_with_its_facts_and_leaves_nothing_in_the_spool(open_house: Any) -> None:
    """FI-E03."""
    source = open_house.file("850.edi", b"ISA*" * 50_000)
    done = open_house.sftp(f"put {source} /inbox/orders.edi", "ls -l /inbox")
    assert done.returncode == 0, done.stderr
    (kept,) = open_house.boxes.kept
    assert kept.content == source.read_bytes()
    assert kept.arrival.name == "orders.edi"
    assert kept.arrival.partner == "acme"
    assert kept.arrival.channel == "acme-sftp"
    assert kept.arrival.attributes["sha256"] == kept.received.sha256
    assert kept.arrival.attributes["key"] == open_house.keys["acme"].fingerprint
    assert kept.arrival.attributes["address"] == "127.0.0.1"
    assert "200000" in done.stdout
    assert open_house.spooled() == []


def test_the_same_file_put_twice_is_two_arrivals(open_house: Any) -> None:
    """FI-E04."""
    source = open_house.file("850.edi", b"ISA*")
    assert open_house.sftp(f"put {source} /inbox/o.edi", f"put {source} /inbox/o.edi").returncode == 0
    first, second = open_house.boxes.kept
    assert first.arrival.source_key != second.arrival.source_key


def test_put_with_times_and_modes_is_taken_without_effect(open_house: Any) -> None:
    source = open_house.file("850.edi", b"ISA*")
    done = open_house.sftp(f"put -p {source} /inbox/o.edi", "chmod 777 /inbox/o.edi")
    assert done.returncode == 0, done.stderr
    assert len(open_house.boxes.kept) == 1


@pytest.mark.parametrize("suffix", [".tmp", ".part", ".filepart", ".TMP"])
def test_a_waiting_name_is_taken_in_only_at_its_rename(open_house: Any, suffix: str) -> None:
    """FI-E02."""
    source = open_house.file("850.edi", b"ISA*waiting")
    done = open_house.sftp(f"put {source} /inbox/o.edi{suffix}", f"ls -l /inbox/o.edi{suffix}")
    assert done.returncode == 0, done.stderr
    assert open_house.boxes.kept == []
    assert open_house.sftp(f"rename /inbox/o.edi{suffix} /inbox/o.edi").returncode == 0
    (kept,) = open_house.boxes.kept
    assert (kept.arrival.name, kept.content) == ("o.edi", b"ISA*waiting")
    assert open_house.boxes.held() == []
    assert open_house.spooled() == []


def test_a_rename_over_yesterdays_name_is_a_new_arrival(open_house: Any) -> None:
    """FI-E05."""
    old, new = open_house.file("old", b"old"), open_house.file("new", b"new")
    done = open_house.sftp(
        f"put {old} /inbox/o.edi", f"put {new} /inbox/o.tmp", "rename /inbox/o.tmp /inbox/o.edi"
    )
    assert done.returncode == 0, done.stderr
    assert [kept.content for kept in open_house.boxes.kept] == [b"old", b"new"]


def test_a_waiting_upload_may_be_renamed_to_another_waiting_name_or_removed(open_house: Any) -> None:
    source = open_house.file("850.edi", b"ISA*")
    done = open_house.sftp(f"put {source} /inbox/a.tmp", "rename /inbox/a.tmp /inbox/b.part")
    assert done.returncode == 0, done.stderr
    assert [held.name for held in open_house.boxes.held()] == ["b.part"]
    assert open_house.sftp("rm /inbox/b.part").returncode == 0
    assert open_house.boxes.held() == []
    assert open_house.spooled() == []


def test_removing_an_accepted_file_takes_only_its_name_away(open_house: Any) -> None:
    """FI-E06."""
    source = open_house.file("850.edi", b"ISA*")
    assert open_house.sftp(f"put {source} /inbox/o.edi", "rm /inbox/o.edi").returncode == 0
    assert open_house.boxes.listing("acme", INBOX) == []
    assert len(open_house.boxes.kept) == 1


def test_an_accepted_file_is_neither_renamed_nor_appended_to(open_house: Any) -> None:
    """FI-E09."""
    source = open_house.file("850.edi", b"ISA*")
    longer = open_house.file("longer.edi", b"ISA*and more")
    assert open_house.sftp(f"put {source} /inbox/o.edi").returncode == 0
    assert open_house.sftp("rename /inbox/o.edi /inbox/p.edi").returncode != 0
    assert open_house.sftp(f"reput {longer} /inbox/o.edi").returncode != 0
    assert [kept.content for kept in open_house.boxes.kept] == [b"ISA*"]
    assert {fields["code"] for fields in open_house.events.of(SftpEvent.REFUSED)} == {"GTW-103"}


def test_reput_continues_a_waiting_upload(open_house: Any) -> None:
    """FI-E01."""
    start, whole = open_house.file("start", b"a" * 70_000), open_house.file("whole", b"a" * 90_000 + b"b")
    done = open_house.sftp(
        f"put {start} /inbox/o.tmp", f"reput {whole} /inbox/o.tmp", "rename /inbox/o.tmp /inbox/o.edi"
    )
    assert done.returncode == 0, done.stderr
    assert open_house.boxes.kept[0].content == whole.read_bytes()


def test_an_empty_file_is_received_too(open_house: Any) -> None:
    """FI-E07."""
    source = open_house.file("empty.edi", b"")
    assert open_house.sftp(f"put {source} /inbox/empty.edi").returncode == 0
    assert open_house.boxes.kept[0].content == b""


def test_an_answer_is_listed_fetched_and_removed_and_the_mailbox_knows_by_whom(open_house: Any) -> None:
    answer = open_house.boxes.put("acme", OUTBOX, "997.edi", b"ISA*997" * 30_000)
    target = open_house.home / "fetched"
    done = open_house.sftp("ls -l /outbox", f"get /outbox/997.edi {target}", "rm /outbox/997.edi")
    assert done.returncode == 0, done.stderr
    assert "997.edi" in done.stdout
    assert target.read_bytes() == b"ISA*997" * 30_000
    ((partner, place, entry, by),) = open_house.boxes.fetches
    assert (partner, place, entry) == ("acme", OUTBOX, answer)
    assert (by.login, by.key) == ("acme", open_house.keys["acme"].fingerprint)
    assert [entry for _, _, entry, _ in open_house.boxes.removals] == [answer]


def test_the_archive_is_read_by_day_and_never_removed_from(open_house: Any) -> None:
    day = Place(Folder.ARCHIVE, datetime(2026, 3, 1, tzinfo=UTC).date())
    open_house.boxes.put("acme", day, "old.edi", b"old")
    target = open_house.home / "fetched"
    done = open_house.sftp(
        "ls /archive", "ls /archive/2026-03-01", f"get /archive/2026-03-01/old.edi {target}"
    )
    assert done.returncode == 0, done.stderr
    assert target.read_bytes() == b"old"
    assert open_house.sftp("rm /archive/2026-03-01/old.edi").returncode != 0
    assert open_house.sftp("ls /archive/2026-03-02").returncode != 0


@pytest.mark.parametrize(
    "line",
    [
        "mkdir /inbox/folder",
        "rmdir /inbox",
        "symlink /inbox/a /inbox/b",
        "ln /inbox/a /inbox/b",
        "put {file} /outbox/a.edi",
        "put {file} /a.edi",
        "put {file} /inbox/sub/a.edi",
        "put {file} /inbox/.hidden",
        "get /inbox/there.edi {file}.got",
        "rename /outbox/997.edi /inbox/997.edi",
        "rename /inbox/there.edi /outbox/there.edi",
        "get /../../../etc/hostname {file}.got",
        "ls /../etc",
        "cd /etc",
    ],
)
def test_what_a_mailbox_does_not_offer_is_refused(open_house: Any, line: str) -> None:
    source = open_house.file("850.edi", b"ISA*")
    open_house.boxes.put("acme", INBOX, "there.edi", b"there")
    open_house.boxes.put("acme", OUTBOX, "997.edi", b"997")
    assert open_house.sftp(line.format(file=source)).returncode != 0
    assert open_house.boxes.kept == []
    assert not Path(f"{source}.got").exists()


def test_partners_see_nothing_of_each_other(open_house: Any) -> None:
    source = open_house.file("850.edi", b"ISA*")
    assert open_house.sftp(f"put {source} /inbox/acme.edi", f"put {source} /inbox/acme.tmp").returncode == 0
    open_house.boxes.put("acme", OUTBOX, "997.edi", b"997")
    done = open_house.sftp("ls /inbox", "ls /outbox", "ls /archive", login="bolt")
    assert done.returncode == 0, done.stderr
    assert "edi" not in done.stdout
    assert open_house.sftp("rm /inbox/acme.tmp", login="bolt").returncode != 0
    assert open_house.sftp("get /outbox/997.edi /dev/null", login="bolt").returncode != 0


def test_a_key_of_another_partner_opens_nothing(open_house: Any) -> None:
    (open_house.home / "acme.key").rename(open_house.home / "acme.bak")
    (open_house.home / "bolt.key").rename(open_house.home / "acme.key")
    assert open_house.sftp("ls").returncode != 0
    refused = open_house.events.wait_for(SftpEvent.LOGIN_REFUSED)
    assert (refused["login"], refused["key"]) == ("acme", open_house.keys["bolt"].fingerprint)
