"""The second opinion as a page of HTML for a coordinator: both verdicts, then pyx12's own listing.

The page stands alone: no script, nothing loaded from elsewhere. Text of partners is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import islice
from pathlib import Path
from typing import TextIO

from gateway.errors import WrongUsage
from gateway.second_opinion import BY, Opinions, Overheard, quiet, why
from parsers.x12.dictionary import Dictionary
from parsers.x12.second_opinion.comparison import Comparison, SetVerdict
from parsers.x12.second_opinion.differences import Difference
from parsers.x12.second_opinion.fair_copy import TooLarge
from parsers.x12.second_opinion.listing import listing

_STYLE = """body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}
th,td{border-bottom:1px solid #ddd;padding:.3rem .6rem;text-align:left;vertical-align:top}
th{background:#f3f4f6}td.differs{background:#fff6d6}
code,pre,.listing{font-family:ui-monospace,monospace;font-size:13px}
.listing{overflow-x:auto;white-space:nowrap;border:1px solid #ddd;padding:.8rem}
.error{color:#a40000;background:#ffecec}.ele_err{background:#ffe680}.info{color:#1a4f8b}.seg{color:#1b1b1b}"""
#: Rows of each table that are shown.
MAX_ROWS = 1000
#: A browser runs and loads nothing, whatever a partner has sent.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def write_report(path: Path, inspection: Overheard, given: Opinions) -> None:
    """Write the page, over an older one. Raises WrongUsage if the file cannot be written."""
    directory = inspection.directory
    dictionary = inspection.dictionary or (directory.dictionary if directory else None)
    try:
        with path.open("w", encoding="utf-8") as out:
            _write(out, inspection, given, dictionary)
    except OSError as fault:
        raise WrongUsage(
            "usage", f"--report: {path} cannot be written: {fault.strerror}.", "Name another file."
        ) from fault


def _write(out: TextIO, inspection: Overheard, given: Opinions, dictionary: Dictionary | None) -> None:
    title = escape(f"Second opinion on {inspection.name}")
    out.write(
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<style>{_STYLE}</style></head>\n<body>\n<h1>{title}</h1>\n"
        f"<p>{escape(BY)} has judged the file by our tables, {inspection.at:%Y-%m-%d %H:%M %Z}.</p>\n"
    )
    if not given:
        out.write("<p>There is no interchange that it could be shown.</p>\n")
    for one in given:
        out.writelines(_interchange(one, dictionary))
    out.write("</body></html>\n")


def _interchange(given: Comparison | TooLarge, dictionary: Dictionary | None) -> Iterator[str]:
    if isinstance(given, TooLarge):
        yield f"<h2>Interchange {escape(given.control_number)}</h2>\n"
        yield "<p>It is too large or too faulty to be compared.</p>\n"
        return
    copy = given.opinion.copy
    yield f"<h2>Interchange {escape(copy.control_number)}</h2>\n"
    if copy.changes:
        yield "<p>What pyx12 was shown differs from the file:</p>\n<ul>\n"
        yield "".join(f"<li>{escape(change)}</li>\n" for change in copy.changes) + "</ul>\n"
    yield "<h3>Sets</h3>\n" + _table(("set", "our faults", "pyx12's faults"), map(_verdict, given.sets))
    yield "<h3>Both say</h3>\n" + _table(
        ("we", "pyx12"),
        (
            _cells(f"{finding.code} {finding.message}", f"{remark.code} {remark.text}")
            for finding, remark in given.agreed
        ),
    )
    yield "<h3>Told differently</h3>\n"
    yield _table(("where", "we", "pyx12", "why"), map(_difference, given.differences))
    yield from _listing(given, dictionary)


def _listing(given: Comparison, dictionary: Dictionary | None) -> Iterator[str]:
    """pyx12's listing of the segments, and its answer."""
    with quiet():
        told = listing(given.opinion.copy, dictionary)
    yield f'<h3>pyx12\'s listing</h3>\n<div class="listing">\n{told.html}</div>\n'
    if told.failure is not None:
        yield f"<p>pyx12 failed here and lists no further: <code>{escape(told.failure)}</code></p>\n"
    if told.answer:
        yield f"<h3>What pyx12 would answer</h3>\n<pre>{escape(told.answer)}</pre>\n"


def _table(headings: tuple[str, ...], rows: Iterator[str]) -> str:
    body = "".join(f"<tr>{row}</tr>\n" for row in islice(rows, MAX_ROWS))
    if not body:
        return "<p>Nothing.</p>\n"
    head = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    more = (
        "" if next(rows, None) is None else f"<p>The first {MAX_ROWS} are shown; --json has them all.</p>\n"
    )
    return f"<table>\n<tr>{head}</tr>\n{body}</table>\n{more}"


def _cells(*texts: str) -> str:
    return "".join(f"<td>{escape(text)}</td>" for text in texts)


def _verdict(verdict: SetVerdict) -> str:
    name = f"{verdict.set_id} {verdict.control_number}".strip()
    theirs = str(verdict.theirs) if verdict.read else "no tables to judge it by"
    differs = verdict.read and bool(verdict.ours) != bool(verdict.theirs)
    style = ' class="differs"' if differs else ""
    return f"{_cells(name, str(verdict.ours))}<td{style}>{escape(theirs)}</td>"


def _difference(difference: Difference) -> str:
    place, finding, remark = difference.place, difference.finding, difference.remark
    where = f"{place.segment}, segment {place.number}" if place.number else place.segment
    ours = f"{finding.code} {finding.message}" if finding else "nothing"
    theirs = f"{remark.code} {remark.text}" if remark else "nothing"
    return _cells(where, ours, theirs, why(difference))
