"""All checks, in the order in which their findings explain each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import Connection

from gateway.ports import Archive, Clock
from gateway.store.ledger import Ledger
from gateway.verify.answered import check_answers, check_mailboxes
from gateway.verify.blobs import Progress, check_blobs, check_orphans
from gateway.verify.chains import check_chains
from gateway.verify.delivered import check_deliveries
from gateway.verify.drawn import check_numbers
from gateway.verify.links import check_links
from gateway.verify.places import check_documents, check_work, count_places
from gateway.verify.report import Report, Tally

#: Checks within the ledger: name, what is compared, and how.
LEDGER: Mapping[str, tuple[str, Callable[[Connection, Tally], None]]] = {
    "work": ("Whatever waits has a task that will do it.", check_work),
    "documents": ("A document's state is what its interchange and its deliveries say.", check_documents),
    "links": ("Every row that another row names is there.", check_links),
    "events": ("Each row is where its events lead, by moves that are allowed.", check_chains),
    "numbers": ("No control number is used twice; every gap is explained.", check_numbers),
    "deliveries": ("Every key was delivered once; every attempt is accounted for.", check_deliveries),
    "answers": ("Each answer went out once, with the bytes that were committed.", check_answers),
    "mailboxes": ("Mailboxes list just what was sent.", check_mailboxes),
}


def _hold_still(view: Connection) -> None:
    """Everything read in this view is of one moment. SQLite's views are so by themselves."""
    if view.dialect.name == "postgresql":
        view.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def verify(
    ledger: Ledger, archive: Archive, clock: Clock, *, sample: int | None, progress: Progress
) -> Report:
    """Compare everything; nothing is changed, and the gateway may be at work meanwhile.

    The ledger is read as of one moment, the archive after it. sample: how many archived files are
    read, None for all. Memory does not grow with the ledger, but for one bit a control number.
    Raises ArchiveUnavailable.
    """
    began_at = clock.now()
    place = Tally("places", "Every file that came in is in exactly one place.")
    tallies = [place]
    with ledger.read() as view:
        _hold_still(view)
        places = count_places(view, place)
        for name, (what, check) in LEDGER.items():
            tally = Tally(name, what)
            check(view, tally)
            tallies.append(tally)
    kept = Tally("archive", "The bytes of every row are in the archive, and have their hash.")
    check_blobs(ledger, archive, kept, sample, progress)
    orphans = Tally("orphans", "Whatever the archive has, the ledger knows.")
    check_orphans(ledger, archive, orphans)
    results = tuple(tally.result() for tally in (*tallies, kept, orphans))
    return Report(began_at, clock.now(), place.compared, places, results)
