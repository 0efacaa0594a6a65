"""Places where a test can kill or hurt the gateway: at every step that makes something durable.

    failpoint("archive.after_fsync")     in the code: does nothing unless a test has armed it

    TRADEPOST_FAILPOINTS="archive.after_fsync=kill:2,deliver.after_answer=raise:EIO"

Each entry is `name=action` or `name=action:nth`. Actions are `kill` (as kill -9), `raise:EIO`
(any name of errno), `sleep:2` (whole seconds) and `pause` (the process stops until SIGCONT). With `nth`
only the nth passage is hit, counted over all threads; without, each is. Nothing is armed by
importing this: a start arms what the environment says, and refuses to start unless
TRADEPOST_TESTING=1 says that this gateway handles nobody's orders.
"""

from __future__ import annotations

import errno
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gateway.errors import TradepostError

VARIABLE = "TRADEPOST_FAILPOINTS"
SWITCH = "TRADEPOST_TESTING"


@dataclass(frozen=True, slots=True)
class Point:
    """One place. rows: those of the fault catalogue that it serves. stands: where, in one sentence."""

    rows: str
    stands: str


FAILPOINTS: Mapping[str, Point] = {
    # an upload by SFTP
    "sftp.opened": Point("FI-A01", "An upload was opened; its spool file is empty."),
    "sftp.written": Point("FI-A02", "A piece of an upload was written to its spool file."),
    "sftp.before_fsync": Point("FI-A03", "All bytes of an upload that waits are written and not synced."),
    "sftp.after_fsync": Point("FI-A04", "An upload that waits is synced and nobody knows of it yet."),
    "sftp.before_hold": Point("FI-A02", "The spool folder is synced; the upload that waits has no row yet."),
    "sftp.after_hold": Point("FI-A02", "The upload that waits has its row; the one it replaces, its file."),
    "sftp.twin_made": Point("FI-A04", "A held upload that is being renamed has two names in the spool."),
    "sftp.before_receive": Point("FI-A04", "An upload is about to be handed to the gateway."),
    "sftp.after_receive": Point("FI-A07", "An upload is kept and recorded; its client was not answered."),
    "sftp.dropped": Point("FI-A02", "A held upload lost its row and still has its spool file."),
    "sftp.before_fetched": Point("FI-A12", "A partner has read an answer; that is not noted yet."),
    "spool.swept": Point("FI-A24", "The start of the SFTP server has removed stray spool files."),
    # receive
    "receive.begin": Point("FI-A04", "A channel handed over a file; nothing of it is kept."),
    "receive.kept": Point("FI-A06", "The archive has the bytes; the ledger does not know of them."),
    "receive.in_transaction": Point("FI-A06", "The arrival's rows are written and not committed."),
    "receive.committed": Point("FI-A07", "The arrival is committed; its channel was not answered."),
    # the archive in a folder
    "archive.folder_made": Point("FI-A24", "A new archive has its folder and no marker yet."),
    "archive.marked": Point("FI-A24", "A new archive has its marker; the home does not know its id yet."),
    "archive.before_fsync": Point("FI-A03", "Bytes are written and not synced."),
    "archive.after_fsync": Point("FI-A04", "Bytes are synced and have no name yet."),
    "archive.before_link": Point("FI-A04", "The folder of a hash is there; the name is not."),
    "archive.after_link": Point("FI-A05", "Bytes have their name; the folder is not synced."),
    "archive.after_folder_sync": Point("FI-A06", "Bytes and name are durable; the caller was not told."),
    "archive.before_unlink": Point("FI-A06", "A spooled file is kept and still has its old name."),
    "archive.swept": Point("FI-A24", "A start has removed a file that a crash left in the archive."),
    # the archive in a bucket
    "s3.marked": Point("FI-A24", "A new archive in a bucket has its marker; the home knows no id."),
    "s3.before_put": Point("FI-A04", "Bytes are spooled and hashed; no request was sent."),
    "s3.after_put": Point("FI-A06", "The store has confirmed the bytes; the caller was not told."),
    "s3.part_sent": Point("FI-A04", "The store has one part of a large file."),
    "s3.before_complete": Point("FI-A04", "The store has all parts of a large file, which is not complete."),
    # parse
    "parse.begin": Point("FI-A08", "A parse task was taken; nothing was read."),
    "parse.document_read": Point("FI-A09", "A document was read; it is not committed."),
    "parse.staged": Point("FI-A09", "A chunk of staged documents was committed; its interchange is open."),
    "parse.swept": Point("FI-A24", "A repeated reading has swept what the one before it staged."),
    "parse.answers_reserved": Point("FI-A11", "Control numbers are reserved; the answer is not written."),
    "parse.numbers_drawn": Point("FI-A11", "Answers with their numbers are written and not committed."),
    "parse.before_settled": Point("FI-A10", "An interchange was read to its end; it is not settled."),
    "parse.settled": Point("FI-A10", "An interchange and its answers are committed; the file is not done."),
    "parse.finished": Point("FI-A10", "A file's reading is committed; nobody was woken."),
    # hand on
    "hand_on.begin": Point("FI-A10", "A settled interchange is about to be handed on."),
    "hand_on.in_transaction": Point("FI-A10", "A chunk of documents has deliveries, not committed."),
    "hand_on.chunk_committed": Point("FI-A10", "A chunk of documents was handed on; others may follow."),
    # send
    "send.begin": Point("FI-A12", "An answer is stored with its number; it is about to be sent."),
    "send.kept": Point("FI-A12", "An answer's bytes are archived; no partner can see them."),
    "send.shipped": Point("FI-A12", "A partner's own store has taken an answer; the ledger does not know."),
    "send.in_transaction": Point("FI-A13", "An answer is in the partner's mailbox, not committed."),
    "send.committed": Point("FI-A12", "An answer is in the partner's mailbox; the stage has not returned."),
    # pack and schedule
    "schedule.in_transaction": Point("FI-A08", "A slot has fired and its task is written, not committed."),
    "schedule.fired": Point("FI-A08", "A slot has fired; nobody was woken."),
    "pack.in_transaction": Point("FI-A08", "Consignments are packed and not committed."),
    "pack.chunk_committed": Point("FI-A08", "Consignments were packed; others may follow."),
    # deliver
    "deliver.rendered": Point("FI-A14", "A consignment's bytes are archived; no attempt has begun."),
    "deliver.begun": Point("FI-A14", "An attempt is recorded; no request was sent."),
    "deliver.after_answer": Point("FI-A15", "The far end has answered; nothing of it is kept."),
    "deliver.before_record": Point("FI-A16", "The far end's answer is archived; the ledger does not know."),
    "deliver.in_transaction": Point("FI-A16", "The outcome is written and not committed."),
    "deliver.recorded": Point("FI-A16", "The outcome is committed; the stage has not returned."),
    "deliver.before_retry": Point("FI-A14", "The far end asked to wait; the next attempt is not dated."),
    # watched stores
    "download.written": Point("FI-A17", "A file from another store is on our disk; nothing was kept."),
    "folder.received": Point("FI-A17", "A file of a watched folder is recorded; it is still there."),
    "folder.aside": Point("FI-A17", "A recorded file has a hidden name in its folder."),
    "folder.linked": Point("FI-A17", "A recorded file has its new place and its old one."),
    "folder.settled": Point("FI-A18", "A recorded file is gone from its folder; the sweep goes on."),
    "sftp_source.received": Point("FI-A17", "A file of another SFTP server is recorded; it is still there."),
    "sftp_source.settled": Point("FI-A18", "A recorded file is gone from the other server."),
    "s3_source.received": Point("FI-A17", "An object is recorded; it is still in its bucket."),
    "s3_source.copied": Point("FI-A17", "A recorded object has its new key and its old one."),
    "s3_source.settled": Point("FI-A18", "A recorded object is gone from its place."),
    # reading an ERP
    "erp.received": Point("FI-A07", "A document from the ERP is kept and recorded; its page is not done."),
    "erp.page_recorded": Point("FI-A07", "All of a page is recorded; the cursor has not moved."),
    "erp.cursor_moved": Point("FI-A07", "The cursor has moved past a page that is recorded."),
    # pushing over HTTP
    "push.received": Point("FI-A07", "Pushed documents are recorded; their client was not answered."),
    # work, profiles, schema, start
    "jobs.claimed": Point("FI-A25", "Tasks are marked as running; no stage has begun."),
    "jobs.taken_back": Point("FI-A24", "A start has put running tasks back; none was taken anew."),
    "profiles.in_transaction": Point("FI-A23", "New profiles are written and not committed."),
    "profiles.applied": Point("FI-A23", "New profiles are committed; this process still has the old ones."),
    "schema.begin": Point("FI-A20", "The ledger's schema is about to be brought up to date."),
    "schema.revision": Point("FI-A20", "One revision's statements have run; it is not committed."),
    "orphans.adopted": Point("FI-A06", "Bytes without a row were given one; the search goes on."),
    "schema.upgraded": Point("FI-A20", "The ledger's schema is up to date; nothing was opened."),
}  # fmt: skip


@dataclass(slots=True)
class _Trap:
    """What happens at a point. nth: at which passage only; 0 at each."""

    spring: Callable[[], None]
    nth: int
    passed: int = 0


_traps: dict[str, _Trap] = {}
_counting = threading.Lock()


def failpoint(name: str) -> None:
    """One of FAILPOINTS. Costs a look into an empty dict unless a test has armed something."""
    if _traps:
        _pass(name)


def _pass(name: str) -> None:
    trap = _traps.get(name)
    if trap is None:
        return
    with _counting:
        trap.passed += 1
        hit = trap.nth in {0, trap.passed}
    if hit:
        trap.spring()


def arm(text: str) -> None:
    """Arm what `text` says, in place of what was armed before; "" disarms all.

    Raises TradepostError GTW-042 for a name, an action or a number that there is not.
    """
    armed = dict(_read(entry.strip()) for entry in text.split(",") if entry.strip())
    _traps.clear()
    _traps.update(armed)


def arm_from_environment(environment: Mapping[str, str]) -> None:
    """For a start. Raises TradepostError GTW-043 if failpoints are set and no test is said to run."""
    text = environment.get(VARIABLE, "")
    if text and environment.get(SWITCH) != "1":
        raise TradepostError(
            "GTW-043",
            f"{VARIABLE} is set: this gateway would kill or hurt itself.",
            f"Unset it. In a test, set {SWITCH}=1 as well.",
        )
    if text:
        arm(text)


def passages() -> dict[str, int]:
    """How often each armed point was passed, by name, since it was armed."""
    return {name: trap.passed for name, trap in _traps.items()}


def _read(entry: str) -> tuple[str, _Trap]:
    name, _, action = entry.partition("=")
    kind, *arguments = action.split(":")
    if name not in FAILPOINTS or kind not in _ACTIONS:
        raise _meaningless(entry)
    make, takes = _ACTIONS[kind]
    if not takes <= len(arguments) <= takes + 1:
        raise _meaningless(entry)
    try:
        spring = make(*arguments[:takes])
        nth = int(arguments[takes]) if len(arguments) > takes else 0
    except (AttributeError, ValueError) as fault:
        raise _meaningless(entry) from fault
    if nth < 0:
        raise _meaningless(entry)
    return name, _Trap(spring, nth)


def _meaningless(entry: str) -> TradepostError:
    return TradepostError(
        "GTW-042",
        f"The failpoint “{entry}” means nothing.",
        "Write name=kill, name=raise:EIO, name=sleep:2 or name=pause, each with :nth if wanted; "
        "docs/failpoints.md has the names.",
    )


def _signal(number: signal.Signals) -> Callable[[], None]:
    return lambda: os.kill(os.getpid(), number)


def _raise(name: str) -> Callable[[], None]:
    number: int = getattr(errno, name)

    def spring() -> None:
        raise OSError(number, os.strerror(number))

    return spring


def _sleep(seconds: str) -> Callable[[], None]:
    duration_s = int(seconds)
    return lambda: time.sleep(duration_s)


#: What can happen, with how many arguments it takes before `nth`.
_ACTIONS: Mapping[str, tuple[Callable[..., Callable[[], None]], int]] = {
    "kill": (lambda: _signal(signal.SIGKILL), 0),
    "pause": (lambda: _signal(signal.SIGSTOP), 0),
    "raise": (_raise, 1),
    "sleep": (_sleep, 1),
}
