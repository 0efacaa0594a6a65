"""docs/failpoints.md, made from gateway.failpoints.FAILPOINTS."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.failpoints import FAILPOINTS, SWITCH, VARIABLE
from gateway.pages.markdown import notice, table

BEGINNING = f"""\
# Failpoints

{notice("`gateway/failpoints.py`")}

Wherever the gateway makes something durable, and just before and after, stands a failpoint: a call
that does nothing unless a test has armed it. Tests arm each of them, kill the process there or make
the call fail, start again, and count: nothing lost, nothing twice. The same can be tried by hand on
a gateway that handles nobody's orders:

```sh
{SWITCH}=1 {VARIABLE}="receive.kept=kill:3" tradepost run
```

Several entries are parted by commas. An entry is `name=action` or `name=action:nth`; with `nth` only
the nth passage is hit, without it each is.

| action | what happens at the point |
|---|---|
| `kill` | The process ends as by `kill -9`. |
| `raise:EIO` | The call fails with that error; any name of C's `errno` will do. |
| `sleep:2` | So many seconds pass. |
| `pause` | The process stops as by SIGSTOP, until it is sent SIGCONT. |

A start refuses (`GTW-043`) while `{VARIABLE}` is set and `{SWITCH}` is not `1`.
*Row* is the row of the fault catalogue that the point serves.
"""

#: What the first part of a name stands for.
KINDS = {
    "sftp": "An upload by SFTP",
    "spool": "The spool of the SFTP server",
    "receive": "Receive",
    "archive": "The archive in a folder",
    "s3": "The archive in a bucket",
    "parse": "Parse",
    "hand_on": "Hand on",
    "send": "Send",
    "schedule": "Schedule",
    "pack": "Pack",
    "deliver": "Deliver",
    "download": "Files fetched from other stores",
    "folder": "A watched folder",
    "sftp_source": "A watched SFTP server",
    "s3_source": "A watched bucket",
    "erp": "Reading an ERP",
    "push": "Pushing over HTTP",
    "jobs": "Jobs",
    "profiles": "Partner profiles",
    "orphans": "Bytes that a crash left in the archive only",
    "schema": "The ledger's schema",
}


def page() -> str:
    """The whole page."""
    return "\n".join([BEGINNING, *(line for kind in KINDS for line in _section(kind))])


def _section(kind: str) -> Iterator[str]:
    yield f"## {KINDS[kind]}\n"
    named = [(name, point) for name, point in FAILPOINTS.items() if name.partition(".")[0] == kind]
    rows = ((f"`{name}`", point.rows, point.stands) for name, point in named)
    yield from table(("failpoint", "row", "where it stands"), rows)
    yield ""
