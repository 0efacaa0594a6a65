"""Canonical documents as JSON, XML or CSV.

Documents come in as JSON texts: of mappings with text keys over text, whole numbers, booleans,
None, mappings and lists. Exact decimals are text. As JSON a document goes out as it is kept, byte
for byte; as XML or CSV the same values always give the same bytes. That lets a key stand for a payload.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from lxml import etree

from parsers.catalogue import found
from parsers.finding import Finding

Form = Literal["json", "xml", "csv"]
Values = Mapping[str, object]

#: Lists that become rows of a CSV file: lines of an order or invoice, items of a ship notice or remittance.
ROW_LISTS = ("lines", "items")
#: What starts a formula in a spreadsheet, full-width forms included (BI-052).
FORMULA_STARTS = "=+-@\t\r\n＝＋－＠"

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_XML_NAME = re.compile(r"(?!xml)[a-z_][a-z0-9_.-]*", re.ASCII | re.IGNORECASE)
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REPLACEMENT = "\ufffd"


@dataclass(frozen=True, slots=True)
class Rendered:
    """findings: what the form could not carry as it was, empty for most documents."""

    payload: bytes
    content_type: str
    extension: str
    findings: tuple[Finding, ...] = ()


def render(
    documents: Sequence[str], form: Form, *, kind: str = "document", batch: bool | None = None
) -> Rendered:
    """The documents in `form`, in order.

    kind: what they are, "order", "ship_notice", "invoice", …; names the element in XML.
    batch: True gives a list of documents, also of one or none, which is what a receiver of
    batches should always get; False gives the one document and raises ValueError unless
    there is exactly one; None is True for any number but one.
    """
    batch = len(documents) != 1 if batch is None else batch
    if not batch and len(documents) != 1:
        raise ValueError(f"{len(documents)} documents, but not a batch")
    return _FORMS[form](documents, kind, batch)


def _json(documents: Sequence[str], _kind: str, batch: bool) -> Rendered:
    text = "[" + ",\n".join(documents) + "]" if batch else documents[0]
    # A lone surrogate, which UTF-8 cannot carry, becomes the escape that JSON has for it.
    return Rendered(f"{text}\n".encode("utf-8", "backslashreplace"), "application/json", "json")


def _xml(documents: Sequence[str], kind: str, batch: bool) -> Rendered:
    findings: list[Finding] = []
    elements = [_element(kind, json.loads(document), kind, findings) for document in documents]
    if batch:
        root = etree.Element("documents")
        root.extend(elements)
    else:
        (root,) = elements
    payload = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return Rendered(payload, "application/xml", "xml", tuple(findings))


def _element(key: str, value: object, path: str, findings: list[Finding]) -> etree._Element:
    """`value` as an element named `key`, or as <entry name="key"> if XML has no such name."""
    if _XML_NAME.fullmatch(key):
        element = etree.Element(key)
    else:
        element = etree.Element("entry", name=_xml_text(key, path, findings))
    if isinstance(value, Mapping):
        for child in _children(value, path, findings):
            element.append(child)
    elif isinstance(value, list | tuple):
        element.extend(_element("item", item, path, findings) for item in value)
    else:
        element.text = _xml_text(_text(value), path, findings)
    return element


def _children(value: Values, path: str, findings: list[Finding]) -> Iterator[etree._Element]:
    """One element a key in order of keys, one an entry for a list, none for None."""
    for key in sorted(value):
        inner = value[key]
        where = f"{path}/{key}"
        if isinstance(inner, list | tuple):
            for number, item in enumerate(inner, start=1):
                yield _element(key, item, f"{where}[{number}]", findings)
        elif inner is not None:
            yield _element(key, inner, where, findings)


def _xml_text(text: str, path: str, findings: list[Finding]) -> str:
    """`text` with every character that XML 1.0 forbids replaced, and said so."""
    clean, count = _NOT_XML.subn(_REPLACEMENT, text)
    if count:
        findings.append(found("OUT-010", value=text, path=path, count=count))
    return clean


def _csv(documents: Sequence[str], _kind: str, _batch: bool) -> Rendered:
    rows = [row for document in documents for row in _rows(json.loads(document))]
    columns = sorted({column for row in rows for column in row}, key=_natural)
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_cell(column) for column in columns)
    writer.writerows([_cell(row.get(column, "")) for column in columns] for row in rows)
    return Rendered(out.getvalue().encode("utf-8", "replace"), "text/csv; charset=utf-8", "csv")


def _rows(document: Values) -> Iterator[dict[str, str]]:
    """One row a line, each with the whole head; one row if there are no lines."""
    name = next((name for name in ROW_LISTS if document.get(name)), None)
    head = dict(_flat({key: value for key, value in document.items() if key != name}, ""))
    lines = document[name] if name else [{}]
    if not isinstance(lines, list | tuple):
        raise TypeError(f"{name} is no list")
    for line in lines:
        yield {**head, **dict(_flat(line, f"{name}."))}


def _flat(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Every text, number and boolean with its path: "parties.1.name". None is left out."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{path}{key}.")
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value, start=1):
            yield from _flat(inner, f"{path}{number}.")
    elif value is not None:
        yield path.removesuffix("."), _text(value)


def _natural(column: str) -> list[tuple[int, str]]:
    """Order of columns that puts parties.2 before parties.10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in column.split(".")]


def _cell(text: str) -> str:
    """`text` so that no spreadsheet takes it for a formula; plain numbers stay numbers (BI-052)."""
    if text and text[0] in FORMULA_STARTS and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def _text(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case None:
            return ""
        case str() | int():
            return str(value)
    raise TypeError(f"{type(value).__name__} is no JSON value of ours")


_FORMS: Mapping[str, Callable[[Sequence[str], str, bool], Rendered]] = {
    "json": _json,
    "xml": _xml,
    "csv": _csv,
}
