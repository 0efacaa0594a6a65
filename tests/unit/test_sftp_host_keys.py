"""How the server's key is changed without a client meeting a stranger."""

from __future__ import annotations

from pathlib import Path

import pytest
from paramiko import Ed25519Key, Message

from gateway.sftp_server.host_key import (
    PROVE_KEYS,
    change_host_key,
    ensure_host_key,
    host_keys,
    next_path,
    proofs,
)


def _asked(*blobs: bytes) -> bytes:
    message = Message()
    for blob in blobs:
        message.add_string(blob)
    return message.asbytes()


def test_the_next_key_takes_over_and_the_old_one_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "host"
    first = ensure_host_key(path)
    assert host_keys(path) == (first,)
    second = ensure_host_key(next_path(path))
    assert host_keys(path) == (first, second)
    assert change_host_key(path) == second
    assert host_keys(path) == (second,)
    assert ensure_host_key(tmp_path / "host.old") == first
    ensure_host_key(next_path(path))
    change_host_key(path)
    assert ensure_host_key(tmp_path / "host.old") == second


def test_without_a_next_key_nothing_is_changed(tmp_path: Path) -> None:
    first = ensure_host_key(tmp_path / "host")
    with pytest.raises(FileNotFoundError):
        change_host_key(tmp_path / "host")
    assert host_keys(tmp_path / "host") == (first,)


def test_each_key_that_is_asked_for_is_proved_over_the_session(tmp_path: Path) -> None:
    keys = [ensure_host_key(tmp_path / name) for name in "ab"]
    signatures = proofs(_asked(*(key.asbytes() for key in keys)), b"session", keys)
    assert signatures is not None
    for key, signature in zip(keys, signatures, strict=True):
        signed = _asked(PROVE_KEYS.encode(), b"session", key.asbytes())
        public = Ed25519Key(data=key.asbytes())
        assert public.verify_ssh_sig(signed, Message(signature))
        assert not public.verify_ssh_sig(signed.replace(b"session", b"another"), Message(signature))


def test_nothing_is_signed_for_a_foreign_key_or_a_broken_request(tmp_path: Path) -> None:
    ours, foreign = ensure_host_key(tmp_path / "a"), ensure_host_key(tmp_path / "b")
    for asked in (
        _asked(foreign.asbytes()),
        _asked(ours.asbytes(), foreign.asbytes()),
        _asked(ours.asbytes(), ours.asbytes()),
        _asked(ours.asbytes())[:-1],
        b"\xff\xff\xff\xff",
        b"\x00",
    ):
        assert proofs(asked, b"session", [ours]) is None
    assert proofs(b"", b"session", [ours]) == ()
