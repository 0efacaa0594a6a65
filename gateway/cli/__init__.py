"""The command line. Data goes to stdout, talk to stderr; people get tables, machines `--json`.

Exit status: 0 done; 1 refused or faulty, with code and remedy on stderr; 2 not readable
as anything we know (`inspect`), or not all fits (`verify`); 64 wrong usage; 130 broken off.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gateway.cli import quick
from gateway.errors import TradepostError

if TYPE_CHECKING:
    from typer.exceptions import TyperException

USAGE = 64
BROKEN_OFF = 130


def main() -> None:
    """Run the command line and leave with its exit status."""
    words = sys.argv[1:]
    try:
        status = quick.run(words)
        if status is None:
            status = _run(words)
    except KeyboardInterrupt:
        sys.exit(BROKEN_OFF)
    except TradepostError as fault:
        _complain(fault.code, fault.message, fault.remedy)
        sys.exit(fault.exit_status)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    sys.exit(status)


def _run(words: Sequence[str]) -> int:
    """Any command, by typer."""
    from pydantic import ValidationError
    from typer.exceptions import Abort, TyperException

    from gateway.cli.app import app

    try:
        status = app(list(words), prog_name="tradepost", standalone_mode=False)
    except TyperException as fault:
        _say_how(fault)
        return USAGE
    except Abort:
        return BROKEN_OFF
    except ValidationError as fault:
        for error in fault.errors():
            place = ".".join(str(part) for part in error["loc"])
            _complain("GTW-024", f"{place}: {error['msg']}", "docs/settings.md lists every setting.")
        return 1
    return status if isinstance(status, int) else 0


def _say_how(fault: TyperException) -> None:
    """What is wrong with the words and where there is help; of a group without a command, its help."""
    message = fault.format_message()
    if message.startswith("Usage:"):
        sys.stderr.write(f"{message}\n")
        return
    context = getattr(fault, "ctx", None)  # of the command that was meant, if it is known
    command = context.command_path if context else "tradepost"
    _complain("usage", message, f"Try: {command} --help")


def _complain(code: str, message: str, remedy: str) -> None:
    from gateway.cli.show import complain  # rich is not loaded while all goes well

    complain(code, message, remedy)
