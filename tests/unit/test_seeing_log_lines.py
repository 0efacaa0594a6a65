"""What a log line may hold (SEC-20, SEC-14, BI-075)."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from gateway.log_lines import _SECRETS, MAX_CHARS, REDACTED, guard, human, without_secrets
from gateway.logs import logged

HOSTILE = 'PO1\r\n{"event":"forged"}\x1b[31m\u202egnp.exe\u2028\x00'
CANARY = "Zk4-canary-91x"
_PIECES = (
    *(
        "Bearer ",
        "BASIC ",
        "digest ",
        "password",
        "ſecret",
        "to\u212aen",
        "Authorization",
        "api-key",
        "access_key",
    ),
    *(
        "-----BEGIN RSA PRIVATE KEY-----",
        "-----END RSA PRIVATE KEY-----",
        "$argon2id$",
        "$scrypt$",
        "://",
        "@",
        ":",
    ),
    *("=", " ", '"', "\n", "abcdef", "x9"),
)


def _guarded(**fields: Any) -> dict[str, Any]:
    return dict(guard(None, "info", {"event": "e", **fields}))


def test_a_partner_s_text_stays_inside_its_line(tmp_path: Path) -> None:
    """BI-075: no line break, no colour, no turned direction."""
    with logged(tmp_path, "info") as path:
        structlog.get_logger().info("sftp.refused", name=HOSTILE)
        logging.getLogger("paramiko").warning("client says %s", HOSTILE)
    lines = path.read_bytes().splitlines()
    assert len(lines) == 2
    assert all(32 <= byte < 127 for line in lines for byte in line)
    assert json.loads(lines[0])["name"] == HOSTILE


def test_on_a_terminal_it_is_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    shown = human(None, "info", {"event": "sftp.refused", "level": "info", "name": HOSTILE})
    assert "\n" not in shown
    assert shown.isprintable()


@pytest.mark.parametrize(
    "text",
    [
        f"postgresql://tradepost:{CANARY}@db/tradepost",
        f"Authorization: Bearer {CANARY}",
        f"header Basic {CANARY}==",
        f"password={CANARY}",
        f'{{"api_key": "{CANARY}"}}',
        f"aws_secret_access_key = {CANARY}",
        f"-----BEGIN OPENSSH PRIVATE KEY-----\n{CANARY}\n-----END OPENSSH PRIVATE KEY-----",
        f"-----BEGIN PRIVATE KEY-----\n{CANARY}",
        f"$argon2id$v=19$m=19456${CANARY}",
    ],
)
def test_what_looks_like_a_secret_is_taken_out(text: str) -> None:
    """SEC-14."""
    assert CANARY not in without_secrets(text)
    assert CANARY not in str(_guarded(reason=text, nested={"deep": [text]}))


@pytest.mark.parametrize("name", ["password", "hmac_key", "Authorization", "s3.secret_key"])
def test_a_field_named_for_a_secret_is_never_shown(name: str) -> None:
    """SEC-14."""
    assert _guarded(**{name: CANARY})[name] == REDACTED


def test_what_is_no_secret_is_left_alone() -> None:
    text = "X12-031 Code not in list at segment 14, tries=3, host=erp.example:443, user tradepost"
    assert _guarded(reason=text, attempt=3)["reason"] == text


@given(st.lists(st.sampled_from(_PIECES), max_size=8).map("".join))
def test_the_quick_look_misses_no_secret(text: str) -> None:
    """SEC-14: whatever one of the patterns would change is looked at by all of them."""
    slowly = text
    for pattern, instead in _SECRETS:
        slowly = pattern.sub(instead, slowly)
    assert without_secrets(text) == slowly


def test_a_full_file_is_followed_by_another_and_no_line_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.logs.MAX_BYTES", 1_000)
    with logged(tmp_path, "info") as path:
        for number in range(20):
            structlog.get_logger().info("counted", number=number)
    files = sorted(tmp_path.iterdir(), key=lambda file: file.name, reverse=True)
    assert len(files) > 2
    assert all(file.stat().st_size < 1_200 for file in files)
    assert path in files
    lines = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    assert [line["number"] for line in lines] == list(range(20))


def test_a_line_is_of_bounded_size(tmp_path: Path) -> None:
    with logged(tmp_path, "info") as path:
        structlog.get_logger().info(
            "big",
            text="x" * 10**6,
            entries=list(range(10**5)),
            table={str(n): "y" * 99 for n in range(10**4)},
        )
    assert path.stat().st_size < 20_000
    assert "characters left out" in _guarded(text="x" * (MAX_CHARS + 1))["text"]


def test_a_traceback_keeps_its_end(tmp_path: Path) -> None:
    with logged(tmp_path, "info") as path:
        try:
            _fail("a" * 50_000 + " the end")
        except ValueError:
            structlog.get_logger().exception("stage.failed")
    line = json.loads(path.read_text())
    assert "the end" in line["exception"]
    assert len(line["exception"]) < 9_000


def test_lines_go_to_stderr_as_json_where_that_is_wanted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with logged(tmp_path, "info", "auto"):
        structlog.get_logger().info("gateway.started", roles=["web"])
    assert json.loads(capsys.readouterr().err)["event"] == "gateway.started"


def test_people_read_lines_of_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with logged(tmp_path, "info", "text"):
        structlog.get_logger().info("delivery.attempted", outcome="accepted", words="two words")
    said = capsys.readouterr().err
    assert 'delivery.attempted outcome=accepted words="two words"' in said


def _fail(words: str) -> None:
    raise ValueError(words)
