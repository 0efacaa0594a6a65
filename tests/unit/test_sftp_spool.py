"""The spool behaves as a file does, and its hash is that of its bytes. FI-E08."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.sftp_server.spool import Spool

WRITES = st.lists(st.tuples(st.integers(0, 300), st.binary(max_size=100)), max_size=12)


def _as_a_file_would(writes: list[tuple[int, bytes]]) -> bytes:
    content = bytearray()
    for offset, data in writes:
        if data:
            content.extend(bytes(max(0, offset - len(content))))
            content[offset : offset + len(data)] = data
    return bytes(content)


@settings(derandomize=True, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WRITES)
def test_writes_in_any_order_make_the_bytes_and_the_hash_of_a_file(
    tmp_path: Path, writes: list[tuple[int, bytes]]
) -> None:
    file = Spool(tmp_path).create()
    for offset, data in writes:
        file.write(offset, data)
    spooled = file.finish(stays=True)
    content = _as_a_file_would(writes)
    assert spooled.path.read_bytes() == content
    assert spooled.size == len(content)
    assert spooled.sha256 == hashlib.sha256(content).hexdigest()


def test_spool_files_are_ours_alone_and_have_names_of_their_own(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    first, second = spool.create(), spool.create()
    assert first.path != second.path
    assert stat.S_IMODE(first.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(first.path.parent.stat().st_mode) == 0o700
    first.discard()
    second.discard()
    assert list((tmp_path / "spool").iterdir()) == []


def test_a_sweep_takes_only_unknown_uploads(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    known, stray = spool.create().finish(stays=True), spool.create().finish(stays=True)
    other = tmp_path / "not-ours"
    other.write_bytes(b"")
    assert spool.sweep({known.path}) == 1
    assert known.path.exists()
    assert other.exists()
    assert not stray.path.exists()


def test_a_twin_outlives_its_original(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    file = spool.create()
    file.write(0, b"ISA*")
    twin = spool.twin(file.finish(stays=True).path)
    file.path.unlink()
    assert twin.read_bytes() == b"ISA*"


def test_a_full_disk_is_an_error_and_not_a_short_file(tmp_path: Path) -> None:
    file = Spool(tmp_path).create()
    with pytest.raises(OSError, match=r"File too large|Invalid argument"):
        file.write(2**63 - 10, b"past the end of any file")
    file.discard()
