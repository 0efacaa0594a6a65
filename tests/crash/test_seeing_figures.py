"""The figures for Prometheus and the state of health, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from business_files import order_850
from scraped import fetch, figure, figures, ready
from stages import ACT, Stages, archive_fault

from gateway.health import Health
from gateway.meters import Meters
from gateway.ports import Arrival, Received, Sight
from gateway.status_server import StatusServer
from gateway.store.moves import record
from outbound.connector import Refused

pytestmark = pytest.mark.slow


@pytest.fixture
def both(tmp_path: Path, database_url: str) -> Iterator[Stages]:
    stages = Stages(tmp_path / "home", database_url)
    yield stages
    stages.close()


@pytest.fixture
def stages(tmp_path: Path) -> Iterator[Stages]:
    stages = Stages(tmp_path / "home", f"sqlite:///{tmp_path / 'ledger.db'}")
    yield stages
    stages.close()


def _meters(stages: Stages) -> Meters:
    return Meters(stages.ledger, stages.archive, stages.book, stages.clock, stages.home)


def _exposed(meters: Meters) -> str:
    """As it is at the second look: on PostgreSQL events count once nobody can write behind them."""
    meters.exposed()
    return meters.exposed().decode()


def test_what_comes_and_goes_is_counted_by_partner_kind_and_outcome(both: Stages) -> None:
    meters = _meters(both)
    both.erp.says = [Refused("OUT-037 no", code="OUT-037")]
    content = order_850(1, ["A-1", "A-2"])
    both.receive("acme-retail", "one.edi", content)
    both.drain()
    shown = _exposed(meters)
    assert figure(shown, "arrivals_total", partner="acme-retail") == 1
    assert figure(shown, "arrival_bytes_total", partner="acme-retail") == len(content)
    assert figure(shown, "documents_total", partner="acme-retail", kind="order", state="delivered") == 1
    assert figure(shown, "answers_total", partner="acme-retail", kind="997") == 1
    assert figure(shown, "delivery_attempts_total", destination="erp", outcome="dead") == 1
    assert figure(shown, "delivery_seconds_count", partner="acme-retail") == 1
    assert figure(shown, "answer_seconds_count", partner="acme-retail") == 1
    assert figure(shown, "consignments_open", destination="erp", state="dead") == 1


def test_an_event_is_counted_once_however_often_one_looks(both: Stages) -> None:
    meters = _meters(both)
    for number in range(3):
        both.receive("acme-retail", f"{number}.edi", order_850(number + 1, [f"A-{number}"]))
        both.drain()
        _exposed(meters)
    assert figure(_exposed(meters), "arrivals_total", partner="acme-retail") == 3


def test_findings_are_counted_by_code_and_quarantine_is_shown(stages: Stages) -> None:
    meters = _meters(stages)
    stages.receive("acme-retail", "none.edi", b"\x00 no EDI")
    stages.drain()
    shown = _exposed(meters)
    assert figure(shown, "quarantined_files") == 1
    assert (
        sum(value for (name, _), value in figures(shown).items() if name == "tradepost_findings_total") >= 1
    )


def test_labels_are_bounded_by_the_profiles_and_not_by_what_comes(stages: Stages) -> None:
    meters = _meters(stages)
    for number in range(30):
        arrival = Arrival("acme-mailbox", f"key-{number}", "x", f"stranger-{number}")
        stages.pipeline.receive(arrival, stages.archive.open(stages.archive.put(_bytes(b"x")).sha256))
    shown = _exposed(meters)
    assert "stranger" not in shown
    assert figure(shown, "arrivals_total", partner="other") == 30
    assert figure(shown, "backlog_tasks", partner="other") == 30


def test_the_time_from_close_to_kept_is_taken_in_the_process(stages: Stages) -> None:
    meters = _meters(stages)
    receive = meters.timed(lambda arrival, content: Received("tx", "0" * 64, 1, Sight.NEW))
    receive(Arrival("c", "k", "n"), stages.home)
    assert figure(_exposed(meters), "keep_seconds_count") == 1


def test_a_slow_writer_s_event_is_counted_when_it_becomes_visible(tmp_path: Path, postgres_url: str) -> None:
    stages = Stages(tmp_path / "home", postgres_url)
    meters = _meters(stages)
    stages.receive("acme-retail", "one.edi", order_850(1, ["A-1"]))
    stages.drain()
    [document] = stages.documents()
    with stages.ledger.engine.connect() as slow:
        transaction = slow.begin()
        record(slow, ACT, "document.delivered", "document", document["id"], after="delivered")
        stages.receive("acme-retail", "two.edi", order_850(2, ["A-2"]))
        stages.drain()
        _exposed(meters)
        transaction.commit()
    shown = _exposed(meters)
    assert figure(shown, "documents_total", partner="acme-retail", kind="order", state="delivered") == 3
    stages.close()


# health ----------------------------------------------------------------------------------------


@pytest.fixture
def status(stages: Stages) -> Iterator[StatusServer]:
    health = Health(stages.ledger, stages.archive, stages.book, stages.home, lambda: False)
    server = StatusServer("127.0.0.1", 0, health, _meters(stages).exposed, ("127.0.0.0/8",))
    server.start()
    yield server
    server.stop()


def test_a_gateway_that_can_do_its_work_is_alive_and_ready(status: StatusServer) -> None:
    assert fetch(status.port, "/healthz")[0] == 200
    code, said = ready(status.port)
    assert (code, said["state"]) == (200, "ready")
    assert [part["name"] for part in said["parts"]] == ["ledger", "profiles", "archive", "disk"]
    assert "tradepost_tasks" in fetch(status.port, "/metrics")[1]


def test_storage_that_is_read_only_is_degraded_and_not_down(
    stages: Stages, status: StatusServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FI-B06."""

    def read_only() -> str:
        fault = archive_fault()
        fault.code = "GTW-203"
        raise fault

    monkeypatch.setattr(stages.archive, "check", read_only)
    code, said = ready(status.port)
    assert (code, said["state"]) == (200, "degraded")
    assert "storage read-only" in str(said["parts"])


def test_without_its_ledger_a_gateway_is_alive_and_not_ready(
    stages: Stages, status: StatusServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages.ledger, "read", _away)
    assert fetch(status.port, "/healthz")[0] == 200
    code, said = ready(status.port)
    assert (code, said["state"]) == (503, "down")


def test_an_address_that_is_not_allowed_is_told_nothing(stages: Stages) -> None:
    health = Health(stages.ledger, stages.archive, stages.book, stages.home, lambda: False)
    server = StatusServer("127.0.0.1", 0, health, lambda: b"secret", ("192.0.2.0/24",))
    server.start()
    assert [fetch(server.port, path)[0] for path in ("/metrics", "/readyz", "/healthz")] == [403] * 3
    server.stop()


def test_only_reading_is_offered(status: StatusServer) -> None:
    assert fetch(status.port, "/metrics", "POST")[0] == 405
    assert fetch(status.port, "/anything")[0] == 404
    assert fetch(status.port, "/healthz", "HEAD") == (200, "")


def test_a_taken_port_gives_way_to_the_next(stages: Stages, status: StatusServer) -> None:
    health = Health(stages.ledger, stages.archive, stages.book, stages.home, lambda: False)
    other = StatusServer("127.0.0.1", status.port, health, lambda: b"", ("127.0.0.0/8",))
    assert other.port != status.port
    other.start()
    other.stop()


def _away() -> None:
    from stages import database_fault

    raise database_fault()


def _bytes(content: bytes) -> object:
    import io

    return io.BytesIO(content)
