"""What every implementation of Mailboxes promises the SFTP server.

To put another to the test, add it to HOUSES: a function that makes, for a folder, a house with
two partners, acme and bolt, whose logins are "acme" and "bolt".
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import pytest
from stages import ACT, Stages

from gateway.ports import Arrival, Receive, Received
from gateway.sftp_server.ledger_mailboxes import LedgerMailboxes
from gateway.sftp_server.mailbox import INBOX, OUTBOX, Caller, Folder, Held, LoginFacts, Mailboxes, Place
from gateway.sftp_server.memory import MemoryMailboxes
from gateway.store import answers, mailboxes
from partners.directory import Directory, load_directory
from partners.profile import MAILBOX

BY = Caller("acme", "acme", "password", "192.0.2.1")


@dataclass(frozen=True)
class Mailhouse:
    """Mailboxes, the `receive` that fills their inboxes, and a way to put an answer into an outbox.

    put: partner, name, content. reopen: the same mailboxes as after a restart of the process.
    """

    boxes: Mailboxes
    receive: Receive
    put: Callable[[str, str, bytes], object]
    reopen: Callable[[], Mailboxes]


def _in_memory(folder: Path, stack: ExitStack) -> Mailhouse:
    boxes = MemoryMailboxes([LoginFacts(name, name, f"{name}-sftp") for name in ("acme", "bolt")])
    return Mailhouse(
        boxes,
        boxes.receive,
        lambda partner, name, content: boxes.put(partner, OUTBOX, name, content),
        lambda: boxes,
    )


def _directory(folder: Path) -> Directory:
    for name in ("acme", "bolt"):
        (folder / name).mkdir(parents=True)
        channel = f'[[channels]]\nkind = "sftp_mailbox"\nname = "{name}-sftp"\nlogin = "{name}"\n'
        (folder / name / "profile.toml").write_text(f'name = "{name}"\n{channel}', "utf-8")
    (folder / "ours.toml").write_text('name = "We"\nisa = [{ qualifier = "ZZ", id = "US" }]\n', "utf-8")
    directory = load_directory(folder)
    assert isinstance(directory, Directory), directory
    return directory


def _in_the_ledger(folder: Path, stack: ExitStack) -> Mailhouse:
    stages = Stages(folder / "home", f"sqlite:///{folder / 'ledger.db'}")
    stack.callback(stages.close)
    directory = _directory(folder / "two-partners")

    def boxes() -> Mailboxes:
        return LedgerMailboxes(
            stages.ledger, stages.archive, stages.clock, lambda: directory, stages.home, inbox_visible_s=60
        )

    def receive(arrival: Arrival, content: BinaryIO | Path) -> Received:
        stages.clock.pass_time(seconds=1)  # files of one moment have no order
        return stages.pipeline.receive(arrival, content)

    def put(partner: str, name: str, content: bytes) -> None:
        stored = stages.archive.put(io.BytesIO(content))
        row = {
            "id": f"ak_{name}",
            "direction": "out",
            "kind": "997",
            "partner": partner,
            "state": "sent",
            "file_name": name,
            "target": MAILBOX,
            "payload": content,
            "detail": "{}",
            "created_at": ACT.at,
        }
        with stages.ledger.write() as tx:
            answers.insert_answers(tx, [row])
            answer = answers.answer(tx, f"ak_{name}")
            sent = [mailboxes.Sent(answer, stored)]
            mailboxes.record_sent(tx, ACT, sent)
            mailboxes.put(tx, ACT, sent)

    return Mailhouse(boxes(), receive, put, boxes)


HOUSES: dict[str, Callable[[Path, ExitStack], Mailhouse]] = {
    "memory": _in_memory,
    "ledger": _in_the_ledger,
}


@pytest.fixture(params=sorted(HOUSES))
def mailhouse(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Mailhouse]:
    with ExitStack() as stack:
        yield HOUSES[request.param](tmp_path, stack)


def _receive(
    mailhouse: Mailhouse, name: str, content: bytes, key: str = "upload-1", partner: str = "acme"
) -> None:
    facts = mailhouse.boxes.login(partner)
    assert facts is not None
    mailhouse.receive(Arrival(facts.channel, key, name, partner, {"login": partner}), io.BytesIO(content))


def _held(folder: Path, name: str = "o.tmp", upload: str = "upload-9") -> Held:
    modified = datetime(2026, 3, 1, tzinfo=UTC)
    return Held(upload, name, folder / upload, 4, "ab" * 32, complete=True, modified=modified)


def test_a_login_is_found_by_its_name_and_no_other(mailhouse: Mailhouse) -> None:
    facts = mailhouse.boxes.login("acme")
    assert facts is not None
    assert (facts.login, facts.partner, facts.enabled) == ("acme", "acme", True)
    assert mailhouse.boxes.login("nobody") is None


def test_a_received_file_is_listed_in_its_partners_inbox(mailhouse: Mailhouse) -> None:
    _receive(mailhouse, "o.edi", b"ISA*1")
    (entry,) = mailhouse.boxes.listing("acme", INBOX)
    assert (entry.name, entry.size) == ("o.edi", 5)
    assert entry.modified.tzinfo is not None
    assert list(mailhouse.boxes.listing("acme", INBOX, "o.edi")) == [entry]
    assert list(mailhouse.boxes.listing("acme", INBOX, "other.edi")) == []
    assert list(mailhouse.boxes.listing("bolt", INBOX)) == []


def test_of_two_files_of_one_name_the_inbox_lists_the_newest(mailhouse: Mailhouse) -> None:
    _receive(mailhouse, "o.edi", b"ISA*1", "upload-1")
    _receive(mailhouse, "o.edi", b"ISA*longer", "upload-2")
    assert [entry.size for entry in mailhouse.boxes.listing("acme", INBOX)] == [10]


def test_a_received_file_is_in_the_archive_of_its_day_with_its_bytes(mailhouse: Mailhouse) -> None:
    _receive(mailhouse, "o.edi", b"ISA*1")
    _receive(mailhouse, "o.edi", b"ISA*2", "upload-2")
    (day,) = mailhouse.boxes.days("acme")
    place = Place(Folder.ARCHIVE, day)
    entries = mailhouse.boxes.listing("acme", place)
    assert len({entry.name for entry in entries}) == 2
    contents = set()
    for entry in entries:
        with mailhouse.boxes.open("acme", place, entry) as stream:
            contents.add(stream.read())
    assert contents == {b"ISA*1", b"ISA*2"}
    assert list(mailhouse.boxes.days("bolt")) == []


def test_a_removed_name_is_gone_from_the_inbox_and_stays_in_the_archive(mailhouse: Mailhouse) -> None:
    _receive(mailhouse, "o.edi", b"ISA*1")
    (entry,) = mailhouse.boxes.listing("acme", INBOX)
    for _ in range(2):
        mailhouse.boxes.remove("acme", INBOX, entry, BY)
    assert list(mailhouse.reopen().listing("acme", INBOX)) == []
    assert len(mailhouse.boxes.days("acme")) == 1


def test_an_answer_is_listed_whole_and_read_from_any_offset(mailhouse: Mailhouse) -> None:
    mailhouse.put("acme", "997.edi", b"ISA*997")
    (entry,) = mailhouse.boxes.listing("acme", OUTBOX)
    assert (entry.name, entry.size) == ("997.edi", 7)
    with mailhouse.boxes.open("acme", OUTBOX, entry) as stream:
        assert stream.read() == b"ISA*997"
        stream.seek(4)
        assert stream.read() == b"997"
    assert list(mailhouse.boxes.listing("bolt", OUTBOX)) == []


def test_a_fetched_answer_stays_until_it_is_removed(mailhouse: Mailhouse) -> None:
    mailhouse.put("acme", "997.edi", b"ISA*997")
    (entry,) = mailhouse.boxes.listing("acme", OUTBOX)
    for _ in range(2):
        mailhouse.boxes.fetched("acme", OUTBOX, entry, BY)
    with mailhouse.boxes.open("acme", OUTBOX, entry) as stream:
        mailhouse.boxes.remove("acme", OUTBOX, entry, BY)
        assert stream.read() == b"ISA*997"
    assert list(mailhouse.reopen().listing("acme", OUTBOX)) == []
    with pytest.raises(FileNotFoundError):
        mailhouse.boxes.open("acme", OUTBOX, entry)


def test_a_file_fetched_from_the_archive_stays_there_and_is_no_answer_fetched(mailhouse: Mailhouse) -> None:
    _receive(mailhouse, "o.edi", b"ISA*1")
    place = Place(Folder.ARCHIVE, mailhouse.boxes.days("acme")[0])
    (entry,) = mailhouse.boxes.listing("acme", place)
    mailhouse.boxes.fetched("acme", place, entry, BY)
    assert list(mailhouse.reopen().listing("acme", place, entry.name)) == [entry]


def test_a_hold_is_found_again_after_a_restart(mailhouse: Mailhouse, tmp_path: Path) -> None:
    held = _held(tmp_path)
    torso = replace(_held(tmp_path, "p.edi", "upload-8"), sha256=None, complete=False)
    assert mailhouse.boxes.hold("acme", held) is None
    assert mailhouse.boxes.hold("acme", torso) is None
    boxes = mailhouse.reopen()
    assert list(boxes.held("acme", "o.tmp")) == [held]
    assert list(boxes.held("acme", "p.edi")) == [torso]
    assert len(boxes.held("acme")) == len(boxes.held()) == 2
    assert list(boxes.held("bolt")) == []
    assert list(boxes.listing("acme", INBOX)) == []


def test_a_hold_replaces_and_gives_back_the_one_before(mailhouse: Mailhouse, tmp_path: Path) -> None:
    first, second = _held(tmp_path), _held(tmp_path, upload="upload-10")
    mailhouse.boxes.hold("acme", first)
    assert mailhouse.boxes.hold("bolt", first) is None
    assert mailhouse.boxes.hold("acme", second) == first
    assert list(mailhouse.boxes.held("acme")) == [second]


def test_a_hold_is_dropped_once_and_only_if_it_is_still_the_one(mailhouse: Mailhouse, tmp_path: Path) -> None:
    first, second = _held(tmp_path), _held(tmp_path, upload="upload-10")
    mailhouse.boxes.hold("acme", second)
    assert not mailhouse.boxes.drop("acme", first)
    assert not mailhouse.boxes.drop("bolt", second)
    assert mailhouse.boxes.drop("acme", second)
    assert not mailhouse.boxes.drop("acme", second)
    assert list(mailhouse.reopen().held()) == []


def test_one_upload_may_be_held_under_two_names_for_a_moment(mailhouse: Mailhouse, tmp_path: Path) -> None:
    """A rename from one waiting name to another holds the new before it drops the old."""
    old, new = _held(tmp_path), _held(tmp_path, "o.part")
    mailhouse.boxes.hold("acme", old)
    mailhouse.boxes.hold("acme", new)
    assert mailhouse.boxes.drop("acme", old)
    assert list(mailhouse.boxes.held("acme")) == [new]
