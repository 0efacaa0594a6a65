"""Files damaged byte by byte: pyx12 is asked all the same, and differs for reasons that we know."""

from __future__ import annotations

from random import Random

import pytest
from second_opinion_reading import comparisons
from x12_faults import BASES

from parsers.x12.second_opinion.differences import UNEXPLAINED

FILES = 500
PIECES = (
    b"~", b"*", b">", b"^", b"\r\n", b"GE*1*12~", b"IEA*1*000000007~", b"ISA*", b"GS*", b"ST*", b"SE*1*1~",
    b"ST*850*0002~", b"\x00", b"\xff", b" ", b"",
)  # fmt: skip


def damaged(random: Random) -> bytes:
    """One or two interchanges with up to four places overwritten."""
    data = random.choice(list(BASES.values())).encode() * random.randint(1, 2)
    for _ in range(random.randint(1, 4)):
        at, length = random.randrange(len(data)), random.choice((0, 1, 1, 2, 5, 12))
        data = data[:at] + random.choice(PIECES) + data[at + length :]
    return data


@pytest.mark.slow
def test_a_damaged_file_breaks_nothing_and_leaves_nothing_unexplained() -> None:
    random = Random("damaged")
    for _ in range(FILES):
        data = damaged(random)
        for compared in comparisons(data):
            copy = compared.opinion.copy
            assert all(remark.line <= len(copy.places) for remark in compared.opinion.remarks)
            unexplained = [one for one in compared.differences if one.kind == UNEXPLAINED]
            assert not unexplained, (data, unexplained)
