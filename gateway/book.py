"""The profiles in force: applied as a whole, kept in the ledger, read back by version."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from gateway import profiles
from gateway.errors import TradepostError
from gateway.failpoints import failpoint
from gateway.parts import Applied
from gateway.ports import Clock
from gateway.store import profile_versions
from gateway.store.ledger import Ledger
from gateway.store.moves import Act
from partners.directory import Directory, load_directory

#: What belongs to a profile folder; anything else in it is left alone.
SUFFIXES = frozenset({".toml", ".csv", ".pub", ".md"})
#: Seconds after which a running gateway sees a version that another process applied.
REFRESH_S = 2.0
MAX_VERSIONS_IN_MEMORY = 8


class ProfileBook:
    """`Profiles` of the pipeline. Safe for threads; a version never changes once it is applied."""

    def __init__(self, ledger: Ledger, clock: Clock, home: Path) -> None:
        self._ledger = ledger
        self._clock = clock
        self._home = home
        self._lock = threading.Lock()
        self._loaded: dict[str, Applied] = {}
        self._newest: str | None = None
        self._looked_at = -REFRESH_S

    def current(self) -> Applied:
        """The profiles in force, at most two seconds old. Raises TradepostError GTW-020 before the first."""
        with self._lock:
            if self._newest is None or time.monotonic() - self._looked_at >= REFRESH_S:
                with self._ledger.read() as view:
                    self._newest = profile_versions.newest(view)
                self._looked_at = time.monotonic()
            newest = self._newest
        if newest is None:
            raise TradepostError(
                "GTW-020", "No partner profiles have been applied.", "Run: tradepost partners apply"
            )
        return self.version(newest)

    def version(self, version: str) -> Applied:
        """The profiles as they were applied under `version`."""
        with self._lock:
            if version not in self._loaded:
                with self._ledger.read() as view:
                    content = profile_versions.files(view, version)
                if len(self._loaded) >= MAX_VERSIONS_IN_MEMORY:
                    self._loaded.pop(next(iter(self._loaded)))
                self._loaded[version] = Applied(version, _directory(content))
            return self._loaded[version]

    def apply(self, folder: Path, act: Act) -> Applied:
        """Check a folder and put it in force as a whole. Raises ProfilesRefused with all that is wrong."""
        content = read_folder(folder)
        profiles.load(folder, self._home)
        directory = _directory(content)
        version = version_of(content)
        with self._ledger.write() as tx:
            if profile_versions.apply(tx, act, version, content):
                failpoint("profiles.in_transaction")
        failpoint("profiles.applied")
        with self._lock:
            self._newest = None
            self._loaded[version] = Applied(version, directory)
        return self._loaded[version]


def _directory(content: Mapping[str, str]) -> Directory:
    """The profiles of a version; secrets and schedules were checked when it was applied."""
    with TemporaryDirectory(prefix="tradepost-profiles-") as folder:
        for name, text in content.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        loaded = load_directory(Path(folder))
    if isinstance(loaded, tuple):
        raise profiles.ProfilesRefused(loaded)
    return loaded


def read_folder(folder: Path) -> dict[str, str]:
    """The profile files below `folder`, text by relative path. Hidden files and links are left out."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = PurePosixPath(path.relative_to(folder))
        hidden = any(part.startswith(".") for part in name.parts)
        if path.suffix in SUFFIXES and path.is_file() and not path.is_symlink() and not hidden:
            found[str(name)] = _text(path)
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise TradepostError(
            "GTW-027",
            f"The profile file {path} cannot be read: {fault}.",
            "Save it as UTF-8, or take it away.",
        ) from fault


def version_of(content: Mapping[str, str]) -> str:
    """SHA-256 over names and texts of all files."""
    text = json.dumps(dict(content), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
