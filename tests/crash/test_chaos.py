"""Kills, faults and load together, for a minute or for as long as asked; then everything is counted.

While partners send without pause, the gateway is killed at random moments, starts with a random
failpoint armed (a kill, an archive that fails), its ERP refuses, loses answers and cuts lines, and
its PostgreSQL ends every connection. Counted is from outside (`ledger_checker`), and `tradepost
verify` must agree. `make chaos` is the long form.
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from business_files import order_850, order_csv
from fake_erp import Answer, FakeErp, accept, commit_then_drop, drop, fake_erp, status
from ledger_checker import Evidence, Sent, archived_in, breaches
from live_gateway import LiveGateway, prepared_gateway
from paramiko import SSHException
from sqlalchemy import create_engine, text

from gateway.failpoints import FAILPOINTS

#: Chooses moments, points and answers. The length of the run, and what it must have seen at least.
SEED = int(os.environ.get("TRADEPOST_CRASH_SEED", "2026"))
LASTS_S = float(os.environ.get("TRADEPOST_CHAOS_S", "60"))
KILLS = int(os.environ.get("TRADEPOST_CHAOS_KILLS", "12"))
DOCUMENTS = int(os.environ.get("TRADEPOST_CHAOS_DOCUMENTS", "150"))
SHORT_S = min(LASTS_S, 20.0)
MOST_S = LASTS_S * 4 + 240

pytestmark = [pytest.mark.slow, pytest.mark.timeout(MOST_S + 60)]

ACME, CORNER = "acme-retail", "corner-bikes"
IDENTITIES = {ACME: "ACMERETAIL"}
RETRY = "retry = { first_s = 0.05, max_wait_s = 0.3, max_attempts = 60 }\nbreaker = { failures = 1000 }"
#: What the ERP does instead of taking an order, at random.
MOODS: tuple[Callable[[], Answer], ...] = (commit_then_drop, drop, lambda: status(503), lambda: status(429))
#: Points at which a start that is armed dies or fails, at a random passage.
ARMED = [name for name in FAILPOINTS if name.split(".")[0] in {"sftp", "receive", "parse", "hand_on", "send"}]
ARCHIVE = [name for name in FAILPOINTS if name.startswith("archive.after") or name == "archive.before_link"]
#: Seconds within which a start must be ready; the best of all counts, since other tests run beside.
READY_S = 5.0


@dataclass
class Chaos:
    """One run. sent: everything that partners tried to send, with whether they were told OK."""

    gateway: LiveGateway
    chance: random.Random
    lasts_s: float
    kills: int
    documents: int
    sent: dict[str, Sent] = field(default_factory=dict)
    killed: int = 0
    starts_s: list[float] = field(default_factory=list)
    _up: threading.Event = field(default_factory=threading.Event)
    _over: threading.Event = field(default_factory=threading.Event)

    def run(self, hurt: Callable[[random.Random], None]) -> None:
        """Load and kills until time, kills and documents are reached; then let everything come to rest."""
        self._start(armed=False)
        ends = time.monotonic() + self.lasts_s
        with ThreadPoolExecutor(2) as pool:
            senders = [pool.submit(self._send, partner) for partner in (ACME, CORNER)]
            try:
                while time.monotonic() < ends or self.killed < self.kills or self._count() < self.documents:
                    self._over.wait(self.chance.uniform(0.2, 2.5))
                    hurt(self.chance)
                    self._kill()
                    self._start(armed=self.chance.random() < 0.7)
            finally:
                self._over.set()
                self._kill()
                self._start(armed=False)
            for sender in senders:
                sender.result()
        self.gateway.wait_until_idle()

    def _count(self) -> int:
        return sum(len(sent.orders) for sent in list(self.sent.values()))

    def _kill(self) -> None:
        self._up.clear()
        self.gateway.kill()
        self.killed += 1

    def _start(self, *, armed: bool) -> None:
        """Start it, armed with a random failpoint; one that dies in its start is started again without."""
        self.gateway.environment["TRADEPOST_TESTING"] = "1"
        self.gateway.environment["TRADEPOST_FAILPOINTS"] = self._failpoint() if armed else ""
        begun = time.monotonic()
        try:
            self.gateway.start()
        except RuntimeError:
            assert armed, self.gateway.complaints
            self.killed += 1
            self._start(armed=False)
            return
        self.starts_s.append(time.monotonic() - begun)
        self._up.set()

    def _failpoint(self) -> str:
        nth = self.chance.randint(1, 20)
        if self.chance.random() < 0.3:
            return f"{self.chance.choice(ARCHIVE)}=raise:{self.chance.choice(('EIO', 'ENOSPC'))}:{nth}"
        return f"{self.chance.choice(ARMED)}=kill:{nth}"

    # partners ----------------------------------------------------------------------------------

    def _send(self, partner: str) -> None:
        """File after file, each until the gateway has said OK."""
        for sent in _files(partner):
            if self._over.is_set():
                return
            self.sent[sent.name] = Sent(sent.partner, sent.name, sent.content, sent.orders, told=False)
            ends = time.monotonic() + MOST_S
            while not self._deliver(sent):
                assert time.monotonic() < ends, "the gateway does not come back"
            self.sent[sent.name] = sent

    def _deliver(self, sent: Sent) -> bool:
        """True once a close was answered OK."""
        if not self._up.wait(1.0):
            return False
        try:
            with self.gateway.client(sent.partner) as client:
                channel = client.get_channel()
                assert channel is not None
                channel.settimeout(10.0)
                path = f"/inbox/{sent.name}"
                with client.open(path, "wb") as file:
                    file.write(sent.content)
                # This client keeps a refused close to itself; what it then sees listed was accepted.
                return client.stat(path).st_size == len(sent.content)
        except (OSError, EOFError, SSHException):
            # A process that a failpoint killed is started again by the next kill, or now.
            self._over.wait(0.1)
            return False


def _files(partner: str) -> Iterator[Sent]:
    """A partner's files without end; one in ten has a fault for which it is rejected."""
    number = 0
    while True:
        number += 1
        if partner == CORNER:
            orders, bad = (f"C-{number}-0", f"C-{number}-1"), number % 10 == 5
            content = order_csv(orders, quantity="many" if bad else "12")
            yield Sent(CORNER, f"orders_{number}.csv", content, () if bad else orders)
        else:
            orders, bad = tuple(f"A-{number}-{part}" for part in range(1 + number % 2)), number % 10 == 3
            content = order_850(number, orders, date="20261131" if bad else "20261102")
            yield Sent(ACME, f"po_{number}.edi", content, () if bad else orders)


def _moody(erp: FakeErp, chance: random.Random) -> None:
    """The next few requests meet an ERP that fails, at random."""
    erp.script(*[chance.choice(MOODS)() if chance.random() < 0.6 else accept() for _ in range(6)])


def _live_through(
    folder: Path, database_url: str, hurt: Callable[[random.Random], None], **bounds: float
) -> None:
    with fake_erp() as erp, prepared_gateway(folder, database_url, TRADEPOST_STOP_S="2") as gateway:
        gateway.destinations(f'url = "{erp.url}"\nallow_hosts = ["127.0.0.1"]\n{RETRY}')

        def all_of_it(chance: random.Random) -> None:
            _moody(erp, chance)
            hurt(chance)

        chaos = Chaos(
            gateway,
            random.Random(SEED),
            bounds["lasts_s"],
            int(bounds["kills"]),
            int(bounds["documents"]),
        )
        chaos.run(all_of_it)
        _count(chaos, erp)


def _count(chaos: Chaos, erp: FakeErp) -> None:
    gateway = chaos.gateway
    answers = {partner: gateway.outbox(partner) for partner in (ACME, CORNER)}
    sent = list(chaos.sent.values())
    archived = archived_in(gateway.home / "archive")
    found = breaches(Evidence(sent, erp.committed, erp.commits, answers, archived, IDENTITIES))
    done = gateway.tradepost("verify", "--json")
    verified = json.loads(done.stdout)
    starts = sorted(chaos.starts_s)
    print(
        f"{chaos.killed} kills, {len(sent)} files, {len(erp.commits)} orders, {len(erp.requests)} requests, "
        f"ready after {starts[0]:.1f} to {starts[-1]:.1f} s, {len(found)} breaches"
    )
    assert found == []
    assert verified["well"], [check["breaches"] for check in verified["checks"] if check["breached"]]
    assert all(one.told for one in sent)
    assert starts[0] < READY_S


def test_a_minute_of_kills_faults_and_load_loses_doubles_and_misanswers_nothing(tmp_path: Path) -> None:
    """FI-A15 FI-A24 FI-A25 FI-F05 FI-F10; 0 lost, 0 doubled, 0 wrong answers (catalogue §1.3)."""
    _live_through(tmp_path, "", lambda chance: None, lasts_s=LASTS_S, kills=KILLS, documents=DOCUMENTS)


def test_the_same_holds_on_a_postgresql_that_ends_all_connections(tmp_path: Path, postgres_url: str) -> None:
    """FI-C02."""
    admin = create_engine(postgres_url, isolation_level="AUTOCOMMIT")

    def cut(chance: random.Random) -> None:
        with admin.connect() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )

    _live_through(tmp_path, postgres_url, cut, lasts_s=SHORT_S, kills=KILLS // 3, documents=DOCUMENTS // 4)
    admin.dispose()
