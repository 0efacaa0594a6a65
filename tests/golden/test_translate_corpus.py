"""Every set of distribution in the corpus is read to canonical, and survives JSON."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from parsers.x12 import interchange, model
from parsers.x12.options import DEFAULT_OPTIONS
from translators import registry
from translators.canonical import codec
from translators.translation import Translation

CORPUS = Path(os.environ.get("TRADEPOST_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))
FOLDERS = ("850", "856", "810", "855", "860", "820", "846")
#: The segment that begins a line, a level of a ship notice, or an open item of a remittance.
LINES = {
    "850": "PO1",
    "856": "HL",
    "810": "IT1",
    "855": "PO1",
    "860": "POC",
    "820": "RMR",
    "846": "LIN",
}
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside the project")


def _index() -> list[dict[str, str]]:
    path = CORPUS / "INDEX.tsv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


FILES = [row["file"] for row in _index() if row["file"].partition("/")[0] in FOLDERS]
VALID = {row["file"] for row in _index() if row["judgement"] == "valid"}


def _translations(path: Path) -> Iterator[tuple[model.TransactionSet, Translation]]:
    header = group = None
    with path.open("rb") as stream:
        for event in interchange.read(stream, lambda _: DEFAULT_OPTIONS):
            if isinstance(event, model.InterchangeOpened):
                header = event.header
            elif isinstance(event, model.GroupOpened):
                group = event.header
            elif isinstance(event, model.SetRead) and header and group:
                translation = registry.translate_x12(event.set, header, group)
                if translation is not None:
                    yield event.set, translation


def test_the_corpus_has_the_files_this_test_is_about() -> None:
    assert len([name for name in FILES if name in VALID]) >= 60


@pytest.mark.parametrize("name", FILES)
def test_a_real_document_is_read_to_canonical_and_survives_json(name: str) -> None:
    translations = list(_translations(CORPUS / name))
    assert translations or name not in VALID
    for _, translation in translations:
        assert translation.document is not None
        written = codec.to_json_bytes(translation.document)
        assert codec.from_json_bytes(written) == translation.document


@pytest.mark.parametrize("name", sorted(name for name in FILES if name in VALID))
def test_a_valid_document_has_as_many_lines_as_were_sent(name: str) -> None:
    for read, translation in _translations(CORPUS / name):
        assert translation.document is not None
        assert translation.document.computed is not None
        sent = sum(segment.id == LINES[read.set_id] for segment in read.segments)
        assert translation.document.computed.lines == sent
