"""IDocs of the samples, and what the check refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from outbound.connector import Consignment, Outcome, Refused
from outbound.file_drop import FileDrop, FileDropOptions
from outbound.idoc.checking import check
from outbound.idoc.tree import Node
from outbound.idoc.writing import write_idocs
from outbound.render import Rendered
from partners.crosswalk import Crosswalk
from partners.destinations import IdocOptions

SAMPLES = Path(__file__).parents[2] / "samples"
OPTIONS = IdocOptions(sender_number="100", receiver_port="SAPQ", receiver_number="Q100")


def document(sample: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((SAMPLES / sample / "canonical.json").read_bytes())[0]["canonical"]
    return value


def written(value: dict[str, Any], kind: str, codes: dict[tuple[str, str], str] | None = None) -> Rendered:
    return write_idocs([value], kind, OPTIONS, Crosswalk(codes or {}))


@pytest.mark.parametrize(
    ("sample", "kind", "root", "path", "value"),
    [
        ("x12/850/simple", "order", "ORDERS05", "IDOC/EDI_DC40/MESTYP", "ORDERS"),
        ("x12/856/shipment-order-pack-item", "ship_notice", "DELVRY03", "IDOC/E1EDL20/LIFEX", "DS-88001"),
        ("x12/810/charges-and-tax", "invoice", "INVOIC02", "IDOC/E1EDS01/SUMME", "198.38"),
        ("x12/810/charges-and-tax", "invoice", "INVOIC02", "IDOC/E1EDP01/E1EDP26/BETRG", "94.00"),
    ],
)
def test_a_sample_becomes_a_valid_idoc(sample: str, kind: str, root: str, path: str, value: str) -> None:
    rendered = written(document(sample), kind)
    assert rendered.findings == ()
    tree = etree.fromstring(rendered.payload)
    assert (tree.tag, tree.findtext(path)) == (root, value)


def test_a_value_too_long_is_told_with_field_and_length_and_never_cut(tmp_path: Path) -> None:
    order = document("x12/850/simple")
    order["number"] = "9" * 36
    rendered = written(order, "order")
    assert rendered.payload == b""
    assert {finding.code for finding in rendered.findings} == {"OUT-085"}
    assert "E1EDK01[2]/BELNR holds 35 characters, the value has 36" in rendered.findings[0].message
    faulty = Consignment("k", "a.xml", "application/xml", b"", faults=rendered.findings)
    with pytest.raises(Refused, match="BELNR"):
        FileDrop(FileDropOptions(tmp_path)).deliver(faulty)
    assert list(tmp_path.iterdir()) == []


def test_an_idoc_drops_into_a_folder(tmp_path: Path) -> None:
    rendered = written(document("x12/850/simple"), "order")
    consignment = Consignment("k", "a.xml", rendered.content_type, rendered.payload)
    assert FileDrop(FileDropOptions(tmp_path)).deliver(consignment).outcome is Outcome.ACCEPTED
    assert etree.parse(tmp_path / "a.xml").getroot().tag == "ORDERS05"


def test_units_are_ours_where_the_crosswalk_says_so() -> None:
    rendered = written(document("x12/850/simple"), "order", {("unit", "EA"): "PCE"})
    assert b"<MENEE>PCE</MENEE>" in rendered.payload


def test_a_sender_without_a_partner_number_and_a_kind_without_an_idoc_are_told() -> None:
    bare = IdocOptions(receiver_port="SAPQ", receiver_number="Q100")
    order = document("x12/850/simple")
    assert [f.code for f in write_idocs([order], "order", bare, Crosswalk()).findings] == ["OUT-087"]
    assert [f.code for f in written(order, "remittance").findings] == ["OUT-089"]


@pytest.mark.parametrize(
    "nodes",
    [
        [Node("E1EDZ99", {})],
        [Node("EDI_DC40", {}), Node("E1EDS01", {}), Node("E1EDK01", {})],
        [Node("EDI_DC40", {}), Node("E1EDK01", {"NOFIELD": "1"})],
        [Node("EDI_DC40", {}), Node("E1EDK01", {}), Node("E1EDK01", {})],
        [Node("EDI_DC40", {}), Node("E1EDK01", {"BELNR": "1", "CURCY": "EUR"})],
    ],
)
def test_the_check_refuses_what_the_type_does_not_hold(nodes: list[Node]) -> None:
    assert {finding.code for finding in check("ORDERS05", nodes)} == {"OUT-086"}
