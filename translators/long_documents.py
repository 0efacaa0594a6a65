"""Documents too long to be held as one: read from the file again and told row by row.

The first row is the document without its lines, then comes a row for each line, and what the whole
comes to is the last. So an order of a million lines needs the memory of a few hundred.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from itertools import islice
from typing import Any, BinaryIO

from parsers.finding import Finding
from parsers.x12.clean_sets import BETWEEN, split
from parsers.x12.definition import SetDefinition
from parsers.x12.model import GroupHeader, InterchangeHeader, Loop, Segment, TransactionSet, Walked
from parsers.x12.options import ReadOptions
from parsers.x12.walker import nodes_of
from translators.canonical.kinds import KINDS
from translators.canonical.writing import document_text, json_text
from translators.report import DocumentReport
from translators.totals import LineSums, together
from translators.x12_checks import tell_all
from translators.x12_details import envelope
from translators.x12_line_sets import LineSet
from translators.x12_parts import currency
from translators.x12_reading import Node, Reading, opened

#: Lines that are in memory at once, and bytes that are read at once.
LINES_AT_ONCE = 200
PIECE_BYTES = 1024 * 1024
#: Findings told at the end.
MOST_FINDINGS = 100


@dataclass(frozen=True, slots=True)
class LongSet:
    """A clean set of lines that was not kept, and where it is.

    stream: the file, seekable. options: how it was read. shape: how its document is built.
    """

    stream: BinaryIO
    document: DocumentReport
    interchange: InterchangeHeader
    group: GroupHeader
    options: ReadOptions
    shape: LineSet

    def rows(self) -> Iterator[bytes]:
        """Rows of JSON without line ends: the document, then `line` and `unmapped`, at last `end`.

        Raises ValueError if the bytes are no longer those that were read.
        """
        definition = self.options.definition_of(self.group, self.document.set_id)
        if definition is None:
            raise ValueError(f"the dictionary has no {self.document.set_id}")
        trigger = self.shape.trigger
        around = self._reading(definition, [n for n in self._ends(definition) if n.id != trigger])
        fields = envelope(around, self.interchange, self.group)
        own = currency(around, around.tree.children)
        code = own.code if own else None
        with around.amounts_in(code):
            fields |= self.shape.heading(around)
            fields |= self.shape.ending(around, fields)
        yield self._first(fields)
        parts: list[LineSums] = []
        findings: list[Finding] = []
        loops = (n for n in self._nodes(definition) if isinstance(n, Loop) and n.id == trigger)
        count = 0
        while chunk := list(islice(loops, LINES_AT_ONCE)):
            reading = self._reading(definition, chunk, {trigger: count})
            with reading.amounts_in(code):
                lines = [self.shape.line(reading, *_opened(n), count + at) for at, n in enumerate(chunk, 1)]
            yield from (_row("line", json_text(line)) for line in lines)
            yield from (_row("unmapped", json_text(one)) for one in reading.unmapped())
            parts = [together([*parts, self.shape.sums(lines)])]
            findings += reading.findings[: MOST_FINDINGS - len(findings)]
            count += len(chunk)
        yield self._end(around, fields, parts, code, findings)

    def _first(self, fields: dict[str, Any]) -> bytes:
        """The document without what needs its lines."""
        later = {*self.shape.finished, *self.shape.lists, "unmapped"}
        texts = {
            one.name: f'"{one.name}":{json_text(fields[one.name])}'
            for one in dataclass_fields(self.shape.document)
            if one.name not in later and fields.get(one.name) not in (None, ())
        }
        schema = next(kind.schema for kind in KINDS.values() if kind.type is self.shape.document)
        return document_text(schema, texts).encode()

    def _end(
        self,
        around: Reading,
        fields: dict[str, Any],
        parts: Sequence[LineSums],
        code: str | None,
        findings: Sequence[Finding],
    ) -> bytes:
        """What the lines come to, what is left of heading and summary, and what should be looked at."""
        finished, remarks = self.shape.finish(fields, parts[0] if parts else self.shape.sums([]), code)
        tell_all(around, remarks)
        told = [finding.as_json() for finding in (*around.findings, *findings)]
        members = [f'"{name}":{json_text(one)}' for name, one in finished.items() if one not in (None, ())]
        unmapped = ",".join(map(json_text, around.unmapped()))
        members += [f'"unmapped":[{unmapped}]', f'"findings":{json.dumps(told, ensure_ascii=False)}']
        return _row("end", "{" + ",".join(members) + "}")

    def _reading(
        self, definition: SetDefinition, nodes: Sequence[Node], before: dict[str, int] | None = None
    ) -> Reading:
        """A reading of some nodes of the set. before: how many loops at its top came before them, by id."""
        document = self.document
        part = TransactionSet(
            set_id=document.set_id,
            control_number=document.control_number,
            implementation=document.implementation,
            ordinal=document.ordinal,
            release=definition.release,
            content=Walked([], Loop("", "", list(nodes))),
            findings=[],
            segment_count=document.segment_count,
            offset=document.offset,
            size=document.size,
            separators=self.interchange.separators,
        )
        return Reading(part, self.group.date, before=before)

    # Text.

    def _nodes(self, definition: SetDefinition) -> Iterator[Node]:
        return nodes_of(definition, self._segments(), self.options.walk)

    def _segments(self) -> Iterator[Segment]:
        """All segments of the set, a piece of the file at a time."""
        marks = self.interchange.separators
        at, end, number, rest = self.document.offset, self.document.offset + self.document.size, 0, ""
        while at < end:
            self.stream.seek(at)
            piece = self.stream.read(min(PIECE_BYTES, end - at))
            if not piece:
                raise ValueError("the file is shorter than it was")
            text = rest + piece.decode("ascii")
            whole = text.rfind(marks.segment) + 1
            for segment in split(text[:whole], marks, at - len(rest)):
                number += 1
                segment.number = number
                yield segment
            rest = text[whole:]
            at += len(piece)

    def _ends(self, definition: SetDefinition) -> Iterator[Node]:
        """The nodes of a set made of the heading, the last line and the summary."""
        begin, end = self.document.offset, self.document.offset + self.document.size
        marks = self.interchange.separators
        text = self._text(begin, min(begin + PIECE_BYTES, end))
        first = self._line_begins(text)
        heading = text[: first[0]] if first else text
        size = PIECE_BYTES
        while not (lines := self._line_begins(tail := self._text(max(begin, end - size), end))):
            if size >= self.document.size:
                raise ValueError(f"no {self.shape.trigger} in a long {self.document.set_id}")
            size *= 2
        last = list(split(tail[lines[-1] :], marks, end - len(tail) + lines[-1]))
        for number, segment in enumerate(last, start=self.document.segment_count - len(last) + 1):
            segment.number = number
        return nodes_of(definition, [*split(heading, marks, begin), *last], self.options.walk)

    def _text(self, begin: int, end: int) -> str:
        self.stream.seek(begin)
        return self.stream.read(end - begin).decode("ascii")

    def _line_begins(self, text: str) -> list[int]:
        """Where the first segments of lines begin in a text."""
        marks = self.interchange.separators
        start = f"{re.escape(marks.segment)}[{BETWEEN}]*+{self.shape.trigger}{re.escape(marks.element)}"
        return [match.start() + 1 for match in re.finditer(start, text)]


def _opened(node: Node) -> tuple[Segment, Sequence[Node]]:
    segment, rest = opened(node)
    if segment is None:
        raise ValueError("a loop without its first segment in a set without fault")
    return segment, rest


def _row(name: str, text: str) -> bytes:
    return f'{{"{name}":{text}}}'.encode()
