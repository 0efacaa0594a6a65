"""What the files of a partners folder say about one another, and may not."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from parsers.finding import Finding
from parsers.toml_lines import TomlPath
from parsers.x12.model import PartyId
from partners.agreement import FIRST_RELEASE_WITH_999
from partners.channels import Channel, ErpChannel, FolderChannel, S3Channel, SftpChannel, SftpMailbox
from partners.faults import fault
from partners.loading import Everything, Member
from partners.profile import MAILBOX, AckPolicy, DocumentRule, PartnerProfile

#: A fact that one partner only may claim, and where it is claimed.
Claim = tuple[str | PartyId, TomlPath]


def contradictions(everything: Everything) -> Iterator[Finding]:
    """Every overlap between partners, and every name that names nothing."""
    members = everything.members.values()
    yield from _ours(everything)
    yield from _overlaps("PRT-020", [(member, claim) for member in members for claim in _identities(member)])
    yield from _overlaps("PRT-022", [(member, claim) for member in members for claim in _logins(member)])
    yield from _overlaps(
        "PRT-023", [(member, claim) for member in members for claim in _channel_names(member)]
    )
    yield from _overlaps("PRT-024", [(member, claim) for member in members for claim in _watched(member)])
    yield from _mappings(everything)
    for member in members:
        yield from _senders(member, everything)
        yield from _destinations(member, everything)
        yield from _rules(member)
        yield from _answers(member, everything)


def _overlaps(code: str, claims: list[tuple[Member, Claim]]) -> Iterator[Finding]:
    owners: dict[str | PartyId, tuple[Member, TomlPath]] = {}
    for member, (fact, path) in claims:
        if fact not in owners:
            owners[fact] = (member, path)
            continue
        owner, owner_path = owners[fact]
        first = owner.chain.place(owner_path)
        yield fault(
            code,
            member.chain.place(path),
            value=str(fact),
            owner=owner.profile.partner,
            where=f"{first.file} line {first.line}",
        )


def _identities(member: Member) -> Iterator[Claim]:
    if member.profile.x12 is not None:
        for number, identity in enumerate(member.profile.x12.isa):
            yield identity.party, ("x12", "isa", number)


def _logins(member: Member) -> Iterator[Claim]:
    for number, channel in enumerate(member.profile.channels):
        if isinstance(channel, SftpMailbox):
            yield channel.login, ("channels", number, "login")


def _channel_names(member: Member) -> Iterator[Claim]:
    for number, channel in enumerate(member.profile.channels):
        yield channel.name, ("channels", number, "name")


def _watched(member: Member) -> Iterator[Claim]:
    for number, channel in enumerate(member.profile.channels):
        place = _watched_place(channel)
        if place is not None:
            key, text = place
            yield text, ("channels", number, key)


def _watched_place(channel: Channel) -> tuple[str, str] | None:
    """The key that says what is watched, and that place as one text; None if nothing is watched."""
    match channel:
        case FolderChannel():
            return "path", channel.path.rstrip("/")
        case S3Channel():
            return "url", f"{channel.endpoint_url or ''} {channel.url.rstrip('/')}".strip()
        case SftpChannel():
            return "path", f"{channel.login}@{channel.host.lower()}:{channel.port}:{channel.path.rstrip('/')}"
        case _:
            return None


def _ours(everything: Everything) -> Iterator[Finding]:
    ours = {identity.party for identity in everything.ours.value.isa}
    for member in everything.members.values():
        if member.profile.x12 is not None and not ours:
            yield fault("PRT-026", everything.ours.source.place(("isa",)), partner=member.profile.partner)
            return
        for party, path in _identities(member):
            if party in ours:
                yield fault("PRT-021", member.chain.place(path), value=str(party))


def _senders(member: Member, everything: Everything) -> Iterator[Finding]:
    for number, channel in enumerate(member.profile.channels):
        for position, sender in enumerate(channel.senders):
            if sender not in everything.members:
                place = member.chain.place(("channels", number, "senders", position))
                yield fault("PRT-034", place, value=sender)


def _destinations(member: Member, everything: Everything) -> Iterator[Finding]:
    destinations = everything.destinations.value
    known = ", ".join(destinations) or "none"
    for name, environment, path in _named_destinations(member.profile):
        if name not in destinations:
            yield fault("PRT-032", member.chain.place(path), value=name, expected=known)
        elif destinations[name].environment != environment:
            yield fault(
                "PRT-033",
                member.chain.place(path),
                value=name,
                expected=environment,
                environment=destinations[name].environment,
            )


def _named_destinations(profile: PartnerProfile) -> Iterator[tuple[str, str, TomlPath]]:
    """Each destination that rules and channels name, for which environment, and where."""
    for number, rule in enumerate(profile.documents):
        for key, environment in (("destination", "production"), ("test_destination", "test")):
            name = getattr(rule, key)
            if name is not None:
                yield name, environment, ("documents", number, key)
    for number, channel in enumerate(profile.channels):
        if isinstance(channel, ErpChannel):
            yield channel.destination, channel.usage, ("channels", number, "destination")


def _mappings(everything: Everything) -> Iterator[Finding]:
    source = everything.destinations.source
    for name, destination in everything.destinations.value.items():
        if destination.mapping is not None and destination.mapped is None:
            yield fault("PRT-038", source.place((name, "mapping")), value=destination.mapping)


def _rules(member: Member) -> Iterator[Finding]:
    rules = list(enumerate(member.profile.documents))
    for number, rule in rules:
        if rule.standard == "x12" and member.profile.x12 is None:
            yield fault("PRT-036", member.chain.place(("documents", number, "standard")))
    for (first, one), (second, other) in combinations(rules, 2):
        if _overlap(one, other):
            yield fault("PRT-025", member.chain.place(("documents", second)), number=str(first + 1))


def _overlap(one: DocumentRule, other: DocumentRule) -> bool:
    """True if no file could tell which of both rules is meant."""
    if one.standard != other.standard:
        return False
    if one.standard == "csv":
        return one.file_pattern.lower() == other.file_pattern.lower()
    return one.set == other.set and (
        one.versions == other.versions
        or any(other.covers(version) for version in one.versions if other.versions)
        or any(one.covers(version) for version in other.versions if one.versions)
    )


def _lacks_999(policy: AckPolicy) -> bool:
    """True if a 999 is asked for in a version that has none."""
    return policy.functional == "999" and policy.version[:6] < FIRST_RELEASE_WITH_999


def _answers(member: Member, everything: Everything) -> Iterator[Finding]:
    """Answers need a place that somebody can fetch them from."""
    profile = member.profile
    has_mailbox = any(isinstance(channel, SftpMailbox) for channel in profile.channels)
    if profile.x12 is not None and _lacks_999(profile.x12.acknowledge):
        place = member.chain.place(("x12", "acknowledge", "functional"))
        yield fault("PRT-120", place, value=profile.x12.acknowledge.version)
    if profile.x12 is not None and profile.x12.acknowledge.answers:
        to = profile.x12.acknowledge.to
        path = ("x12", "acknowledge", "to")
        if to == MAILBOX and not has_mailbox:
            yield fault("PRT-035", member.chain.place(path))
        elif to != MAILBOX and to not in everything.destinations.value:
            known = ", ".join(everything.destinations.value) or "none"
            yield fault("PRT-032", member.chain.place(path), value=to, expected=known)
    for number, rule in enumerate(profile.documents):
        if rule.standard == "csv" and rule.receipt and not has_mailbox:
            yield fault("PRT-037", member.chain.place(("documents", number, "receipt")))
