"""What `tradepost inspect --second-opinion` does: our report, then pyx12's verdict beside it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from gateway import inspect as inspection
from gateway import second_opinion as opinion
from gateway.screen import Screen
from gateway.second_opinion_report import write_report

if TYPE_CHECKING:
    from gateway.cli.inspecting import Call


def run(call: Call, task: inspection.Inspection) -> int:
    """Say what both make of the file, on stdout and in the report asked for.

    The exit status is that of our own verdict. Raises WrongUsage if the report cannot be written.
    """
    heard = opinion.Overheard.of(task)
    given: opinion.Opinions = []

    def further() -> inspection.Json:
        given.extend(opinion.opinions(heard))
        return {"second_opinion": opinion.as_json(given)}

    if call.json:
        status = inspection.write_json(heard, sys.stdout.buffer, canonical=call.canonical, further=further)
        sys.stdout.buffer.write(b"\n")
    else:
        screen = Screen.of(sys.stdout)
        status = inspection.show(heard, screen)
        given.extend(opinion.opinions(heard))
        opinion.show(given, screen)
    if call.report is not None:
        write_report(call.report, heard, given)
    return status
