"""Runs a stage in a process of its own, so that a file which ends its reader ends nothing else (FI-G08)."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import asdict

from gateway.ports import Claim
from gateway.processor import given
from gateway.settings import Settings

#: What the process is called to run; it gets settings and claim as JSON on its stdin.
MODULE = "gateway.alone"
ENDING_CHARS = 2_000


class ReaderDied(Exception):
    """The process that read a file was ended: for want of memory or time, by a limit, by a fault in C."""


class Isolation:
    """Runs claims apart. The process does what a worker does, outcome included, within limits of its own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._processors = given()

    def __call__(self, claim: Claim) -> None:
        """Returns when the outcome is recorded. Raises ReaderDied if the process ended before that.

        A process that takes longer than `read_alone_s` is ended, and writes nothing after that.
        """
        wanted = {
            "settings": self._settings.model_dump(mode="json"),
            "claim": asdict(claim),
            "processors": sorted(self._processors),
        }
        most_s = self._settings.read_alone_s
        try:
            done = subprocess.run(
                [sys.executable, "-m", MODULE],
                input=json.dumps(wanted),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                check=False,
                timeout=most_s,
            )
        except subprocess.TimeoutExpired as late:
            raise ReaderDied(
                f"The process was ended while reading this file: it took longer than {most_s:,.0f} s, "
                "which read_alone_s allows"
            ) from late
        if done.returncode:
            raise ReaderDied(
                f"{_ending(done.returncode)} while reading this file\n{done.stderr[-ENDING_CHARS:]}"
            )


def _ending(status: int) -> str:
    if status < 0:
        return f"The process was ended by {signal.Signals(-status).name}"
    return f"The process ended with status {status}"
