"""Answers that go to a store of the partner's own: what its refusals and silences come to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from business_files import order_850
from stages import ACT, Stages, copied_stages

from gateway import views
from gateway.store import destinations
from outbound.connector import Outcome, Receipt, Refused, TryLater

STORE = "harbor-answers"


@pytest.fixture
def stages(tmp_path: Path) -> Iterator[Stages]:
    stages = copied_stages(tmp_path)
    stages.profile("acme-retail", f'\n[x12.acknowledge]\nto = "{STORE}"\n')
    yield stages
    stages.close()


def order(stages: Stages, number: int = 1) -> None:
    """A file of Acme's, read and answered; its order waits for a person, so that only answers go out."""
    stages.receive("acme-retail", f"po{number}.edi", order_850(number, [f"A-{number}"], purpose="04"))
    stages.drain()


def answers(stages: Stages) -> list[str]:
    """The states of our answers."""
    with stages.view() as view:
        return [one["state"] for one in views.acknowledgements(view, views.Page())]


def standing(stages: Stages) -> str:
    with stages.view() as view:
        return destinations.standing(view, STORE).breaker.state


def test_an_answer_goes_to_the_store_that_the_profile_names_and_not_to_the_mailbox(stages: Stages) -> None:
    order(stages)
    (answer,) = stages.erp.taken[STORE]
    assert b"AK1*PO*1" in answer.payload
    assert (answer.attributes["partner"], answer.content_type) == ("acme-retail", "application/edi-x12")
    assert (answers(stages), stages.outbox("acme-retail")) == (["sent"], {})


def test_an_answer_that_the_store_will_not_take_is_dead_and_the_store_goes_on(stages: Stages) -> None:
    """FI-F01."""
    stages.erp.says.append(Refused("Its name is taken.", code="OUT-021"))
    order(stages, 1)
    order(stages, 2)
    assert sorted(answers(stages)) == ["dead", "sent"]
    assert standing(stages) == "closed"


def test_a_store_that_refuses_us_is_paused_and_its_answers_wait_without_losing_attempts(
    stages: Stages,
) -> None:
    """FI-F02."""
    stages.erp.says.append(Refused("Who are you?", endpoint_wide=True, code="OUT-034"))
    order(stages, 1)
    assert (answers(stages), standing(stages)) == (["stored"], "paused")
    calls = stages.erp.calls
    for _ in range(30):
        stages.pass_time(hours=2)
    assert (answers(stages), stages.erp.calls) == (["stored"], calls), "nobody knocks at a paused store"
    stages.operations.resume_destination(ACT, STORE)
    stages.pass_time(hours=2)
    assert answers(stages) == ["sent"]


def test_a_paused_store_takes_answers_again_once_its_secret_is_another(stages: Stages) -> None:
    stages.erp.says.append(Refused("Who are you?", endpoint_wide=True, code="OUT-034"))
    order(stages)
    stages.pass_time(seconds=61)
    stages.erp.secret = "second"
    stages.pass_time(seconds=61)
    stages.pass_time(seconds=61)
    assert answers(stages) == ["sent"]


def test_a_store_that_is_away_too_often_leaves_the_answer_to_a_person(stages: Stages) -> None:
    path = stages.home / "partners" / "destinations.toml"
    path.write_text(path.read_text("utf-8") + "retry = { max_attempts = 3 }\n", "utf-8")
    stages.apply()
    stages.erp.down.add(STORE)
    order(stages)
    stages.pass_time(hours=2)
    assert answers(stages) == ["stored"]
    stages.pass_time(hours=2)
    assert answers(stages) == ["dead"]
    stages.erp.down.clear()
    with stages.view() as view:
        (dead,) = views.acknowledgements(view, views.Page())
    stages.operations.resend_acknowledgement(ACT, dead["id"])
    stages.drain()
    assert answers(stages) == ["sent"]


def test_an_answer_whose_outcome_is_unknown_is_sent_again_and_lies_in_the_store_once(stages: Stages) -> None:
    """FI-F05."""
    stages.faults.kind, stages.faults.nth, stages.faults.moment = "deliver", 1, "after"
    stages.faults.error = lambda: TryLater("The connection was cut.")
    order(stages)
    assert answers(stages) == ["stored"]
    stages.pass_time(minutes=1)
    assert (answers(stages), len(stages.erp.taken[STORE])) == (["sent"], 1)


def test_an_answer_that_a_killed_worker_had_sent_is_not_sent_anew(stages: Stages) -> None:
    order(stages)
    with stages.ledger.write() as tx:
        tx.exec_driver_sql("UPDATE task SET state = 'waiting' WHERE stage = 'send'")
    calls = stages.erp.calls
    stages.drain()
    assert (stages.erp.calls, answers(stages)) == (calls, ["sent"])


def forget_store(stages: Stages) -> None:
    partners = stages.home / "partners"
    for name in ("acme-retail/profile.toml", "harbor-distribution/profile.toml", "destinations.toml"):
        path = partners / name
        path.write_text(path.read_text("utf-8").replace(STORE, "elsewhere"), "utf-8")
    stages.apply()


def test_an_answer_for_a_store_that_the_profiles_name_no_more_is_dead(stages: Stages) -> None:
    """FI-H02."""
    stages.erp.says.append(TryLater("Not now."))
    order(stages)
    forget_store(stages)
    stages.pass_time(minutes=1)
    assert answers(stages) == ["dead"]


def test_an_answer_whose_store_goes_from_the_profiles_while_it_is_sent_is_dead(stages: Stages) -> None:
    """FI-H02."""

    def gone() -> TryLater:
        forget_store(stages)
        return TryLater("Not now.")

    stages.faults.kind, stages.faults.nth, stages.faults.error = "deliver", 1, gone
    order(stages)
    assert answers(stages) == ["dead"]


def test_an_answer_waits_for_a_store_that_others_found_away(stages: Stages) -> None:
    """FI-F10."""
    act = stages.parts.act("test", "It keeps failing.")
    with stages.ledger.write() as tx:
        before = destinations.locked(tx, STORE, act.at)
        opened = type(before.breaker)("open", openings=1, probe_at=act.at.replace(hour=13))
        destinations.keep(tx, act, before, opened)
    order(stages)
    assert (answers(stages), stages.erp.calls) == (["stored"], 0)
    stages.pass_time(hours=2)
    assert answers(stages) == ["sent"]


def test_a_receipt_says_what_it_says_however_the_store_took_it(stages: Stages) -> None:
    stages.erp.says.append(Receipt(Outcome.DUPLICATE))
    order(stages)
    assert answers(stages) == ["sent"]
