"""The home folder: all state of the embedded mode lies under it, and one gateway at a time works in it.

tradepost.toml   settings, all of them commented out at first
tradepost.db     the ledger (SQLite)
archive/         every byte, by SHA-256        archive.id   which archive it is
partners/        live partner profiles         secrets/     what profiles refer to, mode 0700
keys/            the SFTP host key, and the sample partners' client keys
spool/           uploads on their way in
erp/ erp-test/   where the first destinations drop documents
log/             tradepost.log, one JSON line an event
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from gateway.archive.local import found_or_made
from gateway.errors import TradepostError
from gateway.settings import SETTINGS_FILE, Settings
from partners.directory import BUNDLED

ARCHIVE_ID = "archive.id"
HOST_KEY = "host_ed25519"
FOLDERS = ("partners", "secrets", "keys", "spool", "log")
PRIVATE_FOLDERS = ("secrets", "keys", "spool")


def is_prepared(home: Path) -> bool:
    """True if `prepare` has finished here once."""
    return (home / SETTINGS_FILE).exists()


def prepare(settings: Settings, *, samples: bool) -> bool:
    """Make a home, with the sample partners if wanted; False if it was one already.

    Twice: what is there is left alone; the settings file comes last and says it is done.
    """
    home = settings.home
    if is_prepared(home):
        return False
    try:
        _make(home, samples=samples)
    except OSError as fault:
        raise TradepostError(
            "GTW-026", f"The home {home} cannot be made: {fault}.", "Name another one with --home."
        ) from fault
    return True


def _make(home: Path, *, samples: bool) -> None:
    home.mkdir(parents=True, exist_ok=True)
    for name in FOLDERS:
        (home / name).mkdir(exist_ok=True)
    for name in PRIVATE_FOLDERS:
        (home / name).chmod(0o700)
    _make_destination_folders(home)
    _make_host_key(home)
    _copy_profiles(home, samples=samples)
    _write_settings(home)


def archive_id(settings: Settings) -> UUID:
    """Which archive this home uses; makes an empty one on first use (local archives only)."""
    remembered = settings.home / ARCHIVE_ID
    folder = Path(settings.effective_archive_url)
    if not remembered.exists():
        _write_new(remembered, f"{found_or_made(folder)}\n".encode(), 0o644)
    return UUID(remembered.read_text("ascii").strip())


def client_key(home: Path, partner: str) -> Path:
    """The private key with which the sample partner logs in, made on first use with its public half."""
    path = home / "keys" / "clients" / partner
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        key = Ed25519PrivateKey.generate()
        public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
        text = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
        _write_new(path, text, 0o600)
        _write_new(path.with_suffix(".pub"), f"{public} {partner}\n".encode(), 0o644)
    return path


def known_hosts(home: Path, host: str, port: int) -> Path:
    """A file for clients on this machine that names the server's key, so that none is taken on trust."""
    from gateway.sftp_server.host_key import ensure_host_key  # paramiko is slow to import

    key = ensure_host_key(home / "keys" / HOST_KEY)
    path = home / "keys" / "known_hosts"
    path.write_text(f"[{host}]:{port} {key.get_name()} {key.get_base64()}\n", "ascii")
    return path


@contextmanager
def locked(home: Path, role: str) -> Iterator[None]:
    """Hold one role in the home for this process. Raises TradepostError GTW-022 if another holds it."""
    with (home / f"{role}.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as busy:
            raise TradepostError(
                "GTW-022",
                f"A gateway is running in {home} already (role {role}).",
                "Stop it first, or name another home with --home.",
            ) from busy
        yield


def _make_host_key(home: Path) -> None:
    from gateway.sftp_server.host_key import ensure_host_key  # paramiko is slow to import

    ensure_host_key(home / "keys" / HOST_KEY)


def _copy_profiles(home: Path, *, samples: bool) -> None:
    target = home / "partners"
    for source in sorted(BUNDLED.iterdir()):
        if source.name.startswith("."):
            continue
        if source.name == "_bases" and not (target / source.name).exists():
            shutil.copytree(source, target / source.name)
        elif source.name.startswith("_"):
            continue
        elif source.is_file() and not (target / source.name).exists():
            shutil.copyfile(source, target / source.name)
        elif source.is_dir() and samples and not (target / source.name).exists():
            shutil.copytree(source, target / source.name)
            _give_key(home, source.name)


def _make_destination_folders(home: Path) -> None:
    """The folders where the first destinations drop files; a connector never makes one itself."""
    destinations = tomllib.loads((BUNDLED / "destinations.toml").read_text("utf-8"))
    for destination in destinations.values():
        scheme, _, folder = destination["url"].partition(":")
        if scheme == "folder":
            (home / folder).mkdir(parents=True, exist_ok=True)


def _give_key(home: Path, partner: str) -> None:
    public = client_key(home, partner).with_suffix(".pub")
    keys = home / "partners" / partner / "keys"
    keys.mkdir(exist_ok=True)
    shutil.copyfile(public, keys / public.name)


def _write_settings(home: Path) -> None:
    lines = ["# Settings of this gateway; docs/settings.md explains each. The defaults are shown.", ""]
    for name, field in Settings.model_fields.items():
        if name != "home":
            lines += [f"# {field.description}", f"# {name} = {_toml(field.default)}", ""]
    _write_new(home / SETTINGS_FILE, "\n".join(lines).encode(), 0o644)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def _write_new(path: Path, content: bytes, mode: int) -> None:
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    fd = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
    with os.fdopen(fd, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(fd)
    beside.replace(path)
