"""The server's own key."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from paramiko import Ed25519Key


def ensure_host_key(path: Path) -> Ed25519Key:
    """The ed25519 host key at `path`, made on first use with mode 0600 and synced.

    Two processes starting at once end up with the same key: the first link wins.
    Raises OSError, or paramiko.SSHException if the file is not an unencrypted ed25519 key.
    """
    if not path.exists():
        _write_new(path)
    return Ed25519Key.from_private_key_file(str(path))


def _write_new(path: Path) -> None:
    text = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    fd = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(fd, "wb") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(fd)
    try:
        os.link(beside, path)
    except FileExistsError:
        pass
    finally:
        beside.unlink()
