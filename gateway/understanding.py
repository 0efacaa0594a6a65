"""A transmission's bytes as a stream of what is understood in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from gateway.parts import Parts
from gateway.store.arrivals import Kept
from partners.directory import Directory
from translators.reading import read_file
from translators.report import ReportEvent


def understand(
    parts: Parts, transmission: Kept, directory: Directory, stream: BinaryIO
) -> Iterator[ReportEvent]:
    """The file as `inspect` would see it, with what its channel adds: who may send, and for what use.

    What comes by a channel of our own ERP is canonical JSON for the partner, whatever it looks like.
    """
    channel = directory.channel(transmission.channel)
    usage = channel[1].usage if channel else "production"
    agreement = directory.by_partner(transmission.partner or "")
    if agreement is not None and channel is not None and channel[1].from_erp:
        from translators.reading_canonical import read_canonical  # pydantic's models of every kind

        return read_canonical(stream, agreement, name=transmission.name, usage=usage)
    return read_file(
        stream,
        name=transmission.name,
        directory=directory,
        sender=transmission.partner,
        senders=channel[1].senders if channel else None,
        usage=usage,
        limits=parts.x12_limits,
    )
