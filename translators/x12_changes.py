"""Lines of a change of an order and of its answer (POC)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from parsers.x12.model import Segment
from translators.x12_lines import LineForm, line
from translators.x12_reading import Node, Reading

#: Changes (element 670) that say what becomes of the quantity, and of the price.
OF_QUANTITY = frozenset({"AI", "PQ", "QD", "QI", "RQ"})
OF_PRICE = frozenset({"PC", "PQ", "PR"})


def changed_line(
    reading: Reading, segment: Segment, rest: Sequence[Node], ordinal: int, form: LineForm
) -> dict[str, Any]:
    """The fields of a canonical `ChangedLine` from POC with the rest of its loop."""
    fields = {
        **line(reading, segment, rest, ordinal, form),
        "change": reading.code(segment, 2, "670"),
        "left_to_receive": reading.measured(segment, 4, 5),
    }
    _check(reading, segment, fields)
    return fields


def _check(reading: Reading, segment: Segment, fields: dict[str, Any]) -> None:
    """Remark on a change whose new quantity or price was not sent."""
    change = fields["change"]
    if change is None:
        return
    if change.code in OF_QUANTITY and fields["quantity"] is None and fields["left_to_receive"] is None:
        reading.tell("TRN-332", segment, 2, value=change.code, kind="quantity")
    if change.code in OF_PRICE and fields["price"] is None and not fields.get("prices"):
        reading.tell("TRN-332", segment, 2, value=change.code, kind="price")
