"""The archive: the bytes of every row are there and have their hash; what has no row is named."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import func, select

from gateway.errors import ArchiveDamaged, ArchiveMissing
from gateway.ports import Archive
from gateway.store.core import BLOB
from gateway.store.ledger import Ledger
from gateway.verify.report import MOST_SHOWN, Tally

#: Called with how many of how many blobs were read.
Progress = Callable[[int, int], None]

PAGE = 500
CHUNK_BYTES = 1 << 20


def check_blobs(
    ledger: Ledger, archive: Archive, tally: Tally, sample: int | None, progress: Progress
) -> None:
    """Read and hash the bytes of each row, or of `sample` rows drawn by chance."""
    with ledger.read() as view:
        total = view.execute(select(func.count()).select_from(BLOB)).scalar_one()
    wanted = total if sample is None else min(sample, total)
    chosen = _all(ledger) if sample is None else _drawn(ledger, wanted)
    for blob in chosen:
        _check(archive, blob.sha256, blob.size, tally)
        tally.compared += 1
        progress(tally.compared, wanted)
    if wanted < total:
        tally.notes.append(f"{total - tally.compared} of {total} were not read.")


def _check(archive: Archive, sha256: str, size: int, tally: Tally) -> None:
    digest, read = hashlib.sha256(), 0
    try:
        with archive.open(sha256) as stream:
            while chunk := stream.read(CHUNK_BYTES):
                digest.update(chunk)
                read += len(chunk)
    except ArchiveMissing:
        tally.breach(sha256, "The ledger knows these bytes, and the archive does not have them.")
        return
    except ArchiveDamaged:
        tally.breach(sha256, "The bytes were changed: they do not have their hash.")
        return
    if digest.hexdigest() != sha256:
        tally.breach(sha256, "The bytes were changed: they do not have their hash.")
    elif read != size:
        tally.breach(sha256, f"There are {read} bytes; the ledger says {size}.")


def _all(ledger: Ledger) -> Iterator[Any]:
    last = ""
    while page := _after(ledger, last, PAGE):
        yield from page
        last = page[-1].sha256


def _drawn(ledger: Ledger, count: int) -> Iterator[Any]:
    """Different rows drawn by chance: hashes lie evenly, so the next one after a random one is as good."""
    seen: set[str] = set()
    while len(seen) < count:
        page = _after(ledger, secrets.token_hex(32), 1) or _after(ledger, "", 1)
        if not page:
            return
        if page[0].sha256 not in seen:
            seen.add(page[0].sha256)
            yield page[0]


def _after(ledger: Ledger, sha256: str, count: int) -> Sequence[Any]:
    query = select(BLOB.c.sha256, BLOB.c.size).where(BLOB.c.sha256 > sha256)
    with ledger.read() as view:
        return view.execute(query.order_by(BLOB.c.sha256).limit(count)).all()


def check_orphans(ledger: Ledger, archive: Archive, tally: Tally) -> None:
    """Name what the archive has and the ledger does not: kept, and never told to anybody."""
    found, orphans = archive.listed(), 0
    while page := list(islice(found, PAGE)):
        tally.compared += len(page)
        hashes = [one.sha256 for one in page]
        with ledger.read() as view:
            known = set(view.execute(select(BLOB.c.sha256).where(BLOB.c.sha256.in_(hashes))).scalars())
        for sha256 in sorted(set(hashes) - known):
            orphans += 1
            if orphans <= MOST_SHOWN:
                tally.notes.append(
                    f"{sha256} is in the archive only; the next start takes it into the ledger."
                )
