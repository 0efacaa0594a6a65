"""Structured logs: one JSON line an event, in `<home>/log/tradepost.log`; no payloads, no secrets."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

import structlog

from gateway.log_lines import guard, human

FILE = "tradepost.log"
MAX_BYTES = 50 * 1024**2
KEPT_FILES = 5
#: Libraries whose own events below a warning are of no use.
NOISY = (
    "apscheduler",
    "paramiko",
    "botocore",
    "boto3",
    "urllib3",
    "httpcore2",
    "httpx2",
    "alembic",
    "procrastinate",
    "psycopg.pool",
)


def open_log(folder: Path, level: str, stderr: str = "off") -> Path:
    """Send all events of `level` and above to a rotating file; its path.

    stderr: "json" or "text" writes them there, too; "auto" as text on a terminal and as JSON elsewhere.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    handlers: list[logging.Handler] = [
        _LogFile(path, maxBytes=MAX_BYTES, backupCount=KEPT_FILES, encoding="utf-8")
    ]
    handlers[0].setFormatter(_formatter("json"))
    if stderr != "off":
        form = stderr if stderr != "auto" else "text" if sys.stderr.isatty() else "json"
        handlers.append(StderrHandler(sys.stderr))
        handlers[1].setFormatter(_formatter(form))
    root = logging.getLogger()
    close_log()
    for handler in handlers:
        root.addHandler(handler)
    root.setLevel(level.upper())
    for noisy in NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_CHAIN,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    return path


class _LogFile(RotatingFileHandler):
    """A file that is full once it holds `maxBytes`: to look ahead would format every line twice."""

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: N802 - the library's name
        """True if this line begins a new file."""
        del record
        return self.stream is not None and os.fstat(self.stream.fileno()).st_size >= self.maxBytes


class StderrHandler(logging.StreamHandler[TextIO]):
    """Writes events on stderr."""


def _formatter(form: str) -> logging.Formatter:
    """Lines of JSON, or text for people. ASCII only: no character of a partner's can turn a line about."""
    last: structlog.types.Processor = human if form == "text" else structlog.processors.JSONRenderer()
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_CHAIN,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, guard, last],
    )


def log_to_stderr() -> None:
    """For commands: what is worth a warning goes where talk goes, never among the data."""
    if not structlog.is_configured():
        structlog.configure(
            wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
            logger_factory=structlog.PrintLoggerFactory(sys.stderr),
            processors=[*_CHAIN[:1], structlog.processors.add_log_level, *_CHAIN[3:], guard, human],
        )


@contextmanager
def logged(folder: Path, level: str, stderr: str = "off") -> Iterator[Path]:
    """Events go to the file, and to stderr if that is wanted, while the block runs."""
    try:
        yield open_log(folder, level, stderr)
    finally:
        close_log()


def close_log() -> None:
    """Close the files that `open_log` opened."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler, RotatingFileHandler | StderrHandler):
            root.removeHandler(handler)
            handler.close()


_CHAIN: list[structlog.types.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]
