"""A helper beside the reading changes nothing but the time: same events, same bytes, same order."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest
from x12_beside import Beside, copies, told

from translators import beside

SAMPLES = Path(__file__).parents[2] / "samples" / "x12"
SIMPLE = SAMPLES / "850" / "simple" / "input.edi"
#: Of lots in these tests, so that a short file has many.
LOT_BYTES = 1500


@pytest.fixture(autouse=True)
def small_lots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "LOT_BYTES", LOT_BYTES)
    monkeypatch.setattr(beside, "BLOCK_BYTES", 4 * LOT_BYTES)
    monkeypatch.setattr(beside, "MOST_AHEAD_BYTES", 6 * LOT_BYTES)
    monkeypatch.setattr(beside, "FEWEST_SETS", 1)


@pytest.mark.parametrize("set_id", ["850", "856", "810", "855", "860", "865", "820", "846"])
def test_every_event_is_the_same_with_a_helper(set_id: str) -> None:
    helper, sets = Beside(2), 0
    for sample in sorted(SAMPLES.glob(f"{set_id}/*/input.edi")):
        content = copies(sample.read_bytes(), 12)
        assert told(content, helper) == told(content, None), sample
        sets += 12
    assert helper.read > sets / 8, "the helper has a part in it"


@pytest.mark.parametrize("most", [0, 1, 3, 1000])
def test_order_and_content_hold_with_a_helper_of_any_slowness(most: int) -> None:
    content = b"".join(
        copies(sample.read_bytes(), 25) for sample in sorted(SAMPLES.glob("8[15]0/*/input.edi"))
    )
    helper = Beside(most)
    assert told(content, helper) == told(content, None)
    assert bool(helper.read) == bool(most)


def test_a_helper_is_not_asked_where_nothing_is_translated() -> None:
    content, helper = copies(SIMPLE.read_bytes(), 60), Beside(3)
    assert told(content, helper, translate=False) == told(content, None, translate=False)
    assert not helper.read


@pytest.mark.parametrize("lives", range(6))
def test_lots_of_a_helper_that_is_gone_are_read_here(lives: int) -> None:
    content = copies(SIMPLE.read_bytes(), 60)
    assert told(content, Beside(3, lives)) == told(content, None)


@pytest.mark.parametrize("seed", range(40))
def test_damaged_files_are_told_of_alike(seed: int) -> None:
    chance = Random(seed)
    sample = chance.choice(sorted(SAMPLES.glob("*/*/input.edi")))
    content = bytearray(copies(sample.read_bytes(), 20) if b"ST" in sample.read_bytes() else b"")
    for _ in range(chance.randrange(1, 8)):
        at = chance.randrange(max(1, len(content)))
        match chance.randrange(4):
            case 0:
                content[at : at + 1] = chance.choice([b"~", b"*", b">", b"\x00", b"\xff", b"ST*", b"Z"])
            case 1:
                del content[at : at + chance.randrange(1, 40)]
            case 2:
                content[at:at] = content[at - chance.randrange(1, 600) : at]
            case _:
                content[at:at] = chance.choice([b"~GE*1*1~", b"~GS*PO*A*B*20260101*0101*2*X*004010~", b"~\n"])
    whole = bytes(content)
    for most in (1, 3):
        assert told(whole, Beside(most)) == told(whole, None)


def test_a_number_used_twice_is_found_in_lots_of_others() -> None:
    content = copies(SIMPLE.read_bytes(), 40)
    content = content.replace(b"*0000033", b"*0000002")
    assert told(content, Beside(2)) == told(content, None)


def test_groups_of_one_set_are_read_as_they_come() -> None:
    content = SIMPLE.read_bytes() * 30
    assert told(content, Beside(2)) == told(content, None)


def test_a_set_of_which_no_end_is_near_is_read_as_it_comes() -> None:
    content = copies(SIMPLE.read_bytes(), 5)
    line = b"PO1*1*1*EA*1**UP*012345678905~\n"
    content = content.replace(b"CTT*", line * 3000 + b"CTT*", 1)
    assert told(content, Beside(2)) == told(content, None)


@pytest.mark.slow
def test_real_files_are_told_of_alike() -> None:
    folder = Path(os.environ.get("TRADEPOST_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))
    if not (folder / "INDEX.tsv").is_file():
        pytest.skip(f"real files were not read: no corpus at {folder} (set TRADEPOST_CORPUS)")
    helper = Beside(2)
    for path in sorted(folder.glob("*/*")):
        if path.is_file() and path.stat().st_size < 200_000:
            content = path.read_bytes()
            assert told(content, helper) == told(content, None), path
    assert helper.read
