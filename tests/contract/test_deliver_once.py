"""Idempotency at four layers, as docs/idempotency.md says: file, interchange, business key, ERP key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from business_files import order_850
from stages import ACT, Died, FarEnds, Faults, Stages

from gateway.ports import Sight

pytestmark = pytest.mark.slow
#: Nothing in it depends on the database.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def stages(tmp_path: Path, database_url: str) -> Iterator[Stages]:
    stages = Stages(tmp_path / "home", database_url)
    yield stages
    stages.close()


@ON_SQLITE
def test_layer_1_a_file_that_comes_twice_is_one_file(stages: Stages) -> None:
    """The same arrival is told the same; the same bytes anew are a duplicate, answered as before."""
    content = order_850(1, ["A-1"])
    first = stages.receive("acme-retail", "po.edi", content, key="upload-1")
    again = stages.receive("acme-retail", "po.edi", content, key="upload-1")
    assert (again.transmission, again.sight) == (first.transmission, Sight.SAME)
    stages.drain()
    anew = stages.receive("acme-retail", "po.edi", content, key="upload-2")
    stages.drain()
    assert stages.shown(anew.transmission).transmission["state"] == "duplicate"
    assert stages.erp.numbers("erp") == ["A-1"]


def test_layer_2_an_interchange_that_comes_twice_is_one_interchange(stages: Stages) -> None:
    """In another file it is a duplicate; with other bytes it is refused and a person looks."""
    content = order_850(1, ["A-1"])
    stages.receive("acme-retail", "po.edi", content)
    stages.drain()
    inside = stages.receive("acme-retail", "two.edi", content + order_850(2, ["A-2"]))
    other = stages.receive("acme-retail", "other.edi", order_850(1, ["A-3"]))
    stages.drain()
    states = [one["state"] for one in stages.shown(inside.transmission).interchanges]
    assert states == ["duplicate", "handed_on"]
    assert stages.shown(other.transmission).transmission["state"] == "quarantined"
    assert sorted(stages.erp.numbers("erp")) == ["A-1", "A-2"]


def test_layer_3_an_order_under_another_control_number_waits_for_a_person(stages: Stages) -> None:
    """BI-040: released, it goes out as the next version, under a key of its own."""
    stages.receive("acme-retail", "po.edi", order_850(1, ["A-1"]))
    stages.drain()
    stages.receive("acme-retail", "again.edi", order_850(2, ["A-1"]))
    stages.drain()
    [held] = stages.documents(state="held")
    assert stages.erp.numbers("erp") == ["A-1"]
    stages.operations.release_document(ACT, held["id"])
    stages.drain()
    first, second = (one.key for one in stages.erp.taken["erp"])
    assert first.rpartition("-")[0] == second.rpartition("-")[0]
    assert (first[-2:], second[-2:]) == ("-1", "-2")


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("order", ["none", "partner"])
def test_layer_4_a_delivery_cut_off_at_the_far_end_is_one_document_there(
    tmp_path: Path, database_url: str, moment: str, order: str
) -> None:
    """FI-A17, FI-F05: killed before or after the far end took it, the next try has the same key and bytes."""
    faults = Faults("deliver", 1, "before" if moment == "before" else "after")
    stages = Stages(tmp_path / "home", database_url, faults, erp=FarEnds(faults))
    path = stages.home / "partners" / "destinations.toml"
    path.write_text(path.read_text("utf-8").replace("[erp]\n", f'[erp]\norder = "{order}"\n'))
    stages.apply()
    stages.receive("acme-retail", "po.edi", order_850(1, ["A-1", "A-2"]))
    with pytest.raises(Died):
        stages.drain()
    stages = stages.again()
    stages.drain()
    assert sorted(stages.erp.numbers("erp")) == ["A-1", "A-2"]
    assert {one["state"] for one in stages.documents()} == {"delivered"}
    stages.close()


@ON_SQLITE
def test_layer_4_one_document_has_one_key_in_a_batch_and_alone(stages: Stages) -> None:
    """A far end that books documents one by one knows each by its own key, whatever carries it."""
    path = stages.home / "partners" / "destinations.toml"
    batches = 'schedule = { kind = "at_once", batch_size = 5 }'
    path.write_text(path.read_text("utf-8").replace("[erp]\n", f"[erp]\n{batches}\n"))
    stages.apply()
    stages.receive("acme-retail", "po.edi", order_850(1, ["A-1", "A-2"]))
    stages.drain()
    [batch] = stages.erp.taken["erp"]
    carried = {one.value["number"]: one.key for one in batch.documents}
    path.write_text(path.read_text("utf-8").replace(f"{batches}\n", ""))
    stages.apply()
    [transmission] = {one["transmission_id"] for one in stages.documents()}
    stages.operations.replay(ACT, transmission)
    stages.drain()
    alone = {one.documents[0].value["number"]: one.key for one in stages.erp.taken["erp"][1:]}
    assert alone == carried
    assert batch.key not in carried.values()
