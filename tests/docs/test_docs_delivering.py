"""The page for far ends is true: its example checks the signature that we send."""

from __future__ import annotations

import re
from pathlib import Path

from outbound.http_json import signature

PAGE = Path(__file__).parents[2] / "docs" / "delivering.md"


def test_the_pages_example_accepts_our_signature_and_nothing_else() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    names: dict[str, object] = {}
    exec(example, names)  # noqa: S102 - our own page
    is_ours = names["is_ours"]
    assert callable(is_ours)
    header = signature("s3cret", 1_000, b"body")
    assert is_ours("s3cret", header, b"body", 1_010.0)
    assert not is_ours("s3cret", header, b"other", 1_010.0)
    assert not is_ours("wrong", header, b"body", 1_010.0)
    assert not is_ours("s3cret", header, b"body", 9_999.0)
