"""A matcher says yes to what has no fault, cold or warm, whole or in pieces, in linear time."""

from __future__ import annotations

import time
from collections.abc import Callable
from random import Random

import pytest

from parsers.x12.dictionary import set_definition
from parsers.x12.grammar import ENGINE_IS_SOUND, Matcher, matcher_for, normalise
from parsers.x12.model import Separators
from parsers.x12.segment_check import WalkOptions
from tests.support.x12_generated import SetMaker
from tests.support.x12_mutants import Mutator, is_faultless

pytestmark = pytest.mark.skipif(not ENGINE_IS_SOUND, reason="this Python's patterns cannot be relied on")
SEPARATORS = Separators()
HEADING = "BEG*00*SA*PO-1**20261123~REF*DP*38~N1*BY*ACME*92*0001~N3*1 MAIN ST~"
LINE = "PO1*{n}*10*EA*9.95**UP*012345678905~PID*F****WIDGET~"


def matcher(set_id: str = "850", separators: Separators = SEPARATORS) -> Matcher:
    definition = set_definition("004010", set_id)
    assert definition is not None
    return Matcher(definition, WalkOptions(separators))


def order(lines: int, heading: str = HEADING, line: str = LINE, summary: str = "") -> str:
    body = heading + "".join(line.format(n=n) for n in range(1, lines + 1)) + summary
    return f"ST*850*0001~{body}SE*{body.count('~') + 2}*0001~"


def text_of(sent: str, separators: Separators = SEPARATORS) -> str:
    text = normalise(sent.encode(), separators)
    assert text is not None
    return text


def warmed(sent: str) -> Matcher:
    """A matcher that knows all there is in a set."""
    taught = matcher()
    for _ in range(300):
        taught.read(text_of(sent), 0)
    return taught


def test_a_clean_set_is_described() -> None:
    text = text_of("X~" + order(2) + "\r\nST*850*")
    clean = matcher().read(text, 2)
    assert clean is not None
    assert (clean.control_number, clean.implementation, clean.segments) == ("0001", "", 10)
    assert text[clean.body :].startswith("BEG")
    assert text[clean.trailer :].startswith("SE")
    assert text[clean.end :].startswith("ST")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("SE*10*", "SE*11*"), ("SE*10*0001", "SE*10*0002"), ("ST*850*0001", "ST*850*1"), ("*SA*", "*QQ*"),
        ("20261123", "20261131"), ("REF*DP*38", "REF*DP"), ("N3*", "PO4*"), ("~N1*", "~N1*ZZ~N1*"),
        ("9.95", "9.95."),
        ("PID*F", "CUR*BY*USD~PID*F"), ("ST*850", "ST*810"), ("REF*DP*38~", "~"), ("WIDGET", "WID\nGET"),
    ],
)  # fmt: skip
def test_a_fault_is_refused_cold_and_warm(old: str, new: str) -> None:
    good, bad = order(2), order(2).replace(old, new, 1)
    assert good != bad
    for taught in (matcher(), warmed(good)):
        assert taught.end_of(text_of(good), 0) == len(good)
        assert taught.end_of(text_of(bad), 0) == -1


@pytest.mark.parametrize(
    ("separators", "sent"),
    [
        (Separators("|", ":", "\n", None), "A|B:C\nD^E\n"),
        (Separators("\x1d", "\x1f", "\x1c", "\x1e"), "A\x1dB\x1fC\x1cD\x1eE\x1c"),
        (Separators("\x1c", "\x1d", "\x1e", None, "\r\n"), "A\x1cB\x1dC\x1eD^E\x1e"),
        (Separators("*", ">", "\r", None, "\n"), "A*B>C\r\nD^E\r\n"),
    ],
)
def test_delimiters_are_put_into_ours(separators: Separators, sent: str) -> None:
    repeated = "\x1e" if separators.repetition else "^"
    text = text_of(sent, separators)
    assert text.replace("\n", "") == f"A\x1dB\x1fC\x1cD{repeated}E\x1c"
    assert len(text) == len(sent)


def test_our_delimiters_delimit_nothing_where_the_sender_has_others() -> None:
    assert not {"\x1c", "\x1d", "\x1e", "\x1f"} & set(text_of("A\x1cB\x1dC\x1eD\x1fE"))


def test_a_carriage_return_alone_ends_no_line() -> None:
    assert text_of("A\rB\nC\r\nD\r", Separators("*", ">", "\r", None, "\n")).count("\x1c") == 1


def test_delimiters_of_two_bytes_cannot_be_put_into_ours() -> None:
    assert normalise(b"A", Separators(segment="\x85")) is None


def test_one_matcher_serves_all_delimiters() -> None:
    definition = set_definition("004010", "850")
    assert definition is not None
    first = matcher_for(definition, WalkOptions(Separators("*", ">", "~")))
    assert matcher_for(definition, WalkOptions(Separators("|", ":", "\n", None, ""))) is first
    assert matcher_for(definition, WalkOptions(Separators("*", ">", "~", "^"))) is not first


@pytest.mark.slow
@pytest.mark.parametrize("set_id", ["850", "856", "810", "846", "997"])
def test_pieces_say_the_same_as_the_whole_wherever_it_is_cut(set_id: str) -> None:
    definition = set_definition("004010", set_id)
    options = WalkOptions(SEPARATORS)
    assert definition is not None
    maker, chance = SetMaker(definition, options, set_id), Random(set_id)
    mutator, reader = Mutator(maker, SEPARATORS, set_id), Matcher(definition, options)
    answers = set()
    for _ in range(12):
        rows = maker.clean_set()
        for sent in (mutator.text(rows), *(mutator.mutant(rows) for _ in range(25))):
            text = text_of(sent)
            start, end = text.find("\x1c") + 1, text.find("\x1cSE\x1d") + 1
            if not sent.startswith(f"ST*{set_id}*0001~") or not end or not sent.isascii():
                continue
            whole = f"ST*{set_id}*0001~{sent[start:end]}SE*{sent[:end].count('~') + 1}*0001~"
            answer = is_faultless(whole, definition, options)
            assert _in_pieces(reader, text, start, end, chance) == answer, sent
            answers.add(answer)
    assert answers == {True, False}


def _in_pieces(reader: Matcher, text: str, start: int, end: int, chance: Random) -> bool:
    pieces = reader.pieces()
    assert pieces is not None
    while start < end:
        stop = min(end, text.find("\x1c", chance.randint(start, end)) + 1 or end)
        if not pieces.follow(text, start, stop):
            return False
        start = stop
    return pieces.may_end()


def test_a_loop_that_comes_too_often_is_told_in_pieces() -> None:
    def is_taken(parties: int) -> bool:
        sent = order(1, HEADING + "N1*ST*ACME*92*0001~" * parties)
        text, pieces = text_of(sent), matcher().pieces()
        assert pieces is not None
        return pieces.follow(text, 12, text.find("\x1cSE\x1d") + 1) and pieces.may_end()

    assert is_taken(199)
    assert not is_taken(200)


def test_a_set_of_many_lines_is_taken_in_pieces() -> None:
    text = text_of(order(5000, summary="CTT*5000~"))
    pieces = matcher().pieces()
    assert pieces is not None
    assert pieces.follow(text, 12, text.find("\x1cSE\x1d") + 1)
    assert pieces.may_end()


def _seconds(read: Callable[[str], int], sent: str) -> float:
    text, took = text_of(sent), []
    for _ in range(5):
        start = time.process_time()
        assert read(text) == -1
        took.append(time.process_time() - start)
    return min(took)


#: Faulty sets that grow with a number, each made to lead a pattern astray.
HOSTILE: dict[str, Callable[[int], str]] = {
    "digits in one element": lambda n: order(2).replace("9.95", "9" * 20 * n),
    "decimals in one element": lambda n: order(2).replace("9.95", "9." * 10 * n),
    "blanks in one element": lambda n: order(2).replace("WIDGET", " " * 20 * n),
    "separators in one segment": lambda n: order(2).replace("WIDGET", "*" * 20 * n + "A"),
    "many references, then a fault": lambda n: order(2, HEADING + "REF*DP*38~" * n + "REF*DP~"),
    "many lines, the last one faulty": lambda n: order(n, summary="PO1*1*1O~"),
    "many lines, then none of the set": lambda n: order(n, summary="ZZZ*1~"),
    "blank lines": lambda n: order(2).replace("~PID", "~" + "\n" * 20 * n + "ZZZ~PID"),
    "nothing but an ST": lambda n: "ST*850*0001~" * n,
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
def test_faulty_sets_take_time_by_their_length_only(hostile: Callable[[int], str]) -> None:
    read = warmed(order(2)).end_of
    short, long = (_seconds(lambda text: read(text, 0), hostile(size)) for size in (1000, 10_000))
    assert long < 40 * short + 0.05
