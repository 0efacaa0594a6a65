"""docs/load.md and its plots, made from the figures of one run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import x12_plots

#: Stands for a wait that did not end.
NEVER_S = 999_999.0
#: Where the part that is made begins and ends; what stands around it is written by hand.
BEGIN, END = "<!-- made by `make load`, don't edit -->", "<!-- end of what is made -->"
MEMORY = {
    "sustained": "100 files a second",
    "waiting": "a backlog drained",
    "small_sets": "one interchange",
    "sessions": "sessions held",
}


@dataclass(frozen=True, slots=True)
class Target:
    """One line of the table. met: whether the figures of its scenario reach it.

    limit: the name of the physical limit that bounds it, "" for none. whole: whether as many were tried
    as the target says.
    """

    scenario: str
    what: str
    target: str
    reached: Callable[[Mapping[str, Any]], str]
    met: Callable[[Mapping[str, Any]], bool]
    limit: str = ""
    whole: Callable[[Mapping[str, Any]], bool] = lambda f: True


_KEEP = "file written, synced, linked, folder synced"
_COMMIT = "one-row commit (WAL, synchronous=FULL)"
TARGETS = (
    Target(
        "sustained",
        "files a second from SFTP to the ERP, 50 lines each (LD-2)",
        "100, p99 < 5 s",
        lambda f: f"{f['delivered_a_second']:.0f}, p99 {_seconds(f['erp_p99_s'])}",
        lambda f: f["delivered_a_second"] >= 95 and f["erp_p99_s"] < 5,
        _KEEP,
    ),
    Target(
        "sustained",
        "the most of 25, 50, 75 and 100 files a second that it keeps up with",
        "100",
        lambda f: f"{_kept_up_with(f):.0f}" if "rates" in f else "not tried",
        lambda f: _kept_up_with(f) >= 100,
    ),
    Target(
        "sustained",
        "to the 997 in the mailbox, at 100 files a second",
        "p99 < 5 s",
        lambda f: f"p50 {_seconds(f['answer_p50_s'])}, p99 {_seconds(f['answer_p99_s'])}",
        lambda f: f["answer_p99_s"] < 5,
        _COMMIT,
    ),
    Target(
        "sustained",
        "processor time a file, gateway and SFTP",
        "12 ms",
        lambda f: f"{f['cpu_ms_a_file']:.1f} ms",
        lambda f: f["cpu_ms_a_file"] <= 12,
    ),
    Target(
        "burst",
        "files a second that wait already, without SFTP",
        "100",
        lambda f: f"{f['delivered_a_second']:.0f} ({f['cpu_ms_a_file']:.1f} ms of processor time each)",
        lambda f: f["delivered_a_second"] >= 100,
        _COMMIT,
    ),
    Target(
        "intake",
        "files a second kept and recorded, 8 and 20 sessions",
        "400",
        lambda f: f"{f['sessions_8_a_second']:.0f} and {f['sessions_20_a_second']:.0f}",
        lambda f: max(f["sessions_8_a_second"], f["sessions_20_a_second"]) >= 400,
        _KEEP,
    ),
    Target(
        "intake",
        "the same, one session a file",
        "reported",
        lambda f: f"{f['session_a_file_a_second']:.0f}",
        lambda f: True,
    ),
    Target(
        "single",
        "one small file, SFTP close to ERP, median",
        "250 ms",
        lambda f: f"{f['median_ms']:.0f} ms",
        lambda f: f["median_ms"] <= 250,
    ),
    Target(
        "sessions",
        "memory with sessions held and some transferring (LD-1)",
        "300 MB with 1,000 and 50",
        lambda f: f"{f['peak_mb']:.0f} MB with {f['sessions']:,} and {f['moving']}",
        lambda f: f["peak_mb"] <= 300,
        whole=lambda f: f["sessions"] >= 1_000 and f["moving"] >= 50,
    ),
    Target(
        "small_sets",
        "one interchange of orders of 10 lines (LD-3)",
        "5,000 documents/s, 256 MB",
        lambda f: (
            f"{f['documents_a_second']:,.0f}/s, {f['peak_mb']:.0f} MB ({f['bytes'] / 1e6:,.0f} MB file)"
        ),
        lambda f: f["documents_a_second"] >= 5_000 and f["peak_mb"] <= 256,
    ),
    Target(
        "large_sets",
        "one interchange of orders of 200 lines (LD-3)",
        "15 MB/s, 256 MB",
        lambda f: f"{f['mb_a_second']:.1f} MB/s, {f['peak_mb']:.0f} MB",
        lambda f: f["mb_a_second"] >= 15 and f["peak_mb"] <= 256,
    ),
    Target(
        "waiting",
        "another partner's file behind a flood (LD-6)",
        "30 s",
        lambda f: f"{_seconds(f['others_file_s'])} behind {f['files']:,}",
        lambda f: f["others_file_s"] <= 30,
    ),
    Target(
        "waiting",
        "a backlog drained (LD-7)",
        "84 a second: 100,000 in 20 min",
        lambda f: f"{f['drained_a_second']:.0f} a second, {f['peak_mb']:.0f} MB",
        lambda f: f["drained_a_second"] >= 84,
    ),
    Target(
        "waiting",
        "ready after kill -9 (LD-8)",
        "5 s with 10,000 in flight",
        lambda f: f"{_seconds(f['ready_after_kill_s'])} with {f['files']:,}",
        lambda f: f["ready_after_kill_s"] <= 5,
        whole=lambda f: f["files"] >= 10_000,
    ),
    Target(
        "postgres",
        "100 files a second on PostgreSQL",
        "reported",
        lambda f: (
            f"{f['delivered_a_second']:.0f} a second, p99 {_seconds(f['erp_p99_s'])}, "
            f"{f['cpu_ms_a_file']:.1f} ms of processor time each"
        ),
        lambda f: True,
    ),
)


def _mark(line: Target, measured: Mapping[str, Any]) -> str:
    """Whether a target is met; what was tried with less is not said to be."""
    if line.target == "reported":
        return ""
    if not line.met(measured):
        return "**no**"
    return "yes" if line.whole(measured) else "with less"


def _kept_up_with(figures: Mapping[str, Any]) -> float:
    """The highest rate that clients reached and at which all files were delivered, 99 of 100 within 5 s.

    0 if there was none.
    """
    return max(
        (
            run["offered_a_second"]
            for run in figures.get("rates", ())
            if run["closed_a_second"] >= 0.95 * run["offered_a_second"]
            and run["delivered"] == run["files"]
            and run["erp_p99_s"] < 5
        ),
        default=0.0,
    )


def table(figures: dict[str, Any]) -> Iterator[str]:
    """Targets beside what was reached, as Markdown."""
    yield "| what | target | reached | | physical limit |"
    yield "|---|---|---|---|---|"
    for line in TARGETS:
        measured = figures["figures"].get(line.scenario)
        if measured is None:
            continue
        limit = f"{figures['limits'][line.limit]:,}/s {line.limit}" if line.limit else ""
        mark = _mark(line, measured)
        yield f"| {line.what} | {line.target} | {line.reached(measured)} | {mark} | {limit} |"


def page(figures: dict[str, Any]) -> str:
    """The part of docs/load.md that is made."""
    return "\n".join([BEGIN, "", *_body(figures), END])


def write(figures: dict[str, Any], folder: Path) -> None:
    """Write figures and plots below `folder`, and the made part of its load.md."""
    plots = folder / "benchmarks"
    plots.mkdir(parents=True, exist_ok=True)
    (plots / "load.json").write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    for name, text in drawn(figures).items():
        (plots / name).write_text(text, "utf-8")
    path = folder / "load.md"
    before, _, rest = path.read_text("utf-8").partition(BEGIN)
    path.write_text(f"{before}{page(figures)}{rest.partition(END)[2]}", "utf-8")


def drawn(figures: dict[str, Any]) -> dict[str, str]:
    """The plots by name: memory over the time of each scenario, in shares of its length."""
    series = {
        title: _in_shares(figures["figures"][name]["memory"])
        for name, title in MEMORY.items()
        if figures["figures"].get(name, {}).get("memory")
    }
    plots = {}
    for title, points in series.items():
        name = f"load-memory-{title.replace(' ', '-')}.svg"
        plots[name] = x12_plots.lines(f"Memory: {title}", "% of the run", "MB", {"MB": points})
    return plots


def _in_shares(samples: list[list[float]]) -> list[tuple[float, float]]:
    end = max(samples[-1][0], 0.1)
    return [(100 * at / end, mb) for at, mb in samples]


def _body(figures: dict[str, Any]) -> Iterator[str]:
    machine = figures["machine"]
    yield (
        f"Measured on {figures['at']} by `make load{_option(figures['size'])}` with Python "
        f"{machine['python']} on {machine['system']} ({machine['machine']}, {machine['cores']} cores shared "
        f"with the clients and the ERP; load before: {machine['load_before']}).\n"
    )
    yield from table(figures)
    yield "\nPhysical limits, measured in the same run:\n"
    yield "| a second | what |"
    yield "|---|---|"
    yield from (f"| {rate:,} | {name} |" for name, rate in figures["limits"].items())
    yield ""
    yield from (f"![{name}](benchmarks/{name})" for name in drawn(figures))
    yield "\nAll figures: [load.json](benchmarks/load.json).\n"


def _option(size: str) -> str:
    return "" if size == "full" else f" LOAD={size}"


def _seconds(value: float) -> str:
    if value >= NEVER_S:
        return "not all arrived"
    return f"{value * 1e3:.0f} ms" if value < 1 else f"{value:.1f} s"
