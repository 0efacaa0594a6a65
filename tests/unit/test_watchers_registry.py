"""Which channels are watched, and by what."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import TypeAdapter

from gateway.watchers.local import FolderWatcher
from gateway.watchers.registry import open_watcher
from gateway.watchers.s3 import S3Watcher
from gateway.watchers.sftp import SftpWatcher
from partners.profile import Channel

CHANNEL: TypeAdapter[Channel] = TypeAdapter(Channel)
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"kind": "folder", "path": "not-there"}, FolderWatcher),
        ({"kind": "s3", "url": "s3://no-such-bucket/in", "access_key": "env:NOT_SET"}, S3Watcher),
        (
            {"kind": "sftp", "host": "nowhere.invalid", "login": "us", "host_key": HOST_KEY, "path": "/out"},
            SftpWatcher,
        ),
    ],
)
def test_opening_a_watcher_connects_to_nothing_and_never_fails(
    settings: dict[str, object], expected: type, tmp_path: Path
) -> None:
    """What is away, or a secret that cannot be read, is for the sweeps to say, again and again."""
    watcher = open_watcher(CHANNEL.validate_python({"name": "channel-1", **settings}), "acme", tmp_path)
    assert isinstance(watcher, expected)
    assert watcher.channel == "channel-1"
    watcher.close()


@pytest.mark.parametrize("settings", [{"kind": "hand"}, {"kind": "sftp_mailbox", "login": "acme"}])
def test_a_channel_of_our_own_needs_no_watcher(settings: dict[str, object], tmp_path: Path) -> None:
    channel = CHANNEL.validate_python({"name": "channel-1", **settings})
    assert open_watcher(channel, "acme", tmp_path) is None
