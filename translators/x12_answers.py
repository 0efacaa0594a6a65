"""What a seller says of a line (ACK), and what of it contradicts the answer to the whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from parsers.x12.model import Segment
from translators.canonical.order_response import AnsweredSubline, LineAnswer
from translators.canonical.values import UNKNOWN_ZONE, Code, DatedEvent
from translators.x12_checks import Remark
from translators.x12_lines import CHANGED, ORDERED, subline
from translators.x12_parts import dated_event, product_ids
from translators.x12_reading import Node, Reading, of

#: ACK07 to ACK26 are pairs of qualifier and product id.
FIRST_ID, AFTER_IDS = 7, 27
#: Answers (element 587) that say: as ordered. Line statuses (element 668) that say otherwise.
UNCHANGED = frozenset({"AD", "AK", "AT"})
OTHERWISE = frozenset({"BP", "DR", "IB", "IC", "ID", "IP", "IQ", "IR", "IS"})


def answers(reading: Reading, nodes: Sequence[Node]) -> Iterator[LineAnswer]:
    """Every ACK among `nodes` that tells a status, in the order sent."""
    for segment, rest in of(nodes, "ACK"):
        status = reading.code(segment, 1, "668")
        if status is None:
            continue
        yield LineAnswer(
            status=status,
            quantity=reading.quantity(segment, 2, 3),
            date=_date(reading, segment),
            dates=tuple(one for line, _ in of(rest, "DTM") for one in dated_event(reading, line, ())),
            request=reading.text(segment, 6),
            product_ids=tuple(product_ids(reading, segment, FIRST_ID, AFTER_IDS)),
            agency=reading.code(segment, 27, "559"),
            source_list=reading.text(segment, 28),
            reason=reading.text(segment, 29),
            origin=reading.path(segment),
        )


def _date(reading: Reading, segment: Segment) -> DatedEvent | None:
    """ACK04 and ACK05, which know no time."""
    day = reading.date(segment, 5)
    if day is None:
        return None
    qualifier = reading.code(segment, 4, "374")
    return DatedEvent(qualifier=qualifier, date=day, zone=UNKNOWN_ZONE, origin=reading.path(segment))


def _sublines(reading: Reading, nodes: Sequence[Node]) -> Iterator[AnsweredSubline]:
    for segment, rest in of(nodes, "SLN"):
        yield AnsweredSubline(**subline(reading, segment, rest), answers=tuple(answers(reading, rest)))


def answer_remarks(
    segment: str, position: int, answer: Code | None, said: Iterable[Code]
) -> Iterator[Remark]:
    """Remark on an answer to the whole, at `position` of `segment`, that a line contradicts.

    said: statuses of the lines.
    """
    if answer is None or answer.code not in UNCHANGED:
        return
    otherwise = next((status for status in said if status.code in OTHERWISE), None)
    if otherwise is not None:
        kind = f"{otherwise.code} ({otherwise.meaning})"
        yield Remark("TRN-331", segment, position, answer.code, kind=kind)


#: Lines with answers: PO1, and POC.
ANSWERED = replace(ORDERED, sublines=_sublines)
ANSWERED_CHANGE = replace(CHANGED, sublines=_sublines)
