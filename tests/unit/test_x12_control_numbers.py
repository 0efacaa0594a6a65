"""Control numbers used twice are noticed, in any order, without keeping each of them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.x12.control_numbers import SeenNumbers


@settings(derandomize=True, max_examples=200)
@given(st.lists(st.sampled_from([*map(str, range(20)), "0001", "0002", "A1", "Ⅷ", "²"])))
def test_a_number_is_new_exactly_once(numbers: list[str]) -> None:
    seen = SeenNumbers()
    assert [seen.add(number) for number in numbers] == [
        number not in numbers[:place] for place, number in enumerate(numbers)
    ]
