"""From a channel of the profiles to the watcher that looks into it. A new transport is one case here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from gateway.ports import Bookmarks, Watcher
from gateway.watchers.erp import ErpWatcher
from gateway.watchers.erp_side import reader_of
from gateway.watchers.local import FolderWatcher
from gateway.watchers.s3 import S3Watcher
from gateway.watchers.sftp import SftpWatcher
from partners.directory import Directory
from partners.profile import Channel, ErpChannel, FolderChannel, S3Channel, SftpChannel


@dataclass(frozen=True, slots=True)
class ErpAccess:
    """What reading an ERP takes besides its channel. directory: the profiles that the channel is from."""

    directory: Directory
    bookmarks: Bookmarks


def open_watcher(channel: Channel, partner: str, home: Path, erp: ErpAccess | None = None) -> Watcher | None:
    """The watcher of a channel; None for a kind that needs none. Connects to nothing and never fails.

    partner: to whom the channel belongs. home: where relative folders and secret files are, and the spool.
    erp: without it no ERP is read.
    """
    match channel:
        case FolderChannel():
            return FolderWatcher(channel, partner, home)
        case S3Channel():
            return S3Watcher(channel, partner, home)
        case SftpChannel():
            return SftpWatcher(channel, partner, home)
        case ErpChannel() if erp is not None:
            opening = partial(reader_of, channel, partner, erp.directory, home)
            return ErpWatcher(channel, partner, opening, erp.bookmarks)
        case _:
            return None
