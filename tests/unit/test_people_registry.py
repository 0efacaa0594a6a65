"""The registry names translators by module, so that a file loads only those of its documents."""

from __future__ import annotations

from importlib import import_module

import pytest

from translators.registry import TRANSLATORS


@pytest.mark.parametrize("key", TRANSLATORS, ids="-".join)
def test_every_registered_translator_is_there(key: tuple[str, str]) -> None:
    assert callable(import_module(f"translators.{TRANSLATORS[key].module}").read)
