"""Delivery into a folder that the ERP, or a partner's pick-up job, empties."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from outbound.connector import Consignment, Holding, Outcome, Preview, Receipt
from outbound.drops import holding_of, is_leftover, safe_name, temporary_name
from outbound.durable import link_new, sync_folder
from outbound.refusals import refused, try_later

_FORBIDDEN = {errno.EACCES, errno.EPERM}
_NAME_REFUSED = {errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ}


@dataclass(frozen=True, slots=True)
class FileDropOptions:
    """folder: where files go; it must exist, as a missing one may be a disk not mounted."""

    folder: Path


class FileDrop:
    """A `Connector` that writes each consignment as one file under its name.

    A file appears whole and synced or not at all. The same name with the same bytes is
    DUPLICATE, with other bytes Refused: files are never replaced. Once the far end has
    taken a file away it cannot be recognised any more, and a repeat writes it again.
    """

    def __init__(self, options: FileDropOptions) -> None:
        self._folder = options.folder
        self._swept = False

    def deliver(self, consignment: Consignment) -> Receipt:
        """Write beside, sync, give the name, sync the folder.

        Safe to repeat after a crash anywhere: before the name is given nothing is visible,
        afterwards the file is found.
        """
        final = self._folder / safe_name(consignment)
        with self._writing():
            self._sweep_once()
            new = not final.exists() and self._write(consignment, final)
            if not new and final.read_bytes() != consignment.payload:
                raise refused("OUT-021", place=str(self._folder), name=final.name)
            sync_folder(self._folder)
        return Receipt(Outcome.ACCEPTED if new else Outcome.DUPLICATE, reference=str(final))

    def dry_run(self, consignment: Consignment) -> Preview:
        """See `Connector.dry_run`. Raises Refused if the name is unsafe."""
        place = self._folder / safe_name(consignment)
        return Preview(f"write {place}", consignment.payload, consignment.content_type)

    def look_up(self, consignment: Consignment) -> Holding | None:
        """See `Searchable.look_up`: by name; a file that was taken away is not held any more."""
        place = self._folder / safe_name(consignment)
        with self._writing():
            try:
                return holding_of(str(place), place.read_bytes())
            except FileNotFoundError:
                return None

    def check(self) -> str:
        """See `Connector.check`: the folder is there and may be written."""
        with self._writing():
            if not self._folder.is_dir():
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
            if not os.access(self._folder, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return f"The folder {self._folder} can be written."

    def close(self) -> None:
        """Nothing is held open between deliveries."""

    def _write(self, consignment: Consignment, final: Path) -> bool:
        """True if the file has its name now; False if another was faster."""
        path = self._folder / temporary_name()
        try:
            with path.open("xb") as file:
                file.write(consignment.payload)
                file.flush()
                os.fsync(file.fileno())
            return link_new(path, final)
        finally:
            with suppress(FileNotFoundError):
                path.unlink()

    def _sweep_once(self) -> None:
        if self._swept:
            return
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):
                if is_leftover(path.name, path.stat().st_mtime, time.time()):
                    path.unlink()
        self._swept = True

    @contextmanager
    def _writing(self) -> Iterator[None]:
        place = str(self._folder)
        try:
            yield
        except OSError as fault:
            reason = fault.strerror or type(fault).__name__
            if fault.errno in _FORBIDDEN:
                raise refused("OUT-023", endpoint_wide=True, place=place, reason=reason) from fault
            if fault.errno in _NAME_REFUSED:
                raise refused("OUT-024", place=place, reason=reason) from fault
            raise try_later("OUT-022", place=place, reason=reason) from fault
