"""From a channel that reads an ERP, and the profiles around it, to what reads it."""

from __future__ import annotations

from pathlib import Path

from gateway.errors import ChannelUnavailable
from gateway.profiles import SecretUnreadable, read_secrets
from gateway.watchers.faults import unavailable
from outbound.changes import ChangeReader, Side
from outbound.registry import open_reader
from partners.channels import ErpChannel
from partners.directory import Directory

REFUSED = "GTW-281"


def reader_of(channel: ErpChannel, partner: str, directory: Directory, home: Path) -> ChangeReader:
    """The reader of a channel, with the secrets as they are now; nothing is connected yet.

    Raises ChannelUnavailable if a secret cannot be read or the destination is none that can be.
    """
    destination = directory.destinations[channel.destination]
    try:
        secrets = read_secrets(destination.secrets, home)
    except SecretUnreadable as fault:
        raise ChannelUnavailable(fault.code, fault.message, fault.remedy) from fault
    try:
        return open_reader(destination, secrets, home, side_of(channel, partner, directory))
    except (ValueError, OSError) as fault:
        raise unavailable(REFUSED, place=destination.name, reason=str(fault)) from fault


def side_of(channel: ErpChannel, partner: str, directory: Directory) -> Side:
    """The partner's side of the ERP, as channel and profile say."""
    profile = next(one for one in directory.partners if one.partner == partner)
    return Side(
        partner=partner,
        party=channel.party,
        reads=channel.reads,
        since=channel.since,
        usage=channel.usage,
        overlap_s=channel.overlap_s,
        per_s=channel.requests_per_s,
        crosswalk=directory.crosswalk(partner),
        zone=profile.time_zone,
        stock=channel.stock,
        warehouses=channel.warehouses,
    )
