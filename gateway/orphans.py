"""Bytes that the archive has and the ledger does not: a crash came between keeping and recording.

Nobody was told of them: whoever sent them sends them again, and what the gateway itself wanted to
keep it keeps again; both then find the bytes by their hash. Until then they would be bytes that
nothing explains. So each start has the archive looked through, and gives them a row and an event.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import select

from gateway.failpoints import failpoint
from gateway.parts import Parts
from gateway.ports import Claim, Job, Listed, Stored
from gateway.store import arrivals, tasks
from gateway.store.core import BLOB, EVENT, TASK
from gateway.store.moves import Act, record

STAGE, SUBJECT = "adopt", "archive"
LOOKED = "archive.looked_through"
REASON = "It was kept before a crash, and nobody was told so."
PAGE = 500
#: How far a look reaches back behind the one before it: transactions end, and clocks differ.
MARGIN = timedelta(hours=1)


def look_for_orphans(parts: Parts) -> None:
    """Ask for a look through the archive, unless one is asked for already. For each start.

    Twice: a second look finds that everything has its row.
    """
    with parts.ledger.write() as tx:
        mine = (TASK.c.stage == STAGE, TASK.c.subject == SUBJECT, TASK.c.state != "done")
        if tx.execute(select(TASK.c.id).where(*mine).limit(1)).first() is None:
            generation = tasks.next_generation(tx, STAGE, SUBJECT)
            parts.jobs.enqueue(tx, [Job(STAGE, SUBJECT, generation)])


def adopt_orphans(parts: Parts, claim: Claim) -> None:
    """The stage: give a row to what has none, a page at a time, and remember up to when was looked.

    Twice: what has its row is passed over. Bytes that are just being kept may be met between
    archive and ledger; their row is then there a moment early, which nobody minds.
    """
    begun = parts.clock.now()
    found = parts.archive.listed(_since(parts))
    while page := list(islice(found, PAGE)):
        _adopt(parts, claim, page)
    with parts.ledger.write() as tx:
        record(tx, Act(STAGE, begun), LOOKED, SUBJECT, SUBJECT)
        parts.jobs.finish(tx, claim)


def _since(parts: Parts) -> datetime | None:
    """From when on to look; None, for all, the first time."""
    with parts.ledger.read() as view:
        at = view.execute(
            select(EVENT.c.at)
            .where(EVENT.c.subject == SUBJECT, EVENT.c.action == LOOKED)
            .order_by(EVENT.c.id.desc())
            .limit(1)
        ).scalar_one_or_none()
    return None if at is None else at - MARGIN


def _adopt(parts: Parts, claim: Claim, page: list[Listed]) -> None:
    with parts.ledger.read() as view:
        hashes = [one.sha256 for one in page]
        known = set(view.execute(select(BLOB.c.sha256).where(BLOB.c.sha256.in_(hashes))).scalars())
    orphans = [one for one in page if one.sha256 not in known]
    if not orphans:
        return
    act = parts.act(STAGE, REASON)
    with parts.ledger.write() as tx:
        tasks.check_fence(tx, claim)
        for orphan in orphans:
            arrivals.insert_blob(tx, Stored(orphan.sha256, orphan.size, new=False), act.at)
            record(tx, act, "blob.adopted", "blob", orphan.sha256)
    failpoint("orphans.adopted")
