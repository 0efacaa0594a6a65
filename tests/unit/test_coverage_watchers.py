"""Watchers at their edges: the crew that mans them, the loop they run in, races with a sender, refusals."""

from __future__ import annotations

import errno
import io
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO, cast

import paramiko
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from structlog.testing import capture_logs
from watched import Time, never

from gateway.errors import ArchiveUnavailable, ChannelUnavailable
from gateway.jobs.local import Bell
from gateway.parts import Applied
from gateway.ports import Arrival, Receive, Received, Sight
from gateway.sftp_server.host_key import ensure_host_key
from gateway.watchers import crew as crew_module
from gateway.watchers import s3_notices
from gateway.watchers import sftp as sftp_module
from gateway.watchers.crew import WatcherCrew
from gateway.watchers.downloads import Downloads
from gateway.watchers.faults import SourceFault
from gateway.watchers.guarded import Identity, guarded
from gateway.watchers.local import FolderWatcher
from gateway.watchers.s3 import S3Watcher
from gateway.watchers.s3_notices import QueueNotices
from gateway.watchers.s3_settling import Fetched, Settling
from gateway.watchers.taken import Taken
from gateway.watchers.watch import watch
from outbound.s3_client import S3Access
from partners.channels import FolderChannel, S3Channel, SftpChannel
from partners.directory import Directory
from partners.profile import Channel

WAIT_S = 10.0
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def folder_channel(name: str = "in", **settings: object) -> FolderChannel:
    return FolderChannel.model_validate({"kind": "folder", "name": name, "path": name, **settings})


def kept(arrival: Arrival, content: BinaryIO | Path) -> Received:
    """A `receive` that reads all and records nothing."""
    data = content.read_bytes() if isinstance(content, Path) else content.read()
    return Received(arrival.source_key, "0" * 64, len(data), Sight.NEW)


def full_disk(*args: object, **options: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def refused(status: int, code: str = "") -> ClientError:
    response = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(cast("Any", response), "AnyCall")


@dataclass
class Post:
    """A watcher that a test plays by hand. script: what its sweeps come to, one after the other."""

    channel: str = "in"
    poll_s: float = 60.0
    script: list[int | Exception] = field(default_factory=list)
    bell: Bell = field(default_factory=Bell)
    swept: threading.Event = field(default_factory=threading.Event)
    took: list[bool] = field(default_factory=list)
    closed: bool = False

    def sweep(self, receive: Receive, should_stop: Callable[[], bool]) -> int:
        self.took.append(not should_stop())
        result = self.script.pop(0) if self.script else 0
        self.swept.set()
        if isinstance(result, Exception):
            raise result
        return result

    def close(self) -> None:
        self.closed = True


class Book:
    """Profiles of which a test says which channels are open."""

    def __init__(self, *channels: Channel) -> None:
        self.put(*channels)

    def put(self, *channels: Channel) -> None:
        pairs = [(SimpleNamespace(partner="acme"), channel) for channel in channels]
        directory = cast("Directory", SimpleNamespace(open_channels=lambda: iter(pairs)))
        self._applied = Applied(f"v{id(pairs)}", directory)

    def current(self) -> Applied:
        return self._applied


@contextmanager
def serving(crew: WatcherCrew) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=crew.serve, args=(stop.is_set,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(WAIT_S)
        assert not thread.is_alive()


def test_each_open_channel_is_watched_and_one_that_changes_gets_a_new_watcher(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    posts: dict[str, list[Post]] = {}
    opened = threading.Semaphore(0)

    def open_watcher(channel: Channel, *more: object) -> Post | None:
        if channel.name == "mailbox":
            return None
        post = Post(channel.name)
        posts.setdefault(channel.name, []).append(post)
        opened.release()
        return post

    monkeypatch.setattr(crew_module, "open_watcher", open_watcher)
    monkeypatch.setattr(crew_module, "LOOK_S", 0.005)
    book = Book(folder_channel("same"), folder_channel("changes"), folder_channel("mailbox"))
    backed_up = {"acme"}
    crew = WatcherCrew(cast("Any", book), tmp_path, kept, is_backed_up=backed_up.__contains__)
    with serving(crew):
        assert opened.acquire(timeout=WAIT_S)
        assert opened.acquire(timeout=WAIT_S)
        book.put(folder_channel("same"), folder_channel("changes", poll_s=7))
        assert opened.acquire(timeout=WAIT_S)
        assert posts["changes"][1].swept.wait(WAIT_S)
    assert {name: len(made) for name, made in posts.items()} == {"same": 1, "changes": 2}
    assert all(post.closed for made in posts.values() for post in made)
    assert posts["same"][0].took == [False]  # so much of the partner waits that nothing is taken


def test_a_store_or_an_archive_that_is_away_is_told_and_tried_again_when_the_bell_rings() -> None:
    stop = threading.Event()
    away = ChannelUnavailable("GTW-260", "The server is away.", "Wait.")
    full = ArchiveUnavailable("GTW-200", "The disk is full.", "Make room.")
    post = Post(script=[away, full, 3, 0])

    class Impatient(Bell):
        """Rings until the script is through."""

        def wait(self, timeout_s: float) -> bool:
            if not post.script:
                stop.set()
            return True

    post.bell = Impatient()
    with capture_logs() as logs:
        watch(post, kept, stop.is_set, lambda: True)
    told = [(entry["event"], entry.get("code"), entry.get("files")) for entry in logs]
    assert told == [
        ("channel.unavailable", "GTW-260", None),
        ("channel.unavailable", "GTW-200", None),
        ("channel.swept", None, 3),
    ]


def test_without_a_bell_the_next_look_comes_at_the_poll() -> None:
    post = Post(poll_s=0.0)
    watch(post, kept, lambda: len(post.took) == 2, lambda: False)
    assert post.took == [False, False]


def test_a_file_that_turned_into_something_else_between_two_looks_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "po.edi").write_bytes(b"ISA")
    real = os.open

    def open_late(path: Any, flags: int, *args: Any, **options: Any) -> int:
        if path == "po.edi":
            (folder / "po.edi").unlink()
            (folder / "po.edi").mkdir()
        return real(path, flags, *args, **options)

    with closing(FolderWatcher(folder_channel(mode="rename"), "acme", tmp_path)) as watcher:
        monkeypatch.setattr(os, "open", open_late)
        with capture_logs() as logs:
            assert watcher.sweep(kept, never) == 0
    assert [entry["code"] for entry in logs if entry["event"] == "channel.file_left"] == ["GTW-253"]


def test_a_guarded_file_may_be_closed_twice(tmp_path: Path) -> None:
    path = tmp_path / "po.edi"
    path.write_bytes(b"ISA")
    handle = os.open(path, os.O_RDONLY)
    stream = guarded(handle, Identity.of(os.fstat(handle)))
    raw = stream.raw
    raw.close()
    raw.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(handle)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "po.edi").write_bytes(b"ISA")
    folder = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    yield folder
    os.close(folder)


def test_a_newer_file_under_the_name_of_a_kept_one_is_left_alone(watched: int, tmp_path: Path) -> None:
    identity = Identity.of((tmp_path / "po.edi").stat())
    (tmp_path / "po.edi").write_bytes(b"a newer one")
    assert Taken(tmp_path, "taken").settle(watched, "po.edi", "po.edi", identity) is None
    assert (tmp_path / "po.edi").read_bytes() == b"a newer one"


def test_a_kept_file_that_its_sender_took_back_needs_no_settling(watched: int, tmp_path: Path) -> None:
    identity = Identity.of((tmp_path / "po.edi").stat())
    (tmp_path / "po.edi").unlink()
    assert Taken(tmp_path, "taken").settle(watched, "po.edi", "po.edi", identity) is None


def test_a_disk_that_refuses_to_move_a_kept_file_leaves_it_whole_and_says_so(
    watched: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = Identity.of((tmp_path / "po.edi").stat())

    with monkeypatch.context() as patch:
        patch.setattr(os, "link", full_disk)
        with pytest.raises(OSError, match="No space left"):
            Taken(tmp_path, "taken").settle(watched, "po.edi", "po.edi", identity)
    (aside,) = tmp_path.glob(".tradepost-taken-*")
    assert aside.read_bytes() == b"ISA"


# S3 ------------------------------------------------------------------------------------------


class Bucket:
    """A client whose calls a test answers. say: by call, what it raises, what it returns, or who answers."""

    def __init__(self, **say: Any) -> None:
        self._say = say
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, call: str) -> Callable[..., Any]:
        def answer(*names: str, **options: Any) -> Any:
            self.calls.append((call, options))
            said = self._say.get(call, {})
            if isinstance(said, Exception):
                raise said
            return said() if callable(said) else said

        return answer


def settling(bucket: Bucket) -> Settling:
    return Settling(cast("Any", bucket), "edi", "in/", "in/taken/")


def test_a_kept_object_is_moved_in_the_version_that_was_kept() -> None:
    bucket = Bucket(head_object=refused(404, "404"))
    settling(bucket).settle(Fetched("in/a/po.edi", '"e1"', "v7"), "move")
    assert [call for call, _ in bucket.calls] == ["head_object", "copy_object", "delete_object"]
    assert bucket.calls[1][1]["CopySource"] == {"Bucket": "edi", "Key": "in/a/po.edi", "VersionId": "v7"}
    assert bucket.calls[1][1]["Key"] == "in/taken/a/po.edi"
    assert bucket.calls[2][1]["VersionId"] == "v7"


def test_a_store_that_refuses_a_look_at_the_target_moves_nothing() -> None:
    bucket = Bucket(head_object=refused(403, "AccessDenied"))
    with pytest.raises(ClientError):
        settling(bucket).settle(Fetched("in/po.edi", '"e1"', "v7"), "move")
    assert [call for call, _ in bucket.calls] == ["head_object"]


class Broken:
    """An answer that breaks off after its first bytes."""

    def iter_chunks(self, size: int) -> Iterator[bytes]:
        yield b"ISA"
        raise ReadTimeoutError(endpoint_url="http://127.0.0.1")

    def close(self) -> None:
        """Nothing is open."""


def test_an_object_whose_answer_breaks_off_is_left_for_the_next_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = {"Key": "in/po.edi", "ETag": '"e1"', "Size": 6, "LastModified": NOON}
    pages = SimpleNamespace(paginate=lambda **options: [{"Contents": [listed]}])
    answer = {"Body": Broken(), "ContentLength": 6, "ETag": '"e1"'}
    bucket = Bucket(get_paginator=pages, get_object=answer, get_object_tagging={"TagSet": []})
    watcher = S3Watcher(s3_channel(tmp_path), "acme", tmp_path)
    monkeypatch.setattr("gateway.watchers.s3.s3_client", lambda access: bucket)
    with closing(watcher), capture_logs() as logs:
        assert watcher.sweep(kept, never) == 0
    assert [entry["code"] for entry in logs if entry["event"] == "channel.file_left"] == ["GTW-254"]
    assert list((tmp_path / "spool").glob("download-*")) == []


def s3_channel(home: Path) -> S3Channel:
    for name in ("access", "secret"):
        (home / name).write_text("test")
        (home / name).chmod(0o600)
    settings = {"kind": "s3", "name": "bucket", "url": "s3://edi/in", "endpoint_url": "http://127.0.0.1:1"}
    return S3Channel.model_validate({**settings, "access_key": "file:access", "secret_key": "file:secret"})


def test_what_a_killed_process_left_of_its_downloads_goes_at_the_next_start(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    (spool / "download-1.bucket").write_bytes(b"half")
    (spool / "download-1.other").write_bytes(b"half")
    Downloads(tmp_path, "bucket")
    assert [path.name for path in spool.iterdir()] == ["download-1.other"]


@pytest.mark.parametrize("count", [2, 4])
def test_a_download_of_another_size_than_announced_is_none(tmp_path: Path, count: int) -> None:
    downloads = Downloads(tmp_path, "bucket")
    with pytest.raises(SourceFault) as caught, downloads.holding([b"x" * count], 3):
        pytest.fail("it was taken for whole")
    assert caught.value.code == "GTW-255"
    assert list((tmp_path / "spool").iterdir()) == []


def test_a_spool_that_is_full_is_told_as_the_channels_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    downloads = Downloads(tmp_path, "bucket")
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full_disk)
        with pytest.raises(ChannelUnavailable) as caught, downloads.holding([b"ISA"], 3):
            pytest.fail("it was kept nowhere")
    assert caught.value.code == "GTW-257"
    assert list((tmp_path / "spool").iterdir()) == []


def test_a_spool_that_is_no_folder_is_told_as_the_channels_trouble(tmp_path: Path) -> None:
    downloads = Downloads(tmp_path, "bucket")
    (tmp_path / "spool").write_bytes(b"somebody's file")
    with pytest.raises(ChannelUnavailable) as caught, downloads.holding([b"ISA"], 3):
        pytest.fail("it was kept nowhere")
    assert caught.value.code == "GTW-257"
    assert (tmp_path / "spool").read_bytes() == b"somebody's file"


def queue(monkeypatch: pytest.MonkeyPatch, client: Bucket, bell: Bell) -> QueueNotices:
    monkeypatch.setattr(s3_notices, "_client", lambda url, access: client)
    monkeypatch.setattr(s3_notices, "PAUSE_S", 0.001)
    return QueueNotices("bucket", "http://127.0.0.1/q", ("edi", "in/"), S3Access(), bell)


def test_a_queue_that_is_away_is_told_and_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    told, asked = threading.Event(), threading.Semaphore(0)

    def away() -> None:
        asked.release()
        raise refused(500)

    notices = queue(monkeypatch, Bucket(receive_message=away), Bell())
    monkeypatch.setattr(notices, "_warn", lambda reason: told.set())
    with closing(notices):
        notices.start()
        assert told.wait(WAIT_S)
        assert all(asked.acquire(timeout=WAIT_S) for _ in range(2))


def test_a_message_that_cannot_be_removed_comes_again_and_does_no_harm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    notices = queue(monkeypatch, Bucket(delete_message_batch=refused(503)), Bell())
    with closing(notices), capture_logs() as logs:
        notices.confirm(["receipt-1", "receipt-1"])
    assert [entry["event"] for entry in logs] == ["channel.polled_only"]


def test_news_of_another_folder_rings_no_bell(monkeypatch: pytest.MonkeyPatch) -> None:
    bell, seen = Bell(), threading.Semaphore(0)

    def answer() -> dict[str, Any]:
        seen.release()
        return {"Messages": [{"ReceiptHandle": "r", "Body": "{}"}]}

    notices = queue(monkeypatch, Bucket(receive_message=answer), bell)
    with closing(notices):
        notices.start()
        assert all(seen.acquire(timeout=WAIT_S) for _ in range(2))
    assert notices.seen()[0] == "r"
    assert not bell.wait(0)


# SFTP ----------------------------------------------------------------------------------------


class Server:
    """A remote folder of one file, three bytes long. looks: sizes that later looks find, None for nothing."""

    def __init__(self, *looks: int | Exception | None, refusal: Exception | None = None) -> None:
        self.looks = list(looks)
        self.refusal = refusal
        self.moved: list[tuple[str, str]] = []

    def open_sftp(self) -> Server:
        return self

    def get_channel(self) -> None:
        """None, as of a connection that is gone."""

    def listdir_attr(self, path: str) -> list[paramiko.SFTPAttributes]:
        return [_attributes(3)]

    def lstat(self, path: str) -> paramiko.SFTPAttributes:
        look = self.looks.pop(0)
        if look is None:
            raise FileNotFoundError(path)
        if isinstance(look, Exception):
            raise look
        return _attributes(look)

    def open(self, path: str, mode: str) -> RemoteFile:
        return RemoteFile(self.refusal)

    def rename(self, old: str, new: str) -> None:
        self.moved.append((old, new))

    def close(self) -> None:
        """Nothing is open."""


class RemoteFile(io.BytesIO):
    """The file, which may refuse to be read."""

    def __init__(self, refusal: Exception | None) -> None:
        super().__init__(b"ISA")
        self._refusal = refusal

    def read(self, size: int | None = -1, /) -> bytes:
        if self._refusal is not None:
            raise self._refusal
        return super().read(size)

    def stat(self) -> paramiko.SFTPAttributes:
        return _attributes(3)


def _attributes(size: int) -> paramiko.SFTPAttributes:
    found = paramiko.SFTPAttributes()
    found.filename, found.st_size, found.st_mtime = "po.edi", size, 7
    return found


@pytest.fixture
def sweep_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Server], int]:
    """Sweeps the folder of a server with a new watcher."""
    (tmp_path / "spool").mkdir()
    (tmp_path / "login").write_text("secret")
    (tmp_path / "login").chmod(0o600)
    host_key = f"ssh-ed25519 {ensure_host_key(tmp_path / 'host').get_base64()}"
    settings = {"kind": "sftp", "name": "remote", "host": "far.example", "login": "we", "path": "/out"}
    channel = SftpChannel.model_validate({**settings, "password": "file:login", "host_key": host_key})

    def sweep(server: Server) -> int:
        monkeypatch.setattr(sftp_module, "sftp_login", lambda access: server)
        time = Time()
        watcher = sftp_module.SftpWatcher(channel, "acme", tmp_path, time)
        count = watcher.sweep(kept, never)
        time.pass_by(channel.stable_s)
        return count + watcher.sweep(kept, never)

    return sweep


def test_a_newer_file_caught_by_our_rename_is_put_back(sweep_of: Callable[[Server], int]) -> None:
    as_kept, folder, free, newer = 3, 0, None, 9
    server = Server(as_kept, folder, free, newer, free)
    assert sweep_of(server) == 1
    assert server.moved == [("/out/po.edi", "/out/taken/po.edi"), ("/out/taken/po.edi", "/out/po.edi")]
    assert server.looks == []


@pytest.mark.parametrize("refusal", [TimeoutError("timed out"), OSError("Socket is closed")])
def test_a_connection_that_ends_in_the_middle_of_a_file_is_the_servers_trouble_not_the_files(
    sweep_of: Callable[[Server], int], refusal: Exception
) -> None:
    with pytest.raises(ChannelUnavailable) as caught:
        sweep_of(Server(refusal=refusal))
    assert caught.value.code == "GTW-260"
