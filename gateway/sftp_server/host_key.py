"""The server's own keys: the one in force, and during a change the one to come.

A client can be shown one key of a type while it connects. OpenSSH's clients learn of others
afterwards: the server tells them all its keys and proves that it holds them (PROTOCOL of OpenSSH,
section 2.5, hostkeys-00 and hostkeys-prove-00). So a key to come is told for some weeks, then takes
the place of the one in force, and clients that connected meanwhile know it already.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from paramiko import Ed25519Key, Message, PKey

#: Added to the name of the key in force.
NEXT_SUFFIX = ".next"
OLD_SUFFIX = ".old"
TELL_KEYS = "hostkeys-00@openssh.com"
PROVE_KEYS = "hostkeys-prove-00@openssh.com"


def ensure_host_key(path: Path) -> Ed25519Key:
    """The ed25519 host key at `path`, made on first use with mode 0600 and synced.

    Two processes starting at once end up with the same key: the first link wins.
    Raises OSError, or paramiko.SSHException if the file is not an unencrypted ed25519 key.
    """
    if not path.exists():
        _write_new(path)
    return Ed25519Key.from_private_key_file(str(path))


def next_path(path: Path) -> Path:
    """Where the key to come is, if there is one."""
    return path.with_name(path.name + NEXT_SUFFIX)


def host_keys(path: Path) -> tuple[Ed25519Key, ...]:
    """The key in force, then the one to come if there is one. Raises as ensure_host_key."""
    coming = next_path(path)
    return (ensure_host_key(path), *([ensure_host_key(coming)] if coming.exists() else []))


def change_host_key(path: Path) -> Ed25519Key:
    """Put the key to come in force, for servers that start from now on; the one before stays as .old.

    Raises FileNotFoundError if no key is to come. A crash in between leaves the key in force there
    under both names, and the change can be made again.
    """
    coming, old = next_path(path), path.with_name(path.name + OLD_SUFFIX)
    if not coming.exists():
        raise FileNotFoundError(coming)
    old.unlink(missing_ok=True)
    os.link(path, old)
    coming.replace(path)
    return ensure_host_key(path)


def proofs(asked: bytes, session_id: bytes, keys: Sequence[PKey]) -> tuple[bytes, ...] | None:
    """A signature with each key that a client asks proof of; None if one of them is not ours.

    asked: the rest of its request, one string for each public key.
    """
    ours = {key.asbytes(): key for key in keys}
    request = Message(asked)
    signatures: list[bytes] = []
    while request.get_so_far() != asked and len(signatures) < len(ours):
        blob = request.get_binary()
        if blob not in ours:
            return None
        signed = Message()
        for part in (PROVE_KEYS.encode(), session_id, blob):
            signed.add_string(part)
        signatures.append(ours[blob].sign_ssh_data(signed.asbytes()).asbytes())
    return tuple(signatures) if request.get_so_far() == asked else None


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
