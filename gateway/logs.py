"""Structured logs: one JSON line an event, in `<home>/log/tradepost.log`; no payloads, no secrets."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path

import structlog

FILE = "tradepost.log"
MAX_BYTES = 50 * 1024**2
KEPT_FILES = 5


def open_log(folder: Path, level: str) -> Path:
    """Send all events of `level` and above to a rotating file; its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    handler = RotatingFileHandler(path, maxBytes=MAX_BYTES, backupCount=KEPT_FILES, encoding="utf-8")
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_CHAIN,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    close_log()
    root.addHandler(handler)
    root.setLevel(level.upper())
    for noisy in (
        "apscheduler",
        "paramiko",
        "botocore",
        "boto3",
        "urllib3",
        "httpcore2",
        "httpx2",
        "alembic",
    ):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*_CHAIN, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    return path


def log_to_stderr() -> None:
    """For commands: what is worth a warning goes where talk goes, never among the data."""
    if not structlog.is_configured():
        structlog.configure(
            wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
            logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        )


@contextmanager
def logged(folder: Path, level: str) -> Iterator[Path]:
    """Events go to the file while the block runs."""
    try:
        yield open_log(folder, level)
    finally:
        close_log()


def close_log() -> None:
    """Close the files that `open_log` opened."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler, RotatingFileHandler):
            root.removeHandler(handler)
            handler.close()


_CHAIN: list[structlog.types.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]
