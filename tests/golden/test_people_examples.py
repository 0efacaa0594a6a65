"""The examples that `tradepost errors` shows are what reading the fault samples gives today.

After a wanted change `TRADEPOST_UPDATE_SAMPLES=1` writes them anew and fails.
"""

from __future__ import annotations

import os

from finding_examples import examples_csv

from parsers.catalogue import entries
from parsers.examples import EXAMPLES, examples

UPDATE = os.environ.get("TRADEPOST_UPDATE_SAMPLES") == "1"


def test_the_examples_are_those_of_the_fault_samples() -> None:
    made = examples_csv()
    if UPDATE and made != EXAMPLES.read_text("utf-8"):
        EXAMPLES.write_text(made, "utf-8")
        raise AssertionError("examples were written anew; read the difference")
    assert made == EXAMPLES.read_text("utf-8"), "run: TRADEPOST_UPDATE_SAMPLES=1 pytest tests/golden"


def test_most_faults_of_x12_have_an_example() -> None:
    x12 = [code for code in entries() if code.startswith("X12-")]
    assert len([code for code in x12 if code in examples()]) > 0.6 * len(x12)
    assert set(examples()) <= set(entries())


def test_the_mark_of_an_example_is_within_its_text() -> None:
    for code, example in examples().items():
        assert 0 <= example.start <= len(example.text), code
