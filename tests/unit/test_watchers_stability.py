"""When a file has come to rest, and what a watcher remembers between sweeps."""

from __future__ import annotations

from gateway.watchers.memory import Notes, SweepMemory
from gateway.watchers.stability import Look, Stability

SMALL, LARGE = Look(10, 1), Look(20, 1)


def test_one_look_is_never_enough_however_long_ago_the_file_was_written() -> None:
    rule = Stability(stable_s=5.0)
    assert not rule.is_at_rest("a", SMALL, 1000.0)


def test_two_looks_with_the_time_between_them_are_enough() -> None:
    rule = Stability(stable_s=5.0)
    rule.is_at_rest("a", SMALL, 1000.0)
    rule.end_sweep()
    assert not rule.is_at_rest("a", SMALL, 1004.9)
    rule.end_sweep()
    assert rule.is_at_rest("a", SMALL, 1005.0)


def test_a_change_of_size_or_time_begins_the_rest_anew() -> None:
    for changed in (LARGE, Look(10, 2)):
        rule = Stability(stable_s=5.0)
        rule.is_at_rest("a", SMALL, 1000.0)
        rule.end_sweep()
        assert not rule.is_at_rest("a", changed, 1006.0)
        rule.end_sweep()
        assert not rule.is_at_rest("a", changed, 1010.9)
        rule.end_sweep()
        assert rule.is_at_rest("a", changed, 1011.0)


def test_a_file_that_was_away_for_a_sweep_is_a_new_one() -> None:
    rule = Stability(stable_s=5.0)
    rule.is_at_rest("a", SMALL, 1000.0)
    rule.end_sweep()
    rule.end_sweep()
    assert not rule.is_at_rest("a", SMALL, 1010.0)


def test_a_sweep_that_was_cut_off_forgets_nothing() -> None:
    rule = Stability(stable_s=5.0)
    rule.is_at_rest("a", SMALL, 1000.0)
    rule.is_at_rest("b", SMALL, 1000.0)
    rule.end_sweep()
    rule.is_at_rest("a", SMALL, 1001.0)
    assert rule.is_at_rest("b", SMALL, 1005.0)


def test_it_says_how_many_files_are_not_at_rest() -> None:
    rule = Stability(stable_s=5.0)
    rule.is_at_rest("a", SMALL, 1000.0)
    rule.is_at_rest("b", SMALL, 1000.0)
    rule.end_sweep()
    assert rule.waiting == 2
    rule.is_at_rest("a", SMALL, 1005.0)
    rule.is_at_rest("b", LARGE, 1005.0)
    rule.end_sweep()
    assert rule.waiting == 1


def test_names_beyond_the_limit_wait_until_there_is_room() -> None:
    rule = Stability(stable_s=5.0, limit=1)
    rule.is_at_rest("a", SMALL, 1000.0)
    rule.is_at_rest("b", SMALL, 1000.0)
    rule.end_sweep()
    assert rule.is_at_rest("a", SMALL, 1005.0)
    assert not rule.is_at_rest("b", SMALL, 1005.0)
    rule.end_sweep()
    assert not rule.is_at_rest("b", SMALL, 1006.0)
    rule.end_sweep()
    assert not rule.is_at_rest("b", SMALL, 1007.0)
    rule.end_sweep()
    assert rule.is_at_rest("b", SMALL, 1012.0)


def test_a_memory_never_holds_more_than_its_limit() -> None:
    memory: SweepMemory[int] = SweepMemory(limit=3)
    for number in range(10):
        memory.put(str(number), number)
        assert len(memory) <= 3
    assert [memory.get(str(number)) for number in range(5)] == [0, 1, 2, None, None]


def test_a_value_may_be_replaced_when_the_memory_is_full() -> None:
    memory: SweepMemory[int] = SweepMemory(limit=1)
    memory.put("a", 1)
    memory.end_sweep()
    memory.put("a", 2)
    assert memory.get("a") == 2
    memory.drop("a")
    assert memory.get("a") is None
    assert len(memory) == 0


def test_a_note_is_made_once_until_its_subject_was_away() -> None:
    notes = Notes()
    assert notes.is_new("a", "GTW-254")
    assert not notes.is_new("a", "GTW-254")
    assert notes.is_new("a", "GTW-256")
    notes.end_sweep()
    assert not notes.is_new("a", "GTW-256")
    notes.end_sweep()
    notes.end_sweep()
    assert notes.is_new("a", "GTW-256")
