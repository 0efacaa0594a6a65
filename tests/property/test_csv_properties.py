"""Delimited files: no bytes raise, what is written reads back, and chunks do not matter."""

from __future__ import annotations

import csv
import io
import os
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.delimited import text as text_module
from parsers.delimited.document import DelimitedDocument
from parsers.delimited.fields import ColumnType, DocumentKind
from parsers.delimited.layout import Column, Grouping, Header, Layout, Limits
from parsers.delimited.reader import DelimitedEvent, read
from parsers.finding import Finding
from translators.registry import translate_delimited

CORPUS = Path(os.environ.get("TRADEPOST_CORPUS", Path(__file__).parents[3] / "shared" / "corpus")) / "csv"
QUICK = settings(derandomize=True, max_examples=150, deadline=None)

COLUMNS = (
    Column(name="PO", field="number", required=True),
    Column(name="Date", field="date", type=ColumnType.DATE),
    Column(name="Item", field="line.seller_item"),
    Column(name="Qty", field="line.quantity", type=ColumnType.DECIMAL, required=True),
)
ENCODINGS = st.sampled_from(["utf-8", "utf-16", "utf-16-le", "cp1252", "latin-1", "shift_jis", "gbk"])
#: Bytes that mean something to the reader, so that random files get past the header.
PIECES = st.sampled_from(
    [
        b"PO;Date;Item;Qty\n",
        b";",
        b'"',
        b"\n",
        b"\r",
        b"1",
        b"A7",
        b"2026-01-31",
        b"\0",
        b"\xff",
        b"sep=;",
        b"1.5",
    ]
)


def layout(**changes: object) -> Layout:
    given_values = {
        "document": DocumentKind.ORDER,
        "delimiter": ";",
        "grouping": Grouping(key=("PO",)),
        "columns": COLUMNS,
        **changes,
    }
    return Layout.model_validate(given_values)


def events(content: bytes, by: Layout) -> list[DelimitedEvent]:
    return list(read(io.BytesIO(content), by))


def translate_all(items: list[DelimitedEvent]) -> None:
    for item in items:
        if isinstance(item, DelimitedDocument):
            assert translate_delimited(item, "any", "production").document is not None


@QUICK
@given(content=st.binary(max_size=400), encoding=ENCODINGS)
def test_no_bytes_raise(content: bytes, encoding: str) -> None:
    items = events(content, layout(encoding=encoding))
    assert items, "a file without documents says why"
    translate_all(items)


@QUICK
@given(pieces=st.lists(PIECES, max_size=60), scattered=st.sampled_from(["refuse", "gather"]))
def test_no_file_that_looks_nearly_right_raises(pieces: list[bytes], scattered: str) -> None:
    by = layout(grouping={"key": ["PO"], "scattered": scattered, "repeat": "first_row"}, ragged="pad")
    items = events(b"PO;Date;Item;Qty\n" + b"".join(pieces), by)
    assert items
    translate_all(items)


@QUICK
@given(pieces=st.lists(PIECES, max_size=60), size=st.integers(min_value=1, max_value=9))
def test_chunks_of_any_size_read_alike(pieces: list[bytes], size: int) -> None:
    content = b"PO;Date;Item;Qty\n" + b"".join(pieces)
    whole = events(content, layout())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_module, "CHUNK_BYTES", size)
        assert events(content, layout()) == whole


CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters='\n";'), max_size=12)
ROWS = st.lists(
    st.tuples(CELLS, st.decimals(-10_000, 10_000, places=3, allow_nan=False)), min_size=1, max_size=8
)


@QUICK
@given(rows=ROWS, end=st.sampled_from(["\n", "\r\n"]))
def test_what_is_written_reads_back(rows: list[tuple[str, Decimal]], end: str) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator=end)
    writer.writerow([column.name for column in COLUMNS])
    writer.writerows(["PO1", "2026-01-31", item, format(quantity, "f")] for item, quantity in rows)
    (document,) = events(out.getvalue().encode("utf-8"), layout(trim=False))
    assert isinstance(document, DelimitedDocument)
    assert document.findings == []
    read_back = [
        (
            row.cells["line.seller_item"].text if "line.seller_item" in row.cells else "",
            row.cells["line.quantity"].value,
        )
        for row in document.rows
    ]
    assert read_back == rows


@QUICK
@given(content=st.binary(max_size=300))
def test_documents_lie_within_the_file_one_after_the_other(content: bytes) -> None:
    items = events(b"PO;Date;Item;Qty\n" + content, layout(encoding="latin-1"))
    documents = [item for item in items if isinstance(item, DelimitedDocument)]
    ends = [0, *(document.offset + document.size for document in documents)]
    assert all(document.offset >= end for document, end in zip(documents, ends, strict=False))
    assert ends[-1] <= 17 + len(content)


def test_memory_does_not_grow_with_the_file() -> None:
    row = b"%d;2026-01-31;A;1\n"
    content = b"PO;Date;Item;Qty\n" + b"".join(row % number for number in range(2_000))
    held = 0
    for item in read(io.BytesIO(content), layout(limits=Limits(document_rows=1))):
        assert isinstance(item, DelimitedDocument)
        held += 1
    assert held == 2_000


def corpus_files() -> list[Path]:
    return sorted(CORPUS.glob("*")) if CORPUS.is_dir() else []


def permissive(content: bytes) -> Layout:
    """A layout that takes whatever stands in the file's first row as text."""
    first = content.decode("latin-1").lstrip("ï»¿").splitlines()[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    return Layout(
        document=DocumentKind.ORDER,
        delimiter=delimiter,
        header=Header(present=True),
        ragged="pad",
        columns=(Column(name="anything", may_be_absent=True),),
    )


@pytest.mark.skipif(not corpus_files(), reason="the corpus of real files is not here")
@pytest.mark.parametrize("path", corpus_files(), ids=lambda path: path.name)
def test_real_files_raise_nothing_and_lose_no_row(path: Path) -> None:
    content = path.read_bytes()
    items = events(content, permissive(content))
    documents = [item for item in items if isinstance(item, DelimitedDocument)]
    faults = [item.code for item in items if isinstance(item, Finding) and item.is_error]
    told = {row.number for document in documents for row in document.rows}
    told |= {finding.location.row or 0 for document in documents for finding in document.findings}
    filled = [line for line in content.splitlines() if line.strip()]
    assert len(told) == len(filled) - 1
    assert faults == ([] if told else ["CSV-031"])
