"""Whatever a set holds: translating never raises, loses nothing, and survives JSON.

Sets are taken apart and put together anew: segments repeated, dropped, moved and mutilated.
Cites BI-039 and BI-041.
"""

from __future__ import annotations

import io
import itertools
import os
import random
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.x12 import interchange, model
from parsers.x12.options import DEFAULT_OPTIONS
from translators import registry
from translators.canonical import codec
from translators.translation import Translation

#: Segments to build sets of. "?" stands for text of its own each time: text and a number.
HEADS = {
    "850": "BEG*00*SA*?N**20240314",
    "856": "BSN*00*?S*20240318*1405*0001",
    "810": "BIG*20240320*?N",
    "855": "BAK*00*AC*?N*20240314*?R*?Q*?C*?S*20240315*SA",
    "860": "BCH*04*SA*?N*?R*?C*20240314*?Q*?K*?S*20240315*20240318*FF*00*AC*SA*AA",
    "865": "BCA*00*AC*?N*?R*?C*20240314*?Q*?K*?S*20240319*20240318*20240320*SA*00*SA",
    "820": "BPR*C*?A*C*ACH*CTX*01*?B*DA*?C*?D*?E*02*?F*SG*?G*20240415*VEN*04*?H*03*?I",
    "846": "BIA*00*SI*?N*20240415*0600*2",
}
FUNCTIONAL_IDS = {
    "850": "PO",
    "856": "SH",
    "810": "IN",
    "855": "PR",
    "860": "PC",
    "865": "CA",
    "820": "RA",
    "846": "IB",
}
DETAILS = {
    "850": """
        PO1*1*24*EA*12.50*PE*UP*012345678905*VN*?V
        SDQ*EA*92*?A*10*?B*14
        SLN*?S**I*2*EA*1.10*PE
        SCH*60*EA***002*20240401
        CTP**RES*9.99*5*EA
        LIN**UP*?U
        IT8*SC***20240401
    """,
    "856": """
        HL*1**S
        HL*2*1*O*1
        PRF*?P*?R**20240314
        HL*3*2*P
        MAN*GM*?M*?N*CP*?O*?P
        HL*4*3*I
        LIN*1*UP*012345678905*LT*?L
        SN1*1*2*EA*9*3*EA**AC
        HL*5*5*T
        HL*3*9*I
        PAL*4*2*4
    """,
    "810": """
        IT1*1*10*EA*50.25*PE*UP*?U
        TXI*ST*2.70*6*VD*?J*2*A*100*?T*1
        TDS*54520*1*2*3
        ISS*1*EA*2*LB
        SAC*A*C310***2000*Z*5*0.10*EA*2*3*02*?R*?O*?D*EN
        CAD*M*A*1*?S*?R**CN*?V
        YNQ*Q1*Y*D8*20240401*?T*?U*?V*99*?C*?W
    """,
    "855": """
        PO1*1*24*EA*12.50*PE*UP*012345678905*VN*?V
        ACK*IA*20*EA*068*20240402*?Q*VN*?V*UP*?U*****************ZZ*?L*?R
        ACK**4*EA
        DTM*017*20240420
        SLN*?S**I*2*EA*1.10*PE
    """,
    "860": """
        POC*1*QI*36*12*EA*3.95*PE*IN*?I*VN*?V
        POC*2*DI
        PO3*PC*20240401*UCP*1.95*PE*3*EA*?T
        SDQ*CA*92*?A*4*?B*2
    """,
    "865": """
        POC*1*PC*36*12*EA>2>3*3.95*PE*IN*?I
        ACK*IR*12*EA
        CTP**UCP*1.25
    """,
    "820": """
        TRN*1*?T*?C*?R
        ENT*1*PR*92*?A*PE*92*?B*ZZ*?C
        NM1*PR*1*?L*?F*?M*?P*?S*34*?I*27*41
        ADX*-50.25*52*CM*?M
        RMR*IV*?N*PI*980.10*1000.10*20*ZZ*1.5
        IT1*1*2*CA*19.75**UP*?U
        TXP*?T*?A*20240331*?B*1200
        FA1*DF*?A*C
        FA2*A1*?F
    """,
    "846": """
        LIN*1*VN*?V*UP*?U
        QTY*17*480*EA*?T
        QTY*33*455*EA
        UIT*CA*47.40*PE
        SCH*200*EA*WH*?W*018*20240420
        LS*REF
        REF*LT*?L
        LE*REF
        SDQ*EA*92*?A*12*?B*0
    """,
}
COMMON = """
    CUR*BY*USD*1.5
    REF*DP*?V*?D*ZZ>1>AB>2
    REF*ZZ
    DTM*002*20240401*0800*ET
    DTM*002****RD8*20240401-20240430
    PER*BD*?J*TE*?T*EM*?E*FX*?F*?Q
    FOB*PP*OR*?D*01*FOB*OR*?T*1*?X
    ITD*01*3*2*20240401*10*20240501*30*100*20240601*500*5*?T*1*A*2
    TD1*CTN25*2*A*?B*?C*G*45.5*LB*1*CF
    TD5*O*2*?A*M*?T*A*OR*?D*A*DA*2*G1*G2*G3*US
    TD3*TL*A*?N*G*2*LB*R*01*?S*40HC
    PID*F*08*VI*?C*?T*A*B*Y*EN
    MEA*PD*WT*1*LB*2*3
    PO4*12*1*EA*CTN*G*1*LB*2*CF*1*2*3*IN*4*5*?A*?B*7
    N1*ST*?N*UL*?I*A*BY
    N2*?M*?N
    N3*?S*?D
    N4*?T*OH*?P*US*OR*?X
    N9*L1*?V*?D*20240101*1200*ET*ZZ>?W
    MSG*?T*SS*1
    MTX*A*?O*?T
    NTE*A*?N
    QTY*57*5*EA
    AMT*TT*10*C
    PKG*F*36*VI*?C*?T*A
    TAX*?T*SP*?A*CO*?B*******1*2
    CSH*SC*2*15000*?A*20240401*ZZ*?S*1*12.5*1
    IT8*N*2*150*?A*20240401*ZZ*1*UP*?U
    CTB*OR*?T*57*100*TT*2500
    LDT*AF*10.5*DA*20240401
    TD4*FR*9*?H*?T*Y
    LM*DF*?S
    LQ*0*?C
    SPI*00*CT*?K*?T*?P*1*00*SI
    FA1*DF*C310*C
    FA2*A1*?F
    IT3*2*EA*BO*3*QO
    CLD*2*20*CTN25*10*EA
    TSD*?N*?P
    CTT*1*2*3*LB*4*CF*?T
    XYZ*?A*B
    AA
"""
#: What an element may be turned into.
MUTILATIONS = st.sampled_from(
    [
        "",
        " ",
        "x",
        "-",
        ".",
        "1.",
        "-0",
        "9" * 50,
        "1e9",
        "12.5",
        "20241399",
        "2561",
        ">",
        ">>",
        "a>b",
        "٣",
        "\x01",
        "CS",
    ]
)
NOBODY = f"00*{'':10}"
ISA = f"ISA*{NOBODY}*{NOBODY}*ZZ*{'A':15}*ZZ*{'B':15}*240315*1030*U*00401*000000017*0*P*>"
CASES = settings(derandomize=True, max_examples=300, deadline=None)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]


def _segments(set_id: str) -> st.SearchStrategy[list[str]]:
    choices = [*_lines(COMMON), *_lines(DETAILS[set_id]), HEADS[set_id]]
    return st.lists(st.sampled_from(choices), max_size=25)


def _numbered(body: list[str]) -> list[str]:
    """Every "?" text with a number of its own, so that none can stand in for another."""
    numbers = itertools.count(1)
    return [re.sub(r"\?(\w)", lambda text: f"{text[1]}{next(numbers):04}x", line) for line in body]


@st.composite
def _bodies(draw: st.DrawFn) -> tuple[str, list[str]]:
    set_id = draw(st.sampled_from(sorted(HEADS)))
    body = [HEADS[set_id], *draw(_segments(set_id))]
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(body) - 1))
        elements = body[at].split("*")
        elements[draw(st.integers(1, max(1, len(elements) - 1))) % len(elements)] = draw(MUTILATIONS)
        body[at] = "*".join([elements[0] or "ZZ", *elements[1:]])
    return set_id, _numbered(body)


def _file(set_id: str, body: list[str]) -> bytes:
    functional = FUNCTIONAL_IDS[set_id]
    segments = [
        ISA,
        f"GS*{functional}*A*B*20240315*1030*4*X*004010",
        f"ST*{set_id}*0001",
        *body,
        f"SE*{len(body) + 2}*0001",
        "GE*1*4",
        "IEA*1*000000017",
    ]
    return "~".join([*segments, ""]).encode()


def _translated(data: bytes) -> Iterator[tuple[model.TransactionSet, Translation]]:
    header = group = None
    for event in interchange.read(io.BytesIO(data), lambda _: DEFAULT_OPTIONS):
        if isinstance(event, model.InterchangeOpened):
            header = event.header
        elif isinstance(event, model.GroupOpened):
            group = event.header
        elif isinstance(event, model.SetRead) and header and group:
            translation = registry.translate_x12(event.set, header, group)
            if translation is not None:
                yield event.set, translation


@CASES
@given(_bodies())
def test_any_set_is_translated_without_raising_and_its_document_survives_json(
    case: tuple[str, list[str]],
) -> None:
    for _, translation in _translated(_file(*case)):
        assert translation.document is not None
        written = codec.to_json_bytes(translation.document)
        assert codec.from_json_bytes(written) == translation.document
        assert all(set(finding.x12) <= {"TED01"} for finding in translation.findings)


def _leaves(value: object) -> Iterator[str]:
    """Every value in JSON, as text."""
    if isinstance(value, dict):
        for part in value.values():
            yield from _leaves(part)
    elif isinstance(value, list):
        for part in value:
            yield from _leaves(part)
    else:
        yield str(value)


def _written(text: str) -> Iterator[str]:
    """The ways in which the text of an element may stand in a document."""
    yield text.strip()
    yield text.rstrip()
    if re.fullmatch(r"-?[0-9]+", text):
        yield format(Decimal(f"{text}E-2"), "f")
        yield str(int(text))
    if re.fullmatch("[0-9]{8}", text):
        yield f"{text[:4]}-{text[4:6]}-{text[6:]}"
        yield f"{text[:2]}:{text[2:4]}:{text[4:6]}.{text[6:]}0000"
    if re.fullmatch("[0-9]{4}", text):
        yield f"{text[:2]}:{text[2:]}:00"


#: Codes that say how another element is written; the document holds that element's value instead.
FORMS = {"RD8", "D8"}


def _is_kept(text: str, leaves: set[str]) -> bool:
    """True if the element, or each component of it or date in it, stands in the document."""
    return not leaves.isdisjoint([text, *_written(text)]) or all(
        part in leaves or not leaves.isdisjoint(_written(part)) for part in re.split("[>-]", text)
    )


@CASES
@given(_bodies())
def test_every_value_sent_stands_in_the_document(case: tuple[str, list[str]]) -> None:
    for read, translation in _translated(_file(*case)):
        assert translation.document is not None
        leaves = set(_leaves(codec.to_json(translation.document)))
        for segment in read.segments:
            sent = segment.elements[:3] if segment.id == "HL" else segment.elements
            lost = [
                text for text in sent if text.strip() and text not in FORMS and not _is_kept(text, leaves)
            ]
            assert segment.id in ("ST", "SE") or not lost, (segment, lost)
        paths = [one.path for one in translation.document.unmapped]
        assert len(paths) == len(set(paths))


CORPUS = Path(os.environ.get("TRADEPOST_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))


def _mutilated(data: bytes, generator: random.Random) -> bytes:
    """The file with a few bytes replaced, dropped or doubled."""
    text = bytearray(data)
    for _ in range(generator.randint(1, 8)):
        at = generator.randrange(len(text))
        text[at : at + 1] = generator.choice((b"", b"*", b"~", b"9", b"A", text[at : at + 1] * 2))
    return bytes(text)


@pytest.mark.slow
@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside the project")
@pytest.mark.parametrize("set_id", sorted(HEADS))
def test_a_mutilated_real_file_never_raises(set_id: str) -> None:
    generator = random.Random(set_id)
    for path in sorted((CORPUS / set_id).glob("*")):
        data = path.read_bytes()
        for _ in range(5):
            for _, translation in _translated(_mutilated(data, generator)):
                assert translation.document is not None
