"""XML from a filled template, and an answer's XML as plain values.

An element is a member of a mapping: its name with its text, its children or a list of them;
"@name" is an attribute, "#text" the text beside attributes, "@xmlns" and "@xmlns:p" declare
namespaces. Read back, an element without attributes and children is its text, and one that
comes several times is a list; prefixes and namespace declarations are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import cast

from lxml import etree

XML_TYPE = "application/xml; charset=utf-8"


def to_xml(value: object) -> bytes:
    """The document. Raises ValueError for a value that is none: one root, names that XML has, texts."""
    if not isinstance(value, Mapping) or len(value) != 1:
        raise ValueError("XML begins with exactly one element")
    ((name, inner),) = value.items()
    return etree.tostring(_element(str(name), inner, {}), encoding="UTF-8", xml_declaration=True)


def from_xml(body: bytes) -> object:
    """The answer as mappings, lists and texts below the root's name.

    No entity but XML's own five is followed, nothing is fetched. Raises ValueError if it is no XML.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(str(error)) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise ValueError("it has a document type, which is not looked at")
    return {_name(root): _plain(root)}


def _element(name: str, value: object, spaces: Mapping[str | None, str]) -> etree._Element:
    inner = value if isinstance(value, Mapping) else {"#text": value}
    spaces = {**spaces, **_declared(inner)}
    element = etree.Element(_qualified(name, spaces), nsmap=cast(dict[str, str], spaces))
    for key, child in inner.items():
        if key == "#text":
            element.text = _text(child)
        elif key.startswith("@"):
            if not key.startswith("@xmlns"):
                element.set(_qualified(key[1:], {k: v for k, v in spaces.items() if k}), _text(child))
        else:
            children = child if isinstance(child, list) else [child]
            element.extend(_element(key, one, spaces) for one in children)
    return element


def _declared(inner: Mapping[str, object]) -> dict[str | None, str]:
    return {
        key.partition(":")[2] or None: str(value) for key, value in inner.items() if key.startswith("@xmlns")
    }


def _qualified(name: str, spaces: Mapping[str | None, str]) -> str:
    prefix, colon, local = name.rpartition(":")
    space = spaces.get(prefix if colon else None)
    if colon and space is None:
        raise ValueError(f"{name} has a prefix that no @xmlns declares")
    return f"{{{space}}}{local}" if space else local


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str() | int():
            return str(value)
        case Decimal():
            return format(value, "f")
    raise ValueError(f"{type(value).__name__} is no text for XML")


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname


def _plain(element: etree._Element) -> object:
    children = [child for child in element if isinstance(child.tag, str)]
    if not children and not element.attrib:
        return element.text or ""
    plain: dict[str, object] = {
        f"@{etree.QName(key).localname}": text for key, text in element.attrib.items()
    }
    for child in children:
        name, inner = _name(child), _plain(child)
        if name in plain:
            before = plain[name]
            plain[name] = [*before, inner] if isinstance(before, list) else [before, inner]
        else:
            plain[name] = inner
    if element.text and element.text.strip():
        plain["#text"] = element.text
    return plain
