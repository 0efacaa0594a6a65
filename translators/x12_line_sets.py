"""Sets whose repeated loop holds lines: orders, invoices, and the like."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from parsers.x12.model import GroupHeader, InterchangeHeader, Segment, TransactionSet
from translators.canonical.values import Code
from translators.totals import LineSums, sums_of
from translators.translation import Translation
from translators.x12_checks import tell_all
from translators.x12_details import envelope
from translators.x12_parts import currency
from translators.x12_reading import Node, Reading, of
from translators.x12_shapes import Fields, Finished, SetShape


def _nothing(_: object) -> tuple[Code, ...]:
    return ()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LineSet(SetShape):
    """A set whose loop holds lines.

    line: reads one line: reading, first segment, rest of the loop, ordinal from 1.
    finish: the finished fields, from the others and the sums of the lines; the currency is the set's.
    sums: what lines come to. said: codes of a line that the whole must not contradict.
    """

    line: Callable[[Reading, Segment, Sequence[Node], int], Any]
    finish: Callable[[Fields, LineSums, str | None], Finished]
    lists: tuple[str, ...] = ("lines",)
    sums: Callable[[Sequence[Any]], LineSums] = sums_of
    said: Callable[[Any], tuple[Code, ...]] = _nothing


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
    said = tuple(code for one in lines for code in shape.said(one))
    sums = replace(shape.sums(lines), said=said)
    finished, remarks = shape.finish(fields, sums, own.code if own else None)
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
