"""A real OpenSSH server, started as a process of the test's own user on a free port.

    with openssh_server(tmp_path) as server:
        paramiko or sftp to server.host, server.port as server.login with server.private_key;
        its host key is server.host_key; files go below server.folder (an absolute path)

It needs Debian's openssh-server; without it the test fails and says what to install.
"""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SSHD = Path("/usr/sbin/sshd")
INSTALL = "this test needs a real OpenSSH server; run: sudo apt-get install -y openssh-server"
DEADLINE_S = 15.0


@dataclass(frozen=True)
class OpenSshServer:
    """Where it is and how to log in. host_key: "ssh-ed25519 AAAA…"; private_key: PEM text."""

    host: str
    port: int
    login: str
    host_key: str
    private_key: str
    folder: Path


def make_key(path: Path) -> str:
    """A new Ed25519 key pair at `path` and `path`.pub; the public key's text without comment."""
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)], check=True, timeout=30
    )
    return path.with_suffix(".pub").read_text().strip()


@contextmanager
def openssh_server(folder: Path) -> Iterator[OpenSshServer]:
    """A server with one login by key. folder: an empty place for its keys, log and files."""
    if not SSHD.exists():
        raise RuntimeError(INSTALL)
    if os.geteuid() == 0:
        # Where the server is started by root it insists on this folder.
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    host_key = make_key(folder / "host")
    (folder / "authorized_keys").write_text(make_key(folder / "login") + "\n")
    files = folder / "files"
    files.mkdir()
    port = _free_port()
    config = _config(folder, port)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([str(SSHD), "-D", "-e", "-f", str(config)], stdout=log, stderr=log)
    try:
        _wait_until_listening(process, folder / "log")
        private_key = (folder / "login").read_text()
        yield OpenSshServer("127.0.0.1", port, getpass.getuser(), host_key, private_key, files)
    finally:
        process.terminate()
        process.wait(DEADLINE_S)


def _config(folder: Path, port: int) -> Path:
    path = folder / "sshd_config"
    path.write_text(
        f"Port {port}\n"
        "ListenAddress 127.0.0.1\n"
        f"HostKey {folder / 'host'}\n"
        f"AuthorizedKeysFile {folder / 'authorized_keys'}\n"
        f"PidFile {folder / 'pid'}\n"
        "PasswordAuthentication no\n"
        "KbdInteractiveAuthentication no\n"
        "UsePAM no\n"
        "StrictModes no\n"
        "PermitRootLogin prohibit-password\n"
        "Subsystem sftp internal-sftp\n"
    )
    return path


def _free_port() -> int:
    # sshd takes no port 0; the port may in theory be taken again before sshd binds it.
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_listening(process: subprocess.Popen[bytes], log: Path) -> None:
    """Reads the log: a probing connection would count against us in newer servers."""
    deadline = time.monotonic() + DEADLINE_S
    while "Server listening" not in log.read_text():
        if process.poll() is not None:
            raise RuntimeError(f"sshd ended at once: {log.read_text()}")
        if time.monotonic() > deadline:
            raise TimeoutError(f"sshd does not listen: {log.read_text()}")
        os.sched_yield()
