"""README's first steps, taken by a real gateway and the OpenSSH client."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
TRADEPOST = str(Path(sys.executable).with_name("tradepost"))
DEADLINE_S = 60.0

pytestmark = pytest.mark.slow


@pytest.fixture
def login(tmp_path: Path) -> Iterator[list[str]]:
    """The sftp line that `run --samples` prints, while that gateway runs in ./home."""
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    command = [TRADEPOST, "--home", "home", "run", "--samples", "--sftp-port", "0"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as gateway:
        assert gateway.stdout is not None
        said: list[str] = []
        for line in gateway.stdout:
            said.append(line)
            if "Stop with Ctrl-C" in line:
                break
        try:
            lines = [line.strip() for line in said if line.strip().startswith("sftp -P")]
            assert lines, "".join(said)
            yield shlex.split(lines[0])
        finally:
            gateway.send_signal(signal.SIGTERM)
            gateway.stdout.read()
    assert gateway.returncode == 0


def sftp(login: list[str], commands: list[str], folder: Path) -> str:
    line = [login[0], "-b", "-", *login[1:]]
    done = subprocess.run(
        line, input="\n".join(commands), cwd=folder, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout


def answers(login: list[str], folder: Path) -> set[str]:
    return set(re.findall(r"997_\d+\.edi", sftp(login, ["ls outbox"], folder)))


def test_the_first_order_is_answered_delivered_and_found(login: list[str], tmp_path: Path) -> None:
    (written,) = re.findall(r"^(sed .*) > po\.edi$", README, re.MULTILINE)
    order = subprocess.run(shlex.split(written), cwd=tmp_path, capture_output=True, timeout=60, check=True)
    (tmp_path / "po.edi").write_bytes(order.stdout)
    before = answers(login, tmp_path)

    sftp(login, re.findall(r"^sftp> (.*)$", README, re.MULTILINE), tmp_path)

    deadline = time.monotonic() + DEADLINE_S
    while not (new := answers(login, tmp_path) - before):
        assert time.monotonic() < deadline, "no 997 came"
    (answer,) = new
    sftp(login, [f"get outbox/{answer}"], tmp_path)
    assert "\nAK5*A~\n" in (tmp_path / answer).read_text("ascii")
    while not list((tmp_path / "home" / "erp").glob("*4501000199*.json")):
        assert time.monotonic() < deadline, "the ERP got nothing"
    for line in re.findall(r"^\.venv/bin/tradepost (--home home .*)$", README, re.MULTILINE):
        told = subprocess.run(
            [TRADEPOST, *shlex.split(line)],
            cwd=tmp_path,
            env={**os.environ, "COLUMNS": "160"},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert told.stdout, line
        if "archive find" in line:
            assert "po.edi" in told.stdout
            assert answer in told.stdout
