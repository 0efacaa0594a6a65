"""Two gateways on one PostgreSQL and one S3 store, one of them killed or stopped again and again.

What counts is what is seen from outside: what clients were told, what the ERP took, what lies in
the mailboxes, and the bytes in the store.
"""

from __future__ import annotations

import os
import random
import shutil
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from business_files import order_850, order_csv
from fake_erp import FakeErp, accept, commit_then_drop, fake_erp, status
from ledger_checker import Evidence, Sent, breaches
from live_gateway import DEADLINE_S, QUICK_RETRY, LiveGateway, prepared_gateway
from paramiko import SSHException
from s3_store import S3Store
from sqlalchemy import Connection, text

from gateway import views
from gateway.nodes import list_nodes

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

#: Chooses moments, nodes and what happens to them; `make soak` tries many.
SEED = int(os.environ.get("TRADEPOST_CRASH_SEED", "2026"))
ACME, CORNER = "acme-retail", "corner-bikes"
DEAD_S = 2.0
#: Seconds that a client waits for a node that stands still, before it tries the other one.
PATIENCE_S = 5.0
#: Once a year: it fires when the test says that the last year's was the last.
YEARLY = 'schedule = { kind = "cron", expression = "0 0 1 1 *", batch_size = 20 }\n'


@dataclass
class Cluster:
    """Two nodes, and how much has happened. `told`: names that a client was told are kept."""

    nodes: Sequence[LiveGateway]
    told: set[str] = field(default_factory=set)
    _steps: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def step(self) -> None:
        """One thing more has happened."""
        with self._changed:
            self._steps += 1
            self._changed.notify_all()

    def wait_for(self, steps: int) -> None:
        """Until so many things have happened in all."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._steps >= steps, DEADLINE_S), self._steps

    def send(self, sent: Sequence[Sent], first: int) -> None:
        """Send one partner's files in order, each until a node has answered its close with OK."""
        waiting, turn = list(sent), first
        while waiting:
            for one in self._session(self.nodes[turn % len(self.nodes)], waiting):
                self.told.add(one.name)
                self.step()
            turn += 1

    def _session(self, node: LiveGateway, waiting: list[Sent]) -> Iterator[Sent]:
        try:
            with node.client(waiting[0].partner) as client:
                channel = client.get_channel()
                assert channel is not None
                channel.settimeout(PATIENCE_S)
                while waiting:
                    with client.open(f"/inbox/{waiting[0].name}", "wb") as file:
                        file.write(waiting[0].content)
                    yield waiting.pop(0)
        except (OSError, EOFError, SSHException):
            return

    def kill(self, node: LiveGateway) -> None:
        """kill -9, and a new start on the same home once the others have seen that it is gone."""
        name = node.node
        node.kill()
        self._wait_until_silent(node, name)
        node.start()

    def stop_and_wake(self, node: LiveGateway) -> None:
        """SIGSTOP until the others have taken it for dead, then SIGCONT (FI-G06)."""
        node.freeze()
        self._wait_until_silent(node, node.node)
        node.thaw()

    def _wait_until_silent(self, node: LiveGateway, name: str) -> None:
        def is_silent(view: Connection) -> bool:
            return any(one.name == name and one.state == "silent" for one in list_nodes(view, DEAD_S))

        node.wait_for(is_silent, f"the silence of {name}")


def _files(count: int) -> list[Sent]:
    x12 = [
        Sent(ACME, f"po_{n}.edi", order_850(n, [f"A-{n}-0", f"A-{n}-1"]), (f"A-{n}-0", f"A-{n}-1"))
        for n in range(1, count + 1)
    ]
    rows = [
        Sent(CORNER, f"orders_{n}.csv", order_csv([f"C-{n}"]), (f"C-{n}",)) for n in range(1, count // 4 + 1)
    ]
    return x12 + rows


@contextmanager
def _cluster(folder: Path, database_url: str, store: S3Store, erp: FakeErp) -> Iterator[Cluster]:
    """Two nodes with the same profiles, secrets and host key, as a deployment gives them."""
    bucket = f"nodes-{random.Random(str(folder)).randrange(10**9)}"
    store.client().create_bucket(Bucket=bucket)
    options = {
        "TRADEPOST_ARCHIVE_URL": f"s3://{bucket}/kept?endpoint={store.url}",
        "AWS_ACCESS_KEY_ID": store.access_key,
        "AWS_SECRET_ACCESS_KEY": store.secret_key,
        "TRADEPOST_NODE_DEAD_S": str(DEAD_S),
        "TRADEPOST_WORKERS": "3",
    }
    with ExitStack() as stack:
        first = stack.enter_context(prepared_gateway(folder / "one", database_url, **options))
        first.destinations(f'url = "{erp.url}"\nallow_hosts = ["127.0.0.1"]\n{QUICK_RETRY}')
        first.profile(CORNER, lambda profile: profile + YEARLY)
        (folder / "two").mkdir()
        shutil.copytree(first.home, folder / "two" / "home")
        second = stack.enter_context(prepared_gateway(folder / "two", database_url, **options))
        cluster = Cluster((first, second))
        for node in cluster.nodes:
            node.start()
        erp.on_request = cluster.step
        yield cluster


def _disturb(cluster: Cluster, chance: random.Random, moments: Sequence[int]) -> None:
    for number, moment in enumerate(moments):
        cluster.wait_for(moment)
        hurt = (cluster.kill, cluster.stop_and_wake)[number % 2]
        hurt(chance.choice(cluster.nodes))


def _fire_the_yearly_slots(cluster: Cluster) -> list[tuple[str, str]]:
    """Say that the schedules last fired a year ago; which slots fired then, once all is idle."""
    node = cluster.nodes[0]
    long_ago = datetime.now(UTC).replace(year=datetime.now(UTC).year - 1, month=1, day=2)
    earlier = text("UPDATE schedule_slot SET slot = :ago WHERE schedule LIKE 'corner%'")
    with node.view() as view, view.engine.begin() as tx:
        schedules = tx.execute(earlier, {"ago": long_ago}).rowcount
    node.wait_for(lambda view: len(set(_fired(view))) == schedules, "the yearly slots")
    node.wait_until_idle()
    with node.view() as view:
        return _fired(view)


def _fired(view: Connection) -> list[tuple[str, str]]:
    """Schedule and slot, as often as it fired."""
    events = "SELECT subject, after FROM event WHERE action = 'schedule.fired' AND subject LIKE 'corner%'"
    return [(row.subject, row.after) for row in view.execute(text(events))]


def _archived(store: S3Store, cluster: Cluster) -> dict[str, bytes]:
    """Every kept file in the store, by its name there."""
    client, bucket = store.client(), cluster.nodes[0].environment["TRADEPOST_ARCHIVE_URL"].split("/")[2]
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="kept/")
    names = [one["Key"] for page in pages for one in page.get("Contents", [])]
    kept = [name for name in names if len(name.rsplit("/", 1)[-1]) == 64]
    return {
        name.rsplit("/", 1)[-1]: client.get_object(Bucket=bucket, Key=name)["Body"].read() for name in kept
    }


def test_nothing_is_lost_or_doubled_while_nodes_are_killed_and_stopped(
    tmp_path: Path, postgres_url: str, real_store: S3Store
) -> None:
    """FI-G04, FI-G05, FI-G06; I1 to I5 and I8 over two nodes."""
    chance, files = random.Random(SEED), _files(60)
    with fake_erp() as erp, _cluster(tmp_path, postgres_url, real_store, erp) as cluster:
        erp.script(*[commit_then_drop(), status(503), accept()] * 5)
        moments = sorted(chance.sample(range(5, 130), 4))
        x12 = [one for one in files if one.partner == ACME]
        lots = (x12[::2], x12[1::2], [one for one in files if one.partner == CORNER])
        with ThreadPoolExecutor(4) as pool:
            disturbing = pool.submit(_disturb, cluster, chance, moments)
            sending = [pool.submit(cluster.send, lot, first) for first, lot in enumerate(lots)]
            for done in (*sending, disturbing):
                done.result()
        node = cluster.nodes[0]
        node.wait_until_idle()
        fired = _fire_the_yearly_slots(cluster)
        assert len(fired) == len(set(fired)) > 0
        evidence = Evidence(
            sent=[one for one in files if one.name in cluster.told],
            taken=erp.committed,
            commits=erp.commits,
            answers={partner: node.outbox(partner) for partner in (ACME, CORNER)},
            archived=_archived(real_store, cluster),
            identities={ACME: "ACMERETAIL"},
        )
        assert len(evidence.sent) == len(files)
        assert breaches(evidence) == []
        with node.view() as view:
            assert views.failed_tasks(view) == []
        assert {one.stop() for one in cluster.nodes} == {0}
