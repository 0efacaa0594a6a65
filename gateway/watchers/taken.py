"""What becomes of a file in a watched folder once it has been kept: moved or removed, never another file.

A sender may put a new file under the same name at any moment, also between our last look and
our rename. So a file is first renamed to a hidden name of ours, which takes exactly one file,
whichever it is; then it is looked at; then it goes its way, or back. What a crash leaves under
a hidden name is still whole, and is taken up by the next sweep under the same source key.
"""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

from gateway.failpoints import failpoint
from gateway.watchers.guarded import Identity
from gateway.watchers.names import fitted, numbered
from outbound.durable import NO_LINKS

_ASIDE = re.compile(r"\.tradepost-taken-[0-9a-f]{8}-(?P<name>.+)", re.DOTALL)


def name_of_leftover(name: str) -> str | None:
    """The sender's name of a file that an interrupted `settle` left behind; None for any other file."""
    match = _ASIDE.fullmatch(name)
    return None if match is None else match["name"]


class Taken:
    """Where kept files of one folder go. move_to: a folder inside it, or None to remove them."""

    def __init__(self, folder: Path, move_to: str | None) -> None:
        self._folder = folder
        self._move_to = move_to

    def settle(self, source: int, name: str, title: str, identity: Identity) -> str | None:
        """Move or remove the file under `name` if it is the one that was kept.

        source: the open folder. title: the sender's name. Returns the name that it had last, None
        if there was another file by now, or none. Raises OSError if a folder refuses: the file
        is then under its own name or a hidden one. Twice: a file that was linked to its new
        place already is only taken from the old one.
        """
        aside = fitted(title, prefix=f".tradepost-taken-{secrets.token_hex(4)}-")
        try:
            if Identity.of(_status(source, name)) != identity:
                return None
            os.rename(name, aside, src_dir_fd=source, dst_dir_fd=source)
        except FileNotFoundError:
            return None
        failpoint("folder.aside")
        if Identity.of(_status(source, aside)) != identity:
            _place_new(source, aside, source, title)
            return None
        return self.put(source, aside, title)

    def put(self, source: int, name: str, title: str) -> str:
        """Move `name` away as `title` or with a number added, or remove it. Returns the name it had last."""
        if self._move_to is None:
            os.unlink(name, dir_fd=source)
            return title
        target = _open_folder(self._folder / self._move_to)
        try:
            return _place_new(source, name, target, title)
        finally:
            os.close(target)


def _place_new(source: int, name: str, target: int, title: str) -> str:
    """Rename without replacing anything: to `title`, or that with a number. Returns the name it got.

    source, target: open folders of one file system. Raises OSError.
    """
    given = next(one for one in numbered(title) if _link_new(source, name, target, one))
    failpoint("folder.linked")
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=source)
    return given


def _link_new(source: int, name: str, target: int, title: str) -> bool:
    """Give the file its new name beside the old one; False if another file has it."""
    try:
        os.link(name, title, src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)
    except FileExistsError:
        # The very same file: an earlier move was cut off after this step.
        return os.path.samestat(_status(source, name), _status(target, title))
    except OSError as refusal:
        if refusal.errno not in NO_LINKS:
            raise
        return _rename_new(source, name, target, title)
    return True


def _rename_new(source: int, name: str, target: int, title: str) -> bool:
    """As `_link_new` on a file system without hard links, where only we write to `target`."""
    try:
        _status(target, title)
    except FileNotFoundError:
        os.rename(name, title, src_dir_fd=source, dst_dir_fd=target)
        return True
    return False


def _status(folder: int, name: str) -> os.stat_result:
    return os.stat(name, dir_fd=folder, follow_symlinks=False)


def _open_folder(path: Path) -> int:
    """A folder, made if it is not there. A link in its place is refused: it may lead anywhere."""
    path.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
