"""The page of what comes back from the ERP says what the gateway does."""

from __future__ import annotations

import io
import re
from pathlib import Path

from parsers.strict_json import MAX_BYTES, MAX_DEPTH, MAX_TEXT_CHARS
from partners.agreement import Agreement
from partners.directory import BUNDLED, Directory, load_directory
from translators.reading_canonical import KIND_SETS, read_canonical
from translators.report import DocumentRead

PAGE = (Path(__file__).parents[2] / "docs" / "back-from-the-erp.md").read_text("utf-8")


def _agreement() -> Agreement:
    directory = load_directory(BUNDLED)
    assert isinstance(directory, Directory)
    agreement = directory.by_partner("acme-retail")
    assert agreement is not None
    return agreement


def test_the_example_is_accepted_and_found_by_its_order() -> None:
    [example] = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    events = read_canonical(io.BytesIO(example.encode()), _agreement(), name="a.json", usage="production")
    [document] = [event.document for event in events if isinstance(event, DocumentRead)]
    assert document.findings == []
    assert ("purchase_order", "4500012345") in [(key.kind, key.value) for key in document.keys]


def test_the_page_names_every_kind_and_bound() -> None:
    assert set(KIND_SETS) <= set(re.findall(r"`(\w+)`", PAGE))
    for bound in (f"{MAX_BYTES // 1024**2} MiB", f"{MAX_TEXT_CHARS:,} characters", f"{MAX_DEPTH} levels"):
        assert bound in PAGE
