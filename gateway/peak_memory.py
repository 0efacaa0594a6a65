"""The most memory that a process has held."""

from __future__ import annotations

import re
import resource
import sys
from pathlib import Path

_STATUS = Path("/proc/self/status")
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


def peak_rss_bytes() -> int:
    """The most memory that this process has held so far.

    On Linux as the kernel counts it for this program alone: `getrusage` there begins with what
    the process held that started it.
    """
    if _STATUS.exists():
        peak = _PEAK.search(_STATUS.read_text("ascii"))
        if peak:
            return int(peak[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
