"""Several destinations for one document, and order by partner and by purchase order."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from business_files import order_850
from stages import ACT, Died, FarEnds, Faults, Stages

from gateway import views
from gateway.ports import Claim
from gateway.store import destinations
from outbound.connector import Refused, TryLater

pytestmark = pytest.mark.slow
#: Nothing in it depends on the database.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def stages(tmp_path: Path, database_url: str) -> Iterator[Stages]:
    stages = Stages(tmp_path / "home", database_url)
    yield stages
    stages.close()


def _destinations(stages: Stages, text: str) -> None:
    """Replace destinations.toml but for those the sample partners name, and apply."""
    path = stages.home / "partners" / "destinations.toml"
    rest = '[erp-test]\nurl = "folder:erp-test"\nenvironment = "test"\n[harbor-answers]\nurl = "folder:h"\n'
    path.write_text(text + rest, "utf-8")
    stages.apply()


def _send(stages: Stages, number: int, *orders: str, **how: str) -> None:
    stages.receive("acme-retail", f"po{number}.edi", order_850(number, orders, **how))


def _consignments(stages: Stages, **wanted: str) -> list[views.Item]:
    with stages.view() as view:
        return views.consignments(view, views.Page(500), **wanted)


def _deliveries(stages: Stages, document: str) -> dict[str, str | None]:
    with stages.view() as view:
        return {
            one["destination"]: one["consignment_id"] for one in views.document(view, document).deliveries
        }


# routing -------------------------------------------------------------------------------------

SIDE_BY_SIDE = """
[erp]
url = "folder:erp"
[erp-new]
url = "folder:erp-new"
[[erp-new.takes]]
partners = ["acme-*"]
kinds = ["order"]
"""


def test_two_destinations_take_a_document_each_with_its_own_state(stages: Stages) -> None:
    _destinations(stages, SIDE_BY_SIDE)
    stages.erp.down.add("erp-new")
    _send(stages, 1, "A-1")
    stages.drain()
    [document] = stages.documents()
    assert document["state"] == "ready", "one of two has it"
    assert set(_deliveries(stages, document["id"])) == {"erp", "erp-new"}
    assert stages.erp.numbers("erp") == ["A-1"]
    stages.erp.down.clear()
    stages.pass_time(minutes=1)
    assert stages.erp.numbers("erp-new") == ["A-1"]
    [document] = stages.documents()
    assert document["state"] == "delivered"
    keys = {one["destination"]: one["key"].partition(".")[2] for one in _consignments(stages)}
    assert keys["erp"] == keys["erp-new"], "the business identity is the same everywhere"


@ON_SQLITE
def test_a_destination_that_refuses_a_document_holds_up_no_other(stages: Stages) -> None:
    _destinations(stages, SIDE_BY_SIDE)
    stages.erp.says = [Refused("no such product", code="OUT-037")]
    _send(stages, 1, "A-1")
    stages.drain()
    [dead] = _consignments(stages, state="dead")
    [other] = _consignments(stages, state="delivered")
    assert {dead["destination"], other["destination"]} == {"erp", "erp-new"}
    stages.operations.cancel_delivery(ACT, dead["id"])
    [document] = stages.documents()
    assert document["state"] == "delivered", "what is left of its destinations have it"


@ON_SQLITE
def test_a_destination_takes_what_is_for_its_warehouse(stages: Stages) -> None:
    takes = '[[other.takes]]\nwarehouses = ["0012"]\n[[third.takes]]\nwarehouses = ["0013"]\n'
    others = '[other]\nurl = "folder:other"\n[third]\nurl = "folder:third"\n'
    _destinations(stages, f'[erp]\nurl = "folder:erp"\n{others}{takes}')
    content = order_850(1, ["A-1"])
    at = content.index(b"PO1*")
    content = content[:at] + b"N1*ST*STORE 12*92*0012~\n" + content[at:]
    segments = int(content[content.index(b"SE*") + 3 :].partition(b"*")[0])
    content = content.replace(b"SE*%d*" % segments, b"SE*%d*" % (segments + 1))
    stages.receive("acme-retail", "po.edi", content)
    stages.drain()
    assert {name: stages.erp.numbers(name) for name in stages.erp.taken} == {"erp": ["A-1"], "other": ["A-1"]}


@ON_SQLITE
def test_test_documents_go_to_no_destination_for_production(stages: Stages) -> None:
    _destinations(stages, '[erp]\nurl = "folder:erp"\n[[erp.takes]]\n')
    _send(stages, 1, "A-1", usage="T")
    stages.drain()
    assert list(stages.erp.taken) == ["erp-test"]


@ON_SQLITE
def test_a_destination_with_a_schedule_of_its_own_takes_documents_in_its_slots(stages: Stages) -> None:
    every = 'schedule = { kind = "every", minutes = 10, batch_size = 50 }\n'
    _destinations(stages, f'[erp]\nurl = "folder:erp"\n{every}')
    stages.scheduler.tick()
    for number in range(1, 4):
        stages.clock.pass_time(milliseconds=10)
        _send(stages, number, f"A-{number}")
    stages.drain()
    assert stages.erp.calls == 0
    stages.pass_time(minutes=11)
    stages.drain()
    assert stages.erp.numbers("erp") == ["A-1", "A-2", "A-3"]
    assert len(stages.erp.taken["erp"]) == 1


# order ---------------------------------------------------------------------------------------


def _ordered(stages: Stages, by: str, more: str = "") -> None:
    _destinations(stages, f'[erp]\nurl = "folder:erp"\norder = "{by}"\n{more}')


def _drain_anyhow(stages: Stages, seed: int) -> None:
    """Run what is due in an order that chance gives, as many workers would."""
    chance = random.Random(seed)
    held: list[Claim] = []
    for _ in range(200):
        stages.clock.pass_time(milliseconds=400)
        if not stages.jobs.drain(held.append) and not held:
            return
        chance.shuffle(held)
        while held:
            stages.worker.run(held.pop())
    raise AssertionError("there is no end")


@pytest.mark.parametrize("seed", range(2))
def test_documents_of_a_partner_arrive_in_the_order_of_their_files(stages: Stages, seed: int) -> None:
    _ordered(stages, "partner")
    for number in range(1, 6):
        stages.clock.pass_time(milliseconds=10)
        _send(stages, number, f"A-{number}-1", f"A-{number}-2")
    _drain_anyhow(stages, seed)
    expected = [f"A-{number}-{place}" for number in range(1, 6) for place in (1, 2)]
    assert stages.erp.numbers("erp") == expected


def test_the_next_of_a_partner_waits_until_the_one_before_has_ended(stages: Stages) -> None:
    _ordered(stages, "partner")
    stages.erp.says = [TryLater("busy", endpoint_wide=False)]
    _send(stages, 1, "A-1", "A-2", "A-3")
    stages.drain()
    assert stages.erp.calls == 1
    with stages.view() as view:
        assert destinations.parked(view) == {("erp", "turn"): 2}
    stages.pass_time(seconds=10)
    assert stages.erp.numbers("erp") == ["A-1", "A-2", "A-3"]


def test_a_dead_letter_keeps_its_partner_waiting_until_a_person_decides(stages: Stages) -> None:
    _ordered(stages, "partner")
    stages.erp.says = [Refused("no such product", code="OUT-037")]
    _send(stages, 1, "A-1", "A-2")
    stages.drain()
    stages.pass_time(hours=5)
    assert stages.erp.numbers("erp") == []
    [dead] = _consignments(stages, state="dead")
    stages.operations.retry_delivery(ACT, dead["id"])
    stages.drain()
    assert stages.erp.numbers("erp") == ["A-1", "A-2"]


def test_what_waited_behind_a_dead_letter_goes_on_once_it_is_taken_back(stages: Stages) -> None:
    _ordered(stages, "partner")
    stages.erp.says = [Refused("no such product", code="OUT-037")]
    _send(stages, 1, "A-1", "A-2")
    stages.drain()
    [dead] = _consignments(stages, state="dead")
    stages.operations.cancel_delivery(ACT, dead["id"])
    stages.drain()
    assert stages.erp.numbers("erp") == ["A-2"]


@ON_SQLITE
def test_a_destination_may_ask_that_nobody_waits_for_a_dead_letter(stages: Stages) -> None:
    _ordered(stages, "partner", 'after_dead_letter = "go_on"\n')
    stages.erp.says = [Refused("no such product", code="OUT-037")]
    _send(stages, 1, "A-1", "A-2")
    stages.drain()
    assert stages.erp.numbers("erp") == ["A-2"]


def test_by_order_only_documents_of_one_purchase_order_wait_for_one_another(stages: Stages) -> None:
    _ordered(stages, "order")
    stages.profile("acme-retail", "\n[document]\nhold_non_originals = false\nhold_repeats = false\n")
    stages.erp.says = [TryLater("busy", endpoint_wide=False)]
    _send(stages, 1, "A-1")
    stages.drain()
    stages.clock.pass_time(milliseconds=10)
    _send(stages, 2, "A-1", "B-1", purpose="04")
    stages.drain()
    assert stages.erp.numbers("erp") == ["B-1"]
    stages.pass_time(seconds=10)
    assert stages.erp.numbers("erp") == ["B-1", "A-1", "A-1"]


@ON_SQLITE
def test_what_waits_for_a_turn_goes_on_once_no_order_is_asked_for(stages: Stages) -> None:
    _ordered(stages, "partner")
    stages.erp.says = [Refused("no such product", code="OUT-037")]
    _send(stages, 1, "A-1", "A-2")
    stages.drain()
    _ordered(stages, "none")
    stages.pass_time(seconds=2)
    assert stages.erp.numbers("erp") == ["A-2"]


@ON_SQLITE
def test_order_is_kept_through_an_outage(stages: Stages) -> None:
    """FI-F10."""
    _ordered(stages, "partner", "breaker = { failures = 1 }\n")
    stages.erp.down.add("erp")
    for number in range(1, 5):
        stages.clock.pass_time(milliseconds=10)
        _send(stages, number, f"A-{number}")
        stages.drain()
    stages.pass_time(minutes=10)
    stages.erp.down.clear()
    for _ in range(4):
        stages.pass_time(minutes=10)
    assert stages.erp.numbers("erp") == ["A-1", "A-2", "A-3", "A-4"]


def test_a_killed_worker_leaves_the_turn_to_the_same_consignment(tmp_path: Path, database_url: str) -> None:
    """FI-A17: begun and not heard of, it goes on under the same key, and nobody overtakes it."""
    faults = Faults("deliver", 1, "after")
    stages = Stages(tmp_path / "home", database_url, faults, erp=FarEnds(faults))
    _ordered(stages, "partner")
    _send(stages, 1, "A-1", "A-2")
    with pytest.raises(Died):
        stages.drain()
    stages = stages.again()
    stages.drain()
    stages.pass_time(seconds=1)
    assert stages.erp.numbers("erp") == ["A-1", "A-2"]
    stages.close()


@ON_SQLITE
def test_who_waits_behind_a_dead_letter_goes_on_once_the_profile_says_so(stages: Stages) -> None:
    _ordered(stages, "partner", "")
    stages.erp.says = [Refused("OUT-030 never")]
    _send(stages, 1, "A-1")
    _send(stages, 2, "A-2")
    stages.drain()
    stages.pass_time(seconds=10)
    assert stages.erp.numbers("erp") == []
    _ordered(stages, "partner", 'after_dead_letter = "go_on"\n')
    stages.pass_time(seconds=10)
    assert stages.erp.numbers("erp") == ["A-2"]
