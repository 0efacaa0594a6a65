"""A user's own tables: added, laid over the standard, and refused as a whole where they are wrong."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from parsers.finding import Finding
from parsers.x12 import model
from parsers.x12.dictionary import Dictionary, LoopDefinition, standard
from parsers.x12.interchange import read
from parsers.x12.options import ReadOptions
from parsers.x12.own_tables import load_tables

SET_HEAD = "order,area,segment,requirement,max_use,loop,loop_requirement,loop_repeat,checked\n"
SETS = "set,functional_id,name\n204,SM,carrier load tender\n"
LOAD_TENDER = SET_HEAD + (
    "1,heading,ST,M,1,,,,yes\n"
    "2,heading,B2,M,1,,,,yes\n"
    "3,heading,N9,O,>1,,,,yes\n"
    "4,detail,S5,M,1,S5,M,999,yes\n"
    "5,detail,N1,O,1,S5/N1,O,5,yes\n"
    "6,summary,SE,M,1,,,,yes\n"
)
SEGMENTS = (
    "release,segment,position,element,requirement,repeat,checked\n"
    "004010,B2,01,375,O,1,yes\n"
    "004010,B2,02,140,O,1,yes\n"
    "004010,B2,03,154,O,1,yes\n"
    "004010,B2,04,145,M,1,yes\n"
    "004010,S5,01,165,M,1,yes\n"
    "004010,S5,02,163,M,1,yes\n"
)
ELEMENTS = (
    "release,element,name,type,min,max,checked\n"
    "004010,145,Shipment number,AN,1,30,yes\n"
    "004010,163,Reason for the stop,ID,2,2,yes\n"
    "004010,165,Number of the stop,N0,1,3,yes\n"
    "004010,375,Tariff service,ID,2,2,yes\n"
)
REASONS = "release,code,meaning,checked\n004010,LD,load,yes\n004010,UL,unload,yes\n"


def _written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def _loaded(folder: Path, files: dict[str, str]) -> Dictionary:
    loaded = load_tables(_written(folder, files))
    assert isinstance(loaded, Dictionary), loaded
    return loaded


def _refused(folder: Path, files: dict[str, str]) -> tuple[Finding, ...]:
    loaded = load_tables(_written(folder, files))
    assert isinstance(loaded, tuple)
    return loaded


WHOLE = {
    "sets.csv": SETS,
    "004010/204.csv": LOAD_TENDER,
    "segments.csv": SEGMENTS,
    "elements.csv": ELEMENTS,
    "codes/163.csv": REASONS,
}


def test_a_set_is_added_by_files_alone(tmp_path: Path) -> None:
    loaded = _loaded(tmp_path, WHOLE)
    definition = loaded.set_definition("004010", "204")
    assert definition is not None
    assert (definition.functional_id, loaded.set_name("204")) == ("SM", "carrier load tender")
    stop = next(child for child in definition.root.children if isinstance(child, LoopDefinition))
    assert (stop.id, stop.repeat, [child.id for child in stop.children]) == ("S5", 999, ["S5", "N1"])
    reason = loaded.segment_definition("004010", "S5")
    assert reason is not None
    assert reason.elements[1].codes == {"LD", "UL"}
    assert loaded.set_definition("004010", "850") is not None
    assert "B2" in definition.known


def test_the_standard_knows_nothing_of_what_a_user_adds(tmp_path: Path) -> None:
    loaded = _loaded(tmp_path, WHOLE)
    assert standard().set_definition("004010", "204") is None
    assert loaded.version
    assert standard().version == ""


def test_what_was_read_stays_when_the_folder_goes(tmp_path: Path) -> None:
    loaded = _loaded(tmp_path, WHOLE)
    for name in WHOLE:
        (tmp_path / name).unlink()
    assert loaded.set_definition("004010", "204") is not None


def test_a_row_of_ones_own_comes_before_the_standards(tmp_path: Path) -> None:
    files = {
        "elements.csv": "release,element,name,type,min,max,checked\n004010,324,Order number,AN,1,35,yes\n",
        "codes/353.csv": "release,code,meaning,checked\n004010,00,original,yes\n",
    }
    beginning = _loaded(tmp_path, files).segment_definition("004010", "BEG")
    assert beginning is not None
    assert (beginning.elements[2].max, beginning.elements[0].codes) == (35, {"00"})
    newer = _loaded(tmp_path, files).segment_definition("005010", "BEG")
    assert newer is not None
    assert newer.elements[2].max == 22


def test_a_segment_of_ones_own_brings_its_own_notes(tmp_path: Path) -> None:
    head = "release,segment,position,element,requirement,repeat,checked\n"
    files = {"segments.csv": head + "004010,REF,01,128,M,1,yes\n004010,REF,02,127,X,1,yes\n"}
    assert _segment(tmp_path / "bare", files) == ()
    files["syntax_notes.csv"] = "release,segment,note,checked\n004010,REF,C0201,yes\n"
    assert _segment(tmp_path / "noted", files) == (("C", (2, 1)),)


def _segment(folder: Path, files: dict[str, str]) -> tuple[tuple[str, tuple[int, ...]], ...]:
    segment = _loaded(folder, files).segment_definition("004010", "REF")
    assert segment is not None
    return tuple((note.kind, note.positions) for note in segment.notes)


def test_notes_alone_replace_those_of_the_standard(tmp_path: Path) -> None:
    files = {"syntax_notes.csv": "release,segment,note,checked\n004010,REF,E0203,yes\n"}
    assert _segment(tmp_path, files) == (("E", (2, 3)),)


def test_a_release_is_added_and_takes_the_rest_from_the_nearest_one(tmp_path: Path) -> None:
    files = {
        "sets.csv": SETS,
        "006020/204.csv": LOAD_TENDER,
        "segments.csv": SEGMENTS.replace("004010", "006020"),
        "elements.csv": ELEMENTS.replace("004010", "006020"),
    }
    loaded = _loaded(tmp_path, files)
    assert loaded.releases == ("004010", "005010", "006020")
    assert loaded.nearest_release("006020X123") == ("006020", True)
    assert loaded.nearest_release("007030") == ("006020", False)
    assert loaded.nearest_release("005050") == ("005010", False)
    own, borrowed = loaded.set_definition("006020", "204"), loaded.set_definition("006020", "850")
    assert own is not None
    assert borrowed is not None
    assert (own.release, borrowed.release) == ("006020", "005010")
    assert loaded.set_definition("004010", "204") is None


def test_an_older_release_of_ones_own_keeps_its_short_dates(tmp_path: Path) -> None:
    loaded = _loaded(tmp_path, {"sets.csv": SETS, "003040/850.csv": _standard_order()})
    assert loaded.nearest_release("003040") == ("003040", True)
    definition = loaded.set_definition("003040", "850", short_dates=True)
    assert definition is not None
    assert definition.short_dates


def _standard_order() -> str:
    text = standard().tables.folders[-1].text("004010/850.csv")
    assert text is not None
    return text


def test_no_folder_is_the_standard_alone(tmp_path: Path) -> None:
    loaded = load_tables(tmp_path / "nothing")
    assert isinstance(loaded, Dictionary)
    assert loaded.releases == standard().releases


@pytest.mark.parametrize(
    ("name", "old", "new", "code", "said"),
    [
        ("004010/204.csv", "3,heading,N9", "4,heading,N9", "X12-132", "line 4: order 4 instead of 3"),
        ("004010/204.csv", ",S5,M,999", ",S5,Z,999", "X12-132", "line 5: loop_requirement must be"),
        ("004010/204.csv", "detail,N1", "back,N1", "X12-132", "line 6: area must be heading"),
        ("004010/204.csv", "heading,B2", "heading,B7", "X12-132", "line 3: segment B7 is not in"),
        ("004010/204.csv", "order,area", "no,area", "X12-132", "line 1: columns must be order"),
        ("004010/204.csv", "999,yes", "999,yes,", "X12-132", "line 5: 10 cells, not 9"),
        ("segments.csv", "B2,04,145", "B2,04,9145", "X12-132", "line 5: element 9145 has 0 rows"),
        ("segments.csv", "004010,S5,01", "4010,S5,01", "X12-132", "line 6: release must be six digits"),
        ("segments.csv", "004010,S5,02", "003010,S5,02", "X12-132", "line 7: no set of release 003010"),
        ("elements.csv", "AN,1,30", "AN,1,-30", "X12-132", "line 2: max must be a number"),
        ("elements.csv", "AN,1,30", "text,1,30", "X12-132", "line 2: type text"),
        ("codes/163.csv", "004010,UL", "004010,LD", "X12-132", "line 3: code 'LD' is empty or stands twice"),
        ("sets.csv", "204,SM", "204,Shipment", "X12-132", "line 2: functional_id must be"),
        ("sets.csv", "204,SM", "205,SM", "X12-133", "no row of sets.csv"),
    ],
)
def test_a_wrong_row_is_named_and_the_folder_refused(
    tmp_path: Path, name: str, old: str, new: str, code: str, said: str
) -> None:
    assert WHOLE[name].count(old) >= 1
    sets = SETS if name != "sets.csv" else WHOLE[name].replace(old, new)
    files = {**WHOLE, "sets.csv": sets, name: WHOLE[name].replace(old, new, 1)}
    if code == "X12-133":
        files["004010/2049.csv"] = files.pop("004010/204.csv")
    findings = _refused(tmp_path, files)
    assert findings[0].code == code
    assert said in findings[0].message
    assert len(findings) == 1


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    files = {
        **WHOLE,
        "004010/204.csv": LOAD_TENDER.replace("heading,B2", "heading,B7"),
        "elements.csv": ELEMENTS.replace("AN,1,30", "AN,1,x").replace("N0,1,3", "N0,3,1"),
    }
    told = [(finding.location.row, finding.location.column) for finding in _refused(tmp_path, files)]
    assert told == [(2, "max"), (4, "min"), (3, "segment")]


def test_a_file_that_is_no_table_is_refused(tmp_path: Path) -> None:
    findings = _refused(tmp_path, {"element.csv": ELEMENTS, "04010/204.csv": LOAD_TENDER, "notes.txt": "x"})
    assert [(f.code, f.message.split()[0]) for f in findings] == [
        ("X12-131", "04010/204.csv"),
        ("X12-131", "element.csv"),
    ]


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elements.csv").write_bytes(ELEMENTS.encode("utf-16"))
    (finding,) = _refused(tmp_path, {})
    assert finding.code == "X12-130"
    assert "not UTF-8" in finding.message


def test_a_cell_longer_than_any_table_has_is_refused(tmp_path: Path) -> None:
    (finding,) = _refused(tmp_path, {**WHOLE, "sets.csv": f"{SETS}205,SM,{'x' * 200_000}\n"})
    assert (finding.code, finding.location.row) == ("X12-132", 3)


def test_a_cell_is_never_interpreted(tmp_path: Path) -> None:
    files = {
        **WHOLE,
        "sets.csv": SETS.replace("carrier load tender", '"{value}=cmd|calc %s {{x}}"'),
        "elements.csv": ELEMENTS.replace("Shipment number", "{code}{0}%n"),
    }
    loaded = _loaded(tmp_path, files)
    assert loaded.set_name("204") == "{value}=cmd|calc %s {{x}}"
    shipment = loaded.segment_definition("004010", "B2")
    assert shipment is not None
    assert shipment.elements[3].name == "{code}{0}%n"


def test_a_file_saved_by_a_spreadsheet_is_read(tmp_path: Path) -> None:
    for name, text in WHOLE.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert _loaded(tmp_path, {}).set_definition("004010", "204") is not None


def test_a_composite_that_breaks_the_standards_own_is_refused(tmp_path: Path) -> None:
    head = "release,composite,name,position,element,requirement,checked\n"
    findings = _refused(tmp_path, {"composites.csv": head + "004010,355,units,01,380,M,yes\n"})
    assert any("composite C001 holds composite 355" in finding.message for finding in findings)


def test_loops_in_a_circle_of_composites_or_too_deep_are_refused(tmp_path: Path) -> None:
    path, rows = "", ["1,heading,ST,M,1,,,,yes"]
    for number in range(2, 30):
        path = f"{path}/N1" if path else "N1"
        rows.append(f"{number},heading,N1,O,1,{path},O,1,yes")
    (deep,) = _refused(tmp_path / "deep", {"sets.csv": SETS, "004010/204.csv": SET_HEAD + "\n".join(rows)})
    assert "loops lie more than 20 deep" in deep.message
    head = "release,composite,name,position,element,requirement,checked\n"
    circle = {"composites.csv": head + "004010,C001,one,01,C040,M,yes\n"}
    findings = _refused(tmp_path / "circle", circle)
    assert findings[0].message.startswith("composites.csv line 2: composite C001 holds composite C040")


def _codes(data: bytes, loaded: Dictionary) -> list[str]:
    options = ReadOptions(dictionary=loaded)
    return [
        finding.code
        for event in read(io.BytesIO(data), lambda _header: options)
        for finding in (event.set.findings if isinstance(event, model.SetRead) else event.findings)
    ]


def _interchange(group: str, version: str, *segments: str) -> bytes:
    lines = [
        (
            "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       "
            f"*240131*1100*^*00{version[2:5]}*000000001*0*P*>"
        ),
        f"GS*{group}*S1*R1*20240131*1100*1*X*{version}",
        *segments,
        f"SE*{len(segments) + 1}*0001",
        "GE*1*1",
        "IEA*1*000000001",
    ]
    return "".join(f"{line}~" for line in lines).encode()


def test_a_set_that_an_added_release_borrows_says_so(tmp_path: Path) -> None:
    files = {
        "sets.csv": SETS,
        "006020/204.csv": LOAD_TENDER,
        "segments.csv": SEGMENTS.replace("004010", "006020"),
        "elements.csv": ELEMENTS.replace("004010", "006020"),
    }
    loaded = _loaded(tmp_path, files)
    tender = ("ST*204*0001", "B2**SCAC**S-1", "S5*1*LD")
    assert _codes(_interchange("SM", "006020", *tender), loaded) == []
    order = ("ST*850*0001", "BEG*00*SA*1**20240131", "PO1*1*1*EA*1")
    assert _codes(_interchange("PO", "006020", *order), loaded) == ["X12-137"]
    assert _codes(_interchange("PO", "006020", *order), standard()) == ["X12-053"]
    assert _codes(_interchange("SM", "006020", *tender), standard()) == ["X12-053", "X12-086"]
