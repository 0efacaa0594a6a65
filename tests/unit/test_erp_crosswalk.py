"""The crosswalk.csv of a partner's folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from partners.crosswalk import Crosswalk, read_crosswalk
from partners.directory import BUNDLED, Directory, load_directory

GOOD = """\
# Acme's codes
list,theirs,ours
product,VN:DS-310,CLAMP-40
product,DS-310,OTHER
unit,CA,cs
"""


def written(folder: Path, text: str) -> Path:
    partner = folder / "acme"
    partner.mkdir(exist_ok=True)
    (partner / "crosswalk.csv").write_text(text, "utf-8")
    return partner


def test_a_code_is_found_with_its_qualifier_first_and_without_it_next(tmp_path: Path) -> None:
    crosswalk = read_crosswalk(written(tmp_path, GOOD))
    assert isinstance(crosswalk, Crosswalk)
    assert crosswalk.ours("product", "DS-310", "VN") == "CLAMP-40"
    assert crosswalk.ours("product", "DS-310", "BP") == "OTHER"
    assert crosswalk.ours("product", "DS-310") == "OTHER"
    assert crosswalk.ours("unit", "CA") == "cs"
    assert crosswalk.ours("unit", "DS-310") is None


def test_a_folder_without_one_has_an_empty_crosswalk(tmp_path: Path) -> None:
    assert read_crosswalk(tmp_path) == Crosswalk()


def test_a_file_from_a_spreadsheet_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    crosswalk = read_crosswalk(written(tmp_path, '\ufefflist,theirs,ours\r\nunit,CA,"cs"\r\n,,\r\n'))
    assert isinstance(crosswalk, Crosswalk)
    assert crosswalk.ours("unit", "CA") == "cs"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "the first line must be list,theirs,ours"),
        ("their,ours\n", 1, "the first line must be list,theirs,ours"),
        ("list,theirs,ours\nunit,CA\n", 2, "a line must hold a list, their code and our code"),
        ("list,theirs,ours\nunit,CA,\n", 2, "a line must hold a list, their code and our code"),
        ("list,theirs,ours\nunits,CA,cs\n", 2, '"units" is no list; there are party, address'),
        ("list,theirs,ours\nunit,CA,cs\nunit,CA,box\n", 3, '"CA" stands in the list unit already'),
    ],
)
def test_what_is_wrong_is_told_with_file_and_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    faults = read_crosswalk(written(tmp_path, text))
    assert isinstance(faults, tuple)
    (fault,) = faults
    assert fault.code == "PRT-041"
    assert f"acme/crosswalk.csv line {line}: {words}" in fault.message


def test_the_partners_folder_holds_it_and_refuses_a_wrong_one_as_a_whole(tmp_path: Path) -> None:
    folder = tmp_path / "partners"
    shutil.copytree(BUNDLED, folder)
    file = folder / "acme-retail" / "crosswalk.csv"
    file.write_text("list,theirs,ours\nunit,CA,cs\n", "utf-8")
    directory = load_directory(folder)
    assert isinstance(directory, Directory)
    assert directory.crosswalk("acme-retail").ours("unit", "CA") == "cs"
    assert directory.crosswalk("delta-supply") == Crosswalk()
    assert directory.crosswalk(None) == Crosswalk()
    file.write_text("list,theirs,ours\nunit,CA,cs,more\n", "utf-8")
    faults = load_directory(folder)
    assert isinstance(faults, tuple)
    assert [fault.code for fault in faults] == ["PRT-041"]
