"""The page on answers is true: its example is answered exactly as it says."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from pathlib import Path

from translators.acknowledgements.answer import PreviewNumbers
from translators.acknowledgements.answers import write_answers
from translators.reading import read_file
from translators.report import InterchangeEnded

PAGE = Path(__file__).parents[2] / "docs" / "answering.md"
AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def test_the_pages_interchange_gets_the_pages_answer() -> None:
    sent, expected = re.findall(r"```edi\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    (report,) = [e.report for e in read_file(io.BytesIO(sent.encode())) if isinstance(e, InterchangeEnded)]
    (answer,) = write_answers(report, PreviewNumbers(), AT)
    assert answer.payload.decode("ascii") == expected
