"""A user's own tables: sets, releases and corrections as CSV files that lie over the standard's.

The files have the form of those in `standard/`; docs/x12-tables.md shows it with an example. A
folder is taken as a whole or refused as a whole, and nothing in it is ever run or interpreted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath

from parsers.catalogue import found
from parsers.finding import Finding, Location
from parsers.x12.dictionary import STANDARD, Dictionary
from parsers.x12.table_files import RELEASE, SET_ID, DictionaryError, TableFile, TableFolder
from parsers.x12.tables import CODE_COLUMNS, COLUMNS, SET_COLUMNS, Tables

#: Most files, and most bytes of them together, that a folder may hold.
MOST_FILES = 2_000
MOST_BYTES = 64 * 1024 * 1024


def load_tables(folder: Path, called: str = "") -> Dictionary | tuple[Finding, ...]:
    """The standard with the tables of `folder` over it, or everything that is wrong with them.

    folder: read as it is now; later changes are not seen. Only .csv files count, all others are
    left alone. One that does not exist gives the standard alone. Never raises for what files hold.
    called: what findings put before the names of its files, "_x12/".
    """
    files, unreadable = _read(folder)
    own = TableFolder(folder, files)
    tables = Tables(TableFolder(STANDARD), own)
    # A row that many segments use is told once.
    faults = {finding.message: finding for finding in unreadable or _faults(tables, own, files)}
    return tuple(_called(finding, called) for finding in faults.values()) or Dictionary(
        tables, _version(files)
    )


def _called(finding: Finding, called: str) -> Finding:
    return replace(finding, message=called + finding.message)


def _version(files: Mapping[str, str]) -> str:
    text = json.dumps(dict(files), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _read(folder: Path) -> tuple[dict[str, str], list[Finding]]:
    """The texts of the folder's tables by relative name, and those that cannot be had."""
    texts: dict[str, str] = {}
    faults: list[Finding] = []
    left = MOST_BYTES
    for path in sorted(folder.rglob("*.csv")):
        name = path.relative_to(folder).as_posix()
        if len(texts) == MOST_FILES or left < 0:
            return {}, [_unreadable(name, f"there are more than {MOST_FILES} files or {MOST_BYTES} bytes")]
        try:
            content = path.read_bytes()[: left + 1]
            texts[name] = content.decode("utf-8-sig").replace("\r\n", "\n")
        except OSError as fault:
            faults.append(_unreadable(name, fault.strerror or "it cannot be opened"))
        except UnicodeDecodeError as fault:
            faults.append(_unreadable(name, f"it is not UTF-8 text (byte {fault.start})"))
        else:
            left -= len(content)
    return texts, faults


def _unreadable(name: str, reason: str) -> Finding:
    return found("X12-130", file=name, reason=reason)


def _faults(tables: Tables, own: TableFolder, files: Mapping[str, str]) -> Iterator[Finding]:
    """What is wrong with rows by themselves; or, once they are right, with what they say together."""
    malformed = list(_malformed_rows(tables, own, files))
    if malformed:
        yield from malformed
        return
    for name in ("elements.csv", "composites.csv", "segments.csv", "syntax_notes.csv"):
        yield from _of_table(tables, own, name)
    if "composites.csv" in files:
        yield from _of_all_segments(tables)
    for release in sorted(own.releases()):
        for set_id in sorted(own.sets(release)):
            yield from _refused(partial(tables.set, release, set_id, ""))
            yield from _without_group(tables, release, set_id)


def _malformed_rows(tables: Tables, own: TableFolder, files: Mapping[str, str]) -> Iterator[Finding]:
    for name in files:
        columns = _columns_of(name)
        if columns is None:
            yield found("X12-131", file=name)
        else:
            yield from _refused(partial(_read_rows, own, name, columns))
    yield from _refused(lambda: tables.set_facts)
    yield from _refused(lambda: tables.names)


def _columns_of(name: str) -> tuple[str, ...] | None:
    """The columns that the file of that name must have, or None if no table has that name."""
    path = PurePosixPath(name)
    if RELEASE.fullmatch(str(path.parent)) and SET_ID.fullmatch(path.stem):
        return SET_COLUMNS
    return CODE_COLUMNS if str(path.parent) == "codes" else COLUMNS.get(name)


def _read_rows(own: TableFolder, name: str, columns: tuple[str, ...]) -> None:
    codes: set[tuple[str, str]] = set()
    for where, row in TableFile(own, name, columns).rows():
        if not RELEASE.fullmatch(row.get("release", "004010")):
            raise where.fault(f"release must be six digits as 004010, not {row['release']!r}", "release")
        if columns is CODE_COLUMNS:
            if not row["code"] or (row["release"], row["code"]) in codes:
                raise where.fault(f"code {row['code']!r} is empty or stands twice", "code")
            codes.add((row["release"], row["code"]))


def _refused(use: Callable[[], object]) -> Iterator[Finding]:
    """A finding if the tables refuse what is asked of them."""
    try:
        use()
    except DictionaryError as fault:
        yield _told(fault)


def _told(fault: DictionaryError) -> Finding:
    place = Location(row=fault.row, column=fault.column or None)
    return found("X12-132", place, file=fault.file, line=fault.row or 1, reason=fault.reason)


def _of_table(tables: Tables, own: TableFolder, name: str) -> Iterator[Finding]:
    """What is wrong with the segments and elements that a table has rows for."""
    known = frozenset(tables.releases())
    for where, row in TableFile(own, name, COLUMNS[name]).rows():
        release, key = row["release"], row[COLUMNS[name][1]]
        if release not in known:
            yield _told(
                where.fault(f"no set of release {release} is there; put one into {release}/", "release")
            )
        elif tables.known(release, key):
            yield from _refused(partial(tables.segment, release, key))
        else:
            yield from _refused(partial(tables.element, release, key, where))


def _of_all_segments(tables: Tables) -> Iterator[Finding]:
    """What a composite does to the segments and composites of the standard that use it."""
    for release in tables.releases():
        for segment in sorted(tables.segments(release)):
            yield from _refused(partial(tables.segment, release, segment))


def _without_group(tables: Tables, release: str, set_id: str) -> Iterator[Finding]:
    if set_id not in tables.set_facts:
        yield found("X12-133", file=f"{release}/{set_id}.csv", value=set_id)
