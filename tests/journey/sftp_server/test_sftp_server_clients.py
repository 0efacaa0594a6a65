"""The clients that partners use besides OpenSSH's: lftp, rclone and PuTTY's psftp."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from gateway.sftp_server.mailbox import OUTBOX, LoginFacts
from gateway.sftp_server.passwords import hash_password

CONTENT = b"ISA*00*" * 30_000
PASSWORD = "correct horse battery staple"


@pytest.fixture
def client_house(house: Any) -> Any:
    house.open()
    house.boxes.put("acme", OUTBOX, "997.edi", b"997" * 20_000)
    house.source = house.file("850.edi", CONTENT)
    house.got = house.home / "got.edi"
    return house


def _run(command: list[str], home: Path, text: str = "") -> None:
    program = command[0]
    if shutil.which(program) is None:
        pytest.fail(f"{program} is missing, so this test could not run; as root: make system")
    done = subprocess.run(
        command,
        input=text,
        env={**os.environ, "HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _was_served(house: Any) -> None:
    """One upload under its final name, one by a waiting name, one fetch, one removal."""
    assert [(kept.arrival.name, kept.content) for kept in house.boxes.kept] == [
        ("put.edi", CONTENT),
        ("renamed.edi", CONTENT),
    ]
    assert house.got.read_bytes() == b"997" * 20_000
    assert [entry.name for _, _, entry, _ in house.boxes.fetches] == ["997.edi"]
    assert [entry.name for _, _, entry, _ in house.boxes.removals] == ["997.edi"]
    assert house.spooled() == []


def test_lftp_puts_renames_gets_and_removes(client_house: Any) -> None:
    """FI-E02."""
    home, port = client_house.home, client_house.server.port
    ssh = f"ssh -a -x -F none -i {home}/acme.key -o UserKnownHostsFile={home}/known_hosts"
    script = [
        "set cmd:fail-exit yes; set net:max-retries 1; set sftp:auto-confirm no",
        f'set sftp:connect-program "{ssh}"',
        f"open -u acme, sftp://127.0.0.1:{port}",
        f"put {client_house.source} -o /inbox/put.edi",
        f"put {client_house.source} -o /inbox/r.tmp",
        "mv /inbox/r.tmp /inbox/renamed.edi",
        f"get /outbox/997.edi -o {client_house.got}",
        "rm /outbox/997.edi",
        "bye",
    ]
    _run(["lftp", "-c", "; ".join(script)], home)
    _was_served(client_house)


def test_rclone_copies_both_ways(client_house: Any) -> None:
    """FI-E03."""
    home = client_house.home
    config = home / "rclone.conf"
    config.write_text(
        f"[box]\ntype = sftp\nhost = 127.0.0.1\nport = {client_house.server.port}\nuser = acme\n"
        f"key_file = {home}/acme.key\nknown_hosts_file = {home}/known_hosts\n"
        "shell_type = none\ndisable_hashcheck = true\n"
    )
    rclone = ["rclone", "--config", str(config), "--retries", "1"]
    _run([*rclone, "copyto", str(client_house.source), "box:/inbox/put.edi"], home)
    _run([*rclone, "copyto", str(client_house.source), "box:/inbox/r.tmp"], home)
    _run([*rclone, "moveto", "box:/inbox/r.tmp", "box:/inbox/renamed.edi"], home)
    _run([*rclone, "copyto", "box:/outbox/997.edi", str(client_house.got)], home)
    _run([*rclone, "deletefile", "box:/outbox/997.edi"], home)
    _was_served(client_house)


def test_psftp_logs_in_by_password_puts_renames_gets_and_removes(client_house: Any) -> None:
    """FI-E02."""
    client_house.boxes.logins = [LoginFacts("acme", "acme", "acme-sftp", (), hash_password(PASSWORD))]
    home = client_house.home
    batch = home / "batch"
    batch.write_text(
        f"put {client_house.source} /inbox/put.edi\nput {client_house.source} /inbox/r.tmp\n"
        f"mv /inbox/r.tmp /inbox/renamed.edi\nget /outbox/997.edi {client_house.got}\n"
        "rm /outbox/997.edi\n"
    )
    server = ["-P", str(client_house.server.port), "-hostkey", client_house.host_key.fingerprint]
    _run(["psftp", "-batch", *server, "-pw", PASSWORD, "-b", str(batch), "acme@127.0.0.1"], home)
    _was_served(client_house)
