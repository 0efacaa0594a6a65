"""The members of a document that say where it came from, written once for a group and filled for each set."""

from __future__ import annotations

from parsers.x12.model import GroupHeader, InterchangeHeader, TransactionSet
from translators.canonical.writing import json_text, members, quoted
from translators.x12_details import source

#: What the set itself tells; the last fields of a source, in their order.
OF_THE_SET = frozenset({"set_control_number", "ordinal", "segments", "offset", "size"})


class SourceTexts:
    """The members `usage` and `source` of the sets of one kind. The last group is remembered."""

    def __init__(self) -> None:
        self._known: tuple[InterchangeHeader, GroupHeader, str] | None = None
        self._head = ""

    def text(self, read: TransactionSet, header: InterchangeHeader, group: GroupHeader) -> str:
        """Both members, each with a comma before it."""
        known = self._known
        if (
            known is None
            or known[0] is not header
            or known[1] is not group
            or known[2] != read.implementation
        ):
            fields = source(read, header, group)
            of_group = [text for name, text in members(fields["source"]) if name not in OF_THE_SET]
            self._head = f',"usage":{json_text(fields["usage"])},"source":{{{",".join(of_group)}'
            self._known = (header, group, read.implementation)
        return (
            f'{self._head},"set_control_number":{quoted(read.control_number)},"ordinal":{read.ordinal}'
            f',"segments":{read.segment_count},"offset":{read.offset},"size":{read.size}}}'
        )
