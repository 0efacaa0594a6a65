"""Settings of the SFTP server, and the open files that it needs."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.running import OPEN_FILES, allow_open_files
from gateway.settings import Settings


@pytest.fixture
def few_files() -> Iterator[int]:
    """The hard limit, while the soft one is small as in a login shell."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(512, before[1]), before[1]))
    yield before[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_process_takes_the_open_files_that_it_may_have(few_files: int) -> None:
    allow_open_files()
    granted, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert most == few_files
    assert granted == (OPEN_FILES if most == resource.RLIM_INFINITY else min(OPEN_FILES, most))
    allow_open_files()
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (granted, most)


def test_networks_that_are_never_shut_out_stand_with_commas_between(tmp_path: Path) -> None:
    assert Settings(home=tmp_path).penalty_exempt == ("127.0.0.0/8", "::1/128")
    own = Settings(home=tmp_path, sftp_penalty_exempt="192.0.2.0/24,2001:db8::/32 ,")
    assert own.penalty_exempt == ("192.0.2.0/24", "2001:db8::/32")
    assert Settings(home=tmp_path, sftp_penalty_exempt="").penalty_exempt == ()


def test_what_is_no_network_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="does not appear to be"):
        Settings(home=tmp_path, sftp_penalty_exempt="the proxy")
