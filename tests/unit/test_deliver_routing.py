"""Which destinations take a document, and where two JSON values differ."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.json_difference import Change, changes
from gateway.routing import Routed, destinations_of, keeps_order, may_be_taken, parties_of
from partners.directory import BUNDLED, Directory, load_directory

ORDER = Routed("acme-retail", "order", "production", "ZZ:MILLBROOK", frozenset({"0012"}), frozenset({"77"}))


def directory(tmp_path: Path, destinations: str) -> Directory:
    """The sample partners, with another destination beside theirs."""
    folder = tmp_path / "partners"
    for source in BUNDLED.rglob("*"):
        if source.is_file():
            target = folder / source.relative_to(BUNDLED)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
    path = folder / "destinations.toml"
    path.write_text(path.read_text("utf-8") + destinations, "utf-8")
    loaded = load_directory(folder)
    assert isinstance(loaded, Directory), loaded
    return loaded


def taken(found: Directory, document: Routed = ORDER) -> tuple[str, ...]:
    rule = found.by_partner("acme-retail").partner.documents[0]  # type: ignore[union-attr]
    return destinations_of(found, rule, document)


@pytest.mark.parametrize(
    ("takes", "expected"),
    [
        ("", True),
        ('partners = ["acme-retail"]', True),
        ('partners = ["delta-*", "ac?e-*"]', True),
        ('partners = ["delta-*"]', False),
        ('kinds = ["order"]', True),
        ('kinds = ["invoice"]', False),
        ('ours = ["ZZ:MILLBROOK"]', True),
        ('ours = ["ZZ:SOMEBODY"]', False),
        ('warehouses = ["0012", "0013"]', True),
        ('warehouses = ["77"]', False),
        ('companies = ["77"]', True),
        ('companies = ["0012"]', False),
        ('kinds = ["order"]\ncompanies = ["0012"]', False),
    ],
)
def test_a_destination_takes_what_fits_all_that_it_asks_for(
    tmp_path: Path, takes: str, expected: bool
) -> None:
    found = directory(tmp_path, f'\n[other]\nurl = "folder:other"\n[[other.takes]]\n{takes}\n')
    assert taken(found) == (("erp", "other") if expected else ("erp",))


def test_test_and_production_never_meet(tmp_path: Path) -> None:
    found = directory(
        tmp_path,
        '\n[other]\nurl = "folder:other"\n[[other.takes]]\n'
        '[other-test]\nurl = "folder:ot"\nenvironment = "test"\n[[other-test.takes]]\n',
    )
    assert taken(found) == ("erp", "other")
    assert taken(found, replace(ORDER, environment="test")) == ("erp-test", "other-test")


def test_order_is_asked_of_partners_whose_documents_it_concerns(tmp_path: Path) -> None:
    found = directory(
        tmp_path,
        '\n[other]\nurl = "folder:other"\norder = "partner"\n[[other.takes]]\npartners = ["acme-*"]\n',
    )
    assert keeps_order(found, "acme-retail")
    assert not keeps_order(found, "delta-supply")
    assert not keeps_order(found, "nobody")
    rule = found.by_partner("acme-retail").partner.documents[0]  # type: ignore[union-attr]
    assert may_be_taken(found, "acme-retail", rule, "test")


def test_warehouses_and_companies_are_the_ids_of_their_parties() -> None:
    roles = [("ST", "W"), ("BY", "C"), ("ZZ", "X"), ("WH", None), (None, "Y")]
    parties = [{"role": code and {"code": code}, "id": name} for code, name in roles]
    assert parties_of(json.dumps({"parties": parties})) == (frozenset({"W"}), frozenset({"C"}))
    assert parties_of("{}") == (frozenset(), frozenset())


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [("a", 1, 2)]),
        ({"a": [1, {"b": "x"}]}, {"a": [1, {"b": "y"}, 3]}, [("a[1].b", "x", "y"), ("a[2]", None, 3)]),
        ({"a": 1, "b": 2}, {"b": 2, "c": 3}, [("a", 1, None), ("c", None, 3)]),
        ({"a": True}, {"a": 1}, [("a", True, 1)]),
        (None, {"a": 1}, [("", None, {"a": 1})]),
        (None, None, []),
    ],
)
def test_every_place_that_differs_is_named(
    before: object, after: object, expected: list[tuple[str, object, object]]
) -> None:
    assert list(changes(before, after)) == [Change(*one) for one in expected]
