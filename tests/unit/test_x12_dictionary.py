"""The standard's tables: what they say, and that a broken one is refused with its row."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from parsers.x12 import dictionary
from parsers.x12.dictionary import DictionaryError, LoopDefinition, SegmentUse
from parsers.x12.table_files import TableFolder
from parsers.x12.tables import Tables

# fmt: off
SETS_OF_004010 = [
    "180", "810", "812", "820", "824", "830", "832", "846", "850", "852", "855", "856", "860",
    "861", "862", "864", "865", "867", "869", "870", "940", "943", "944", "945", "947", "997",
]
# fmt: on


def _names(loop: LoopDefinition) -> list[str]:
    return [child.id for child in loop.children]


def _inner(loop: LoopDefinition, *path: str) -> LoopDefinition:
    for name in path:
        loop = next(c for c in loop.children if isinstance(c, LoopDefinition) and c.id == name)
    return loop


def test_every_set_of_both_releases_loads_and_is_well_formed() -> None:
    assert list(dictionary.set_ids("004010")) == SETS_OF_004010
    assert list(dictionary.set_ids("005010")) == sorted([*SETS_OF_004010, "999"])
    for release in dictionary.releases():
        for set_id in dictionary.set_ids(release):
            definition = dictionary.set_definition(release, set_id)
            assert definition is not None
            assert (_names(definition.root)[0], _names(definition.root)[-1]) == ("ST", "SE")
            assert definition.functional_id == dictionary.functional_id(set_id)


def test_a_purchase_order_has_the_shape_of_the_standard() -> None:
    definition = dictionary.set_definition("004010", "850")
    assert definition is not None
    lines = _inner(definition.root, "PO1")
    assert (lines.path, lines.requirement, lines.repeat) == ("PO1", "M", 100000)
    schedule = _inner(lines, "LS", "LDT")
    assert (schedule.path, schedule.requirement, schedule.repeat) == ("PO1/LS/LDT", "O", None)
    beginning = definition.root.children[1]
    assert isinstance(beginning, SegmentUse)
    assert (beginning.id, beginning.requirement, beginning.max_use, beginning.area) == (
        "BEG",
        "M",
        1,
        "heading",
    )


def test_an_element_carries_its_type_length_and_codes() -> None:
    segment = dictionary.segment_definition("004010", "BEG")
    assert segment is not None
    purpose, _, number, _, day = segment.elements[:5]
    assert (purpose.element, purpose.type, purpose.requirement, purpose.min, purpose.max) == (
        "353",
        "ID",
        "M",
        2,
        2,
    )
    assert purpose.codes is not None
    assert "00" in purpose.codes
    assert "QQ" not in purpose.codes
    assert (number.element, number.type, number.min, number.max, number.codes) == ("324", "AN", 1, 22, None)
    assert (day.element, day.type, day.min, day.max) == ("373", "DT", 8, 8)


def test_a_composite_carries_its_components_and_their_notes() -> None:
    segment = dictionary.segment_definition("004010", "REF")
    assert segment is not None
    composite = segment.elements[3]
    assert (composite.element, composite.type, composite.name) == (
        "C040",
        "composite",
        "Reference identifier",
    )
    assert [part.element for part in composite.components[:2]] == ["128", "127"]
    assert ("P", (3, 4)) in composite.notes


def test_every_segment_and_set_has_a_short_plain_name_of_ours() -> None:
    for release in dictionary.releases():
        for segment_id in dictionary.standard().tables.segments(release):
            assert 0 < len(dictionary.segment_name(segment_id)) <= 50, segment_id
        assert all(dictionary.set_name(set_id) for set_id in dictionary.set_ids(release))
    assert dictionary.segment_name("PO1") == "order line"
    assert dictionary.set_name("850") == "purchase order"
    assert dictionary.segment_name("QQQ") == dictionary.set_name("123") == ""


def test_a_loop_is_named_from_the_inside_out() -> None:
    assert dictionary.loop_name("PO1") == "order line"
    assert dictionary.loop_name("PO1/N1") == "party of order line"
    assert dictionary.loop_name("PO1/LS/LDT") == "lead time of order line"
    assert dictionary.loop_name("") == dictionary.loop_name("PO1/QQQ") == ""


def test_an_element_grows_in_the_later_release() -> None:
    older, newer = (dictionary.segment_definition(release, "REF") for release in dictionary.releases())
    assert older is not None
    assert newer is not None
    assert (older.elements[1].max, newer.elements[1].max) == (30, 50)


def test_two_ls_loops_side_by_side_stay_two() -> None:
    definition = dictionary.set_definition("005010", "832")
    assert definition is not None
    price = _inner(definition.root, "LIN", "CTP")
    bounded = [child for child in price.children if child.id == "LS" and isinstance(child, LoopDefinition)]
    assert [_names(loop)[1] for loop in bounded] == ["LM", "N1"]


@pytest.mark.parametrize(
    ("version", "release", "exact"),
    [
        ("004010", "004010", True),
        ("004010VICS", "004010", True),
        ("005010X222A1", "005010", True),
        ("004030", "004010", False),
        ("003040", "004010", False),
        ("002040", "004010", False),
        ("006020", "005010", False),
        ("008060", "005010", False),
        ("4010", None, False),
        ("", None, False),
        ("UNKNOWN", None, False),
    ],
)
def test_a_version_is_read_by_the_nearest_release(version: str, release: str | None, *, exact: bool) -> None:
    assert dictionary.nearest_release(version) == (release, exact)


def test_versions_before_004010_keep_six_digit_dates() -> None:
    assert dictionary.has_short_dates("003040")
    assert not dictionary.has_short_dates("004010VICS")
    definition = dictionary.set_definition("004010", "850", short_dates=True)
    assert definition is not None
    beginning = definition.root.children[1]
    assert isinstance(beginning, SegmentUse)
    assert (beginning.segment.elements[4].min, beginning.segment.elements[4].max) == (6, 6)


def test_a_set_or_segment_that_we_do_not_carry_is_none() -> None:
    assert dictionary.set_definition("004010", "204") is None
    assert dictionary.set_definition("004010", "../850") is None
    assert dictionary.segment_definition("004010", "ZZZ") is None
    assert not dictionary.known_segment("004010", "IK3")
    assert dictionary.known_segment("005010", "IK3")
    assert dictionary.functional_id("123") is None


def test_the_sender_qualifier_of_a_gln_is_never_refused() -> None:
    envelope = dictionary.segment_definition("004010", "ISA")
    assert envelope is not None
    codes = envelope.elements[4].codes
    assert codes is None or "07" in codes


def test_a_list_kept_by_others_is_not_enforced() -> None:
    currency = dictionary.segment_definition("004010", "CUR")
    assert currency is not None
    assert currency.elements[1].codes is None


@pytest.mark.parametrize(("segment", "position", "code"), [("N1", 1, "ST"), ("SAC", 2, "D240")])
def test_the_lists_of_parties_and_charges_are_enforced(segment: str, position: int, code: str) -> None:
    for release in dictionary.releases():
        definition = dictionary.segment_definition(release, segment)
        assert definition is not None
        codes = definition.elements[position - 1].codes
        assert codes is not None
        assert code in codes


def test_an_unchecked_note_is_not_among_the_notes() -> None:
    rows = csv.DictReader((dictionary.STANDARD / "syntax_notes.csv").read_text("utf-8").splitlines())
    row = next(row for row in rows if row["checked"] == "unchecked")
    segment = dictionary.segment_definition(row["release"], row["segment"])
    assert segment is not None
    assert row["note"] not in {f"{n.kind}{''.join(f'{p:02}' for p in n.positions)}" for n in segment.notes}


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """A copy of the tables that one set needs, to be broken."""
    folder = tmp_path / "standard"
    shutil.copytree(dictionary.STANDARD, folder)
    return folder


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "elements.csv",
            "004010,353,Transaction Set Purpose Code,ID,2,2",
            "004010,353,Purpose,ID,3,2",
            "length 3 to 2",
        ),
        ("elements.csv", "004010,353,Transaction Set Purpose Code,ID", "004010,353,Purpose,XX", "type XX"),
        ("elements.csv", "004010,353,", "004010,9353,", "element 353 has 0 rows"),
        ("segments.csv", "004010,BEG,02,", "004010,BEG,03,", "position 03 instead of 02"),
        (
            "segments.csv",
            "004010,BEG,01,353,M,1,yes",
            "004010,BEG,01,353,Q,1,yes",
            "must be M, X or O, not 'Q'",
        ),
        (
            "segments.csv",
            "004010,BEG,01,353,M,1,yes",
            "004010,BEG,01,353,M,1,maybe",
            "checked must be yes or unchecked",
        ),
        ("segments.csv", "004010,BEG,01,353,M,1,yes", "004010,BEG,01,353,M,1", "6 cells, not 7"),
        ("segments.csv", "release,segment", "version,segment", "columns must be release"),
        ("composites.csv", "04,355,O,yes", "04,C001,O,yes", "composite C001 holds composite C001"),
        ("syntax_notes.csv", "004010,N1,P0304", "004010,N1,P0399", "note 'P0399' does not fit N1"),
        ("syntax_notes.csv", "004010,N1,P0304", "004010,N1,Q0304", "note 'Q0304' does not fit N1"),
        ("codes/353.csv", "004010,01,", "004010,00,", "code '00' is empty or stands twice"),
        ("004010/850.csv", "2,heading,BEG,M,1", "2,heading,BEG,M,0", "max_use must be at least 1"),
        ("004010/850.csv", "2,heading,BEG,M,1", "2,heading,BEG,M,many", "max_use must be a number"),
        ("004010/850.csv", "2,heading,BEG", "3,heading,BEG", "order 3 instead of 2"),
        ("004010/850.csv", "2,heading,BEG", "2,heading,QQQ", "segment QQQ is not in segments.csv"),
        (
            "004010/850.csv",
            "2,heading,BEG,M,1,,",
            "2,heading,BEG,M,1,PO1/N1,",
            "loop PO1/N1 has no first row",
        ),
    ],
)
def test_a_broken_table_is_refused_with_file_and_reason(
    tables: Path, file: str, old: str, new: str, message: str
) -> None:
    path = tables / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(DictionaryError, match=r"row \d+") as refused:
        Tables(TableFolder(tables)).set("004010", "850", "PO")
    assert message in str(refused.value)
    assert path.name in str(refused.value)


def test_tables_of_another_folder_are_read_alike(tables: Path) -> None:
    shutil.copy(tables / "004010" / "850.csv", tables / "004010" / "850X.csv")
    definition = Tables(TableFolder(tables)).set("004010", "850X", "PO")
    assert definition is not None
    assert _names(definition.root)[1] == "BEG"


def test_every_settled_row_names_a_row_that_is_in_force() -> None:
    sources = csv.DictReader((dictionary.STANDARD / "SOURCES.csv").read_text("utf-8").splitlines())
    notes = csv.DictReader((dictionary.STANDARD / "syntax_notes.csv").read_text("utf-8").splitlines())
    in_force = {
        f"{row['release']} {row['segment']} {row['note']}" for row in notes if row["checked"] == "yes"
    }
    settled = [row for row in sources if row["table"] == "syntax_notes"]
    assert len(settled) > 100
    assert {row["key"] for row in settled} <= in_force
    assert all(row["source"] and row["says"] for row in settled)
