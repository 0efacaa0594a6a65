"""`python -m gateway.pages FOLDER`: write every made page into the folder."""

from __future__ import annotations

import sys
from pathlib import Path

from gateway.pages.registry import PAGES

if __name__ == "__main__":
    for name, page in PAGES.items():
        Path(sys.argv[1], name).write_text(page(), encoding="utf-8")
