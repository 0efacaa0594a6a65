"""Every partner we trade with, found by interchange id, by name or by channel."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from parsers.delimited.layout import Layout
from parsers.finding import Finding
from parsers.x12.dictionary import Dictionary
from parsers.x12.model import PartyId
from partners.checks import contradictions
from partners.crosswalk import Crosswalk
from partners.destinations import Destination
from partners.inheritance import Place, Setting, parse_path
from partners.loading import Everything, Member, read_everything
from partners.profile import Agreement, Channel, OurIdentity, PartnerProfile

#: Bases and sample partners that come with the gateway.
BUNDLED = Path(__file__).parent / "profiles"


@dataclass(frozen=True, slots=True)
class Directory:
    """A partners folder as a whole, checked. Every lookup takes the same time however many partners."""

    _everything: Everything
    _ours: frozenset[PartyId]
    _by_isa: Mapping[PartyId, str]
    _agreements: Mapping[str, Agreement]
    _channels: Mapping[str, tuple[PartnerProfile, Channel]]

    @property
    def ours(self) -> OurIdentity:
        """Who we are."""
        return self._everything.ours.value

    @property
    def dictionary(self) -> Dictionary:
        """The X12 standard, with our own tables (`_x12/`) over it."""
        return self._everything.dictionary

    @property
    def destinations(self) -> Mapping[str, Destination]:
        """Every destination by name."""
        return self._everything.destinations.value

    @property
    def partners(self) -> tuple[PartnerProfile, ...]:
        """Every partner, disabled ones included, in the order of their names."""
        return tuple(member.profile for member in self._everything.members.values())

    def by_isa(self, sender: PartyId, receiver: PartyId) -> Agreement | None:
        """The agreement for an interchange; None if we are not its receiver or trade with no such sender.

        A disabled partner is not found here, so that its files wait as those of a stranger do.
        """
        if receiver not in self._ours or sender not in self._by_isa:
            return None
        return self._agreements[self._by_isa[sender]]

    def by_partner(self, name: str) -> Agreement | None:
        """The agreement with the partner of that name, a disabled one too; None if there is none."""
        return self._agreements.get(name)

    def channel(self, name: str) -> tuple[PartnerProfile, Channel] | None:
        """The channel of that name and the partner it belongs to; None if there is none."""
        return self._channels.get(name)

    def open_channels(self) -> Iterator[tuple[PartnerProfile, Channel]]:
        """Channels that are to be served: enabled ones of enabled partners."""
        for profile, channel in self._channels.values():
            if profile.enabled and channel.enabled:
                yield profile, channel

    def layout(self, partner: str, name: str) -> Layout:
        """The layout that a rule of that partner names. Raises KeyError if none does."""
        return self._everything.members[partner].layouts[name].layout

    def crosswalk(self, partner: str | None) -> Crosswalk:
        """The partner's codes and ours; empty for a partner that is not there or has none."""
        member = self._everything.members.get(partner or "")
        return Crosswalk() if member is None else member.crosswalk

    def explain(self, partner: str, path: str) -> Setting:
        """The effective value of "x12.acknowledge.ta1" and who set it.

        Raises KeyError if there is no such partner or setting, ValueError if `path` is no path.
        """
        member = self._everything.members[partner]
        parts = parse_path(path)
        value: object = member.profile
        for part in parts:
            value = _inner(value, part, path)
        return Setting(value, member.chain.origin(parts))

    def place(self, partner: str, path: str) -> Place:
        """Where a setting of a partner stands, or is missing from. Raises KeyError."""
        return self._everything.members[partner].chain.place(parse_path(path))

    def destination_place(self, name: str, path: str) -> Place:
        """Where a setting of a destination stands, or is missing from."""
        return self._everything.destinations.source.place((name, *parse_path(path)))


def load_directory(folder: Path, bundled: Path = BUNDLED) -> Directory | tuple[Finding, ...]:
    """The partners folder as a whole, or everything that is wrong with it, never half.

    folder: holds ours.toml, destinations.toml and one folder a partner; `_bases/` in it and in
    `bundled` hold what profiles may extend; `_x12/` in it holds X12 tables of our own. Reads these
    folders and nothing else.
    """
    everything = read_everything(folder, {"bundled/_bases": bundled / "_bases", "_bases": folder / "_bases"})
    if isinstance(everything, tuple):
        return everything
    return tuple(contradictions(everything)) or _directory(everything)


def _directory(everything: Everything) -> Directory:
    ours = everything.ours.value
    profiles = [member.profile for member in everything.members.values()]
    return Directory(
        everything,
        frozenset(identity.party for identity in ours.isa),
        {
            identity.party: profile.partner
            for profile in profiles
            if profile.enabled and profile.x12 is not None
            for identity in profile.x12.isa
        },
        {
            name: _agreement(member, ours, everything.dictionary.version)
            for name, member in everything.members.items()
        },
        {channel.name: (profile, channel) for profile in profiles for channel in profile.channels},
    )


def _agreement(member: Member, ours: OurIdentity, tables: str) -> Agreement:
    version = hashlib.sha256(member.snapshot(ours, tables).encode("utf-8")).hexdigest()
    return Agreement(ours, member.profile, member.profile.x12, version)


def _inner(value: object, part: int | str, path: str) -> object:
    if isinstance(value, BaseModel) and isinstance(part, str) and part in type(value).model_fields:
        return getattr(value, part)
    if isinstance(value, tuple) and isinstance(part, int) and 0 <= part < len(value):
        return value[part]
    raise KeyError(path)
