"""A stranger's terms are the defaults of the profile models, written once more for a quick start."""

from __future__ import annotations

import pytest

from parsers.x12.model import Separators
from partners.open_terms import modelled, open_agreement

OPEN, MODEL = open_agreement(), modelled()
PAIRS = {
    "acknowledging": (OPEN.x12.acknowledge, MODEL.x12.acknowledge),
    "x12": (OPEN.x12, MODEL.x12),
    "limits": (OPEN.x12.limits, MODEL.x12.limits),
    "partner": (OPEN.partner, MODEL.partner),
    "ours": (OPEN.ours, MODEL.ours),
    **{
        f"rule {rule.set}": (rule, model)
        for rule, model in zip(OPEN.partner.documents, MODEL.partner.documents, strict=True)
    },
}


@pytest.mark.parametrize("name", PAIRS)
def test_what_is_written_for_strangers_is_what_the_models_default_to(name: str) -> None:
    written, model = PAIRS[name]
    names = [n for n in (*vars(type(written)), *vars(written)) if not n.startswith("_") and n != "model"]
    plain = [
        n
        for n in names
        if not callable(getattr(written, n)) and n not in {"acknowledge", "documents", "limits", "x12"}
    ]
    assert plain
    assert {n: getattr(written, n) for n in plain} == {n: getattr(model, n) for n in plain}


def test_what_is_not_written_for_strangers_is_asked_of_the_models() -> None:
    for written, model in PAIRS.values():
        for name in type(model).model_fields:
            if name not in {"acknowledge", "documents", "limits", "x12"}:
                assert getattr(written, name) == getattr(model, name)


def test_a_strangers_answer_is_named_and_delimited_as_the_models_do() -> None:
    written, model = PAIRS["acknowledging"]
    blanks = dict.fromkeys(("partner", "date", "time", "set"), "x") | {"kind": "997", "control_number": "1"}
    assert written.name_file(blanks) == model.name_file(blanks)
    assert written.separators_for(Separators("|")) == model.separators_for(Separators("|"))


def test_an_attribute_that_no_model_has_is_missing() -> None:
    with pytest.raises(AttributeError):
        _ = OPEN.x12.no_such_setting


def test_every_version_of_a_strangers_set_is_welcome() -> None:
    for rule in OPEN.partner.documents:
        assert OPEN.rule_for("x12", rule.set, "005010") is rule
