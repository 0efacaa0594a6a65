"""What goes wrong with an archive, as errors with a sentence and a remedy from the catalogue."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from gateway.errors import ArchiveUnavailable, fault

#: Why the operating system refused, by errno; anything else is GTW-201.
CODES = {
    errno.ENOSPC: "GTW-200",
    errno.EDQUOT: "GTW-200",
    errno.EROFS: "GTW-203",
    errno.EACCES: "GTW-203",
    errno.EPERM: "GTW-203",
    errno.ENOENT: "GTW-204",
    errno.ENOTDIR: "GTW-204",
    errno.ESTALE: "GTW-204",
    errno.EMFILE: "GTW-202",
    errno.ENFILE: "GTW-202",
}
OTHER = "GTW-201"


@contextmanager
def storing(place: str) -> Iterator[None]:
    """Turns an OSError of the archive's own disk into ArchiveUnavailable.

    place: the folder as a person knows it. Put around writing only: an error of the
    stream that is being read is the caller's.
    """
    try:
        yield
    except OSError as refusal:
        code = CODES.get(refusal.errno or 0, OTHER)
        reason = refusal.strerror or type(refusal).__name__
        raise fault(ArchiveUnavailable, code, place=place, reason=reason) from refusal
