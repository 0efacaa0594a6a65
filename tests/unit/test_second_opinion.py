"""The second opinion: what pyx12 is shown, what it says of faults we know, and how that compares."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from lxml import etree
from second_opinion_faults import FURTHER
from second_opinion_page import SOURCES, Tally, counts, on_page, settle, tally
from second_opinion_reading import comparisons
from x12_faults import BASES, CASES, ORDER, Case

from parsers.x12.definition import SetDefinition
from parsers.x12.dictionary import set_definition
from parsers.x12.second_opinion import fair_copy
from parsers.x12.second_opinion.comparison import compare
from parsers.x12.second_opinion.differences import SETTING, UNEXPLAINED, kinds
from parsers.x12.second_opinion.fair_copy import FairCopy, TooLarge, fair_copies
from parsers.x12.second_opinion.listing import listing
from parsers.x12.second_opinion.maps import map_name, write_map, write_maps
from parsers.x12.second_opinion.verdict import Opinion, Remark, Scope, opinion

#: Faults that no copy can be made of: the separators cannot be told.
UNREADABLE = {name for name, case in CASES.items() if case.ta1 in ("R 004", "R 022", "R 026", "R 027")}


def copy_of(text: str) -> FairCopy:
    (copy,) = fair_copies(io.BytesIO(text.encode()))
    assert isinstance(copy, FairCopy)
    return copy


def remarks(text: str) -> tuple[Remark, ...]:
    return opinion(copy_of(text)).remarks


# --- maps


def definition(release: str, set_id: str) -> SetDefinition:
    found = set_definition(release, set_id)
    assert found is not None
    return found


def test_a_map_says_what_the_table_says(tmp_path: Path) -> None:
    write_map(definition("004010", "850"), tmp_path / "850.xml")
    tree = etree.parse(tmp_path / "850.xml")
    (beg,) = tree.xpath("//segment[@xid='BEG']")
    assert (beg.get("usage"), beg.get("max_use")) == ("R", "1")
    (date,) = beg.xpath("element[@xid='BEG05']")
    assert (date.get("data_ele"), date.get("usage"), date.get("seq")) == ("373", "R", "05")
    (line,) = tree.xpath("//loop[@xid='PO1_LOOP']")
    assert (line.get("usage"), line.get("repeat")) == ("R", "100000")
    notes = [note.text for note in line.xpath("segment[@xid='PO1']/syntax")]
    assert notes[:3] == ["C0302", "C0504", "P0607"]


def test_a_folder_holds_all_that_pyx12_looks_for(tmp_path: Path) -> None:
    write_maps(tmp_path, "004010", functional_ids=["PO", "RS"])
    names = {path.name for path in tmp_path.iterdir()}
    envelopes = {"x12.control.00401.xml", "x12.control.00501.xml"}
    assert names == {map_name("PO"), map_name("RS"), "maps.xml", "dataele.xml", "codes.xml"} | envelopes


def test_sets_of_one_group_stand_in_one_map_told_apart_by_st01(tmp_path: Path) -> None:
    write_maps(tmp_path, "004010", functional_ids=["RS"])
    codes = etree.parse(tmp_path / map_name("RS")).xpath(
        "//segment[@xid='ST']/element[1]/valid_codes/code/text()"
    )
    assert codes == ["869", "870"]


def test_dates_of_old_versions_have_six_digits(tmp_path: Path) -> None:
    write_maps(tmp_path, "004010", functional_ids=["PO"], short_dates=True)
    (date,) = etree.parse(tmp_path / "dataele.xml").xpath("//data_ele[@ele_num='373']")
    assert (date.get("min_len"), date.get("max_len")) == ("6", "6")


# --- the copy


def test_a_plain_interchange_is_shown_as_it_is() -> None:
    copy = copy_of(ORDER)
    assert copy.text == ORDER.replace("\n", "")
    assert copy.changes == ()
    assert copy.groups == (("004010", "PO"),)


def test_what_pyx12_cannot_read_is_changed_and_said() -> None:
    text = ORDER.replace("*00401*", "*00403*").replace("REF*", "~\nREF*")
    copy = copy_of(text[: text.rindex("~")])
    assert copy.changes == (
        "ISA12 is shown as 00501",
        "empty segments and line breaks were taken out",
        "the last terminator was added",
    )
    assert opinion(copy).remarks == ()


def test_passwords_are_not_shown() -> None:
    copy = copy_of(ORDER.replace("*00*          *00*          ", "*01*SESAME    *01*OPENSESAME"))
    assert "SESAME" not in copy.text
    assert copy.changes == ("what ISA02 and ISA04 hold is not shown: it may be a password",)


def test_each_interchange_of_a_file_keeps_its_separators() -> None:
    first, second = fair_copies(io.BytesIO((ORDER + ORDER.replace("*", "|")).encode()))
    assert isinstance(first, FairCopy)
    assert isinstance(second, FairCopy)
    assert (first.mark, second.mark) == ("*", "|")
    assert second.places[0].offset == len(ORDER)


def test_a_segment_is_found_by_any_of_its_bytes() -> None:
    copy = copy_of(ORDER)
    at = ORDER.index("PO-1")
    line = copy.line_at(at)
    assert line is not None
    place = copy.places[line - 1]
    assert (place.segment, place.set_ordinal, place.number) == ("BEG", 1, 2)
    assert copy.line_at(-1) is None


def test_an_interchange_too_large_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fair_copy, "MAX_BYTES", 200)
    assert list(fair_copies(io.BytesIO(ORDER.encode()))) == [TooLarge("000000007")]


# --- the verdict


@pytest.mark.parametrize("text", BASES.values(), ids=BASES)
def test_pyx12_finds_nothing_wrong_with_what_is_right(text: str) -> None:
    assert remarks(text) == ()


def test_a_remark_names_place_code_and_value() -> None:
    (remark,) = remarks(ORDER.replace("**20261123", "**20270229"))
    assert (remark.scope, remark.code, remark.line) == (Scope.ELEMENT, "8", 4)
    assert (remark.segment, remark.element, remark.value) == ("BEG", 5, "20270229")


def test_a_set_in_the_wrong_group_is_judged_all_the_same() -> None:
    (remark,) = remarks(ORDER.replace("GS*PO", "GS*IN").replace("SA*PO-1", "QQ*PO-1"))
    assert (remark.code, remark.segment, remark.element) == ("7", "BEG", 2)


def test_a_set_without_tables_is_said_to_be_unread() -> None:
    judged = opinion(copy_of(ORDER.replace("ST*850", "ST*204")))
    assert judged.unread == ("204 004010",)
    assert judged.remarks == ()


def test_a_failure_of_pyx12_costs_one_segment() -> None:
    failed, later = remarks(
        ORDER.replace("REF*DP*38", "ISA*1").replace("DTM*002*20261130", "DTM*002*20261399")
    )
    assert (failed.scope, failed.segment) == (Scope.FAILURE, "ISA")
    assert (later.code, later.segment) == ("8", "DTM")


#: Its main program goes by the group, and has no map for these.
_BY_GROUP = ("X12-050", "X12-052", "X12-084", "X12-086")
_JUDGED_BY_BOTH = [
    case.text
    for name, case in CASES.items()
    if name not in UNREADABLE and not case.finding.startswith(_BY_GROUP)
]


@pytest.mark.slow
@pytest.mark.parametrize("text", _JUDGED_BY_BOTH[::7])  # it reads all its maps anew each time
def test_its_main_program_comes_to_the_same_verdict(text: str) -> None:
    copy = copy_of(text)
    told = listing(copy)
    assert told.failure is not None or told.accepts == (not opinion(copy).remarks)


def test_its_answer_names_what_the_remarks_name() -> None:
    copy = copy_of(ORDER.replace("**20261123", "**20270229").replace("REF*", "ZZZ*1~\nREF*"))
    answer = listing(copy).answer
    assert "AK3*BEG*2**8~\nAK4*5*373*8*20270229~" in answer
    assert "AK3*ZZZ*4**1~" in answer


# --- the comparison


@pytest.mark.parametrize(
    "case", [c for n, c in CASES.items() if n not in UNREADABLE], ids=lambda c: c.finding
)
def test_every_fault_we_know_is_confirmed_or_its_difference_explained(case: Case) -> None:
    (compared,) = comparisons(case.text.encode())
    assert UNEXPLAINED not in {difference.kind for difference in compared.differences}
    assert compared.agreed or compared.differences


@pytest.mark.parametrize("kind", FURTHER)
def test_a_difference_is_of_the_kind_that_is_told(kind: str) -> None:
    (compared,) = comparisons(FURTHER[kind].encode())
    assert {difference.kind for difference in compared.differences} == {kind}


def test_the_page_counts_what_is_found_of_faults_we_know() -> None:
    counted = Tally()
    texts = [case.text for name, case in CASES.items() if name not in UNREADABLE]
    for text in (*texts, *FURTHER.values()):
        counted.merge(tally(comparisons(text.encode())))
    settle("known faults", counted)
    assert counts(counted) == on_page("known faults")


def test_a_fault_both_name_is_agreed() -> None:
    (compared,) = comparisons(ORDER.replace("SA*PO-1", "QQ*PO-1").encode())
    ((finding, remark),) = compared.agreed
    assert (finding.code, remark.code) == ("X12-226", "7")
    assert compared.differences == ()


def test_what_no_rule_explains_is_called_so() -> None:
    invented = Remark(Scope.ELEMENT, "12", 4, "BEG", 3, None, None, "an element that is too blue")
    compared = compare([], Opinion(copy_of(ORDER), (invented,), (), frozenset()))
    assert [difference.kind for difference in compared.differences] == [UNEXPLAINED]


def test_every_kind_of_difference_is_put_into_words_and_occurs() -> None:
    assert all(kind.ours and kind.theirs and kind.why.endswith(".") for kind in kinds().values())
    columns = [on_page(source) for source in SOURCES]
    seen = {name for name in kinds() if any(column[f"`{name}`"] for column in columns)}
    assert kinds().keys() - seen == {SETTING}


def test_what_a_profile_asks_for_is_told_as_such() -> None:
    text = ORDER.replace("SA*PO-1", "QQ*PO-1")
    (copy,) = fair_copies(io.BytesIO(text.encode()))
    assert isinstance(copy, FairCopy)
    (difference,) = compare([], opinion(copy), by_profile=True).differences
    assert difference.kind == SETTING
