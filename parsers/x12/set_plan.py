"""A set definition compiled for placing segments, and the state of a set half read."""

from __future__ import annotations

import sys
from dataclasses import field
from functools import lru_cache

from parsers.finding import Finding
from parsers.record import identity_record, mutable_record
from parsers.x12.definition import LoopDefinition, SegmentDefinition, SegmentUse, SetDefinition
from parsers.x12.model import Loop
from parsers.x12.segment_check import SegmentCheck, WalkOptions

#: Stands for "no maximum".
UNBOUNDED = sys.maxsize


@identity_record
class Child:
    """A position in a loop: a segment, or an inner loop (then `loop` is its plan)."""

    id: str
    required: bool
    maximum: int
    check: SegmentCheck
    loop: LoopPlan | None


class LoopPlan:
    """A loop's positions, and which of them each segment id can take.

    index: positions by segment id, in order; the loop's own trigger is not among them.
    required: positions that must be filled, the trigger left out. size: number of positions.
    next_required: for each position the first that must be filled from there on, or UNBOUNDED.
    """

    def __init__(self, definition: LoopDefinition, checks: Checks) -> None:
        self.id = definition.id
        self.path = definition.path
        self.children = tuple(_child(part, checks) for part in definition.children)
        self.required = tuple(
            at for at, child in enumerate(self.children) if child.required and (at or not definition.id)
        )
        self.size = len(self.children)
        self.next_required = _next_of(self.required, self.size)
        self.index: dict[str, list[int]] = {}
        self._chains: dict[str, list[Chain]] = {}
        for at, child in enumerate(self.children):
            if at or not definition.id:
                self.index.setdefault(child.id, []).append(at)

    @property
    def trigger(self) -> Child:
        """The loop's first segment."""
        return self.children[0]

    def chains_to(self, segment_id: str) -> list[Chain]:
        """The loops to open, outermost first, so that a segment inside them has its place; nearest first.

        A segment that begins a loop is not inside it.
        """
        found = self._chains.get(segment_id)
        if found is None:
            inner = [(at, child.loop) for at, child in enumerate(self.children) if child.loop]
            found = [((at, plan),) for at, plan in inner if segment_id in plan.index]
            for at, plan in inner:
                found += [((at, plan), *chain) for chain in plan.chains_to(segment_id)]
            found.sort(key=len)
            self._chains[segment_id] = found
        return found


def _next_of(required: tuple[int, ...], size: int) -> list[int]:
    return [next((place for place in required if place >= at), UNBOUNDED) for at in range(size + 1)]


#: Loops to open one inside the other, each with its position in the one before.
Chain = tuple[tuple[int, LoopPlan], ...]


class Checks:
    """The compiled checks of one set, one a segment however often the segment is used."""

    def __init__(self, options: WalkOptions, release: str) -> None:
        self._options = options
        self._release = release
        self._made: dict[SegmentDefinition, SegmentCheck] = {}

    def of(self, segment: SegmentDefinition) -> SegmentCheck:
        """The check of a segment."""
        if segment not in self._made:
            self._made[segment] = SegmentCheck(segment, self._options, self._release)
        return self._made[segment]


def _child(part: SegmentUse | LoopDefinition, checks: Checks) -> Child:
    if isinstance(part, LoopDefinition):
        plan = LoopPlan(part, checks)
        maximum = part.repeat or UNBOUNDED
        return Child(part.id, part.requirement == "M", maximum, plan.trigger.check, plan)
    return Child(part.id, part.requirement == "M", part.max_use or UNBOUNDED, checks.of(part.segment), None)


@identity_record
class SetPlan:
    """A set compiled under given options.

    homes: paths of the loops that hold each segment id. checks: some check of each segment id.
    known: ids of all segments of the release.
    """

    set_id: str
    release: str
    root: LoopPlan
    homes: dict[str, list[str]]
    checks: dict[str, SegmentCheck]
    known: frozenset[str]


@lru_cache(maxsize=128)
def compiled(definition: SetDefinition, options: WalkOptions) -> SetPlan:
    """The plan of a set, made once for each way of reading it."""
    root = LoopPlan(definition.root, Checks(options, definition.release))
    plan = SetPlan(definition.set_id, definition.release, root, {}, {}, definition.known)
    _note_homes(root, plan)
    return plan


def _note_homes(loop: LoopPlan, plan: SetPlan) -> None:
    for child in loop.children:
        if child.loop:
            _note_homes(child.loop, plan)
        else:
            plan.homes.setdefault(child.id, []).append(loop.path)
            plan.checks[child.id] = child.check


@mutable_record
class Frame:
    """A loop being read.

    loop: what is filled. position: the child filled last. counts: fillings by position.
    told: findings of missing segments by position, so that each is reported once; orphans,
        whose trigger is missing, tell nothing.
    """

    plan: LoopPlan
    loop: Loop
    position: int = 0
    counts: dict[int, int] = field(default_factory=lambda: {0: 1})
    told: dict[int, Finding] = field(default_factory=dict)
    orphan: bool = False

    def copy(self) -> Frame:
        """The same state, to try something on; the loop is shared and must not be filled."""
        return Frame(self.plan, self.loop, self.position, self.counts.copy(), self.told, self.orphan)

    def state(self) -> object:
        """What decides about the segments to come; equal for frames that take them alike."""
        children = self.plan.children
        counts = [(at, min(count, children[at].maximum + 1)) for at, count in self.counts.items()]
        return self.plan, self.position, self.orphan, tuple(counts), tuple(self.told)

    def missing(self, before: int) -> list[int]:
        """Required positions from the current one up to `before` (left out) that are still empty."""
        if self.orphan:
            return []
        at = self.position
        return [
            place
            for place in self.plan.required
            if at <= place < before and not self.counts.get(place) and place not in self.told
        ]

    def lacks(self, before: int) -> bool:
        """True if `missing` gives anything."""
        ahead = self.plan.next_required
        place = ahead[self.position]
        while place < before:
            if not self.counts.get(place) and place not in self.told:
                return not self.orphan
            place = ahead[place + 1]
        return False

    def forward(self, segment_id: str) -> int | None:
        """The next position a segment can take without any fault in this loop, or None."""
        for place in self.plan.index.get(segment_id, ()):
            if place >= self.position and self.counts.get(place, 0) < self.plan.children[place].maximum:
                return None if self.lacks(place) else place
        return None

    def fill(self, place: int) -> Child:
        """Move to a position and count it."""
        self.position = place
        self.counts[place] = self.counts.get(place, 0) + 1
        return self.plan.children[place]


def legal_place(frames: list[Frame], segment_id: str) -> tuple[int, int] | None:
    """Depth and position where a segment fits without any fault, deepest loop first, or None.

    A loop just begun turns out to be a later one with the same first segment if only that one
    has the segment: so the two LS loops of an 832 are told apart.
    """
    spot = _legal_place(frames, segment_id)
    if spot is None and _becomes_later_loop(frames, segment_id):
        return _legal_place(frames, segment_id)
    return spot


def _becomes_later_loop(frames: list[Frame], segment_id: str) -> bool:
    """Take the innermost loop, which holds nothing but its first segment, for a later one of that name."""
    if len(frames) < 2 or frames[-1].counts != {0: 1} or frames[-1].orphan:
        return False
    above, begun = frames[-2], frames[-1]
    for place in above.plan.index.get(begun.plan.id, ()):
        later = above.plan.children[place].loop
        fits = later is not None and segment_id in later.index and not above.counts.get(place)
        if later is not None and fits and place > above.position and not above.missing(place):
            above.counts[above.position] -= 1
            above.fill(place)
            begun.plan = later
            return True
    return False


def _legal_place(frames: list[Frame], segment_id: str) -> tuple[int, int] | None:
    for depth in range(len(frames) - 1, -1, -1):
        frame = frames[depth]
        place = frame.forward(segment_id)
        if place is not None:
            return depth, place
        if frame.lacks(frame.plan.size):
            return None
    return None


def enter(frames: list[Frame], depth: int, place: int) -> Child:
    """Close the loops below a depth, fill a position there, and open its loop if it is one."""
    del frames[depth + 1 :]
    child = frames[depth].fill(place)
    if child.loop:
        frames.append(Frame(child.loop, Loop(child.id, child.loop.path)))
    return child
