"""docs/states.md, made from gateway.states.TABLES."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gateway.pages.markdown import notice, plain, table
from gateway.states import TABLES, State, beginnings

BEGINNING = f"""\
# States

{notice("`gateway/states.py`")}

Everything the ledger keeps is in one of the states below. A move that is not listed is refused,
and every move leaves an event: who, when, before, after, why. *After a crash* says what a gateway
that was killed in that state does when it starts again.
"""

#: What each kind of row is, in one sentence.
KINDS = {
    "transmission": "A file that came in or went out.",
    "interchange": "One ISA to IEA of a file; a CSV file counts as one.",
    "document": "An order, a ship notice, an invoice, or a partner's acknowledgement.",
    "consignment": "Documents packed for one destination; what `tradepost deliveries list` shows.",
    "delivery": "One document's way to one destination.",
    "destination": "A far end, as its circuit breaker sees it; one that never failed is closed.",
    "acknowledgement": "A TA1, a 997 or a receipt: ours, or a partner's.",
    "task": "Work to be done: one stage on one subject.",
    "alert": "A cause that a person should know of.",
    "notice": "What is told of an alert to one address.",
}


def page() -> str:
    """The whole page."""
    sections = (line for kind, states in TABLES.items() for line in _section(kind, states))
    return "\n".join([BEGINNING, *sections])


def _section(kind: str, states: Mapping[str, State]) -> Iterator[str]:
    yield f"## {kind.capitalize()}\n"
    yield f"{KINDS[kind]}\n"
    yield from _diagram(states)
    rows = (
        (f"`{s.name}`", plain(s.meaning), ", ".join(f"`{n}`" for n in s.next) or "-", plain(s.after_crash))
        for s in states.values()
    )
    yield from table(("state", "meaning", "may become", "after a crash"), rows)
    yield ""


def _diagram(states: Mapping[str, State]) -> Iterator[str]:
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield from (f"    [*] --> {name}" for name in beginnings(states))
    yield from (f"    {state.name} --> {after}" for state in states.values() for after in state.next)
    yield "```"
    yield ""
