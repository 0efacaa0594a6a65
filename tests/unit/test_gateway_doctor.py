"""What the doctor says of the machine."""

from __future__ import annotations

import pytest

from gateway import doctor


def test_a_python_that_matches_wrongly_is_remarked_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "ENGINE_IS_SOUND", False)
    [check] = doctor.about_python()
    assert (check.state, check.advice) == ("note", "Use Python 3.11.5 or newer")


def test_a_sound_python_is_not_worth_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "ENGINE_IS_SOUND", True)
    assert list(doctor.about_python()) == []
