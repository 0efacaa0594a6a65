"""Canonical documents as one XML file of IDocs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from outbound.idoc.checking import check
from outbound.idoc.documents import invoice, order
from outbound.idoc.shipments import ship_notice
from outbound.idoc.tree import Node, node
from outbound.idoc.values import Setting, Values, text
from outbound.render import Rendered
from parsers.catalogue import found
from parsers.finding import Finding
from partners.crosswalk import Crosswalk
from partners.destinations import IdocOptions


@dataclass(frozen=True, slots=True)
class _Type:
    """A basic type, its message type, the sender's partner type, and who writes its segments."""

    basic: str
    message: str
    partner_type: str
    segments: Callable[[Values, Setting], Iterator[Node]]


#: What each kind of document becomes.
TYPES: Mapping[str, _Type] = {
    "order": _Type("ORDERS05", "ORDERS", "KU", order),
    "ship_notice": _Type("DELVRY03", "DESADV", "LI", ship_notice),
    "invoice": _Type("INVOIC02", "INVOIC", "LI", invoice),
}


def write_idocs(
    documents: Sequence[Values], kind: str, options: IdocOptions, crosswalk: Crosswalk
) -> Rendered:
    """One IDoc a document, in order, under the basic type's name; the same values give the same bytes.

    The payload is empty if anything is wrong with any of them: half an IDoc is none. The findings
    then say field, length and what to do. kind: "order", "ship_notice" or "invoice"; of another
    kind there is a finding.
    """
    made = TYPES.get(kind)
    if made is None:
        return _unfit([found("OUT-089", value=kind)])
    setting = Setting(options, crosswalk)
    trees: list[list[Node]] = []
    findings: list[Finding] = []
    for document in documents:
        sender = _sender(document, setting)
        if not sender:
            findings.append(found("OUT-087", value=text(document, "source", "sender")))
        trees.append([_control(document, made, options, sender), *made.segments(document, setting)])
        findings += check(made.basic, trees[-1])
    return _unfit(findings) if findings else _as_xml(made.basic, trees)


def _unfit(findings: Sequence[Finding]) -> Rendered:
    return Rendered(b"", "application/xml", "xml", tuple(findings))


def _sender(document: Values, setting: Setting) -> str:
    """Whose partner number SAP knows the sender by: of the crosswalk, else of the destination."""
    interchange_id = text(document, "source", "sender")
    qualifier, _, plain = interchange_id.rpartition(":")
    own = setting.crosswalk.ours("party", plain, qualifier) if plain else None
    return own or setting.options.sender_number


def _control(document: Values, made: _Type, options: IdocOptions, sender: str) -> Node:
    """The control record; no time of ours stands in it, so that a repeat has the same bytes."""
    fields = {
        "TABNAM": "EDI_DC40",
        "MANDT": options.client,
        "DIRECT": "2",
        "IDOCTYP": made.basic,
        "MESTYP": made.message,
        "SNDPOR": options.sender_port,
        "SNDPRT": options.sender_type or made.partner_type,
        "SNDPRN": sender,
        "RCVPOR": options.receiver_port,
        "RCVPRT": options.receiver_type,
        "RCVPRN": options.receiver_number,
        "REFINT": text(document, "source", "interchange_control_number"),
    }
    return node(made.basic, "EDI_DC40", fields)


def _as_xml(basic: str, trees: Sequence[Sequence[Node]]) -> Rendered:
    root = etree.Element(basic)
    for tree in trees:
        idoc = etree.SubElement(root, "IDOC", BEGIN="1")
        for segment in tree:
            _add(idoc, segment)
    payload = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return Rendered(payload, "application/xml", "xml")


def _add(parent: etree._Element, segment: Node) -> None:
    element = etree.SubElement(parent, segment.name, SEGMENT="1")
    for name, value in segment.fields.items():
        etree.SubElement(element, name).text = value
    for child in segment.children:
        _add(element, child)
