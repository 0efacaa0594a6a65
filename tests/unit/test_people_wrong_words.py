"""What the command line says to words that it does not know, and to none."""

from __future__ import annotations

import sys
from importlib.metadata import version

import pytest

from gateway.cli import USAGE, main


def said(words: list[str], monkeypatch: pytest.MonkeyPatch) -> int | str | None:
    """The exit status of `tradepost` with these words."""
    monkeypatch.setattr(sys, "argv", ["/some/where/tradepost", *words])
    with pytest.raises(SystemExit) as left:
        main()
    return left.value.code


@pytest.mark.parametrize(
    ("words", "wrong", "help_of"),
    [
        (["order"], "'order'", "tradepost"),
        (["documents", "find"], "'find'", "tradepost documents"),
        (["overdue", "--late"], "--late", "tradepost overdue"),
        (["receive", "order.edi"], "--partner", "tradepost receive"),
    ],
)
def test_wrong_words_are_named_with_the_help_of_the_command_that_was_meant(
    words: list[str],
    wrong: str,
    help_of: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert said(words, monkeypatch) == USAGE
    out, err = capsys.readouterr()
    assert out == ""
    assert wrong in err
    assert f"Try: {help_of} --help\n" in err


def test_a_group_without_a_command_shows_its_commands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(["documents"], monkeypatch) == USAGE
    assert capsys.readouterr().err.startswith("Usage: tradepost documents ")


def test_the_version_can_be_asked_without_a_home(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(["--version"], monkeypatch) == 0
    assert capsys.readouterr().out == f"{version('tradepost')}\n"
