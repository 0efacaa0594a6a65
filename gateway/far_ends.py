"""Connectors kept open between calls, one a destination as it is now configured."""

from __future__ import annotations

import threading
from pathlib import Path

from gateway.profiles import SecretUnreadable, read_secrets
from outbound.connector import Connector, Refused, TryLater
from outbound.registry import connect
from partners.destinations import Destination


class FarEnds:
    """Gives the connector of a destination; a changed destination gets a new one."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._open: dict[str, tuple[Destination, Connector]] = {}

    def __call__(self, destination: Destination) -> Connector:
        """The connector. Raises TryLater while a secret of it cannot be read (FI-H03)."""
        with self._lock:
            known = self._open.get(destination.name)
            if known is not None and known[0] == destination:
                return known[1]
            connector = self._connect(destination)
            self._open[destination.name] = (destination, connector)
        if known is not None:
            known[1].close()
        return connector

    def close(self) -> None:
        """Close all."""
        with self._lock:
            for _, connector in self._open.values():
                connector.close()
            self._open.clear()

    def _connect(self, destination: Destination) -> Connector:
        try:
            return connect(destination, read_secrets(destination.secrets, self._home), self._home)
        except SecretUnreadable as fault:
            raise TryLater(fault.message) from fault
        except (ValueError, OSError) as fault:
            raise Refused(f"{destination.name}: {fault}", endpoint_wide=True) from fault
