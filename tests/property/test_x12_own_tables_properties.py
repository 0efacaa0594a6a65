"""Tables of one's own, however damaged, are taken or refused with findings; nothing raises, then or later."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.x12.dictionary import STANDARD, Dictionary
from parsers.x12.own_tables import load_tables

pytestmark = pytest.mark.slow

#: Files of the standard itself, cut to a size that is quick to load.
NAMES = ["elements.csv", "segments.csv", "composites.csv", "syntax_notes.csv", "sets.csv", "names.csv"]
FILES = {name: (STANDARD / name).read_text("utf-8").splitlines(keepends=True)[:120] for name in NAMES}
FILES["004010/997.csv"] = (STANDARD / "004010" / "997.csv").read_text("utf-8").splitlines(keepends=True)
FILES["codes/716.csv"] = (STANDARD / "codes" / "716.csv").read_text("utf-8").splitlines(keepends=True)
CELLS = st.sampled_from(
    [
        "",
        "0",
        "-1",
        ">1",
        "99999999999999999999",
        "M",
        "yes",
        '"',
        "\x00",
        "AK1/AK2",
        "355",
        "C001",
        "P0102",
        "é",
    ]
)


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, str]:
    """Some of the files, some of their cells replaced, some of their rows lost or doubled."""
    files = {}
    for name in draw(st.lists(st.sampled_from(sorted(FILES)), min_size=1, unique=True)):
        rows = [row.rstrip("\n").split(",") for row in FILES[name]]
        for _ in range(draw(st.integers(0, 3))):
            row = draw(st.integers(0, len(rows) - 1))
            match draw(st.sampled_from(["cell", "lose", "double"])):
                case "cell" if rows[row]:
                    rows[row][draw(st.integers(0, len(rows[row]) - 1))] = draw(CELLS)
                case "lose" if len(rows) > 1:
                    del rows[row]
                case _:
                    rows.insert(row, list(rows[row]))
        files[name] = "\n".join(",".join(row) for row in rows) + "\n"
    return files


@settings(max_examples=60, deadline=None)
@given(damaged())
def test_damaged_tables_are_taken_or_refused(files: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in files.items():
            path = folder / file
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
        loaded = load_tables(folder)
    if isinstance(loaded, Dictionary):
        for set_id in ("850", "997"):
            assert loaded.set_definition("004010", set_id) is not None
        assert loaded.segment_name("PO1") is not None
    else:
        assert loaded
        assert all(finding.is_error and finding.message for finding in loaded)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(FILES)), st.binary(max_size=400))
def test_bytes_of_any_kind_never_raise(name: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        assert load_tables(Path(folder))
