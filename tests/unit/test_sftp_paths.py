"""Any path a client sends ends inside its mailbox, or is refused. BI-071, SEC on SFTPGo's normaliser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TypeVar

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.sftp_server.mailbox import INBOX, Folder, Place
from gateway.sftp_server.paths import MAX_NAME_BYTES, checked_name, normalise, resolve, shown_path
from gateway.sftp_server.refusal import Refusal, Status

PIECES = st.sampled_from(
    ["..", ".", "/", "//", "inbox", "archive", "\\", "\x00", "a", "é", "\u202e", "x" * 300]
)
PATHS = st.one_of(st.text(), st.lists(PIECES).map("".join), st.lists(PIECES).map("/".join))


T = TypeVar("T")


def _attempted(read: Callable[[str], T], path: str) -> T | Refusal:
    try:
        return read(path)
    except Refusal as no:
        return no


@settings(derandomize=True, max_examples=600)
@given(PATHS)
@example("/inbox/../../../etc/passwd")
@example("\ud800")
def test_any_path_ends_inside_the_mailbox_or_is_refused(path: str) -> None:
    parts = _attempted(normalise, path)
    if isinstance(parts, Refusal):
        assert parts.finding.code == "GTW-100"
        return
    for part in parts:
        assert part not in ("", ".", "..")
        assert not set(part) & {"/", "\\", "\x00", "\n"}
        assert len(part.encode()) <= MAX_NAME_BYTES
    assert normalise(shown_path(parts)) == parts


@settings(derandomize=True, max_examples=600)
@given(st.binary())
def test_any_bytes_that_are_text_resolve_or_are_refused(raw: bytes) -> None:
    node = _attempted(resolve, raw.decode("utf-8", "surrogateescape"))
    if isinstance(node, Refusal):
        assert node.finding.code in ("GTW-100", "GTW-101")
    else:
        assert node.place is None or node.place.folder in Folder


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", ".hidden", "a/b", "a\\b", "a\x00b", "a\nb", "a\x7fb", "a\u202eb", "a\u2028b", "é" * 128],
)
def test_a_name_that_could_mislead_is_refused(name: str) -> None:
    with pytest.raises(Refusal) as no:
        checked_name(name)
    assert no.value.finding.code == "GTW-100"


@pytest.mark.parametrize(
    "name", ["850.edi", "a b.edi", "Bestellung_ü.csv", "x" * 255, "~a", "-rf", "%s{0}", "é" * 127]
)
def test_plain_names_are_taken_as_they_are(name: str) -> None:
    assert checked_name(name) == name


@pytest.mark.parametrize(
    ("path", "place", "name"),
    [
        ("/", None, None),
        ("", None, None),
        (".", None, None),
        ("/../..", None, None),
        ("/archive", None, None),
        ("inbox", INBOX, None),
        ("/inbox/./x/../a.edi", INBOX, "a.edi"),
        ("/archive/2026-03-01", Place(Folder.ARCHIVE, date(2026, 3, 1)), None),
        ("/archive/2026-03-01/a", Place(Folder.ARCHIVE, date(2026, 3, 1)), "a"),
    ],
)
def test_a_path_leads_to_its_place(path: str, place: Place | None, name: str | None) -> None:
    node = resolve(path)
    assert (node.place, node.name) == (place, name)


@pytest.mark.parametrize(
    "path",
    [
        "/etc",
        "/Inbox",
        "/inbox/a/b",
        "/archive/a.edi",
        "/archive/20260301",
        "/archive/2026-3-1",
        "/archive/2026-W09-7",
    ],
)
def test_there_is_nothing_elsewhere(path: str) -> None:
    with pytest.raises(Refusal) as no:
        resolve(path)
    assert no.value.status is Status.NO_SUCH_FILE
