"""Reading a set to canonical, writing it back, reading that again; and what may differ by then.

`normal` puts segments into the form that docs/x12-writing.md says writing may bring them into, so
that what still differs was changed for no good reason.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from parsers.finding import Finding
from parsers.x12 import dictionary, interchange, model
from parsers.x12.element import ValueFault, decode_decimal
from parsers.x12.options import DEFAULT_OPTIONS
from translators import registry
from translators.canonical.document import Document, Source
from translators.writing_x12 import Envelope, write_file, write_set
from translators.x12_write_elements import Form
from translators.x12_writing import Written

AT = datetime(2026, 11, 23, 12, 0)  # noqa: DTZ001
#: A segment as its id and elements.
Row = tuple[str, tuple[str, ...]]
#: First elements of the pairs of qualifier and value that a segment holds, and the element after them.
PAIRS = {
    "ACK": (7, 27), "IT1": (6, 99), "IT8": (8, 99), "LIN": (2, 99), "PER": (3, 9), "PO1": (6, 99),
    "POC": (8, 99), "SLN": (9, 99), "TAX": (2, 12),
}  # fmt: skip
NOWHERE = Source(standard="x12", set="")


@dataclass(frozen=True, slots=True)
class Sent:
    """A set as read, with its envelope."""

    set: model.TransactionSet
    header: model.InterchangeHeader
    group: model.GroupHeader

    @property
    def is_clean(self) -> bool:
        """True if the set is whole and without any error."""
        return (
            self.set.complete
            and self.set.release is not None
            and not any(one.is_error for one in self.set.findings)
        )

    @property
    def rows(self) -> list[Row]:
        """Its segments between ST and SE."""
        return [(one.id, tuple(one.elements)) for one in self.set.segments if one.id not in ("ST", "SE")]

    def document(self) -> Document | None:
        """What our business sees in it, wherever it came from."""
        translation = registry.translate_x12(self.set, self.header, self.group)
        if translation is None or translation.document is None:
            return None
        return replace(translation.document, source=NOWHERE, usage="")

    def form(self) -> Form:
        """To write it with the delimiters that it was sent with."""
        marks = replace(self.header.separators, suffix="")
        return Form(marks, sent=marks)


def sets_of(data: bytes) -> Iterator[Sent]:
    """Every set of a file that stands in a group."""
    header = group = None
    for event in interchange.read(io.BytesIO(data), lambda _: DEFAULT_OPTIONS):
        if isinstance(event, model.InterchangeOpened):
            header = event.header
        elif isinstance(event, model.GroupOpened):
            group = event.header
        elif isinstance(event, model.SetRead) and header and group:
            yield Sent(event.set, header, group)


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """sent: the set. written: what its document was written as. again: that, read; None if not sound."""

    sent: Sent
    document: Document
    written: Written
    again: Sent | None

    @property
    def faults(self) -> list[Finding]:
        """What our own reader finds wrong with the set written."""
        return [one for one in self.again.set.findings if one.is_error] if self.again else []


def round_trip(sent: Sent) -> RoundTrip | None:
    """The set read, written and read again; None if we translate no such set."""
    document = sent.document()
    if document is None:
        return None
    written = write_set(document, sent.set.set_id, sent.group.version[:6], sent.form())
    return RoundTrip(sent, document, written, read_again(written, sent) if written.is_sound else None)


def read_again(written: Written, sent: Sent) -> Sent:
    """The set written, in an interchange like the one it was sent in, and read."""
    envelope = Envelope(sent.header.sender, sent.header.receiver, 1, AT, version=sent.group.version)
    data = write_file([written], envelope, sent.form())
    assert isinstance(data, bytes), data
    return next(sets_of(data))


def normal(rows: Sequence[Row], release: str) -> list[Row]:
    """The segments in the form that writing may bring them into."""
    plain = [(segment_id, _plain(segment_id, elements, release)) for segment_id, elements in rows]
    return _merged(_lines_of_items([row for one in plain for row in _divided(*one)]))


def _merged(rows: list[Row]) -> list[Row]:
    """The numbers of a LIN under an order line behind those of the line; LS and LE only around something."""
    kept: list[Row] = []
    line: int | None = None
    for segment_id, elements in rows:
        if segment_id in ("PO1", "POC"):
            line = len(kept)
        if segment_id == "LIN" and line is not None:
            first = PAIRS[kept[line][0]][0]
            own = [*kept[line][1], *[""] * (first - 1 - len(kept[line][1]))]
            own += [""] * ((len(own) - first + 1) % 2)
            kept[line] = (kept[line][0], _short(_closed([*own, *elements[1:]], first, 199)))
        elif segment_id == "LE" and kept[-1][0] == "LS":
            kept.pop()
        else:
            kept.append((segment_id, elements))
    return kept


def _plain(segment_id: str, elements: tuple[str, ...], release: str) -> tuple[str, ...]:
    """Numbers by their value, times to the minute where no seconds count, pairs without gaps."""
    definition = dictionary.segment_definition(release, segment_id)
    types = [use.type for use in definition.elements] if definition else []
    values = [_value(text.strip(), types[at] if at < len(types) else "") for at, text in enumerate(elements)]
    return _short(_closed(values, *PAIRS[segment_id]) if segment_id in PAIRS else values)


def _closed(values: Sequence[str], first: int, end: int) -> list[str]:
    """The pairs in elements `first` up to `end` without gaps, halves of pairs last."""
    pairs = [*values[first - 1 : end - 1], ""]
    some = [pairs[at : at + 2] for at in range(0, len(pairs) - 1, 2) if any(pairs[at : at + 2])]
    closed = [part for pair in sorted(some, key=lambda pair: not all(pair)) for part in pair]
    rest = values[end - 1 :]
    return [*values[: first - 1], *closed, *[""] * (end - first - len(closed) if rest else 0), *rest]


def _value(text: str, kind: str) -> str:
    number = decode_decimal(text) if text and (kind == "R" or kind.startswith("N")) else None
    if isinstance(number, Decimal) and not isinstance(number, ValueFault):
        return format(number.normalize() + 0, "f")
    if kind == "TM":
        return re.sub(r"^(\d{4})(00)?(00?)?$", r"\1", text) if text[4:].strip("0") == "" else text
    return text


def _divided(segment_id: str, elements: tuple[str, ...]) -> Iterator[Row]:
    """Marks one a segment; names and addresses without gaps; shares of SDQ one by one; no HL04."""
    if segment_id == "MAN" and len(elements) > 3:
        yield from ((segment_id, _short(part)) for part in (elements[:3], elements[3:]) if any(part))
    elif segment_id in ("N2", "N3"):
        yield from ((segment_id, (text,)) for text in elements if text)
    elif segment_id == "SDQ":
        shares = [*elements, *[""] * (23 - len(elements))]
        for at in sorted(range(2, 22, 2), key=lambda at: not all(shares[at : at + 2])):
            if any(shares[at : at + 2]):
                yield segment_id, (*shares[:2], *shares[at : at + 2], shares[22])
    elif segment_id == "HL":
        yield segment_id, _short(elements[:3])
    elif segment_id in ("LS", "LE"):
        yield segment_id, ()
    elif segment_id == "YNQ":
        texts = [*elements, *[""] * (10 - len(elements))]
        said = [text for text in (*texts[4:7], texts[9]) if text]
        said += [""] * (4 - len(said))
        yield segment_id, _short([*texts[:4], *said[:3], *texts[7:9], said[3]])
    elif segment_id == "DTM" and elements[4:5] == ("D8",) and not elements[1:2]:
        yield segment_id, (elements[0], elements[5])
    else:
        yield segment_id, elements


def _short(elements: Sequence[str]) -> tuple[str, ...]:
    kept = list(elements)
    while kept and not kept[-1]:
        kept.pop()
    return tuple(kept)


def _lines_of_items(rows: list[Row]) -> list[Row]:
    """The line number of a shipped item in LIN01 alone, where there is a LIN."""
    kept: list[Row] = []
    lin: int | None = None
    for segment_id, elements in rows:
        if segment_id == "HL":
            lin = None
        elif segment_id == "LIN":
            lin = len(kept)
        elif segment_id == "SN1" and lin is not None and elements[:1] != ("",):
            held = kept[lin][1]
            if held[0] in ("", elements[0]):
                kept[lin] = ("LIN", (elements[0], *held[1:]))
                elements = ("", *elements[1:])
        kept.append((segment_id, elements))
    return kept


def is_told_apart(sent: Sent) -> bool:
    """True unless the set holds what the model cannot tell apart (docs/x12-writing.md, last table)."""
    before: Row = ("", ())
    two_marks = False
    for segment_id, elements in sent.rows:
        two_marks = segment_id in ("MAN", "MEA") and (
            two_marks or (segment_id == "MAN" and len(elements) > 3)
        )
        if segment_id == "MEA" and two_marks:
            return False
        if segment_id == before[0] == "MTX" and not all((*before[1], "", "", "")[1:3]):
            return False
        before = (segment_id, elements)
    return True
