"""Delivery into a folder of another SFTP server: a partner's, or an ERP's."""

from __future__ import annotations

import io
import posixpath
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from typing import cast

import paramiko

from outbound.connector import Consignment, Holding, Outcome, Preview, Receipt
from outbound.drops import holding_of, is_leftover, safe_name, temporary_name
from outbound.refusals import refused, try_later
from outbound.sftp_client import SftpAccess, WrongHostKey, private_key, public_key, sftp_login


@dataclass(frozen=True, slots=True)
class SftpDropOptions:
    """folder: where files go, "" for the login's own; it must exist.

    host_key: the server's public key as in known_hosts, without the name: "ssh-ed25519 AAAA…".
    private_key: PEM text, without passphrase; password: either or both; secret.
    timeout_s: longest wait for each step.
    """

    host: str
    login: str
    host_key: str
    folder: str = ""
    port: int = 22
    private_key: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    timeout_s: float = 30.0


class SftpDrop:
    """A `Connector` that writes each consignment as one file under its name.

    Each delivery has a connection of its own. A file appears whole or not at all; the same
    name with the same bytes is DUPLICATE, with other bytes Refused. Whether the far end has
    synced its disk cannot be known over SFTP. Raises ValueError if a key cannot be read.
    """

    def __init__(self, options: SftpDropOptions) -> None:
        self._options = options
        self._access = SftpAccess(
            host=options.host,
            login=options.login,
            host_key=public_key(options.host_key),
            port=options.port,
            private_key=private_key(options.private_key) if options.private_key else None,
            password=options.password or None,
            timeout_s=options.timeout_s,
        )
        self._place = f"sftp://{options.host}:{options.port}/{options.folder.lstrip('/')}"
        self._swept = False

    def deliver(self, consignment: Consignment) -> Receipt:
        """Put under a temporary name, then rename. Safe to repeat: a file that is there is compared."""
        name = safe_name(consignment)
        final = posixpath.join(self._options.folder, name)
        with self._session() as sftp:
            self._sweep_once(sftp)
            held = _content(sftp, final, len(consignment.payload))
            new = held is None and self._write(sftp, consignment.payload, final)
            if held is None and not new:
                held = _content(sftp, final, len(consignment.payload))
            if not new and held != consignment.payload:
                raise refused("OUT-021", place=self._place, name=name)
        return Receipt(Outcome.ACCEPTED if new else Outcome.DUPLICATE, reference=final)

    def dry_run(self, consignment: Consignment) -> Preview:
        """See `Connector.dry_run`. Raises Refused if the name is unsafe."""
        place = f"{self._place.rstrip('/')}/{safe_name(consignment)}"
        return Preview(f"put {place}", consignment.payload, consignment.content_type)

    def look_up(self, consignment: Consignment) -> Holding | None:
        """See `Searchable.look_up`: by name. A longer file than ours is read one byte past it only."""
        final = posixpath.join(self._options.folder, safe_name(consignment))
        with self._session() as sftp:
            held = _content(sftp, final, len(consignment.payload))
        return None if held is None else holding_of(final, held)

    def check(self) -> str:
        """See `Connector.check`: the server is the one we know, lets us in and shows the folder."""
        with self._session() as sftp:
            sftp.listdir(self._options.folder or ".")
        return f"{self._place} can be reached."

    def close(self) -> None:
        """Nothing is held open between deliveries."""

    def _write(self, sftp: paramiko.SFTPClient, payload: bytes, final: str) -> bool:
        """True if the file has its name now; False if another was faster."""
        path = posixpath.join(self._options.folder, temporary_name())
        try:
            sftp.putfo(io.BytesIO(payload), path, len(payload), confirm=True)
            # SFTP's own rename never replaces a file; posix-rename@openssh.com would.
            sftp.rename(path, final)
        except OSError:
            with suppress(OSError):
                sftp.remove(path)
            if _exists(sftp, final):
                return False
            raise
        return True

    def _sweep_once(self, sftp: paramiko.SFTPClient) -> None:
        if self._swept:
            return
        for entry in sftp.listdir_attr(self._options.folder or "."):
            if is_leftover(entry.filename, entry.st_mtime or 0, time.time()):
                with suppress(FileNotFoundError):
                    sftp.remove(posixpath.join(self._options.folder, entry.filename))
        self._swept = True

    @contextmanager
    def _session(self) -> Iterator[paramiko.SFTPClient]:
        """An open session, and its faults as TryLater or Refused."""
        place = self._place
        try:
            with closing(sftp_login(self._access)) as client, closing(client.open_sftp()) as sftp:
                cast(paramiko.Channel, sftp.get_channel()).settimeout(self._options.timeout_s)
                yield sftp
        except WrongHostKey as fault:
            raise refused("OUT-051", endpoint_wide=True, place=place) from fault
        except paramiko.AuthenticationException as fault:
            raise refused("OUT-052", endpoint_wide=True, place=place) from fault
        except PermissionError as fault:
            raise refused("OUT-053", endpoint_wide=True, place=place) from fault
        except (paramiko.SSHException, EOFError, OSError) as fault:
            reason = str(fault) or type(fault).__name__
            raise try_later("OUT-050", place=place, reason=reason) from fault


def _exists(sftp: paramiko.SFTPClient, path: str) -> bool:
    try:
        sftp.stat(path)
    except OSError:
        return False
    return True


def _content(sftp: paramiko.SFTPClient, path: str, size: int) -> bytes | None:
    """The file's bytes, one more than `size` at most; None if there is no file."""
    try:
        with sftp.open(path, "rb") as file:
            return file.read(size + 1)
    except FileNotFoundError:
        return None
