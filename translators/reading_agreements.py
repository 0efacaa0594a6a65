"""Whose interchange it is: from the ids of its ISA to an agreement, or to a finding that says why not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from parsers.catalogue import found
from parsers.finding import Finding, Location
from parsers.record import record
from parsers.x12.model import GroupHeader, InterchangeHeader, PartyId
from partners.open_terms import open_agreement

if TYPE_CHECKING:
    from partners.agreement import Agreement
    from partners.directory import Directory
    from partners.profile import PartnerProfile

#: Elements of the ISA that name a party.
_PARTIES = {5: "sender", 6: "sender", 7: "receiver", 8: "receiver"}


@record
class Resolved:
    """agreement: None if nothing of the interchange may be processed; the findings then say why."""

    agreement: Agreement | None
    findings: tuple[Finding, ...] = ()


#: From an ISA to its agreement.
Resolve = Callable[[InterchangeHeader], Resolved]


def resolver(
    directory: Directory | None, agreement: Agreement | None, senders: Sequence[str] | None
) -> Resolve:
    """How interchanges find their agreement.

    The directory decides if there is one, and `senders` (partner names, None for any) says whom
    the channel may carry. Without a directory `agreement` must be that of the sender. With
    neither, everybody is welcome.
    """
    if directory is not None:
        return lambda header: _looked_up(directory, header, senders)
    if agreement is not None:
        return lambda header: _forced(agreement, header)
    return lambda header: Resolved(open_agreement())  # noqa: ARG005 - the form of a Resolve


def _isa(position: int, header: InterchangeHeader) -> Location:
    return Location("ISA", element=position, byte_offset=header.offset_of(position))


def _forced(agreement: Agreement, header: InterchangeHeader) -> Resolved:
    partner = agreement.partner
    if agreement.x12 is None:
        place = _isa(6, header)
        return Resolved(None, (found("TRN-303", place, value=str(header.sender), partner=partner.partner),))
    if header.sender not in {known.party for known in agreement.x12.isa}:
        place = _isa(6, header)
        allowed = partner.partner
        return Resolved(None, (found("TRN-301", place, value=str(header.sender), expected=allowed),))
    ours = {known.party for known in agreement.ours.isa}
    if header.receiver not in ours:
        return Resolved(None, (found("TRN-302", _isa(8, header), value=str(header.receiver)),))
    return _if_enabled(agreement, header)


def _looked_up(directory: Directory, header: InterchangeHeader, senders: Sequence[str] | None) -> Resolved:
    agreement = directory.by_isa(header.sender, header.receiver)
    if agreement is None:
        return Resolved(None, _strangers(directory, header))
    if senders is not None and agreement.partner.partner not in senders:
        allowed = ", ".join(senders) or "nobody"
        return Resolved(
            None, (found("TRN-301", _isa(6, header), value=str(header.sender), expected=allowed),)
        )
    return _if_enabled(agreement, header)


def _if_enabled(agreement: Agreement, header: InterchangeHeader) -> Resolved:
    if agreement.partner.enabled:
        return Resolved(agreement)
    return Resolved(None, (_switched_off(agreement.partner, header),))


def _strangers(directory: Directory, header: InterchangeHeader) -> tuple[Finding, ...]:
    """Which of the two ids nobody knows, or that the partner is switched off; never nothing."""
    findings = []
    if header.receiver not in {known.party for known in directory.ours.isa}:
        findings.append(found("TRN-302", _isa(8, header), value=str(header.receiver)))
    sender = _owner(directory, header.sender)
    if sender is None:
        findings.append(found("TRN-300", _isa(6, header), value=str(header.sender)))
    elif not sender.enabled:
        findings.append(_switched_off(sender, header))
    return tuple(findings)


def _owner(directory: Directory, sender: PartyId) -> PartnerProfile | None:
    for partner in directory.partners:
        if partner.x12 is not None and sender in {known.party for known in partner.x12.isa}:
            return partner
    return None


def _switched_off(partner: PartnerProfile, header: InterchangeHeader) -> Finding:
    return found("TRN-304", _isa(6, header), value=str(header.sender), partner=partner.partner)


def group_faults(agreement: Agreement, header: GroupHeader) -> tuple[Finding, ...]:
    """Application ids (GS02, GS03) that were not agreed; an empty list in the profile allows any."""
    findings = []
    theirs = agreement.x12.gs if agreement.x12 else ()
    if theirs and header.sender not in theirs:
        place = Location("GS", element=2, byte_offset=header.offset_of(2))
        findings.append(found("TRN-309", place, value=header.sender, expected=", ".join(theirs)))
    if agreement.ours.gs and header.receiver not in agreement.ours.gs:
        place = Location("GS", element=3, byte_offset=header.offset_of(3))
        expected = ", ".join(agreement.ours.gs)
        findings.append(found("TRN-310", place, value=header.receiver, expected=expected))
    return tuple(findings)


def besides(faults: Sequence[Finding], found_out: Sequence[Finding]) -> list[Finding]:
    """What an agreement finds wrong with ids, besides what is wrong with them already."""
    told = {_party(fault) for fault in faults if fault.is_error} - {None}
    return [finding for finding in found_out if _party(finding) not in told]


def _party(finding: Finding) -> str | None:
    """Whose id a finding of the ISA is about."""
    return _PARTIES.get(finding.location.element or 0)
