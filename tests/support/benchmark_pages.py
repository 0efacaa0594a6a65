"""Pages of measured figures: the module that makes one, and the figures kept beside it."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def maker(name: str) -> ModuleType:
    """The module of that name in tests/benchmarks, whose neighbours it can import."""
    sys.path.insert(0, str(ROOT / "tests" / "benchmarks"))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.pop(0)


def kept_figures(name: str) -> dict[str, Any]:
    """The figures of docs/benchmarks/<name>.json."""
    known: dict[str, Any] = json.loads((DOCS / "benchmarks" / f"{name}.json").read_text("utf-8"))
    return known
