"""Refusals at the edges that no honest partner meets: oversized paths and packets, answers to nothing."""

from __future__ import annotations

from itertools import islice

import pytest
from paramiko.ssh_exception import SSHException

from gateway.sftp_server.line import MAX_PACKET_BYTES, BoundedPacketizer
from gateway.sftp_server.paths import MAX_PATH_BYTES, normalise
from gateway.sftp_server.refusal import Refusal
from gateway.watchers.names import MAX_NAME_BYTES, numbered


def test_a_path_longer_than_any_honest_one_is_refused_unread() -> None:
    assert normalise("/" * MAX_PATH_BYTES) == ()
    with pytest.raises(Refusal, match="too long"):
        normalise("/" * (MAX_PATH_BYTES + 1))


def test_a_packet_larger_than_any_honest_one_is_refused_before_it_is_read() -> None:
    packetizer = BoundedPacketizer.__new__(BoundedPacketizer)
    with pytest.raises(SSHException, match=f"{MAX_PACKET_BYTES + 1} bytes"):
        packetizer.read_all(MAX_PACKET_BYTES + 1)


def test_a_name_that_is_taken_gets_the_next_number_and_never_grows_too_long() -> None:
    assert list(islice(numbered("po.edi"), 3)) == ["po.edi", "po.edi.1", "po.edi.2"]
    assert [len(name) for name in islice(numbered("x" * MAX_NAME_BYTES), 2)] == [MAX_NAME_BYTES] * 2
