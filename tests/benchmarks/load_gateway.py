"""A gateway under load: a home with the load's partners, its process, and what that costs."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

import json

from live_gateway import LiveGateway, prepared_gateway
from load_clients import Session, Watch
from load_files import order_file, partner, purchase_order, write_partners
from load_page import NEVER_S

from gateway import home as homes
from gateway.ports import Arrival
from gateway.wiring import opened

HERE = Path(__file__).parent
MB = 1_000_000
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
#: Partners in the home of each scenario.
PARTNERS = 20
ERP = """\
url = "http://127.0.0.1:{port}/orders"
allow_hosts = ["127.0.0.1"]
http = {{ answer_json = true }}
"""


@dataclass(slots=True)
class Use:
    """What a process and its children use, sampled while it runs: (seconds, MB) and (seconds, CPU s)."""

    memory: list[tuple[float, float]] = field(default_factory=list)
    cpu: list[tuple[float, float]] = field(default_factory=list)

    @property
    def peak_mb(self) -> float:
        """The most memory that was seen."""
        return max((mb for _, mb in self.memory), default=0.0)


@contextmanager
def watched(pid: int, every_s: float = 0.25) -> Iterator[Use]:
    """Samples of a process and its children until the block ends."""
    use, done, began = Use(), threading.Event(), time.monotonic()

    def look() -> None:
        while True:
            at = time.monotonic() - began
            pages, ticks = used_by(pid)
            use.memory.append((at, pages * PAGE / MB))
            use.cpu.append((at, ticks / TICKS))
            if done.wait(every_s):
                return

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield use
    finally:
        done.set()
        thread.join()


def used_by(pid: int) -> tuple[int, int]:
    """Resident pages and clock ticks of a process, its living children and those it has waited for."""
    pages = ticks = 0
    for each in (pid, *_children(pid)):
        try:
            words = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        except FileNotFoundError:
            continue
        ticks += sum(map(int, words[11:15]))
        pages += int(words[21])
    return pages, ticks


def _children(pid: int) -> list[int]:
    try:
        return [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except FileNotFoundError:
        return []


class Bench:
    """One prepared home, its gateway and its ERP."""

    def __init__(self, gateway: LiveGateway, folder: Path, erp_log: Path) -> None:
        self.gateway = gateway
        self.folder = folder
        self._erp_log = erp_log

    @property
    def pid(self) -> int:
        """The gateway's process."""
        return self.gateway.pid

    def seed(self, first: int, count: int, sender: int, lines: int = 50) -> None:
        """Let files of one partner arrive while no gateway runs."""
        with opened(self.gateway.settings) as gateway:
            gateway.apply_profiles_once()
            for number in range(first, first + count):
                path = self.folder / f"seed{number}.edi"
                path.write_bytes(order_file(number, sender, lines))
                name = f"po{number}.edi"
                gateway.pipeline.receive(Arrival(partner(sender), name, name, partner(sender)), path)

    def seed_path(self, path: Path, sender: int) -> None:
        """Let one file arrive while no gateway runs; it is taken over."""
        with opened(self.gateway.settings) as gateway:
            gateway.apply_profiles_once()
            name = path.name
            gateway.pipeline.receive(Arrival(partner(sender), name, name, partner(sender)), path)

    def clients(
        self, sessions: Sequence[Session], watches: Sequence[Watch] = (), give_up_s: float = 600.0
    ) -> Closed:
        """Run partners in a process of their own."""
        with self.partners(sessions, watches, give_up_s) as closed:
            pass
        return closed

    @contextmanager
    def partners(
        self, sessions: Sequence[Session], watches: Sequence[Watch] = (), give_up_s: float = 600.0
    ) -> Iterator[Closed]:
        """Partners at work beside the block, which ends when they have; what they saw is there then."""
        log = self.folder / f"clients-{time.monotonic_ns()}.log"
        plan = {
            "port": self.gateway.port,
            "key": str(homes.client_key(self.gateway.home, "acme-retail")),
            "log": str(log),
            "sessions": [asdict(one) for one in sessions],
            "watches": [asdict(one) for one in watches],
            "give_up_s": give_up_s,
        }
        process = subprocess.Popen([sys.executable, HERE / "load_clients.py", json.dumps(plan)])
        closed = Closed()
        try:
            yield closed
            process.wait()
        finally:
            process.kill()
            process.wait()
        closed.read(log)

    def erp_saw(self) -> dict[str, float]:
        """When the ERP took each order, by business number; the first time counts."""
        seen: dict[str, float] = {}
        for moment, number in self.erp_log():
            seen.setdefault(number, moment)
        return seen

    def erp_log(self) -> list[tuple[float, str]]:
        """Every order that the ERP took: when, and its business number."""
        lines = self._erp_log.read_text("ascii").splitlines(keepends=True)
        whole = [line.split() for line in lines if line.endswith("\n")]
        return [(float(moment), number) for moment, number in whole]

    def wait_for_erp(self, count: int, give_up_s: float) -> dict[str, float]:
        """Until the ERP has `count` orders, or too late; what it saw."""
        ends = time.monotonic() + give_up_s
        while len(seen := self.erp_saw()) < count and time.monotonic() < ends:
            threading.Event().wait(0.1 if count < 10_000 else 1.0)
        return seen


@dataclass(slots=True)
class Closed:
    """What partners saw: begin and end of each upload by number, and answers by sender, in order."""

    uploads: dict[int, tuple[float, float]] = field(default_factory=dict)
    answers: dict[int, list[float]] = field(default_factory=dict)

    def read(self, log: Path) -> None:
        """Fill in from the clients' log."""
        for line in log.read_text("ascii").splitlines():
            match line.split():
                case ["closed", number, begun, ended]:
                    self.uploads[int(number)] = (float(begun), float(ended))
                case ["answered", sender, _, seen]:
                    self.answers.setdefault(int(sender), []).append(float(seen))

    @property
    def files_a_second(self) -> float:
        """Closes a second, from the first open to the last close."""
        begun = min(begun for begun, _ in self.uploads.values())
        ended = max(ended for _, ended in self.uploads.values())
        return len(self.uploads) / (ended - begun)

    def until_erp(self, seen: dict[str, float]) -> list[float]:
        """Seconds from close to the ERP's receipt, ascending; one that is missing counts as endless."""
        return sorted(
            seen.get(purchase_order(number), math.inf) - ended for number, (_, ended) in self.uploads.items()
        )

    def until_answered(self, sender_of: dict[int, int]) -> list[float]:
        """Seconds from a sender's nth close to its nth answer in the mailbox, ascending."""
        waits: list[float] = []
        for sender, answers in self.answers.items():
            closes = sorted(end for number, (_, end) in self.uploads.items() if sender_of[number] == sender)
            waits += [seen - close for close, seen in zip(closes, sorted(answers), strict=False)]
            waits += [math.inf] * (len(closes) - len(answers))
        return sorted(waits)


def quantile(ascending: Sequence[float], share: float) -> float:
    """The value below which `share` of them lie."""
    return ascending[min(len(ascending) - 1, int(share * len(ascending)))]


@contextmanager
def bench(database_url: str = "", **options: str) -> Iterator[Bench]:
    """A fresh home with the load's partners and an ERP, and no gateway running yet."""
    with tempfile.TemporaryDirectory(prefix="tradepost-load-") as name, _erp(Path(name)) as (port, log):
        folder = Path(name)
        with prepared_gateway(folder, database_url, TRADEPOST_LOG_LEVEL="warning", **options) as gateway:
            gateway.destinations(ERP.format(port=port))
            write_partners(gateway.home, PARTNERS)
            yield Bench(gateway, folder, log)


@contextmanager
def _erp(folder: Path) -> Iterator[tuple[int, Path]]:
    log = folder / "erp.log"
    process = subprocess.Popen([sys.executable, HERE / "load_erp.py", log], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline()), log
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def facts(**values: Any) -> dict[str, Any]:
    """Figures rounded to what they are worth; what never came took `NEVER_S`."""
    return {
        name: round(min(value, NEVER_S), 3) if isinstance(value, float) else value
        for name, value in values.items()
    }
