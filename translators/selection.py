"""Picking a value out of a canonical list by its qualifier."""

from __future__ import annotations

from collections.abc import Sequence

from translators.canonical.values import DatedEvent, Party, ProductId, Reference


def reference(references: Sequence[Reference], *qualifiers: str) -> str | None:
    """The value of the first reference with one of the qualifiers, the first qualifier preferred."""
    for qualifier in qualifiers:
        for one in references:
            if one.value and one.qualifier and one.qualifier.code == qualifier:
                return one.value
    return None


def event(events: Sequence[DatedEvent], qualifier: str) -> DatedEvent | None:
    """The first date with the qualifier."""
    return next((one for one in events if one.qualifier and one.qualifier.code == qualifier), None)


def party(parties: Sequence[Party], role: str) -> Party | None:
    """The first party with the role."""
    return next((one for one in parties if one.role and one.role.code == role), None)


def product_id(ids: Sequence[ProductId], qualifier: str) -> str | None:
    """The first product id with the qualifier."""
    return next((one.value for one in ids if one.qualifier.code == qualifier), None)
