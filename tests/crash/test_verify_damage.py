"""`tradepost verify` finds what was damaged by hand, each kind for itself, and nothing in a sound home."""

# ruff: noqa: S608 - the damage is put together from our own words

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from business_files import order_850, order_csv
from sqlalchemy import Connection, create_engine, text
from stages import Stages

from gateway.archive.local import LocalArchive
from gateway.home import archive_id
from gateway.settings import Settings
from gateway.store.ledger import Ledger, open_engine
from gateway.verify.drawn import NumberSet
from gateway.verify.report import MOST_SHOWN, Report, Tally
from gateway.verify.verifying import LEDGER, verify
from gateway.wiring import SystemClock

pytestmark = pytest.mark.slow

TRADEPOST = Path(sys.executable).with_name("tradepost")


def lived(home: Path, database_url: str = "") -> None:
    """A home with orders that were delivered, rejected and answered, and one that nobody has read yet."""
    with closing(Stages(home, database_url or f"sqlite:///{home / 'tradepost.db'}")) as stages:
        stages.receive("acme-retail", "po_1.edi", order_850(1, ["A-1", "A-2"]))
        stages.receive("acme-retail", "po_2.edi", order_850(2, ["A-3"], date="20261131"))
        stages.receive("corner-bikes", "orders.csv", order_csv(["C-1"]))
        stages.drain()
        stages.outbox("acme-retail")
        stages.receive("acme-retail", "po_3.edi", order_850(3, ["A-4"]))


def compared(home: Path, database_url: str = "", sample: int | None = None) -> Report:
    """What a comparison of the home finds."""
    settings = Settings(home=home, database_url=database_url)
    archive = LocalArchive(home / "archive", archive_id(settings))
    with closing(Ledger(open_engine(settings.effective_database_url))) as ledger:
        return verify(ledger, archive, SystemClock(), sample=sample, progress=lambda *_: None)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("sound") / "home"
    lived(home)
    return home


@pytest.fixture
def home(sound: Path, tmp_path: Path) -> Path:
    return shutil.copytree(sound, tmp_path / "home")


def breaches(report: Report) -> dict[str, str]:
    """What each check that failed says, all in one."""
    return {
        check.name: " ".join(one.says for one in check.breaches) for check in report.checks if check.breached
    }


def statements(*sql: str) -> Callable[[Connection, Path], None]:
    def damage(connection: Connection, home: Path) -> None:
        for one in sql:
            assert connection.execute(text(one)).rowcount, f"nothing was damaged by {one}"

    return damage


def kept(connection: Connection, home: Path) -> Path:
    """The archived file of the first order."""
    sha256 = connection.execute(text("SELECT sha256 FROM transmission WHERE name = 'po_1.edi'")).scalar_one()
    path = home / "archive" / sha256[:2] / sha256[2:4] / sha256
    path.chmod(0o600)
    return path


def flip_a_bit(connection: Connection, home: Path) -> None:
    path = kept(connection, home)
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)


def cut_off(connection: Connection, home: Path) -> None:
    os.truncate(kept(connection, home), 10)


def remove(connection: Connection, home: Path) -> None:
    kept(connection, home).unlink()


@dataclass(frozen=True)
class Damage:
    """What is done by hand, the check that must find it, and a word of what it says."""

    do: Callable[[Connection, Path], None]
    check: str
    says: str


ONE_DOCUMENT = "(SELECT id FROM document WHERE number = 'A-1')"
ONE_CONSIGNMENT = "(SELECT id FROM consignment ORDER BY id LIMIT 1)"
ONE_ANSWER = "(SELECT id FROM acknowledgement WHERE control_number = '000000001')"
SERIES = "(SELECT series FROM control_number WHERE series LIKE 'interchange%')"
DAMAGES = {
    "a bit of a kept file is flipped": Damage(flip_a_bit, "archive", "were changed"),
    "a kept file is cut off": Damage(cut_off, "archive", "were changed"),
    "a kept file is removed": Damage(remove, "archive", "does not have them"),
    "a size in the ledger is changed": Damage(
        statements("UPDATE blob SET size = size + 1"), "archive", "the ledger says"
    ),
    "a transmission is deleted": Damage(
        statements("DELETE FROM transmission WHERE name = 'po_1.edi'"), "links", "which is not there"
    ),
    "a document is deleted": Damage(
        statements(f"DELETE FROM document WHERE id = {ONE_DOCUMENT}"), "events", "that is not there"
    ),
    "a blob's row is deleted": Damage(
        statements(
            "DELETE FROM blob WHERE sha256 = (SELECT sha256 FROM transmission WHERE name = 'po_1.edi')"
        ),
        "links",
        "names the blob",
    ),
    "the task of a waiting file is deleted": Damage(
        statements("DELETE FROM task WHERE stage = 'parse' AND state = 'waiting'"),
        "work",
        "no task will run it",
    ),
    "a file is in no place": Damage(
        statements("DELETE FROM task WHERE stage = 'parse' AND state = 'waiting'"),
        "places",
        "none of the places",
    ),
    "a document's state is changed": Damage(
        statements(f"UPDATE document SET state = 'rejected' WHERE id = {ONE_DOCUMENT}"), "events", "lead to"
    ),
    "a delivered document's consignment is put back": Damage(
        statements(f"UPDATE consignment SET state = 'due' WHERE id = {ONE_CONSIGNMENT}"),
        "documents",
        "not all of its consignments",
    ),
    "a file's state is changed": Damage(
        statements("UPDATE transmission SET state = 'duplicate' WHERE name = 'po_1.edi'"),
        "events",
        "lead to read",
    ),
    "an event is deleted": Damage(
        statements("DELETE FROM event WHERE action = 'consignment.sending'"), "events", "as if from"
    ),
    "an event is changed": Damage(
        statements(f"UPDATE event SET after = 'held' WHERE subject = {ONE_DOCUMENT} AND after = 'delivered'"),
        "events",
        "became held",
    ),
    "all events of a row are deleted": Damage(
        statements(f"DELETE FROM event WHERE subject = {ONE_DOCUMENT}"), "events", "no event says"
    ),
    "a control number is used twice": Damage(
        statements(
            "UPDATE acknowledgement SET control_number = '000000001' WHERE control_number = '000000002'"
        ),
        "numbers",
        "another answer has",
    ),
    "an answer is deleted": Damage(
        statements(f"DELETE FROM acknowledgement WHERE id = {ONE_ANSWER}"), "numbers", "were never used"
    ),
    "a counter is put forward": Damage(
        statements(f"UPDATE control_number SET next = next + 5 WHERE series = {SERIES}"),
        "numbers",
        "Nothing explains",
    ),
    "a counter is put back": Damage(
        statements(f"UPDATE control_number SET next = 1 WHERE series = {SERIES}"),
        "numbers",
        "is used already",
    ),
    "a counter is deleted": Damage(
        statements(f"DELETE FROM control_number WHERE series = {SERIES}"), "numbers", "has no counter"
    ),
    "a number is said to be used": Damage(
        statements(
            "INSERT INTO control_reservation (series, number, subject, state) "
            f"VALUES ({SERIES}, 9, 'ix-1', 'used')"
        ),
        "numbers",
        "no answer carries it",
    ),
    "a void number is used": Damage(
        statements(
            "INSERT INTO control_reservation (series, number, subject, state, reason) "
            f"VALUES ({SERIES}, 1, 'ix-1', 'void', 'none')"
        ),
        "numbers",
        "and an answer carries it",
    ),
    "an answer's bytes are changed": Damage(
        statements(f"UPDATE acknowledgement SET payload = X'495341' WHERE id = {ONE_ANSWER}"),
        "answers",
        "not what was committed",
    ),
    "an answer loses its file": Damage(
        statements(f"UPDATE acknowledgement SET transmission_id = NULL WHERE id = {ONE_ANSWER}"),
        "answers",
        "no file of ours",
    ),
    "an answer is there twice": Damage(
        statements(
            "UPDATE acknowledgement SET file_name = 'x', kind = '997', interchange_id = "
            f"(SELECT interchange_id FROM acknowledgement WHERE id = {ONE_ANSWER})"
        ),
        "answers",
        "of one kind and name",
    ),
    "a mailbox shows other bytes": Damage(
        statements("UPDATE mailbox_entry SET sha256 = (SELECT sha256 FROM blob ORDER BY sha256 LIMIT 1)"),
        "mailboxes",
        "that its file does not have",
    ),
    "a mailbox entry is given to another partner": Damage(
        statements("UPDATE mailbox_entry SET partner = 'delta-supply' WHERE name LIKE '997%1.edi'"),
        "mailboxes",
        "that its file does not have",
    ),
    "a mailbox entry is deleted": Damage(
        statements("DELETE FROM mailbox_entry"), "mailboxes", "never listed it"
    ),
    "an attempt is taken twice": Damage(
        statements(
            "INSERT INTO delivery_attempt (consignment_id, number, begun_at, outcome) "
            f"VALUES ({ONE_CONSIGNMENT}, 2, '2026-11-23 12:00:00', 'accepted')"
        ),
        "deliveries",
        "exactly one attempt",
    ),
    "an attempt is deleted": Damage(
        statements(f"DELETE FROM delivery_attempt WHERE consignment_id = {ONE_CONSIGNMENT}"),
        "deliveries",
        "more or fewer attempts",
    ),
    "one key is delivered twice": Damage(
        statements("UPDATE consignment SET key = 'erp.k', destination = 'erp'"),
        "deliveries",
        "under this key",
    ),
    "a consignment forgets its bytes": Damage(
        statements(f"UPDATE consignment SET sha256 = NULL WHERE id = {ONE_CONSIGNMENT}"),
        "deliveries",
        "what bytes were",
    ),
}


def test_a_sound_home_has_no_breach_and_its_places_add_up(sound: Path) -> None:
    """Catalogue §0, I3: received = delivered + rejected + duplicate + quarantined + held + in flight."""
    report = compared(sound)
    assert breaches(report) == {}
    assert report.received == sum(report.places.values()) == 4
    assert {place: count for place, count in report.places.items() if count} == {
        "in_flight": 1,
        "rejected": 1,
        "delivered": 2,
    }
    assert {check.name for check in report.checks} == {"places", *LEDGER, "archive", "orphans"}
    assert all(check.compared for check in report.checks)


@pytest.mark.parametrize("what", DAMAGES)
def test_it_is_found_that(what: str, home: Path) -> None:
    damage = DAMAGES[what]
    engine = create_engine(f"sqlite:///{home / 'tradepost.db'}")
    with engine.begin() as connection:
        damage.do(connection, home)
    engine.dispose()
    found = breaches(compared(home))
    assert damage.says in found.get(damage.check, ""), found


def test_bytes_that_only_the_archive_has_are_a_note_and_no_breach(home: Path) -> None:
    """FI-A06."""
    stray = home / "archive" / "00" / "11" / ("0011" + "0" * 60)
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"kept, and then killed")
    report = compared(home)
    assert report.is_well
    assert [note[:4] for check in report.checks for note in check.notes] == ["0011"]


def test_a_sample_reads_just_so_many_files_and_says_how_many_it_left(sound: Path) -> None:
    report = compared(sound, sample=2)
    (archive,) = [check for check in report.checks if check.name == "archive"]
    assert archive.compared == 2
    assert "were not read" in archive.notes[0]
    assert compared(sound, sample=0).is_well


def test_a_replay_a_release_and_a_number_set_by_hand_are_explained(home: Path) -> None:
    url = f"sqlite:///{home / 'tradepost.db'}"
    with closing(Stages(home, url)) as stages:
        (series, *_) = [one for one in _series(stages) if one.startswith("interchange")]
        act = stages.parts.act("tester", "a cut-over")
        stages.operations.set_number(act, series, 500)
        stages.drain()
        with stages.view() as view:
            replayed = view.execute(text("SELECT id FROM transmission WHERE name = 'po_1.edi'")).scalar_one()
        stages.operations.replay(act, replayed)
        stages.pass_time(seconds=1)
    assert breaches(compared(home)) == {}


def _series(stages: Stages) -> list[str]:
    with stages.view() as view:
        return list(view.execute(text("SELECT series FROM control_number ORDER BY series")).scalars())


def test_the_same_is_compared_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    lived(tmp_path / "home", postgres_url)
    assert breaches(compared(tmp_path / "home", postgres_url)) == {}
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))
        for what in ("an event is deleted", "a counter is put forward", "a mailbox entry is deleted"):
            DAMAGES[what].do(connection, tmp_path)
    engine.dispose()
    assert set(breaches(compared(tmp_path / "home", postgres_url))) == {"events", "numbers", "mailboxes"}


def test_the_command_says_what_it_compared_and_ends_with_a_status(home: Path) -> None:
    command = [str(TRADEPOST), "--home", str(home), "verify"]
    well = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert well.returncode == 0, well.stderr
    assert "4 files came in = 1 in flight + 0 held" in well.stdout
    assert "Everything fits." in well.stdout
    engine = create_engine(f"sqlite:///{home / 'tradepost.db'}")
    with engine.begin() as connection:
        flip_a_bit(connection, home)
    engine.dispose()
    found = subprocess.run([*command, "--json"], capture_output=True, text=True, timeout=60, check=False)
    assert found.returncode == 2
    said = json.loads(found.stdout)
    assert said["well"] is False
    assert [check["name"] for check in said["checks"] if check["breached"]] == ["archive"]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 2
    assert "The bytes were changed" in told.stdout


def test_a_million_numbers_take_an_eighth_of_a_megabyte_and_gaps_are_ranges() -> None:
    numbers = NumberSet()
    for number in (*range(1, 1000), *range(1003, 100_000)):
        assert numbers.add(number)
    assert not numbers.add(500)
    assert list(numbers.missing(1, 100_001)) == [(1000, 1002), (100_000, 100_001)]
    assert numbers.highest == 99_999


def test_every_breach_is_counted_and_the_first_hundred_are_told() -> None:
    tally = Tally("x", "y")
    for number in range(MOST_SHOWN + 20):
        tally.breach(str(number), "no")
    result = tally.result()
    assert (result.breached, len(result.breaches)) == (MOST_SHOWN + 20, MOST_SHOWN)
