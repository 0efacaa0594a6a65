"""Routing: which destinations take a document.

By our identity, partner, kind, environment, warehouse and company.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from partners.destinations import Takes
from partners.directory import Directory
from partners.profile import Destination, DocumentRule

#: Roles of parties (X12 element 98) that say where the goods are or go, and who orders, sells or pays.
WAREHOUSE_ROLES = frozenset({"WH", "SF", "ST"})
COMPANY_ROLES = frozenset({"BY", "SO", "BT", "SE", "SU", "VN", "RI"})


@dataclass(frozen=True, slots=True)
class Routed:
    """What routing asks of a document. ours: our interchange id, as ZZ:ID."""

    partner: str
    kind: str
    environment: str
    ours: str
    warehouses: frozenset[str] = frozenset()
    companies: frozenset[str] = frozenset()


def destinations_of(directory: Directory, rule: DocumentRule, document: Routed) -> tuple[str, ...]:
    """Where a document goes: the rule's own destination first; empty if nobody takes it.

    Test documents never reach a production destination, nor the other way round.
    """
    named = rule.test_destination if document.environment == "test" else rule.destination
    takers = (
        destination.name
        for destination in directory.destinations.values()
        if destination.environment == document.environment
        and any(_fits(takes, document) for takes in destination.takes)
    )
    return tuple(dict.fromkeys([named, *takers] if named else takers))


def asks_for_parties(directory: Directory) -> bool:
    """True if routing needs to look into documents."""
    return any(
        takes.warehouses or takes.companies
        for destination in directory.destinations.values()
        for takes in destination.takes
    )


def may_take(destination: Destination, partner: str, rule: DocumentRule) -> bool:
    """True if documents of a rule may ever go to a destination."""
    return destination.name in {rule.destination, rule.test_destination} or any(
        _is_named(partner, takes.partners) and (not takes.kinds or rule.document in takes.kinds)
        for takes in destination.takes
    )


def may_be_taken(directory: Directory, partner: str, rule: DocumentRule, environment: str) -> bool:
    """True if documents of a rule may go to any destination of their environment."""
    return any(
        destination.environment == environment and may_take(destination, partner, rule)
        for destination in directory.destinations.values()
    )


def keeps_order(directory: Directory, partner: str) -> bool:
    """True if documents of a partner may go to a destination that keeps order."""
    agreement = directory.by_partner(partner)
    rules = agreement.partner.documents if agreement else ()
    ordered = [one for one in directory.destinations.values() if one.order != "none"]
    return any(may_take(destination, partner, rule) for destination in ordered for rule in rules)


def parties_of(canonical: str) -> tuple[frozenset[str], frozenset[str]]:
    """Ids of a document's warehouses and companies, from its canonical JSON."""
    found = json.loads(canonical).get("parties", ())
    return _ids(found, WAREHOUSE_ROLES), _ids(found, COMPANY_ROLES)


def _ids(parties: Iterable[Mapping[str, object]], roles: frozenset[str]) -> frozenset[str]:
    chosen = (party for party in parties if _code(party.get("role")) in roles)
    return frozenset(str(party["id"]) for party in chosen if party.get("id"))


def _code(role: object) -> object:
    return role.get("code") if isinstance(role, Mapping) else None


def _fits(takes: Takes, document: Routed) -> bool:
    return (
        _is_named(document.partner, takes.partners)
        and (not takes.kinds or document.kind in takes.kinds)
        and (not takes.ours or document.ours in takes.ours)
        and (not takes.warehouses or not document.warehouses.isdisjoint(takes.warehouses))
        and (not takes.companies or not document.companies.isdisjoint(takes.companies))
    )


def _is_named(partner: str, patterns: Iterable[str]) -> bool:
    patterns = tuple(patterns)
    return not patterns or any(fnmatchcase(partner, pattern) for pattern in patterns)
