"""What learned forms write is what the translators write, byte for byte, whatever the sets hold.

Cites BI-039 and BI-041.
"""

from __future__ import annotations

import io
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import pytest

from parsers.x12 import interchange
from parsers.x12.grammar import ENGINE_IS_SOUND
from parsers.x12.model import (
    GroupHeader,
    GroupOpened,
    InterchangeHeader,
    InterchangeOpened,
    SetRead,
    TransactionSet,
)
from parsers.x12.options import DEFAULT_OPTIONS
from tests.support.alike_sets import HEADER, SEPARATORS, Partner, Values, as_clean, group, partners, wholes_of
from translators import x12_810, x12_846, x12_850, x12_855, x12_856, x12_860, x12_865
from translators.canonical.writing import to_json_bytes
from translators.learned import wholes
from translators.learned.level_sets import LevelSetForms
from translators.learned.line_sets import LineSetForms
from translators.registry import TRANSLATORS
from translators.translation import Prepared, Translation
from translators.x12_keys import MAX_KEYS
from translators.x12_line_sets import read

#: Partners whose sets are compared, a hundred each; `make fuzz` takes more.
PARTNERS = int(os.environ.get("TRADEPOST_FORMS_PARTNERS", "10"))
SETS_EACH = 100


@dataclass(slots=True)
class Both:
    """A set translated both ways. slow: by the translator. forms: what has been learned so far.

    as_wholes: what was written as wholes.
    """

    set_id: str
    slow: Callable[..., Translation]
    forms: LineSetForms | LevelSetForms
    as_wholes: list[Prepared] = field(init=False)

    def __post_init__(self) -> None:
        self.as_wholes = wholes_of(self.forms)

    def agree(self, sent: TransactionSet) -> bool:
        """Compare; True if the forms gave anything."""
        header = group(self.set_id)
        prepared = self.forms.write(sent, HEADER, header)
        if prepared is None:
            return False
        assert prepared.find_keys is not None or len(prepared.keys) == MAX_KEYS, (
            "its keys ask for its document"
        )
        slow = self.slow(sent, HEADER, header)
        assert slow.document is not None
        assert prepared.json.decode() == to_json_bytes(slow.document).decode()
        assert prepared.findings == slow.findings
        facts = (prepared.number, prepared.original, prepared.purpose, prepared.keys)
        assert facts == (slow.number, slow.original, slow.purpose, slow.keys)
        return True


LINE_SETS = {
    "850": x12_850.SHAPE,
    "810": x12_810.SHAPE,
    "855": x12_855.SHAPE,
    "860": x12_860.SHAPE,
    "865": x12_865.SHAPE,
    "846": x12_846.SHAPE,
}


def both(set_id: str) -> Both:
    """Nothing learned yet."""
    if set_id == "856":
        return Both(set_id, x12_856.read, LevelSetForms(x12_856.SHAPE, SEPARATORS))
    shape = LINE_SETS[set_id]
    return Both(set_id, partial(read, shape), LineSetForms(shape, SEPARATORS))


def _billed(body: list[str]) -> list[str]:
    """An invoice with the total that its lines come to."""
    if "TDS*?" not in body:
        return body
    document = x12_810.read(as_clean("810", body, 1), HEADER, group("810")).document
    assert document is not None
    assert document.computed is not None
    amount = document.computed.amount
    total = "0" if amount is None else str(int(amount.amount * 100))
    return [segment.replace("TDS*?", f"TDS*{total}") for segment in body]


def _bodies(partner: Partner, chance: random.Random) -> list[list[str]]:
    plain, odd = Values(chance), Values(chance, odd=0.05)
    return [_billed(partner.body(plain if chance.random() < 0.7 else odd)) for _ in range(SETS_EACH)]


@pytest.fixture
def wholes_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has come together twice is a whole: the sets that follow are written by it."""
    monkeypatch.setattr(wholes, "WORTH", 2)


@pytest.mark.slow
@pytest.mark.usefixtures("wholes_at_once")
@pytest.mark.parametrize("set_id", sorted([*LINE_SETS, "856"]))
def test_forms_write_what_the_translator_writes(set_id: str) -> None:
    chance, pair = random.Random(set_id), both(set_id)
    written = 0
    for partner in partners(set_id, "alike", PARTNERS):
        for ordinal, body in enumerate(_bodies(partner, chance), start=1):
            written += pair.agree(as_clean(set_id, body, ordinal))
    total = PARTNERS * SETS_EACH
    whole, size = len(pair.as_wholes), pair.forms.size
    print(f"{set_id}: {written} of {total} sets, {whole} as wholes, by {size} bytes of forms")
    assert written > total / 4
    assert whole > total / 50


CORPUS = Path(os.environ.get("TRADEPOST_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))
SAMPLES = Path(__file__).parents[2] / "samples" / "x12"


def _clean_sets(data: bytes) -> Iterator[tuple[TransactionSet, InterchangeHeader, GroupHeader]]:
    header = group_header = None
    for event in interchange.read(io.BytesIO(data), lambda _: DEFAULT_OPTIONS):
        match event:
            case InterchangeOpened():
                header = event.header
            case GroupOpened():
                group_header = event.header
            case SetRead() if header and group_header:
                yield event.set, header, group_header


@pytest.mark.slow
@pytest.mark.usefixtures("wholes_at_once")
@pytest.mark.skipif(not ENGINE_IS_SOUND, reason="this Python's patterns cannot be relied on")
def test_forms_write_real_files_as_the_translators_do() -> None:
    folders = [folder for folder in (CORPUS, SAMPLES) if folder.is_dir()]
    files = sorted(file for folder in folders for file in folder.rglob("*") if file.is_file())
    written = 0
    for file in files:
        for sent, header, group_header in _clean_sets(file.read_bytes()):
            translator = TRANSLATORS.get(("x12", sent.set_id))
            if translator is None or not translator.learned:
                continue
            # Learned from the set itself, which is met again and again.
            many = [translator.prepared(replace(sent, ordinal=n), header, group_header) for n in range(2, 8)]
            if many[-1] is not None:
                slow = translator.read(replace(sent, ordinal=7), header, group_header)
                assert many[-1].json == slow.json, file
                assert (many[-1].findings, many[-1].keys) == (slow.findings, slow.keys)
                written += 1
    print(f"{written} sets of {len(files)} files")
    assert written
