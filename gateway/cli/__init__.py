"""The command line. Data goes to stdout, talk to stderr; people get tables, machines `--json`.

Exit status: 0 done; 1 refused or faulty, with code and remedy on stderr; 2 not readable
as anything we know (`inspect`); 64 wrong usage; 130 broken off.
"""

from __future__ import annotations

import sys

from gateway.cli.app import app
from gateway.cli.show import complain
from gateway.errors import TradepostError

USAGE = 64
BROKEN_OFF = 130


def main() -> None:
    """Run the command line and leave with its exit status."""
    from pydantic import ValidationError
    from typer.exceptions import Abort, TyperException

    try:
        status = app(standalone_mode=False)
    except TyperException as fault:
        complain("usage", fault.format_message(), "Try: tradepost --help")
        sys.exit(USAGE)
    except (Abort, KeyboardInterrupt):
        sys.exit(BROKEN_OFF)
    except TradepostError as fault:
        complain(fault.code, fault.message, fault.remedy)
        sys.exit(fault.exit_status)
    except ValidationError as fault:
        for error in fault.errors():
            place = ".".join(str(part) for part in error["loc"])
            complain("GTW-024", f"{place}: {error['msg']}", "docs/settings.md lists every setting.")
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    sys.exit(status if isinstance(status, int) else 0)
