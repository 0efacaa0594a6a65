"""Connectors kept open between calls, one a destination as it is now configured."""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path

from gateway.profiles import SecretUnreadable, read_secrets
from outbound.connector import Connector, Refused
from outbound.registry import Secrets, connect
from partners.destinations import Destination

#: Cost of a mark, about 16 MiB and 30 ms: too dear to guess a secret by.
_SCRYPT = {"n": 2**14, "r": 8, "p": 1}
#: Stands in a mark for secrets that cannot be read, with the reason.
UNREADABLE = "unreadable"


class FarEnds:
    """Gives the connector of a destination; a changed destination or secret gets a new one."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._open: dict[str, tuple[Destination, Secrets, Connector]] = {}
        self._here = threading.local()

    def __call__(self, destination: Destination) -> Connector:
        """The connector. Raises Refused, of the far end as a whole, if a secret cannot be read (FI-H03)."""
        secrets = self._secrets(destination)
        self._used_here()[destination.name] = secrets
        with self._lock:
            known = self._open.get(destination.name)
            if known is not None and known[:2] == (destination, secrets):
                return known[2]
            connector = self._connect(destination, secrets)
            self._open[destination.name] = (destination, secrets, connector)
        if known is not None:
            known[2].close()
        return connector

    def mark(self, destination: Destination, salt: str, *, used: bool = False) -> str:
        """A mark that changes with the destination's settings and secrets, and gives none of them away.

        salt: drawn anew for each mark; the mark begins with it, and comparing needs it again.
        used: of the secrets that this thread was last given a connector with, not of those there now:
        one that was renewed while the old one was refused must count as another.
        """
        secrets = self._used_here().get(destination.name) if used else None
        if secrets is None:
            secrets = _readable(destination, self._home)
        told = json.dumps([destination.model_dump(mode="json"), dict(secrets)], sort_keys=True)
        digest = hashlib.scrypt(told.encode(), salt=salt.encode(), dklen=24, **_SCRYPT)
        return f"{salt}${digest.hex()}"

    def close(self) -> None:
        """Close all."""
        with self._lock:
            for _, _, connector in self._open.values():
                connector.close()
            self._open.clear()

    def _secrets(self, destination: Destination) -> Secrets:
        """Read each time: one that was renewed in its place is used from the next delivery on."""
        try:
            return read_secrets(destination.secrets, self._home)
        except SecretUnreadable as fault:
            self._used_here()[destination.name] = {UNREADABLE: fault.reason}
            raise Refused(fault.message, endpoint_wide=True, code=fault.code) from fault

    def _used_here(self) -> dict[str, Secrets]:
        """By destination, what this thread last connected with."""
        used: dict[str, Secrets] = self._here.__dict__.setdefault("used", {})
        return used

    def _connect(self, destination: Destination, secrets: Secrets) -> Connector:
        try:
            return connect(destination, secrets, self._home)
        except (ValueError, OSError) as fault:
            raise Refused(f"{destination.name}: {fault}", endpoint_wide=True) from fault


def _readable(destination: Destination, home: Path) -> Secrets:
    try:
        return read_secrets(destination.secrets, home)
    except SecretUnreadable as fault:
        return {UNREADABLE: fault.reason}
