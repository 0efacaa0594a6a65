"""Learned forms: what becomes a hole, what stays, what goes to the translator, and what is kept."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from parsers.x12.model import Segment
from tests.support.alike_sets import HEADER, SEPARATORS, as_clean, group, wholes_of
from translators import x12_850, x12_856
from translators.learned.form import Form, Part, Read, joint, learn
from translators.learned.holes import Use, way_of
from translators.learned.level_sets import LevelSetForms
from translators.learned.line_sets import STRETCH_CHARS, LineSetForms
from translators.learned.recording import RecordingReading
from translators.learned.store import MAX_FORMS, MAX_SHAPES, Store
from translators.learned.templates import Mark, Template
from translators.learned.wholes import WORTH
from translators.translation import Prepared

ORDER = "BEG*00*SA*{n}**20240315|PO1*1*{n}*EA*2.50**UP*012345678905|CTT*1"


def order(number: int, body: str = ORDER) -> Any:
    return as_clean("850", body.format(n=number).split("|"), number)


def written(forms: LineSetForms, number: int, body: str = ORDER) -> Prepared | None:
    return forms.write(order(number, body), HEADER, group("850"))


def learned_orders() -> LineSetForms:
    """Forms that know the order above: met twice to learn its frame, once more to learn its line."""
    forms = LineSetForms(x12_850.SHAPE, SEPARATORS)
    for number in (1, 2, 3):
        written(forms, number)
    return forms


def test_an_order_like_ones_before_is_written_by_its_forms() -> None:
    prepared = written(learned_orders(), 4711)
    assert prepared is not None
    slow = x12_850.read(order(4711), HEADER, group("850"))
    assert prepared.json == slow.json
    assert (prepared.number, prepared.findings, prepared.holds) == ("4711", (), ())
    assert (prepared.document, prepared.keys) == (slow.document, slow.keys)


def test_a_kind_of_order_met_for_the_first_time_goes_to_the_translator() -> None:
    assert written(LineSetForms(x12_850.SHAPE, SEPARATORS), 1) is None


@pytest.mark.parametrize(
    ("sent", "instead", "why"),
    [
        ("012345678905", "012345678906", "its check digit is wrong"),
        ("CTT*1", "CTT*2", "its count is wrong"),
        ("*EA*", "*CS*", "a unit is remarked on"),
        ("BEG*00*", "BEG*ZZ*", "its purpose is unknown"),
        ("2.50", "-02.50", "a number is written oddly"),
        ("20240315", "240315", "a date is written oddly"),
        ("20240315", "20240230", "a date is none"),
        ("BEG*00*SA*{n}", 'BEG*00*SA*{n}"', "a text is escaped in JSON"),
        ("BEG*00*SA*{n}", "BEG*00*SA*{n} ", "a text is padded"),
    ],
)
def test_what_is_not_plain_is_read_by_the_translator(sent: str, instead: str, why: str) -> None:
    forms = learned_orders()
    assert sent in ORDER
    body = ORDER.replace(sent, instead)
    for number in (5, 6):
        prepared = written(forms, number, body)
        slow = x12_850.read(order(number, body), HEADER, group("850"))
        if prepared is not None:
            assert (prepared.json, prepared.findings) == (slow.json, slow.findings), why
            assert (prepared.holds, prepared.number, prepared.purpose) == (
                slow.holds,
                slow.number,
                slow.purpose,
            )
    assert written(forms, 7) is not None


def test_a_line_that_is_remarked_on_goes_to_the_translator() -> None:
    assert written(learned_orders(), 5, ORDER.replace("012345678905", "012345678906")) is None


def test_lines_are_written_by_forms_where_the_heading_has_none() -> None:
    body = ORDER.replace("BEG*00*", "BEG*ZZ*")
    prepared = written(learned_orders(), 5, body)
    assert prepared is not None
    assert [finding.code for finding in prepared.findings] == ["TRN-015"]
    assert prepared.json == x12_850.read(order(5, body), HEADER, group("850")).json


def test_an_order_without_form_leaves_no_mark_on_the_next() -> None:
    forms = learned_orders()
    before = written(forms, 8)
    written(forms, 9, ORDER.replace("CTT*1", "CTT*9"))
    again = written(forms, 8)
    assert before is not None
    assert again is not None
    assert before.json == again.json


def test_a_long_order_is_learned_from_itself_and_read_in_stretches() -> None:
    lines = [f"PO1*{n}*2*EA*1.25**VN*X{n:05}|PID*F****Widget no. {n}" for n in range(1, 3001)]
    body = "|".join(["BEG*00*SA*7**20240315", *lines, "CTT*3000"])
    assert len(body) > 2 * STRETCH_CHARS
    prepared = written(LineSetForms(x12_850.SHAPE, SEPARATORS), 1, body)
    assert prepared is not None
    assert prepared.json == x12_850.read(order(1, body), HEADER, group("850")).json


def test_a_level_that_does_not_stand_where_it_belongs_goes_to_the_translator() -> None:
    body = "BSN*00*{n}*20240315*1030|HL*1**S|HL*2*1*O|PRF*P{n}|HL*3*{p}*I|SN1**{n}*EA|CTT*3"
    forms = LevelSetForms(x12_856.SHAPE, SEPARATORS)

    def notice(number: int, parent: int) -> Prepared | None:
        filled = body.format(n=number, p=parent).split("|")
        return forms.write(as_clean("856", filled, number), HEADER, group("856"))

    for number in range(1, 6):
        notice(number, 2)
    assert notice(6, 2) is not None
    assert notice(7, 3) is None
    assert notice(8, 9) is None


def test_a_container_code_with_identifier_is_not_taken_for_one_without() -> None:
    """Found by comparing sets of made-up partners: the longer code also passes the check."""
    forms = LevelSetForms(x12_856.SHAPE, SEPARATORS)
    codes = ["604695120046566017", "366718649641595286", "307646345198240026", "00315130025533170094"]
    for number, code in enumerate(codes, start=1):
        body = f"BSN*00*{number}*20240315*1030|HL*1**S|HL*2*1*T|MAN*GM*{code}|CTT*2".split("|")
        sent = as_clean("856", body, number)
        prepared = forms.write(sent, HEADER, group("856"))
        slow = x12_856.read(sent, HEADER, group("856"))
        assert prepared is None or prepared.json == slow.json
        assert f'"sscc":"{code[-18:]}"'.encode() in (slow.json or b"")


# Whole sets.

NOTICE = (
    "BSN*00*{n}*20240315*1030|HL*1**S|TD1*CTN25*{n}****G*{n}.5*LB|DTM*011*20240316|REF*BM*B{n}|HL*2*1*O|PRF*P{n}"
    "|HL*3*{p}*I|SN1**{n}*EA|HL*{i}*2*I|SN1**{n}*EA|CTT*4"
)


def notice(forms: LevelSetForms, number: int, *, parent: int = 2, last: int = 4) -> Prepared | None:
    sent = as_clean("856", NOTICE.format(n=number, p=parent, i=last).split("|"), number)
    prepared = forms.write(sent, HEADER, group("856"))
    slow = x12_856.read(sent, HEADER, group("856"))
    if prepared is not None:
        assert (prepared.json, prepared.keys) == (slow.json, slow.keys)
    return prepared


def test_an_order_whose_forms_came_together_before_is_written_as_a_whole_with_its_keys() -> None:
    forms = learned_orders()
    as_wholes = wholes_of(forms)
    made = [written(forms, number) for number in range(10, 10 + WORTH + 1)]
    assert as_wholes == made[-len(as_wholes) :]
    assert len(as_wholes) >= 2
    last = made[-1]
    slow = x12_850.read(order(10 + WORTH), HEADER, group("850"))
    assert last is not None
    assert (last.json, last.number, last.keys) == (slow.json, slow.number, slow.keys)
    # It has no say in what is remarked on.
    assert written(forms, 5, ORDER.replace("012345678905", "012345678906")) is None
    wrong = written(forms, 6, ORDER.replace("CTT*1", "CTT*2"))
    assert wrong is None or [finding.code for finding in wrong.findings] == ["TRN-001"]


def test_a_notice_is_a_whole_only_if_its_levels_stand_as_they_stood() -> None:
    forms = LevelSetForms(x12_856.SHAPE, SEPARATORS)
    for number in range(1, WORTH + 6):
        notice(forms, number)
    as_wholes = wholes_of(forms)
    assert [notice(forms, 77)] == as_wholes
    notice(forms, 78, parent=1)
    assert notice(forms, 79, last=3) is None
    assert len(as_wholes) == 1


# What becomes a hole.


def form_of(read: Callable[[RecordingReading, Segment], object], *elements: str) -> Form | None:
    """The form of a REF segment of which a translator makes what `read` makes."""
    segment = Segment("REF", list(elements), 1, 0, 0)

    def whole(reading: RecordingReading, _: tuple[str, ...]) -> Read:
        return Read(str(read(reading, reading.segments[0])), ())

    part = Part(order(1), ([segment],), (re.escape(joint(SEPARATORS)),), None, (), whole)
    return learn(part)


def matches(form: Form | None, text: str) -> bool:
    assert form is not None
    return form.patterns[0].fullmatch(text + joint(SEPARATORS)) is not None


def test_a_text_that_is_only_shown_may_be_any_other() -> None:
    form = form_of(lambda reading, segment: f"<{reading.text(segment, 1)}>", "A1")
    assert matches(form, "REF*something else")
    assert not matches(form, 'REF*"')
    assert not matches(form, "REF*")


@pytest.mark.parametrize(
    "look",
    [
        lambda text: text == "A1",
        lambda text: text in {"A1"},
        lambda text: "A" in text,
        lambda text: len(text),
        lambda text: text[0],
        lambda text: text.upper(),
        lambda text: text < "B",
        lambda text: {text: 1},
    ],
)
def test_a_text_that_is_looked_at_stays_as_it_is(look: Callable[[str], object]) -> None:
    def read(reading: RecordingReading, segment: Segment) -> object:
        text = reading.text(segment, 1)
        assert text is not None
        look(text)
        return text

    form = form_of(read, "A1")
    assert matches(form, "REF*A1")
    assert not matches(form, "REF*A2")


@pytest.mark.parametrize(
    "look", [lambda number: number > 1, lambda number: number + 1, bool, int, lambda number: number == 5]
)
def test_a_number_that_is_looked_at_stays_as_it_is(look: Callable[[Decimal], object]) -> None:
    def read(reading: RecordingReading, segment: Segment) -> object:
        number = reading.decimal(segment, 1)
        assert number is not None
        look(number)
        return format(number, "f")

    form = form_of(read, "12.5")
    assert matches(form, "REF*12.5")
    assert not matches(form, "REF*12.6")


def test_an_element_read_past_the_reading_stays_as_it_is() -> None:
    form = form_of(lambda reading, segment: f"{segment.get(1)}{reading.text(segment, 1)}", "A1")
    assert not matches(form, "REF*A2")


def test_an_element_that_nobody_reads_may_be_any_other() -> None:
    form = form_of(lambda _reading, _segment: "x", "A1")
    assert matches(form, "REF*A2")
    assert form is not None
    assert form.unmapped[0].fill(("", "A2", "")) == '{"path":"REF-01","value":"A2"}'


def test_a_check_is_asked_of_each_new_value() -> None:
    def read(reading: RecordingReading, segment: Segment) -> object:
        text = reading.text(segment, 1)
        return f"{text}" if reading.checked(str.isdigit, text) else "none"

    form = form_of(read, "12")
    assert form is not None
    assert form.passes([("", "34", ""), ("", "56", "")])
    assert not form.passes([("", "34", ""), ("", "5x", "")])


def test_a_translator_that_changes_a_text_has_no_form() -> None:
    assert form_of(lambda reading, segment: "".join(reversed(str(reading.text(segment, 1)))), "A1") is None


# How values are written.


def test_the_days_of_the_calendar_fit_and_no_others() -> None:
    way = way_of(Use.DATE, "20240315")
    assert way is not None
    for year in (1900, *range(1999, 2009), 2099):
        for month in range(14):
            for day in range(33):
                text = f"{year}{month:02}{day:02}"
                assert bool(re.fullmatch(way.pattern, text)) is _is_day(year, month, day), text
    assert not re.fullmatch(way.pattern, "21000301")


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        datetime.date(year, month, day)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(
    "text", ["0", "1", "-1", "12.50", "0.00", "-0", ".5", ".000", "007", "0012.50", "0000.00"]
)
def test_a_number_stands_in_json_as_the_translator_writes_it(text: str) -> None:
    way = way_of(Use.DECIMAL, text)
    assert way is not None
    assert Template(format(Decimal(text), "f"), [Mark(text, way, 0)]).fill(way.parts(text)) == format(
        Decimal(text), "f"
    )


@pytest.mark.parametrize("text", ["", "1.", "1e3", "-.5", "-007", "+1", " 1", "00", "1" * 30, "0" * 9 + "1"])
def test_a_number_written_oddly_has_no_way(text: str) -> None:
    assert way_of(Use.DECIMAL, text) is None


# What is kept.


class _Kept:
    """Stands for something learned."""

    def __init__(self, form: Form) -> None:
        self.form = form


def kept() -> _Kept:
    form = form_of(lambda reading, segment: f"{reading.text(segment, 1)}", "A1")
    assert form is not None
    return _Kept(form)


def test_what_is_kept_is_bounded() -> None:
    store: Store[_Kept] = Store()
    one = kept()
    for number in range(3 * MAX_SHAPES):
        for _ in range(2):
            store.learn(f"shape {number}", lambda: one)
    assert not list(store.of("shape 0"))
    assert store.size <= MAX_SHAPES * (one.form.size + len("shape 9999"))
    for _ in range(3 * MAX_FORMS):
        store.learn("the same", lambda: one)
    assert len(list(store.of("the same"))) == MAX_FORMS


def test_a_shape_without_a_form_is_tried_again_ever_more_seldom() -> None:
    store: Store[_Kept] = Store()
    tried = []
    for number in range(1, 200):
        store.learn("odd", lambda number=number: tried.append(number))  # type: ignore[misc]
    assert tried == [2, 4, 8, 16, 32, 64, 128]
