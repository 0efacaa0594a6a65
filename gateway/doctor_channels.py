"""Channels by which our own ERP speaks: whether it was asked lately, and whether it can come in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from gateway.doctor_check import Check
from gateway.profiles import SecretUnreadable, read_secrets
from partners.channels import ErpChannel, HttpChannel
from partners.directory import Directory

#: Looks that may fail before it is told.
LOOKS = 5


def examine_channels(
    directory: Directory, asked: Mapping[str, datetime | None], home: Path, now: datetime
) -> Iterator[Check]:
    """What is to be said of channels that are open. asked: see `store.bookmarks.read_to_their_ends`."""
    for _, channel in directory.open_channels():
        if isinstance(channel, ErpChannel):
            yield _reading(channel, asked.get(channel.name), now)
        elif isinstance(channel, HttpChannel):
            yield _door(channel, home)


def _reading(channel: ErpChannel, asked_at: datetime | None, now: datetime) -> Check:
    name = f"channel {channel.name}"
    advice = f"A node must play the role watch. Try: tradepost destinations check {channel.destination}"
    if asked_at is None:
        return Check(name, "note", "The ERP was not read to its end yet.", advice)
    says = f"The ERP was last read to its end at {asked_at:%Y-%m-%d %H:%M} UTC"
    is_late = now - asked_at > timedelta(seconds=LOOKS * channel.poll_s)
    return Check(name, "failed", says, advice) if is_late else Check(name, "well", says)


def _door(channel: HttpChannel, home: Path) -> Check:
    name = f"channel {channel.name}"
    try:
        tokens = read_secrets(channel.secrets, home)
    except SecretUnreadable as fault:
        return Check(name, "failed", fault.message, fault.remedy)
    count = "one token" if len(tokens) == 1 else f"{len(tokens)} tokens"
    return Check(name, "well", f"It can be pushed through with {count}")
