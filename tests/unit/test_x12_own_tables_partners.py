"""Own tables beside the profiles: a partner's sets are checked by them, answered and kept."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from parsers.finding import Finding
from partners.directory import Directory, load_directory
from translators.reading import read_file
from translators.report import Disposition, DocumentRead, DocumentReport

FILES = {
    "sets.csv": "set,functional_id,name\n204,SM,carrier load tender\n",
    "004010/204.csv": (
        "order,area,segment,requirement,max_use,loop,loop_requirement,loop_repeat,checked\n"
        "1,heading,ST,M,1,,,,yes\n2,heading,B2,M,1,,,,yes\n3,summary,SE,M,1,,,,yes\n"
    ),
    "segments.csv": (
        "release,segment,position,element,requirement,repeat,checked\n004010,B2,01,145,M,1,yes\n"
    ),
    "elements.csv": "release,element,name,type,min,max,checked\n004010,145,Shipment number,AN,1,5,yes\n",
}
LINES = [
    (
        "ISA*00*          *00*          *ZZ*SHIPPER        *ZZ*US             "
        "*260101*1200*U*00401*000000001*0*P*>"
    ),
    "GS*SM*SHIPPER*US*20260101*1200*1*X*004010",
    "ST*204*0001",
    "B2*S-1",
    "SE*3*0001",
    "GE*1*1",
    "IEA*1*000000001",
]


def _folder(folder: Path, unknown_sets: str) -> Path:
    for name, text in FILES.items():
        path = folder / "_x12" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "shipper").mkdir()
    (folder / "ours.toml").write_text('name = "We"\nisa = [{ qualifier = "ZZ", id = "US" }]\n')
    (folder / "shipper" / "profile.toml").write_text(
        f'name = "Shipper"\n[x12]\nunknown_sets = "{unknown_sets}"\n'
        'isa = [{ qualifier = "ZZ", id = "SHIPPER" }]\n'
        '[x12.acknowledge]\nta1 = "never"\nfunctional = "none"\n'
    )
    return folder


def _document(folder: Path, lines: list[str] = LINES) -> DocumentReport:
    directory = load_directory(folder)
    assert isinstance(directory, Directory), directory
    data = "".join(f"{line}~" for line in lines).encode()
    events = read_file(io.BytesIO(data), directory=directory)
    (document,) = [event.document for event in events if isinstance(event, DocumentRead)]
    return document


@pytest.mark.parametrize(
    ("unknown_sets", "ak5", "codes"),
    [("accept", "A", ["TRN-313"]), ("hold", "A", ["TRN-312"]), ("reject", "R", ["TRN-311"])],
)
def test_the_profile_says_what_becomes_of_a_set_without_a_rule(
    tmp_path: Path, unknown_sets: str, ak5: str, codes: list[str]
) -> None:
    document = _document(_folder(tmp_path, unknown_sets))
    assert document.ak5 is not None
    assert (document.ak5.code, [finding.code for finding in document.findings]) == (ak5, codes)
    if unknown_sets != "reject":
        assert document.disposition is Disposition.HOLD


def test_an_accepted_set_is_rejected_for_what_its_tables_find(tmp_path: Path) -> None:
    lines = [line.replace("B2*S-1", "B2*TOO-LONG") for line in LINES]
    document = _document(_folder(tmp_path, "accept"), lines)
    assert document.ak5 is not None
    assert document.ak5.code == "R"
    assert [finding.code for finding in document.findings] == ["X12-224", "TRN-313"]


def test_a_set_without_tables_is_accepted_by_no_profile(tmp_path: Path) -> None:
    lines = [line.replace("ST*204", "ST*990").replace("GS*SM", "GS*GF") for line in LINES]
    document = _document(_folder(tmp_path, "accept"), lines)
    assert [finding.code for finding in document.findings] == ["X12-086"]


def test_tables_are_part_of_what_an_agreement_depends_on(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "accept")
    before = load_directory(folder)
    path = folder / "_x12" / "elements.csv"
    path.write_text(path.read_text().replace("AN,1,5", "AN,1,6"))
    after = load_directory(folder)
    assert isinstance(before, Directory)
    assert isinstance(after, Directory)
    versions = {loaded.by_partner("shipper").profile_version for loaded in (before, after)}  # type: ignore[union-attr]
    assert len(versions) == 2


def test_wrong_tables_refuse_the_partners_folder(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "accept")
    (folder / "_x12" / "sets.csv").write_text("nonsense\n")
    refused = load_directory(folder)
    assert isinstance(refused, tuple)
    assert all(isinstance(finding, Finding) for finding in refused)
    assert refused[0].message.startswith("_x12/sets.csv line 1:")
