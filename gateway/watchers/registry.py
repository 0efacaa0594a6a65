"""From a channel of the profiles to the watcher that looks into it. A new transport is one case here."""

from __future__ import annotations

from pathlib import Path

from gateway.ports import Watcher
from gateway.watchers.local import FolderWatcher
from gateway.watchers.s3 import S3Watcher
from gateway.watchers.sftp import SftpWatcher
from partners.profile import Channel, FolderChannel, S3Channel, SftpChannel


def open_watcher(channel: Channel, partner: str, home: Path) -> Watcher | None:
    """The watcher of a channel; None for a kind that needs none. Connects to nothing and never fails.

    partner: to whom the channel belongs. home: where relative folders and secret files are, and the spool.
    """
    match channel:
        case FolderChannel():
            return FolderWatcher(channel, partner, home)
        case S3Channel():
            return S3Watcher(channel, partner, home)
        case SftpChannel():
            return SftpWatcher(channel, partner, home)
        case _:
            return None
