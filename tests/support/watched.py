"""Stores of others as the watchers' tests see them: one kind of channel over one place each.

put, begin and finish are what a sender does; waiting and taken are what it finds afterwards.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from openssh_server import OpenSshServer
from s3_store import S3Store

from gateway.ports import Arrival, Receive, Received, Sight, Watcher
from gateway.watchers.local import FolderWatcher
from gateway.watchers.s3 import S3Watcher
from gateway.watchers.sftp import SftpWatcher
from partners.channels import FolderChannel, S3Channel, SftpChannel

PARTNER = "acme"
STABLE_S = 5.0


def never() -> bool:
    return False


@dataclass
class Time:
    """A clock that moves when a test says so."""

    now_s: float = 1000.0

    def __call__(self) -> float:
        return self.now_s

    def pass_by(self, seconds: float) -> None:
        self.now_s += seconds


@dataclass
class Recorder:
    """A `receive` that notes what it was given and what became of it."""

    inner: Receive
    arrivals: list[Arrival] = field(default_factory=list)
    outcomes: list[Received] = field(default_factory=list)
    before: Callable[[Arrival], object] = lambda arrival: None
    after: Callable[[Arrival], object] = lambda arrival: None

    def __call__(self, arrival: Arrival, content: BinaryIO | Path) -> Received:
        self.before(arrival)
        received = self.inner(arrival, content)
        self.arrivals.append(arrival)
        self.outcomes.append(received)
        self.after(arrival)
        return received

    @property
    def sights(self) -> list[Sight]:
        return [outcome.sight for outcome in self.outcomes]


class Place(Protocol):
    """What a sender and we see of one store."""

    time: Time

    def watcher(self, *, away: bool = False) -> Watcher:
        """A new watcher, as after a restart; `away`: of the same kind of store where nobody is."""
        ...

    def put(self, name: str, content: bytes) -> None:
        """Send a file as this kind of channel wants it, over one that is there."""
        ...

    def begin(self, name: str, content: bytes) -> Callable[[], None]:
        """Send the first half; what is returned sends the rest."""
        ...

    def waiting(self) -> dict[str, bytes]:
        """Whole files that a sender sees where it put them, unless they are marked as kept."""
        ...

    def taken(self) -> dict[str, bytes]:
        """Files that were moved after they were kept."""
        ...


@dataclass
class FolderPlace:
    """A watched folder below `home`."""

    home: Path
    channel: FolderChannel
    time: Time = field(default_factory=Time)

    def __post_init__(self) -> None:
        self.folder.mkdir()

    @property
    def folder(self) -> Path:
        return self.home / self.channel.path

    def watcher(self, *, away: bool = False) -> FolderWatcher:
        changes = {"path": "not-mounted"} if away else {}
        return FolderWatcher(self.channel.model_copy(update=changes), PARTNER, self.home, self.time)

    def put(self, name: str, content: bytes) -> None:
        self._write(name, content)
        if self.channel.mode == "marker":
            (self.folder / f"{name}{self.channel.marker_suffix}").touch()

    def begin(self, name: str, content: bytes) -> Callable[[], None]:
        half = len(content) // 2
        if self.channel.mode == "rename":
            (self.folder / f"{name}.tmp").write_bytes(content[:half])
        else:
            (self.folder / name).write_bytes(content[:half])
        return lambda: self.put(name, content)

    def waiting(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.folder.iterdir() if path.is_file()}

    def taken(self) -> dict[str, bytes]:
        folder = self.folder / self.channel.move_to
        return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}

    def _write(self, name: str, content: bytes) -> None:
        beside = self.folder / ".being-written.tmp"
        beside.write_bytes(content)
        beside.replace(self.folder / name)
        (self.folder / f"{name[:200]}.tmp").unlink(missing_ok=True)


@dataclass
class SftpPlace:
    """A folder on a real OpenSSH server; the sender works in it directly."""

    home: Path
    server: OpenSshServer
    channel: SftpChannel
    time: Time = field(default_factory=Time)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        (self.home / "spool").mkdir()
        key = self.home / "login-key"
        key.write_text(self.server.private_key)
        key.chmod(0o600)

    @property
    def folder(self) -> Path:
        return Path(self.channel.path)

    def watcher(self, *, away: bool = False, **changes: Any) -> SftpWatcher:
        if away:
            changes["port"] = 1
        return SftpWatcher(self.channel.model_copy(update=changes), PARTNER, self.home, self.time)

    def put(self, name: str, content: bytes) -> None:
        path = self.folder / name
        path.write_bytes(content)
        # SFTP's times are whole seconds: files of one test are told apart by their sizes.
        os.utime(path, (1_700_000_000, 1_700_000_000))

    def begin(self, name: str, content: bytes) -> Callable[[], None]:
        self.put(name, content[: len(content) // 2])
        return lambda: self.put(name, content)

    def waiting(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.folder.iterdir() if path.is_file()}

    def taken(self) -> dict[str, bytes]:
        folder = self.folder / self.channel.move_to
        return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


@dataclass
class S3Place:
    """A prefix of a bucket of its own on moto's server."""

    home: Path
    store: S3Store
    bucket: str
    channel: S3Channel
    time: Time = field(default_factory=Time)

    def __post_init__(self) -> None:
        (self.home / "spool").mkdir()
        for name in ("access", "secret"):
            path = self.home / name
            path.write_text("test")
            path.chmod(0o600)
        self.client = self.store.client()
        self.client.create_bucket(Bucket=self.bucket)

    def watcher(self, *, away: bool = False, **changes: Any) -> S3Watcher:
        if away:
            changes["url"] = "s3://no-such-bucket-here/in"
        return S3Watcher(self.channel.model_copy(update=changes), PARTNER, self.home, self.time)

    def put(self, name: str, content: bytes) -> None:
        self.client.put_object(Bucket=self.bucket, Key=f"in/{name}", Body=content)

    def begin(self, name: str, content: bytes) -> Callable[[], None]:
        key = f"in/{name}"
        upload = self.client.create_multipart_upload(Bucket=self.bucket, Key=key)["UploadId"]
        part = self.client.upload_part(
            Bucket=self.bucket, Key=key, UploadId=upload, PartNumber=1, Body=content
        )

        def finish() -> None:
            parts = [{"ETag": part["ETag"], "PartNumber": 1}]
            self.client.complete_multipart_upload(
                Bucket=self.bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts}
            )

        return finish

    def waiting(self) -> dict[str, bytes]:
        return {
            posixpath.basename(key): self.content(key)
            for key in self.keys()
            if not key.startswith("in/taken/") and not self.tags(key)
        }

    def taken(self) -> dict[str, bytes]:
        return {posixpath.basename(key): self.content(key) for key in self.keys() if "/taken/" in key}

    def keys(self) -> list[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def content(self, key: str) -> bytes:
        return self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def tags(self, key: str) -> dict[str, str]:
        tags = self.client.get_object_tagging(Bucket=self.bucket, Key=key)["TagSet"]
        return {tag["Key"]: tag["Value"] for tag in tags}


def sweep(place: Place, watcher: Watcher, receive: Receive, should_stop: Callable[[], bool] = never) -> int:
    """Two sweeps with a rest between them: what is whole is taken by the second at the latest."""
    count = watcher.sweep(receive, should_stop)
    if should_stop():
        return count
    place.time.pass_by(STABLE_S + 0.1)
    return count + watcher.sweep(receive, should_stop)
