"""Lines for a terminal: wrapped between words, aligned by the columns that characters take."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.screen import Screen, columns, ending, fitting, printable

WORDS = st.text(alphabet="abc 漢é-", max_size=200)


def screen(width: int = 60, *, colour: bool = False) -> tuple[Screen, io.StringIO]:
    out = io.StringIO()
    return Screen(out, width=width, colour=colour), out


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("漢字", "漢字"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\u202eb", "a\\x202eb"),
        ("a\r\n\tb", "a\\x0d\\x0a\\x09b"),
        ("\x9b31m", "\\x9b31m"),
    ],
)
def test_what_a_terminal_would_obey_is_shown_instead(text: str, shown: str) -> None:
    """BI-075."""
    assert printable(text) == shown


@pytest.mark.parametrize(("text", "wide"), [("abc", 3), ("漢字", 4), ("e\u0301", 1), ("", 0)])
def test_characters_take_the_columns_they_take(text: str, wide: int) -> None:
    assert columns(text) == wide


@given(text=WORDS, room=st.integers(0, 80))
def test_a_text_is_cut_to_its_room_at_either_end(text: str, room: int) -> None:
    for cut in (fitting(text, room), ending(text, room)):
        assert columns(cut) <= room
        assert cut == text or columns(text) > room
    if columns(text) > room > 0:
        assert fitting(text, room).endswith("…")
        assert ending(text, room).startswith("…")


@given(text=WORDS, width=st.integers(40, 100), indent=st.integers(0, 8))
def test_wrapped_lines_fit_and_lose_nothing_but_spaces(text: str, width: int, indent: int) -> None:
    console, out = screen(width)
    console.words((text, ""), indent=indent, label=("label ", ""))
    lines = out.getvalue().splitlines()
    assert all(columns(line) <= width for line in lines)
    said = "".join(lines).replace("label", "", 1)
    assert said.replace(" ", "") == text.replace(" ", "")


def test_a_label_stands_before_the_first_line_and_indents_the_others() -> None:
    console, out = screen(40)
    console.words(("one two three four five six seven eight nine ten", ""), indent=2, label=("so: ", ""))
    assert out.getvalue() == "  so: one two three four five six seven\n      eight nine ten\n"


def test_styles_are_written_only_where_colour_is_wanted() -> None:
    for colour, expected in ((False, "bad good\n"), (True, "\x1b[1;31mbad\x1b[0m good\n")):
        console, out = screen(colour=colour)
        console.line(("bad", "bold red"), (" good", ""))
        assert out.getvalue() == expected


def test_a_table_is_as_wide_as_its_cells_and_the_widest_gives_way() -> None:
    console, out = screen(40)
    console.table(
        [(("a", ""), ("x" * 60, ""), ("", ""), ("end", "")), (("bcd", ""), ("y", ""), ("", ""), ("", ""))]
    )
    first, second = out.getvalue().splitlines()
    assert first == f"a    {'x' * 29}…  end"
    assert second == "bcd  y"


def test_a_table_without_rows_is_nothing() -> None:
    console, out = screen()
    console.table([])
    assert out.getvalue() == ""
