"""A day of documents is killed at every failpoint, and at every step of the system beneath; then counted.

After each death the gateway starts again on what it finds, partners go on until they are told OK,
and two judges who know nothing of each other must find nothing: the checker, from outside
(`ledger_checker`), and `tradepost verify`, from inside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import pytest
from life import BROKE
from lives import KILLED, Day, Lives, all_armed, lives

from gateway.failpoints import FAILPOINTS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

#: Points that are passed on a first start only, and those that need other stores or other answers.
FIRST_START = ("archive.folder_made", "archive.marked", "profiles.", "schema.")
FROM_ERP = ("erp.", "push.")
OTHER_STORES = ("s3.", "download.", "sftp_source.", "s3_source.", *FROM_ERP)
LARGE = ("parse.answers_reserved",)
#: Points that only a start after a crash passes, with where it crashed before.
RECOVERY = {
    "archive.swept": "archive.before_fsync=kill:6",  # the first that is no upload by SFTP
    "parse.swept": "parse.staged=kill:1",
    "orphans.adopted": "receive.kept=kill:1",
}
#: Points at which several tasks are under way in one thread, or beside each other.
TOGETHER = (
    "parse.numbers_drawn",
    "hand_on.in_transaction",
    "send.kept",
    "send.in_transaction",
    "deliver.begun",
    "deliver.after_answer",
    "deliver.before_record",
    "deliver.in_transaction",
)
EVERY_DAY = [
    name for name in FAILPOINTS if not name.startswith((*FIRST_START, *OTHER_STORES, *LARGE, *RECOVERY))
]
#: Where an error stops a whole gateway, each tried alone; elsewhere one thing fails and all else goes on.
STOPPING = ("folder.", "jobs.", "spool.", "schedule.", "sftp.before_fetched")
_GOING_ON = [name for name in EVERY_DAY if not name.startswith(STOPPING)]
ERRED = [(name,) for name in EVERY_DAY if name.startswith(STOPPING)] + [
    tuple(_GOING_ON[place : place + 4]) for place in range(0, len(_GOING_ON), 4)
]
#: Which call of which kind `strace` kills or fails, spread over a day.
KILLS = {"fsync": 12, "fdatasync": 8, "link": 6, "unlink": 6, "rename": 2, "pwrite64": 10, "sendto": 5}
#: Calls of the database: a few more or less a day, since a chunk is written while the next one is read.
VARYING = frozenset({"fdatasync", "pwrite64"})
ERRORS = {"fsync": ("EIO", 6), "fdatasync": ("EIO", 4), "pwrite64": ("ENOSPC", 6), "link": ("EIO", 3)}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lives]:
    with lives(tmp_path_factory.mktemp("lives")) as running:
        yield running


@pytest.fixture(scope="module")
def passages(run: Lives) -> Mapping[str, int]:
    """How often a whole day passes each point."""
    day = run.day()
    assert day.live(all_armed()) == 0
    assert day.breaches() == []
    return day.passages()


def spread(count: int, most: int) -> list[int]:
    """At most `most` of the numbers from 1 to `count`, the first and the last among them."""
    if count <= most:
        return list(range(1, count + 1))
    return sorted({1 + (count - 1) * step // (most - 1) for step in range(most)})


def died_and_lived_on(day: Day, failpoints: str) -> None:
    assert day.live(failpoints) == KILLED, failpoints
    day.live_on()
    assert day.breaches() == [], failpoints


@pytest.mark.parametrize("name", EVERY_DAY)
def test_a_day_ends_well_after_a_kill_at(name: str, run: Lives, passages: Mapping[str, int]) -> None:
    """FI-A01 FI-A02 FI-A03 FI-A04 FI-A05 FI-A06 FI-A07 FI-A08 FI-A09 FI-A10 FI-A11 FI-A12 FI-A13 FI-A14

    FI-A15 FI-A16 FI-A17 FI-A18 FI-A25: at the first, a middle and the last passage of each point.
    """
    assert passages[name] > 0
    for nth in spread(passages[name], 3):
        died_and_lived_on(run.day(), f"{name}=kill:{nth}")


@pytest.mark.parametrize("names", ERRED, ids=lambda names: names[0])
def test_a_day_ends_well_after_errors_from(names: tuple[str, ...], run: Lives) -> None:
    """FI-B07, and the same boundaries as a kill: each call fails once, the process may live."""
    day = run.day()
    assert day.live(",".join(f"{name}=raise:EIO:1" for name in names)) in {0, BROKE}
    day.live_on()
    assert day.breaches() == []


@pytest.mark.parametrize("name", [n for n in FAILPOINTS if n.startswith(FIRST_START)])
def test_a_first_start_that_is_killed_is_begun_again_at(name: str, run: Lives) -> None:
    """FI-A20 FI-A23 FI-A24: the schema, the archive's marker, the profiles."""
    day = run.day(bare=True)
    died_and_lived_on(day, f"{name}=kill:1")
    again = run.day(bare=True)
    assert again.live(f"{name}=raise:EIO:1") in {0, BROKE}
    again.live_on()
    assert again.breaches() == []


@pytest.mark.parametrize("name", [*LARGE, "parse.numbers_drawn", "parse.settled"])
def test_a_large_answer_uses_its_reserved_numbers_once_after_a_kill_at(name: str, run: Lives) -> None:
    """FI-A11."""
    for nth in (1, 3):
        died_and_lived_on(run.day(large=True), f"{name}=kill:{nth}")


@pytest.mark.parametrize("name", TOGETHER)
def test_what_runs_together_ends_well_after_a_kill_at(name: str, run: Lives) -> None:
    """FI-A10 FI-A12 FI-A13 FI-A14 FI-A15 FI-A16."""
    died_and_lived_on(run.day(together=True), f"{name}=kill:1")


@pytest.mark.parametrize("name", RECOVERY)
def test_a_recovery_that_is_killed_is_begun_again_at(name: str, run: Lives) -> None:
    """FI-A06 FI-A24."""
    day = run.day()
    assert day.live(RECOVERY[name]) == KILLED
    died_and_lived_on(day, f"{name}=kill:1")


def test_ten_kills_in_a_row_during_recovery_change_nothing(run: Lives) -> None:
    """FI-A24."""
    day = run.day()
    assert day.live("parse.staged=kill:1") == KILLED
    for name in (*("jobs.taken_back", "spool.swept") * 4, "jobs.taken_back", "parse.swept"):
        assert day.live(f"{name}=kill:1") == KILLED, name
    day.live_on()
    assert day.breaches() == []


def test_bytes_that_only_the_archive_has_are_given_a_row_by_the_next_start(run: Lives) -> None:
    """FI-A06: whoever sent them was not told, and may never come back."""
    day = run.day()
    assert day.live("receive.kept=kill:1") == KILLED
    day.send_nothing_more()
    day.live_on()
    assert day.breaches() == []
    with day.events("blob.adopted") as adopted:
        assert len(adopted) == 1


def calls_of_a_day(run: Lives, syscall: str) -> int:
    """How often a whole day makes a call."""
    day = run.day()
    assert day.live(strace=["-e", f"trace={syscall}"]) == 0
    return len(re.findall(rf"^\d+ +{syscall}\(", (day.world / "strace.txt").read_text(), re.MULTILINE))


@pytest.mark.parametrize("syscall", KILLS)
def test_a_day_ends_well_after_a_kill_at_the_call(syscall: str, run: Lives) -> None:
    """FI-A01 FI-A02 FI-A03 FI-A04 FI-A06 FI-A13 FI-A16: kill -9 by strace inside of the system call."""
    calls = calls_of_a_day(run, syscall)
    for nth in spread(calls * 9 // 10 if syscall in VARYING else calls, KILLS[syscall]):
        day = run.day()
        assert day.live(strace=["-e", f"inject={syscall}:signal=KILL:when={nth}"]) == KILLED, nth
        day.live_on()
        assert day.breaches() == [], nth


@pytest.mark.parametrize("syscall", ERRORS)
def test_a_day_ends_well_after_the_call_failed_once(syscall: str, run: Lives) -> None:
    """FI-B01 FI-B02 FI-B03 FI-B07: the disk refuses once; what it may have lost is not trusted."""
    error, most = ERRORS[syscall]
    for nth in spread(calls_of_a_day(run, syscall), most):
        day = run.day()
        day.live(strace=["-e", f"inject={syscall}:error={error}:when={nth}"])
        day.live_on()
        assert day.breaches() == [], nth


def test_every_failpoint_is_killed_at_here_or_where_other_stores_are() -> None:
    elsewhere = {name for name in FAILPOINTS if name.startswith((*FIRST_START, *OTHER_STORES))}
    assert {*EVERY_DAY, *elsewhere, *LARGE, *RECOVERY} == set(FAILPOINTS)
    assert {name for names in ERRED for name in names} == set(EVERY_DAY)


def test_at_least_two_hundred_kills_are_made_each_time(passages: Mapping[str, int]) -> None:
    by_point = sum(len(spread(passages[name], 3)) for name in EVERY_DAY)
    by_call = sum(KILLS.values())
    by_start = len(RECOVERY) * 2 + len(LARGE) * 2 + len(TOGETHER) + 11
    assert by_call >= 40
    assert by_point + by_call + by_start >= 200
