"""docs/findings.md, made from the catalogue in parsers/findings/."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.pages.markdown import notice, plain, table
from parsers.catalogue import PREFIXES, Entry, entries

BEGINNING = f"""\
# Findings

{notice("`parsers/findings/*.csv`")}

Whatever is wrong has a code, and a code always means the same. A finding about a file also names
the place: segment, element and byte, or row and column. *Level* is where the fault lies; how an
error there is judged, and what goes on in spite of it, is told in [answering](answering.md). A
note rejects nothing. *Answered* are the X12 codes that a 997 or TA1 repeats to the partner. Where
a remedy shows a name in {{braces}}, the finding has the name itself.
"""

KINDS = {
    "X12": "X12 files",
    "CSV": "CSV files and their layouts",
    "PRT": "Partner profiles",
    "TRN": "Meaning: who sends, what a document says",
    "OUT": "Delivering",
    "GTW": "The gateway itself",
}


def page() -> str:
    """The whole page."""
    return "\n".join([BEGINNING, *(line for prefix in PREFIXES for line in _section(prefix))])


def _section(prefix: str) -> Iterator[str]:
    yield f"## {prefix}: {KINDS[prefix]}\n"
    rows = (_row(entry) for code, entry in sorted(entries().items()) if code.startswith(f"{prefix}-"))
    yield from table(("code", "what", "level", "answered", "cause", "what to do"), rows)
    yield ""


def _row(entry: Entry) -> tuple[str, ...]:
    return (
        f'<a id="{entry.code.lower()}"></a>`{entry.code}`',
        plain(entry.title),
        f"{entry.level.value}, {entry.severity.value}",
        ", ".join(f"{name} {value}" for name, value in entry.x12.items()) or "-",
        plain(entry.cause),
        plain(entry.remedy),
    )
