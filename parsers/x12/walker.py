"""Places the segments of a transaction set in its loops, and says exactly what is wrong where.

A segment that fits is placed at once. One that does not fit is tried in every way it could have
been meant (too often, too early or too late, something missing before it, the first segment of its
loop missing, or not meant at all), and the way is taken after which the segments that follow fit
best. So one fault gives one finding, and what comes after it is read as if it had not been.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from enum import IntEnum

from parsers.catalogue import found
from parsers.finding import Finding, Location
from parsers.record import record
from parsers.x12 import hierarchy
from parsers.x12.definition import SetDefinition
from parsers.x12.model import Loop, Segment
from parsers.x12.segment_check import WalkOptions
from parsers.x12.set_plan import Chain, Child, Frame, compiled, enter, legal_place

__all__ = ["Walk", "WalkOptions", "explain", "nodes_of", "place", "tree_of"]

#: Segments that are looked at after a faulty one before its meaning is chosen.
LOOK_AHEAD = 4
#: Segments that are waited for, since those that the set does not have say nothing.
SEEN_AHEAD = 2 * LOOK_AHEAD
#: Faults told of one set; more are counted.
MOST_FINDINGS = 10_000
#: What an HL that is missing makes of those that come after it: parent, numbering and order.
FOLLOW_LOST_HL = frozenset({"X12-301", "X12-310", "X12-312"})
#: Segments whose elements the envelope checks.
ENVELOPE = frozenset({"ST", "SE"})


class _Kind(IntEnum):
    """How a segment that does not fit may have been meant. Of equal ways the first is taken."""

    #: At its position, but once too often, or with something missing before it.
    FORWARD = 0
    #: Only this segment is out of place; the loops stay as they are.
    ASIDE = 1
    #: Its position has passed; reading goes on from there.
    BACK = 2
    #: Not meant to be here at all.
    STRAY = 3
    #: Inside a loop whose first segment is missing.
    ORPHAN = 4


@record
class _Way:
    """One meaning of a segment that does not fit.

    depth, place: the open loop and the position it would take. chain: for an orphan the loops to
        open inside that loop.
    """

    kind: _Kind
    depth: int = 0
    place: int = 0
    chain: Chain = ()


def place(
    definition: SetDefinition, segments: list[Segment], options: WalkOptions
) -> tuple[Loop, list[Finding]]:
    """The segments of one set as a tree, and every fault of structure and elements.

    segments: ST to SE as sent. A set that does not end in SE was cut off: what else is missing
        from it is then not reported, and neither is the SE.
    Returns the root loop and the findings in the order of the file, those of the HL tree among
    them. Segments that are unknown, unexpected or in a loop without its first segment are in no
    loop. ST, SE, control numbers and counts are the envelope's to check. Never raises for data.
    """
    walk = Walk(definition, options)
    for segment in segments:
        walk.feed(segment)
    return walk.finish()


def tree_of(definition: SetDefinition, segments: list[Segment], options: WalkOptions) -> Loop:
    """The tree of a set whose segments are known to stand where they belong, unchecked.

    Raises ValueError for a segment that has no place.
    """
    return Loop("", "", list(nodes_of(definition, segments, options)))


def nodes_of(
    definition: SetDefinition, segments: Iterable[Segment], options: WalkOptions
) -> Iterator[Segment | Loop]:
    """The top of the same tree node by node, none of them kept, for sets that are too long to be a tree.

    Raises ValueError for a segment that has no place.
    """
    frames = [Frame(compiled(definition, options).root, Loop("", ""), counts={})]
    node: Segment | Loop | None = None
    for segment in segments:
        opened = _enter(frames, segment.id).loop is not None
        loop = frames[-1].loop
        if len(frames) == (2 if opened else 1):
            if node is not None:
                yield node
            node = loop if opened else segment
        elif opened:
            frames[-2].loop.children.append(loop)
        if len(frames) > 1:
            loop.children.append(segment)
    if node is not None:
        yield node


def explain(
    definition: SetDefinition, ids: Iterable[str], faulty: Mapping[int, Segment], options: WalkOptions
) -> list[Finding]:
    """What is wrong with the elements of some segments of a set whose segments stand where they belong.

    ids: of the segments from ST to the last of those, at least. faulty: those by number.
    Raises ValueError for a segment that has no place.
    """
    findings: list[Finding] = []
    frames = [Frame(compiled(definition, options).root, Loop("", ""), counts={})]
    for number, segment_id in enumerate(ids, start=1):
        child = _enter(frames, segment_id)
        if number in faulty:
            findings += child.check.faults(faulty[number], frames[-1].plan.path)
    return findings


def _enter(frames: list[Frame], segment_id: str) -> Child:
    spot = legal_place(frames, segment_id)
    if spot is None:
        raise ValueError(f"{segment_id} has no place after {frames[-1].plan.path or 'the top level'}")
    return enter(frames, *spot)


class Walk:
    """One set being placed: `feed` takes its segments one after the other, `finish` gives the rest.

    Memory: the tree, unless told to `forget` it, and the findings, of which so many are kept.
    """

    def __init__(self, definition: SetDefinition, options: WalkOptions) -> None:
        self._plan = compiled(definition, options)
        self._tree_depth = options.tree_depth
        self._waiting: deque[Segment] = deque()
        self._root = Loop("", "")
        self._frames = [Frame(self._plan.root, self._root, counts={})]
        self._findings: list[Finding] = []
        #: Findings of missing segments that came late after all, by identity.
        self._withdrawn: set[int] = set()
        self._begun = False
        self._keeps = True
        #: Faults found after the last that is told.
        self._untold = 0
        self._last: Segment | None = None
        #: The state in which a segment was last judged that did not fit, and what it was taken for.
        self._judged: tuple[object, _Way] | None = None

    def feed(self, segment: Segment) -> None:
        """Take the next segment. One that does not fit waits for those that its fault is judged by."""
        if self._waiting:
            self._waiting.append(segment)
            if len(self._waiting) > SEEN_AHEAD:
                self._judge_next()
        elif not self._fits(segment):
            self._waiting.append(segment)

    def forget(self) -> None:
        """Keep no tree from here on, and let go of what there is, but for its HL segments."""
        self._keeps = False
        self._root.children = [child for child in self._root.children if child.id in ("BSN", "HL")]
        for loop in self._root.loops("HL"):
            del loop.children[1:]

    def finish(self) -> tuple[Loop, list[Finding]]:
        """The root loop and the findings in the order of the file, as `place` gives them."""
        while self._waiting:
            self._judge_next()
        findings = [finding for finding in self._findings if id(finding) not in self._withdrawn]
        if next(self._root.loops("HL"), None):
            findings = self._with_hierarchy(findings)
        if self._untold and self._last is not None:
            location = Location(segment_number=self._last.number, byte_offset=self._last.offset)
            findings.append(found("X12-110", location, count=self._untold, expected=str(MOST_FINDINGS)))
        return self._root, findings

    def _with_hierarchy(self, findings: list[Finding]) -> list[Finding]:
        beginning = self._root.first("BSN")
        structure = beginning.get(5) if beginning else None
        _, faults = hierarchy.build(self._root, structure, self._tree_depth)
        if any(finding.code == "X12-202" and finding.location.loop == "HL" for finding in findings):
            faults = [fault for fault in faults if fault.code not in FOLLOW_LOST_HL]
        return sorted([*findings, *faults], key=lambda finding: finding.location.segment_number or 0)

    def _judge_next(self) -> None:
        """Say what the first segment that waits was meant to be, and place those after it that fit."""
        self._misfit(self._waiting.popleft())
        while self._waiting and self._fits(self._waiting[0]):
            self._waiting.popleft()

    def _fits(self, segment: Segment) -> bool:
        """Place a segment that fits; False if it does not."""
        if not self._begun:
            self._begun = True
            if segment.id != "ST":
                self._frames[0].fill(0)
        spot = legal_place(self._frames, segment.id)
        if spot is not None:
            self._settle(segment, *spot)
        return spot is not None

    def _note(self, segment: Segment, findings: Iterable[Finding]) -> None:
        """Keep findings, as long as there are not too many to tell."""
        for finding in findings:
            if len(self._findings) < MOST_FINDINGS:
                self._findings.append(finding)
            else:
                self._untold += 1
                self._last = segment

    def _settle(self, segment: Segment, depth: int, at: int) -> None:
        """Put a segment where it goes and check its elements."""
        child = enter(self._frames, depth, at)
        frame = self._frames[-1]
        if child.loop and not self._frames[depth].orphan and (self._keeps or child.id == "HL"):
            self._frames[depth].loop.children.append(frame.loop)
        if self._keeps or not frame.loop.children:
            frame.loop.children.append(segment)
        self._check(segment, child, frame)

    def _check(self, segment: Segment, child: Child, frame: Frame) -> None:
        if segment.id in ENVELOPE:
            return
        if not child.check.is_clean(segment.elements):
            self._note(segment, child.check.faults(segment, frame.plan.path))
        if segment.id == "LE":
            self._check_loop_id(segment, frame)

    def _check_loop_id(self, segment: Segment, frame: Frame) -> None:
        opened = frame.loop.first("LS")
        if opened and segment.get(1) and opened.get(1) != segment.get(1):
            location = Location(
                segment="LE",
                segment_number=segment.number,
                loop=frame.plan.path,
                element=1,
                data_element="447",
                byte_offset=segment.offset_of(1),
            )
            told = found("X12-207", location, value=segment.get(1), expected=opened.get(1))
            self._note(segment, (told,))

    # --- a segment that does not fit

    def _misfit(self, segment: Segment) -> None:
        if segment.id not in self._plan.homes:
            code = "X12-201" if segment.id in self._plan.known else "X12-200"
            self._tell(code, segment, None, set=self._plan.set_id)
            return
        self._take(self._best_way(segment.id), segment)

    def _best_way(self, segment_id: str) -> _Way:
        """What a segment is taken for. In the state of the last time it is meant as it was then."""
        following = self._following()
        state = segment_id, following, [frame.state() for frame in self._frames]
        if self._judged is None or self._judged[0] != state:
            ways = self._ways(segment_id)
            best = max(ways, key=lambda way: (self._score(way, following), -way.kind, way.depth))
            self._judged = state, best
        return self._judged[1]

    def _following(self) -> list[str]:
        """Ids of the next segments that the set has."""
        return [segment.id for segment in self._waiting if segment.id in self._plan.homes][:LOOK_AHEAD]

    def _ways(self, segment_id: str) -> list[_Way]:
        ways = [_Way(_Kind.STRAY)] if segment_id != "SE" else []
        for depth, frame in enumerate(self._frames):
            for at in frame.plan.index.get(segment_id, ()):
                if at >= frame.position:
                    ways.append(_Way(_Kind.FORWARD, depth, at))
                else:
                    ways.append(_Way(_Kind.BACK, depth, at))
                if segment_id != "SE":
                    ways.append(_Way(_Kind.ASIDE, depth, at))
            ways += [_Way(_Kind.ORPHAN, depth, chain=chain) for chain in frame.plan.chains_to(segment_id)]
        return ways

    def _score(self, way: _Way, following: list[str]) -> int:
        """How many of the next segments fit after a way, less the findings it makes."""
        frames = [frame.copy() for frame in self._frames]
        cost = self._cost(way)
        _apply(way, frames)
        for fitting, segment_id in enumerate(following):
            spot = legal_place(frames, segment_id) or _again(way, frames, segment_id)
            if spot is None:
                return fitting - cost
            enter(frames, *spot)
        return LOOK_AHEAD - cost

    def _cost(self, way: _Way) -> int:
        """How many findings a way makes; more for what is unlikely."""
        if way.kind in {_Kind.STRAY, _Kind.ASIDE}:
            return 1
        missing = sum(len(frame.missing(len(frame.plan.children))) for frame in self._frames[way.depth + 1 :])
        frame = self._frames[way.depth]
        if way.kind is _Kind.ORPHAN:
            # That two loops in a row lost their first segments is far less likely than that one did.
            return missing + len(way.chain) ** 2 + len(frame.missing(way.chain[0][0]))
        if way.kind is not _Kind.FORWARD:
            return missing + 1
        excess = frame.counts.get(way.place, 0) >= frame.plan.children[way.place].maximum
        return missing + len(frame.missing(way.place)) + excess

    def _take(self, way: _Way, segment: Segment) -> None:
        match way.kind:
            case _Kind.STRAY:
                homes = " or ".join(
                    path or "the top level" for path in dict.fromkeys(self._plan.homes[segment.id])
                )
                self._tell("X12-202", segment, self._frames[-1].plan.path, home=homes)
                self._check_unplaced(segment)
            case _Kind.ORPHAN:
                self._report_missing(way, segment)
                home = way.chain[-1][1].path
                if not self._was_misnamed(segment, way.chain[-1][1].id):
                    self._tell("X12-202", segment, home, home=home)
                _apply(way, self._frames)
                self._settle_last(segment)
            case _Kind.FORWARD:
                self._forward(way, segment)
            case _Kind.ASIDE:
                self._aside(way, segment)
            case _Kind.BACK:
                self._back(way, segment)

    def _forward(self, way: _Way, segment: Segment) -> None:
        self._report_missing(way, segment)
        frame = self._frames[way.depth]
        child = frame.plan.children[way.place]
        if frame.counts.get(way.place, 0) >= child.maximum:
            path = child.loop.path if child.loop else frame.plan.path
            code = "X12-204" if child.loop else "X12-205"
            self._tell(code, segment, path, expected=str(child.maximum), home=path)
        self._settle(segment, way.depth, way.place)

    def _aside(self, way: _Way, segment: Segment) -> None:
        frame = self._frames[way.depth]
        child = frame.plan.children[way.place]
        self._tell("X12-206", segment, child.loop.path if child.loop else frame.plan.path)
        self._withdraw(frame, way.place)
        if child.required:
            frame.counts[way.place] = frame.counts.get(way.place, 0) + 1
        aside = Frame(child.loop, Loop(child.id, child.loop.path)) if child.loop else frame
        if child.loop:
            frame.loop.children.append(aside.loop)
        aside.loop.children.append(segment)
        self._check(segment, child, aside)

    def _back(self, way: _Way, segment: Segment) -> None:
        self._report_missing(way, segment)
        frame = self._frames[way.depth]
        child = frame.plan.children[way.place]
        self._tell("X12-206", segment, child.loop.path if child.loop else frame.plan.path)
        self._withdraw(frame, way.place)
        self._settle(segment, way.depth, way.place)

    def _withdraw(self, frame: Frame, at: int) -> None:
        """Take back that a segment is missing: it came late, and that has been said."""
        if at in frame.told:
            self._withdrawn.add(id(frame.told[at]))

    def _settle_last(self, segment: Segment) -> None:
        """Put a segment into the innermost loop, at the next position it can take."""
        frame = self._frames[-1]
        at = frame.plan.index[segment.id][0]
        self._settle(segment, len(self._frames) - 1, at)

    def _check_unplaced(self, segment: Segment) -> None:
        check = self._plan.checks[segment.id]
        if segment.id not in ENVELOPE and not check.is_clean(segment.elements):
            self._note(segment, check.faults(segment, self._frames[-1].plan.path))

    # --- reports

    def _report_missing(self, way: _Way, segment: Segment) -> None:
        for frame in reversed(self._frames[way.depth + 1 :]):
            self._missing_in(frame, len(frame.plan.children), segment)
        if way.kind is _Kind.FORWARD:
            self._missing_in(self._frames[way.depth], way.place, segment)

    def _missing_in(self, frame: Frame, before: int, segment: Segment) -> None:
        for at in frame.missing(before):
            child = frame.plan.children[at]
            if self._was_misnamed(segment, child.id):
                continue
            location = Location(
                segment=child.id,
                segment_number=segment.number,
                loop=child.loop.path if child.loop else frame.plan.path,
                byte_offset=segment.offset,
            )
            frame.told[at] = found("X12-203", location, expected=child.id, at=segment.id)
            self._note(segment, (frame.told[at],))

    def _was_misnamed(self, segment: Segment, missing: str) -> bool:
        """True if what is missing before a segment stands there under a name that nobody knows."""
        match self._findings[-1:]:
            case [Finding(code="X12-200", expected=None) as last]:
                if last.location.segment_number == segment.number - 1:
                    self._findings[-1] = replace(last, expected=missing)
                    return True
        return False

    def _tell(
        self, code: str, segment: Segment, loop: str | None, expected: str | None = None, **blanks: object
    ) -> None:
        location = Location(
            segment=segment.id, segment_number=segment.number, loop=loop, byte_offset=segment.offset
        )
        finding = found(code, location, value=segment.id, expected=expected, x12=None, **blanks)
        self._note(segment, (finding,))


def _apply(way: _Way, frames: list[Frame]) -> None:
    """Bring the open loops into the state that a way leads to."""
    if way.kind in {_Kind.FORWARD, _Kind.BACK}:
        enter(frames, way.depth, way.place)
    elif way.kind is _Kind.ORPHAN:
        del frames[way.depth + 1 :]
        for at, plan in way.chain:
            # The loop counts as sent, but says nothing about how far its parent has been read.
            frames[-1].counts[at] = frames[-1].counts.get(at, 0) + 1
            frames.append(Frame(plan, Loop(plan.id, plan.path), orphan=True))


def _again(way: _Way, frames: list[Frame], segment_id: str) -> tuple[int, int] | None:
    """Depth and position of one more of what a way has too often: three too many have one reason."""
    if way.kind is not _Kind.FORWARD or way.depth >= len(frames):
        return None
    frame = frames[way.depth]
    if frame.position != way.place or frame.plan.children[way.place].id != segment_id:
        return None
    whole = not any(inner.lacks(inner.plan.size) for inner in frames[way.depth + 1 :])
    return (way.depth, way.place) if whole else None
