"""How an ERP is asked for what has changed: in what order, how far, and what its refusals come to."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import BinaryIO

import pytest

from gateway.errors import ChannelUnavailable
from gateway.ports import Arrival, Heard, Received, Sight
from gateway.watchers.erp import ErpWatcher
from outbound.changes import Change, Position, Told
from outbound.connector import Refused, TryLater
from partners.channels import ErpChannel

SALES = "sale.sale"
CHANNEL = ErpChannel(
    kind="erp", name="acme-erp", destination="tryton", party="ACME", since=date(2026, 11, 1), page=2
)
OVERLAP_VERSIONS = 1


@dataclass
class Erp:
    """Records by number with the mark of their last change and what they say; marks count up from v10."""

    says: dict[int, tuple[str, str]] = field(default_factory=dict)
    withdrawn: set[int] = field(default_factory=set)
    #: Raised instead of an answer.
    fault: Exception | None = None
    #: What a record says from the moment on when its page was listed.
    meanwhile: dict[int, tuple[str, str] | None] = field(default_factory=dict)
    opened: int = 0
    asked: list[Position] = field(default_factory=list)
    sources: Sequence[str] = (SALES,)

    def open(self) -> Erp:
        self.opened += 1
        return self

    def start(self) -> Position:
        return Position("v10")

    def overlapping(self, source: str, position: Position) -> Position:
        assert source == SALES
        return Position(f"v{int(position.version[1:]) - OVERLAP_VERSIONS}")

    def changes(self, source: str, after: Position, limit: int) -> list[Change]:
        if self.fault is not None:
            raise self.fault
        self.asked.append(after)
        all_of_them = [self._change(source, number) for number in self.says]
        behind = sorted((one for one in all_of_them if one.at.key > after.key), key=lambda one: one.at.key)
        return behind[:limit]

    def tell(self, changes: Sequence[Change]) -> Iterator[Told]:
        for number, now in self.meanwhile.items():
            if now is None:
                self.says.pop(number, None)
            else:
                self.says[number] = now
        self.meanwhile.clear()
        for change in changes:
            if change.at.number in self.says:
                told = self._change(change.source, change.at.number)
                said = self.says[change.at.number][1]
                yield Told(told, said.encode(), f"digest of {said}")

    def close(self) -> None:
        self.opened -= 1

    def _change(self, source: str, number: int) -> Change:
        version, _ = self.says[number]
        return Change(source, Position(version, number), withdrawn=number in self.withdrawn)


@dataclass
class Book:
    """Bookmarks in memory, as the ledger keeps them."""

    reached: dict[tuple[str, str], Position] = field(default_factory=dict)
    known: dict[str, Heard] = field(default_factory=dict)
    ends: int = 0

    def position(self, channel: str, source: str) -> Position | None:
        return self.reached.get((channel, source))

    def heard(self, channel: str, records: Sequence[str]) -> Mapping[str, Heard]:
        assert channel == CHANNEL.name
        return {record: self.known[record] for record in records if record in self.known}

    def advance(
        self, channel: str, source: str, position: Position, same: Sequence[Heard], *, at_end: bool
    ) -> None:
        before = self.reached.get((channel, source))
        if before is None or before.key < position.key:
            self.reached[channel, source] = position
        self.known |= {one.record: one for one in same}
        self.ends += at_end


class House:
    """An ERP, its watcher, and what arrived."""

    def __init__(self) -> None:
        self.erp, self.book = Erp(), Book()
        self.arrived: list[tuple[str, str]] = []
        self.watcher = ErpWatcher(CHANNEL, "acme-retail", self.erp.open, self.book)

    def receive(self, arrival: Arrival, content: BinaryIO | Path) -> Received:
        assert isinstance(content, io.BytesIO)
        assert arrival.heard is not None
        assert arrival.partner == "acme-retail"
        self.book.known[arrival.heard.record] = arrival.heard
        self.arrived.append((arrival.source_key, content.read().decode()))
        return Received("tx-1", "0" * 64, 1, Sight.NEW)

    def sweep(self) -> list[str]:
        """What one look brings."""
        before = len(self.arrived)
        count = self.watcher.sweep(self.receive, lambda: False)
        brought = [said for _, said in self.arrived[before:]]
        assert count == len(brought)
        return brought

    @property
    def cursor(self) -> Position | None:
        return self.book.position(CHANNEL.name, SALES)


@pytest.fixture
def house() -> House:
    return House()


def test_records_are_told_in_the_order_of_their_changes_page_by_page(house: House) -> None:
    house.erp.says = {3: ("v11", "third"), 1: ("v12", "first"), 2: ("v13", "second")}
    assert house.sweep() == ["third", "first", "second"]
    assert house.cursor == Position("v13", 2)
    assert house.book.ends == 1


def test_of_records_changed_at_one_moment_none_is_lost_at_the_end_of_a_page(house: House) -> None:
    house.erp.says = {number: ("v11", f"n{number}") for number in (1, 2, 3, 4, 5)}
    assert house.sweep() == ["n1", "n2", "n3", "n4", "n5"]
    assert [place.number for place in house.erp.asked] == [0, 2, 4]


def test_what_was_told_is_not_told_again_though_it_is_asked_for_again(house: House) -> None:
    house.erp.says = {1: ("v11", "one"), 2: ("v12", "two")}
    house.sweep()
    assert house.sweep() == []


def test_what_becomes_visible_late_is_found_by_the_overlap(house: House) -> None:
    """A transaction that began earlier and ended after the look: its mark lies before the cursor."""
    house.erp.says = {2: ("v12", "two")}
    house.sweep()
    house.erp.says[1] = ("v12", "late")
    assert house.sweep() == ["late"]


def test_an_erp_whose_clock_was_set_back_tells_what_it_changes_once_it_is_there_again(house: House) -> None:
    """FI-G01: marks before the overlap are not seen until the clock has passed the cursor."""
    house.erp.says = {1: ("v20", "one")}
    house.sweep()
    house.erp.says[1] = ("v15", "one, changed while the clock was back")
    assert house.sweep() == []
    house.erp.says[1] = ("v21", "one, changed later")
    assert house.sweep() == ["one, changed later"]
    assert house.cursor == Position("v21", 1)


def test_a_record_that_was_touched_and_says_the_same_is_no_arrival(house: House) -> None:
    house.erp.says = {1: ("v11", "one")}
    house.sweep()
    house.erp.says[1] = ("v12", "one")
    assert house.sweep() == []
    assert house.book.known[f"{SALES},1"].version == "v12"


def test_a_record_changed_while_its_page_is_read_is_told_once_as_it_is_now(house: House) -> None:
    house.erp.says = {1: ("v11", "one"), 2: ("v12", "two")}
    house.erp.meanwhile = {1: ("v13", "one, changed")}
    assert house.sweep() == ["one, changed", "two"]
    assert house.sweep() == []
    assert [key for key, _ in house.arrived] == [f"{SALES},1@v13", f"{SALES},2@v12"]


def test_a_record_deleted_while_its_page_is_read_is_passed_over(house: House) -> None:
    house.erp.says = {1: ("v11", "one"), 2: ("v12", "two")}
    house.erp.meanwhile = {1: None}
    assert house.sweep() == ["two"]


def test_what_is_taken_back_is_told_only_to_those_who_were_told_of_it(house: House) -> None:
    house.erp.says = {1: ("v11", "one"), 2: ("v12", "never told")}
    house.erp.withdrawn = {2}
    assert house.sweep() == ["one"]
    house.erp.withdrawn = {1, 2}
    house.erp.says[1] = ("v13", "one is cancelled")
    assert house.sweep() == ["one is cancelled"]


def test_told_to_stop_the_cursor_stays_before_what_was_not_recorded(house: House) -> None:
    house.erp.says = {1: ("v11", "one"), 2: ("v12", "two")}
    assert house.watcher.sweep(house.receive, lambda: bool(house.arrived)) == 1
    assert house.cursor is None
    assert house.sweep() == ["two"]


@pytest.mark.parametrize(
    ("fault", "code", "opened"),
    [
        (TryLater("it answers 503", code="OUT-035"), "GTW-280", 1),
        (TryLater("it answers 429", after_s=30.0, code="OUT-035"), "GTW-280", 1),
        (Refused("it answers 401", endpoint_wide=True, code="OUT-034"), "GTW-281", 0),
    ],
    ids=["away", "too many requests", "not let in"],
)
def test_an_erp_that_does_not_answer_leaves_the_cursor_and_is_asked_again(
    house: House, fault: Exception, code: str, opened: int
) -> None:
    """FI-F02, FI-F03: after a refusal the secrets are read anew, since they may have been put right."""
    house.erp.says = {1: ("v11", "one")}
    house.erp.fault = fault
    with pytest.raises(ChannelUnavailable) as unavailable:
        house.sweep()
    assert unavailable.value.code == code
    assert str(fault) in unavailable.value.message
    assert house.cursor is None
    assert house.erp.opened == opened
    house.erp.fault = None
    assert house.sweep() == ["one"]
    assert house.erp.opened == 1


def test_closed_it_lets_go_and_connects_anew_when_it_looks_again(house: House) -> None:
    house.watcher.close()
    assert house.erp.opened == 0
    house.sweep()
    house.watcher.close()
    assert house.erp.opened == 0
    house.sweep()
    assert house.erp.opened == 1


def test_it_is_asked_as_often_as_its_channel_says_and_nothing_rings_for_it(house: House) -> None:
    assert house.watcher.channel == "acme-erp"
    assert house.watcher.poll_s == CHANNEL.poll_s
    slow = ErpWatcher(replace_channel(poll_s=600.0), "acme-retail", house.erp.open, house.book)
    assert slow.poll_s == 600.0
    assert not slow.bell.wait(0)


def replace_channel(**values: object) -> ErpChannel:
    return CHANNEL.model_copy(update=values)
