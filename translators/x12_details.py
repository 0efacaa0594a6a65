"""The details of a set, a line or a level: every segment that has a place of its own, by a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from parsers.x12.model import GroupHeader, InterchangeHeader, Segment, TransactionSet
from translators import x12_parts as parts
from translators import x12_specifics as specifics
from translators import x12_terms as terms
from translators.canonical.document import Source
from translators.canonical.values import Measurement, Note, Value
from translators.x12_reading import Node, Reading, of, opened

#: Reads one segment (with the rest of its loop) into values.
Part = Callable[[Reading, Segment, Sequence[Node]], Iterator[Value]]
#: Segment id -> field of `Details` that its values join, and how they are read.
Table = Mapping[str, tuple[str, Part]]

DETAILS: Table = {
    "REF": ("references", parts.reference),
    "N9": ("references", parts.extended_reference),
    "DTM": ("dates", parts.dated_event),
    "N1": ("parties", parts.party),
    "PER": ("contacts", parts.contact),
    "MSG": ("notes", parts.message),
    "MTX": ("notes", parts.text),
    "NTE": ("notes", parts.text),
    "PID": ("descriptions", parts.description),
    "PKG": ("packaging", parts.packaging),
    "MEA": ("measurements", parts.measurement),
    "QTY": ("quantities", parts.quantity),
    "AMT": ("amounts", terms.amount),
    "CTP": ("prices", terms.price_detail),
    "SAC": ("charges", terms.charge),
    "TXI": ("taxes", terms.tax),
    "ITD": ("payment_terms", terms.payment_terms),
    "FOB": ("freight_terms", terms.freight_terms),
    "TD5": ("routings", terms.routing),
    "CAD": ("routings", terms.carrier_detail),
    "TD1": ("lading", terms.lading),
    "TD3": ("equipment", terms.equipment),
    "PO4": ("packings", terms.packing),
    "PAL": ("packings", terms.pallet),
    "MAN": ("marks", terms.mark),
    "TAX": ("tax_registrations", terms.tax_registration),
    "FA1": ("accounting", terms.accounting),
    "CSH": ("sales_requirements", specifics.sales_requirement),
    "IT8": ("sales_requirements", specifics.line_requirement),
    "CTB": ("restrictions", specifics.restriction),
    "LDT": ("lead_times", specifics.lead_time),
    "LS": ("lead_times", specifics.bounded_lead_times),
    "TD4": ("hazards", specifics.hazard),
    "YNQ": ("conditions", specifics.condition),
    "LM": ("industry_codes", specifics.industry_codes),
    "SPI": ("specifications", specifics.specification),
}

#: Values that stand in a field of their own, whatever segment's loop they were found in.
OWN_FIELDS: Mapping[type[Value], str] = {Note: "notes", Measurement: "measurements"}

USAGES = {"P": "production", "T": "test", "I": "information"}
#: Said of an ISA15 that the standard does not know.
UNKNOWN_USAGE = "unknown"


def collect(reading: Reading, nodes: Sequence[Node], table: Table = DETAILS) -> dict[str, Any]:
    """The fields of `Details` (or of `table`) that `nodes` fill, as tuples; None for no currency."""
    fields: dict[str, list[Value]] = {}
    for node in nodes:
        entry = table.get(node.id)
        segment, rest = opened(node)
        if entry is None or segment is None or not any(segment.elements):
            continue
        field, part = entry
        for value in part(reading, segment, rest):
            fields.setdefault(OWN_FIELDS.get(type(value), field), []).append(value)
    return {field: tuple(values) for field, values in fields.items()}


def details(reading: Reading, nodes: Sequence[Node]) -> dict[str, Any]:
    """All fields of `Details` among `nodes`, amounts in the currency that they name themselves."""
    own = parts.currency(reading, nodes)
    with reading.amounts_in(own.code if own else None):
        return {"currency": own, **collect(reading, nodes)}


def envelope(reading: Reading, header: InterchangeHeader, group: GroupHeader) -> dict[str, Any]:
    """Where the set came from; ST and SE are accounted for by it."""
    account_for_envelope(reading)
    return source(reading.set, header, group)


def account_for_envelope(reading: Reading) -> None:
    """Tick off ST and SE."""
    for segment, _ in of(reading.tree.children, "ST"):
        reading.take(segment, 1, 2, 3)
    for segment, _ in of(reading.tree.children, "SE"):
        reading.take(segment, 1, 2)


def source(read: TransactionSet, header: InterchangeHeader, group: GroupHeader) -> dict[str, Any]:
    """The fields of a document that say where it came from."""
    source = Source(
        standard="x12",
        set=read.set_id,
        version=group.version,
        release=read.release,
        implementation=read.implementation or None,
        sender=str(header.sender),
        receiver=str(header.receiver),
        group_sender=group.sender,
        group_receiver=group.receiver,
        interchange_control_number=header.control_number,
        group_control_number=group.control_number,
        set_control_number=read.control_number,
        ordinal=read.ordinal,
        segments=read.segment_count,
        offset=read.offset,
        size=read.size,
    )
    return {"source": source, "usage": USAGES.get(header.usage, UNKNOWN_USAGE)}
