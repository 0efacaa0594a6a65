"""Sets that are a heading, lines of one repeated loop, and a summary: how their parts make a document.

What a set's own module says of them serves two readers: `read` here, and the learned forms, which
read lines and the rest apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parsers.x12.model import GroupHeader, InterchangeHeader, Segment, TransactionSet
from translators.canonical.document import Document
from translators.canonical.values import Code
from translators.report import BusinessKey
from translators.totals import LineSums, sums_of
from translators.translation import Translation
from translators.x12_checks import Remark, tell_all
from translators.x12_details import envelope
from translators.x12_parts import currency
from translators.x12_reading import Node, Reading, of

Fields = dict[str, Any]
#: Fields that all lines together come to, and what is remarked on them.
Finished = tuple[Fields, Iterable[Remark]]


@dataclass(frozen=True, slots=True, eq=False)
class LineSet:
    """A set whose lines are one loop repeated.

    document: the canonical class; its field `lines` holds the lines. trigger: id of the loop.
    heading: reads the fields of what stands before the lines; ending: of what stands after them,
        given the fields so far. Neither looks at a line.
    line: reads one line: reading, first segment, rest of the loop, ordinal from 1.
    finish: the fields that need the sums of the lines, from the others; the currency is the set's.
        It looks at nothing but the fields named in `needs` and gives those named in `finished`.
    keys: what people search the document by. number: what it is known by; original: whether it is
        one; both look at nothing but `needs` too.
    """

    document: type[Document]
    trigger: str
    heading: Callable[[Reading], Fields]
    line: Callable[[Reading, Segment, Sequence[Node], int], Any]
    ending: Callable[[Reading, Fields], Fields]
    finish: Callable[[Fields, LineSums, str | None], Finished]
    keys: Callable[[Any], tuple[BusinessKey, ...]]
    needs: tuple[str, ...]
    finished: tuple[str, ...]
    number: Callable[[Mapping[str, Any]], str]
    original: Callable[[Code | None], bool]


def read(
    shape: LineSet, transaction_set: TransactionSet, header: InterchangeHeader, group: GroupHeader
) -> Translation:
    """The document of a set, as far as its segments can be read. Never raises."""
    reading = Reading(transaction_set, group.date)
    fields = envelope(reading, header, group)
    nodes = reading.tree.children
    own = currency(reading, nodes)
    with reading.amounts_in(own.code if own else None):
        fields |= shape.heading(reading)
        lines = tuple(
            shape.line(reading, segment, rest, ordinal)
            for ordinal, (segment, rest) in enumerate(of(nodes, shape.trigger), start=1)
        )
        fields |= shape.ending(reading, fields)
    finished, remarks = shape.finish(fields, sums_of(lines), own.code if own else None)
    tell_all(reading, remarks)
    fields |= finished
    document = shape.document(**fields, lines=lines, unmapped=reading.unmapped())  # type: ignore[call-arg]
    return Translation(
        document=document,
        findings=tuple(reading.findings),
        keys=shape.keys(document),
        number=shape.number(fields),
        original=shape.original(document.purpose),
        purpose=document.purpose,
    )
