"""What the doctor sees of the machine: disk, open files, clock, database, and what lies about."""

from __future__ import annotations

import os
import resource
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from gateway.conditions import LOW_DISK
from gateway.doctor_check import Check
from gateway.settings import Settings
from gateway.store import nodes, schema
from gateway.store.ledger import Ledger

#: Seconds that a clock may be off before slots, keys and penalties suffer.
SKEW_NOTE_S = 2.0
SKEW_FAILED_S = 30.0
#: Files that a process has open whatever it does, and those that a session may have.
OPEN_ANYWAY = 200
OPEN_A_SESSION = 2
#: A backup script touches this file in the home when it is done.
BACKUP_STAMP = "last-backup"
BACKUP_AGE = timedelta(days=2)
#: File systems on which SQLite's locks or syncs do not hold.
UNSAFE_FOR_SQLITE = ("nfs", "cifs", "smb", "fuse.sshfs", "9p", "afs")
_PRAGMAS = {"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"}


def examine_machine(settings: Settings, ledger: Ledger, now: datetime) -> Iterator[Check]:
    """Every look at the machine."""
    yield from disks(settings)
    yield from open_files(settings)
    yield from clock(ledger, now)
    yield from database(settings, ledger)
    yield from rights(settings.home)
    yield from backup(settings.home, now)


def disks(settings: Settings) -> Iterator[Check]:
    """Room for new files, by the reserve; and whether the disk takes any."""
    disk = os.statvfs(settings.home)
    free = disk.f_bavail * disk.f_frsize
    says = f"{free / 1024**3:.1f} GiB free"
    advice = "Free some space, or move the home to a larger disk."
    if disk.f_flag & os.ST_RDONLY:
        yield Check("disk", "failed", "The home is read-only", "Mount it for writing; look for disk errors.")
    elif free < settings.disk_reserve_bytes:
        yield Check("disk", "failed", f"{says}: new files are refused", advice)
    elif free < LOW_DISK * settings.disk_reserve_bytes:
        yield Check("disk", "note", f"{says}: soon new files are refused", advice)
    elif disk.f_files and disk.f_favail < disk.f_files // 50:
        yield Check("disk", "note", f"{disk.f_favail} files can still be made", "Look for many small files.")
    else:
        yield Check("disk", "well", says)


def open_files(settings: Settings) -> Iterator[Check]:
    """Whether all SFTP connections that are allowed could be held."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = settings.sftp_connections * OPEN_A_SESSION + OPEN_ANYWAY
    if most != resource.RLIM_INFINITY and most < wanted:
        says = f"{most} files may be open, {wanted} are needed for sftp_connections"
        yield Check("open files", "failed", says, "Raise LimitNOFILE, or lower sftp_connections.")
    else:
        yield Check("open files", "well", "enough for sftp_connections")


def clock(ledger: Ledger, now: datetime) -> Iterator[Check]:
    """Our clock beside the database's, where that is another machine's."""
    if ledger.engine.dialect.name == "sqlite":
        return
    with ledger.read() as view:
        off = abs((nodes.now(view) - now).total_seconds())
    says = f"{off:.1f} s from the database's"
    advice = "Let NTP keep the clock of both machines."
    state = "failed" if off > SKEW_FAILED_S else "note" if off > SKEW_NOTE_S else "well"
    yield Check("clock", state, says, "" if state == "well" else advice)


def database(settings: Settings, ledger: Ledger) -> Iterator[Check]:
    """The schema, and what SQLite needs to keep its promises."""
    yield Check("schema", "well", schema.NEWEST)
    if ledger.engine.dialect.name != "sqlite":
        return
    with ledger.read() as view:
        found = {name: str(view.execute(text(f"PRAGMA {name}")).scalar_one()) for name in _PRAGMAS}
    wrong = [f"{name} = {value}" for name, value in found.items() if value.lower() != _PRAGMAS[name]]
    if wrong:
        advice = "Something changed them on our own connection; report it."
        yield Check("sqlite", "failed", ", ".join(wrong), advice)
    kind = filesystem(settings.home)
    if kind.startswith(UNSAFE_FOR_SQLITE):
        advice = "Move the home to a local disk, or the ledger to PostgreSQL."
        yield Check("sqlite", "failed", f"The home is on {kind}, where locks and syncs do not hold", advice)


def filesystem(path: Path, mounts: Path = Path("/proc/self/mounts")) -> str:
    """The kind of file system that `path` is on, "" where the system does not say."""
    try:
        lines = [line.split() for line in mounts.read_text("utf-8").splitlines()]
    except OSError:
        return ""
    there = path.resolve()
    holding = [(len(line[1]), line[2]) for line in lines if len(line) > 2 and there.is_relative_to(line[1])]
    return max(holding, default=(0, ""))[1]


def rights(home: Path) -> Iterator[Check]:
    """Whether others on this machine can read what is secret."""
    for name in ("secrets", "keys", "spool"):
        folder = home / name
        if folder.is_dir() and stat.S_IMODE(folder.stat().st_mode) & stat.S_IRWXO:
            yield Check(name, "failed", f"Others may look into {folder}", f"Run: chmod o= {folder}")
    if os.geteuid() == 0:
        yield Check("user", "note", "This is root", "Run the gateway as a user of its own.")


def backup(home: Path, now: datetime) -> Iterator[Check]:
    """When the last backup was made, if a script says so by touching the stamp."""
    stamp = home / BACKUP_STAMP
    if not stamp.exists():
        advice = f"Let the backup script touch {stamp} when it is done."
        yield Check("backup", "note", "Nobody says when the last one was made", advice)
        return
    age = now - datetime.fromtimestamp(stamp.stat().st_mtime, UTC)
    says = f"{age.total_seconds() / 3600:.0f} hours ago"
    if age > BACKUP_AGE:
        yield Check("backup", "failed", says, "Look why no backup was made since.")
    else:
        yield Check("backup", "well", says)
