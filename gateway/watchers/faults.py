"""What goes wrong at a watched store, in the words of the catalogue."""

from __future__ import annotations

import structlog

from gateway.errors import ChannelUnavailable, fault
from gateway.watchers.memory import Notes
from parsers.catalogue import entries, found, shown

log = structlog.get_logger()


class SourceFault(Exception):
    """One file cannot be taken now; the others can. code: a row of the catalogue."""

    def __init__(self, code: str, reason: str = "") -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def unavailable(code: str, **blanks: str) -> ChannelUnavailable:
    """The store is away, as an error worded by the catalogue's row `code`."""
    return fault(ChannelUnavailable, code, **blanks)


class Log:
    """What a channel has to say about single files: once each, and no more while nothing changes."""

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self._notes = Notes()

    def file_left(self, name: str, code: str, reason: str = "") -> None:
        """A file stays where it is. A note is news, an error a warning."""
        if not self._notes.is_new(name, code):
            return
        finding = found(code, value=name, reason=reason)
        say = log.warning if entries()[code].severity.value == "error" else log.info
        say("channel.file_left", channel=self._channel, name=shown(name), code=code, reason=finding.message)

    def file_still_left(self, name: str) -> None:
        """It is where it was; what was said of it holds."""
        self._notes.keep(name)

    def end_sweep(self) -> None:
        """Files that are gone may be spoken of again when they come back."""
        self._notes.end_sweep()
