"""A process that gives up root, before it runs the command line: `python unprivileged.py UID words …`.

It keeps one right, to read what others closed to it, since the interpreter itself may lie in root's
own folder; it can write nothing but what that user may.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys

PR_SET_KEEPCAPS = 8
CAPABILITY_VERSION_3 = 0x20080522
CAP_DAC_READ_SEARCH = 1 << 2


def become(uid: int) -> None:
    """Be that user from now on, with no right but to read."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    header = struct.pack("II", CAPABILITY_VERSION_3, 0)
    kept = struct.pack("IIIIII", CAP_DAC_READ_SEARCH, CAP_DAC_READ_SEARCH, 0, 0, 0, 0)
    if libc.capset(header, kept):
        raise OSError(ctypes.get_errno(), "capset")


def main() -> None:
    """Become the user and run the command line."""
    uid, *words = sys.argv[1:]
    if os.geteuid() == 0:
        become(int(uid))
    from gateway.cli import main as command_line

    sys.argv = ["tradepost", *words]
    command_line()


if __name__ == "__main__":
    main()
