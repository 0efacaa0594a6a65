"""Segments before they are XML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from outbound.idoc.definitions import segments


@dataclass(frozen=True, slots=True)
class Node:
    """One segment with those below it. fields: in the order they are written, none empty."""

    name: str
    fields: Mapping[str, str]
    children: tuple[Node, ...] = field(default=())


def node(basic_type: str, name: str, fields: Mapping[str, str | None], children: Iterable[Node] = ()) -> Node:
    """A segment with its fields in the order of the basic type; empty ones are left out.

    A field that the tables do not know goes last, so that the check can tell of it.
    """
    ranks = {known: rank for rank, known in enumerate(segments(basic_type)[name].fields)}
    given = [(key, value) for key, value in fields.items() if value]
    ordered = sorted(given, key=lambda pair: ranks.get(pair[0], len(ranks)))
    return Node(name, dict(ordered), tuple(children))
