"""One notice a cause and not one a document (issue 4, FI-H08), on both databases."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import pytest
from alerted import QUIET_S, WINDOW_S, Alerted
from business_files import order_850
from sqlalchemy import text
from stages import ACT, FarEnds, Faults, Stages

from gateway import views
from gateway.alerting import Alerting, Rules
from gateway.notices import Addresses
from gateway.notifying import LEASE_S
from gateway.ports import Claim
from gateway.store import alerts, destinations, event_reading
from gateway.store.alerts import Cause
from gateway.store.moves import record
from gateway.tending import Tender
from outbound.connector import Connector, Refused, TryLater
from partners.profile import Destination

pytestmark = pytest.mark.slow

BROKEN_DATE = "2026112"


@pytest.fixture
def stages(tmp_path: Path) -> Iterator[Stages]:
    stages = Stages(tmp_path / "home", f"sqlite:///{tmp_path / 'ledger.db'}")
    yield stages
    stages.close()


@pytest.fixture
def both(tmp_path: Path, database_url: str) -> Iterator[Stages]:
    """The stages on each kind of database."""
    stages = Stages(tmp_path / "home", database_url)
    yield stages
    stages.close()


@pytest.fixture
def alerted(stages: Stages) -> Alerted:
    return Alerted(stages)


def _reject(stages: Stages, number: int, orders: int = 1) -> None:
    names = [f"R-{number}-{order}" for order in range(orders)]
    stages.receive("acme-retail", f"bad-{number}.edi", order_850(number, names, date=BROKEN_DATE))
    stages.drain()


def test_many_rejected_documents_of_one_cause_are_one_notice(stages: Stages, alerted: Alerted) -> None:
    _reject(stages, 1, orders=40)
    _reject(stages, 2, orders=30)
    [subject] = alerted.look()
    assert subject.startswith("Documents rejected (70): acme-retail: X12-")
    assert alerted.look() == []


def test_what_comes_within_the_window_is_summed_up_when_it_has_passed(
    stages: Stages, alerted: Alerted
) -> None:
    _reject(stages, 1)
    alerted.look()
    _reject(stages, 2, orders=3)
    assert alerted.look() == []
    stages.pass_time(seconds=WINDOW_S)
    [subject] = alerted.look()
    assert subject.startswith("Still: Documents rejected (4)")
    assert "4 in all, 3 since you were last told" in alerted.post.taken[-1].content["text"]


def test_rejects_are_over_when_none_came_for_a_day(stages: Stages, alerted: Alerted) -> None:
    _reject(stages, 1)
    alerted.look()
    stages.pass_time(seconds=QUIET_S)
    [subject] = alerted.look()
    assert subject.startswith("Over: Documents rejected")
    assert [alert.state for alert in alerted.listed()] == ["resolved"]


def test_a_quarantine_is_over_when_the_last_file_of_it_was_dealt_with(both: Stages) -> None:
    alerted = Alerted(both)
    kept = [both.receive("acme-retail", f"{n}.edi", b"\x00 no EDI %d" % n) for n in range(3)]
    both.drain()
    [subject] = alerted.look()
    assert subject.startswith("Files in quarantine (3): acme-retail: X12-")
    for one in kept[:2]:
        both.operations.close_quarantine(ACT, one.transmission)
    assert alerted.look() == []
    both.operations.close_quarantine(ACT, kept[2].transmission)
    [subject] = alerted.look()
    assert subject.startswith("Over: Files in quarantine")


def test_dead_letters_of_one_destination_and_cause_are_one_notice(stages: Stages, alerted: Alerted) -> None:
    stages.erp.says = [Refused("OUT-037 The far end refused it: secret words.", code="OUT-037")] * 3
    stages.receive("acme-retail", "three.edi", order_850(1, ["A-1", "A-2", "A-3"]))
    stages.drain()
    [subject] = alerted.look()
    assert subject.startswith("Deliveries given up (3): erp, acme-retail: OUT-037")
    assert "secret words" not in str(alerted.post.taken[0].content)


def test_a_held_document_is_told_of_and_its_release_ends_it(stages: Stages, alerted: Alerted) -> None:
    stages.receive("acme-retail", "change.edi", order_850(1, ["A-1"], purpose="04"))
    stages.drain()
    assert alerted.look() == ["Documents wait for a person: acme-retail"]
    [held] = stages.documents(state="held")
    stages.operations.release_document(ACT, held["id"])
    assert alerted.look() == ["Over: Documents wait for a person: acme-retail"]


def test_a_bug_is_told_of_by_stage_and_kind(both: Stages) -> None:
    alerted = Alerted(both)
    both.erp.says = [ValueError("a partner's words")]
    both.receive("acme-retail", "one.edi", order_850(1, ["A-1"]))
    both.drain()
    assert alerted.look() == ["A step was stopped by a bug of ours: ValueError in stage deliver"]
    assert "a partner's words" not in str(alerted.post.taken[0].content)


def test_what_a_person_does_is_told_nobody(stages: Stages, alerted: Alerted) -> None:
    with stages.ledger.write() as tx:
        record(tx, ACT.__class__("user kim", ACT.at, "on purpose"), "document.rejected", "document", "d-1")
    assert alerted.look() == []


def test_a_condition_is_told_once_and_ends_when_it_is_gone(stages: Stages, alerted: Alerted) -> None:
    alerted.conditions = [Cause("disk_low", "node-1", "node-1: 12 MiB free")]
    assert alerted.look() == ["Little disk space is left: node-1: 12 MiB free"]
    assert alerted.look() == []
    stages.pass_time(seconds=WINDOW_S)
    assert alerted.look() == []
    alerted.conditions = []
    assert alerted.look() == ["Over: Little disk space is left: node-1: 12 MiB free"]


def test_an_acknowledged_alert_is_silent_until_it_is_over(stages: Stages, alerted: Alerted) -> None:
    _reject(stages, 1)
    alerted.look()
    [alert] = alerted.listed("open")
    stages.operations.acknowledge_alert(ACT, alert.id)
    _reject(stages, 2)
    stages.pass_time(seconds=WINDOW_S)
    assert alerted.look() == []
    stages.pass_time(seconds=QUIET_S)
    assert len(alerted.look()) == 1


def test_those_who_look_after_a_partner_are_told_instead_of_all(stages: Stages) -> None:
    addresses = Addresses(
        default=("all@us.example",), of_partners={"acme-retail": ("kim@us.example",)}, webhook=True
    )
    alerted = Alerted(stages, addresses)
    _reject(stages, 1)
    alerted.look()
    assert sorted(letter.address for letter in alerted.post.taken) == ["mail:kim@us.example", "webhook"]


def test_a_notice_says_what_happened_where_to_look_and_what_to_do(stages: Stages, alerted: Alerted) -> None:
    _reject(stages, 1)
    alerted.look()
    body = alerted.post.taken[0].content["text"]
    [document] = stages.documents(state="rejected")
    assert "What happened: acme-retail: X12-" in body
    assert "Acme Retail (acme-retail)" in body or "Partner:" in body
    assert f"tradepost documents show {document['id']}" in body
    assert "What to do:" in body
    assert "R-1-0" not in body
    assert BROKEN_DATE not in body


def test_while_mail_is_down_notices_wait_and_the_pipeline_goes_on(both: Stages) -> None:
    """FI-H08: the notifier is down; alerts queue and nothing else waits."""
    alerted = Alerted(both)
    alerted.post.says = [TryLater("mail is down")] * 3
    _reject(both, 1)
    alerted.look()
    both.receive("acme-retail", "good.edi", order_850(7, ["A-1"]))
    both.drain()
    assert both.erp.numbers("erp") == ["A-1"]
    for _ in range(4):
        both.clock.pass_time(seconds=60)
        alerted.notifier.send_due()
    assert len(alerted.post.taken) == 1


def test_a_refused_notice_is_dead_and_its_alert_stays(stages: Stages, alerted: Alerted) -> None:
    alerted.post.says = [Refused("no such mailbox")]
    _reject(stages, 1)
    alerted.look()
    with stages.view() as view:
        assert alerts.notice_states(view) == {"dead": 1}
    assert [alert.state for alert in alerted.listed()] == ["open"]


def test_a_notice_whose_sender_was_killed_goes_out_after_the_lease_under_the_same_id(
    stages: Stages, alerted: Alerted
) -> None:
    alerted.post.says = [KeyboardInterrupt()]  # type: ignore[list-item]
    _reject(stages, 1)
    with pytest.raises(KeyboardInterrupt):
        alerted.look()
    assert alerted.notifier.send_due() == 0
    stages.clock.pass_time(seconds=LEASE_S)
    assert alerted.notifier.send_due() == 1


def test_a_commit_that_fails_anywhere_loses_and_doubles_no_notice(tmp_path: Path, database_url: str) -> None:
    for nth in range(1, 12):
        stages = Stages(tmp_path / "home", database_url)
        alerted = Alerted(stages)
        _reject(stages, nth)
        stages.pass_time(seconds=2 * QUIET_S)
        stages.faults.kind, stages.faults.nth, stages.faults.seen = "commit", nth, 0
        stages.faults.error = RuntimeError
        for _ in range(3):
            try:
                alerted.look()
            except RuntimeError:
                stages.clock.pass_time(seconds=LEASE_S)
        stages.faults.end()
        stages.clock.pass_time(seconds=2 * QUIET_S)
        alerted.look()
        ids = [letter.id for letter in alerted.post.taken]
        assert len(set(ids)) == 2, f"begun and over, commit {nth}"
        assert len(ids) <= 3, f"only the notice whose outcome was lost may go twice, commit {nth}"
        stages.close()


def test_two_processes_that_look_count_an_event_once(stages: Stages, alerted: Alerted) -> None:
    other = alerted.another()
    _reject(stages, 1, orders=5)
    alerted.alerting.look()
    other.look()
    [alert] = alerted.listed()
    assert alert.count == 5


def test_a_node_that_looked_before_a_cause_began_does_not_end_its_alert(
    stages: Stages, alerted: Alerted
) -> None:
    alerted.conditions = [Cause("disk_low", "node-1", "node-1: 12 MiB free")]

    def nothing_yet(now: datetime) -> Sequence[Cause]:
        assert len(alerted.look()) == 1
        return ()

    slow = Alerting(
        stages.ledger, stages.clock, Rules(WINDOW_S, QUIET_S), lambda: alerted.addresses, nothing_yet
    )
    assert slow.look() == 0
    assert [alert.state for alert in alerted.listed()] == ["open"]


def test_a_node_that_stood_still_tells_nothing_of_what_it_saw_before(
    stages: Stages, alerted: Alerted
) -> None:
    """FI-G06."""
    low = [Cause("disk_low", "node-1", "node-1: 12 MiB free")]

    def long_ago(now: datetime) -> Sequence[Cause]:
        for alerted.conditions in (low, ()):
            stages.clock.pass_time(minutes=1)
            assert len(alerted.look()) == 1
        return low

    frozen = Alerting(
        stages.ledger, stages.clock, Rules(WINDOW_S, QUIET_S), lambda: alerted.addresses, long_ago
    )
    assert frozen.look() == 0
    assert [alert.state for alert in alerted.listed()] == ["resolved"]


class Locked(FarEnds):
    """Destinations that let nobody in, and say so to two at the same moment."""

    def __init__(self) -> None:
        super().__init__(Faults())
        self.both = threading.Barrier(2, timeout=30)

    def __call__(self, destination: Destination) -> Connector:
        self.both.wait()
        self.calls += 1
        raise Refused("Who are you?", endpoint_wide=True, code="OUT-034")


def deliveries_due(node: Stages, *orders: str) -> list[Claim]:
    """Deliveries of these orders, in hand and not begun."""
    due: list[Claim] = []

    def run(*claims: Claim) -> None:
        if claims[0].stage == "deliver":
            due.extend(claims)
        else:
            node.worker.run(*claims)

    node.receive("acme-retail", "orders.edi", order_850(1, orders))
    node.jobs.drain(run)
    return due


def subjects(watchers: Sequence[Alerted]) -> list[str]:
    """The subjects of all that was sent, by whomever, sorted."""
    return sorted(subject for watcher in watchers for subject in watcher.post.subjects)


def test_two_nodes_that_are_refused_at_one_moment_pause_the_destination_once_and_tell_once(
    tmp_path: Path, postgres_url: str
) -> None:
    """FI-F02."""
    with ExitStack() as stack:
        locked = Locked()
        nodes = [Stages(tmp_path / "home", postgres_url, erp=locked) for _ in range(2)]
        watchers = [Alerted(node) for node in nodes]
        for node in nodes:
            stack.callback(node.close)
        one, claims = nodes[0], deliveries_due(nodes[0], "A-1", "A-2")
        pool = stack.enter_context(ThreadPoolExecutor(2))
        list(pool.map(lambda node, claim: node.worker.run(claim), nodes, claims))
        list(pool.map(Alerted.look, watchers * 4))
        with one.view() as view:
            actions = [event["action"] for event in views.events(view, ["erp"])]
            assert (locked.calls, sum(destinations.parked(view).values())) == (2, 2)
        assert actions == ["destination.paused"]
        paused = "A destination is paused: erp: OUT-034 Far end refuses us"
        assert subjects(watchers) == [paused]

        locked.secret = "second"
        for node in nodes:
            node.clock.pass_time(minutes=1)
        list(pool.map(lambda node: Tender(node.parts).tend(), nodes))
        list(pool.map(Alerted.look, watchers * 4))
        assert subjects(watchers) == [paused, f"Over: {paused}"]


def test_an_event_that_becomes_visible_behind_later_ones_is_not_missed(
    tmp_path: Path, postgres_url: str
) -> None:
    stages = Stages(tmp_path / "home", postgres_url)
    alerted = Alerted(stages)
    _reject(stages, 1)
    [document] = stages.documents(state="rejected")
    slow = stages.ledger.engine.connect()
    transaction = slow.begin()
    record(slow, ACT, "document.rejected", "document", document["id"])
    for _ in range(3):
        with stages.ledger.write() as tx:
            for _ in range(1200):
                record(tx, ACT, "something.else", "test", "1")
        alerted.look()
    transaction.commit()
    slow.close()
    alerted.look()
    [alert] = alerted.listed()
    assert alert.count == 2
    stages.close()


def test_events_that_are_behind_are_not_read_again(both: Stages) -> None:
    alerted = Alerted(both)
    with both.ledger.write() as tx:
        for _ in range(1500):
            record(tx, ACT, "something.else", "test", "1")
    alerted.look()
    alerted.look()
    with both.view() as view:
        newest = view.execute(text("SELECT max(id) FROM event")).scalar_one()
        assert event_reading.position(view, "alerts") >= newest - 1000
