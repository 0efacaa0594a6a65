"""What failed logins cost the address that they come from."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from gateway.settings import LOOPBACK


class Fault(IntEnum):
    """How much a connection that did not log in weighs, in tenths of a failed login."""

    #: Keys were exchanged, which costs us some milliseconds, and then nothing was tried.
    NOTHING_TRIED = 1
    #: A wrong password, or keys of which none would do.
    REFUSED = 10
    #: Neither in nor gone within the grace time.
    TOO_LATE = 10


@dataclass(frozen=True, slots=True)
class PenaltyRules:
    """When a source is shut out, and for how long. A source is an IPv4 address or an IPv6 /64."""

    #: Failed logins that cost nothing.
    free: int = 5
    #: Seconds for which the next one shuts its source out; each one after it doubles that.
    first_s: float = 15.0
    #: Seconds at most.
    most_s: float = 600.0
    #: Seconds of quiet after which one failed login is forgotten, then the next.
    forget_s: float = 60.0
    #: Sources that are remembered; past that, the one that was quiet the longest is forgotten.
    sources: int = 65_536
    #: Networks that are never shut out.
    exempt: tuple[str, ...] = LOOPBACK


@dataclass(slots=True)
class _Record:
    """weight: tenths of failed logins not forgotten at `since`. until: shut out before that."""

    weight: int
    since: float
    until: float


class Penalties:
    """Remembers who fails. Used by several threads; forgets everything when the process ends."""

    def __init__(self, rules: PenaltyRules, now: Callable[[], float] = time.monotonic) -> None:
        self._rules = rules
        self._now = now
        self._exempt = [ip_network(one) for one in rules.exempt]
        self._records: OrderedDict[str, _Record] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many sources are remembered."""
        return len(self._records)

    def failed(self, address: str, fault: Fault) -> float:
        """Note a fault; the seconds for which its source is shut out from now on, 0 if it is not."""
        if self._is_exempt(address):
            return 0.0
        with self._lock:
            record = self._remembered(source_of(address))
            record.weight += fault
            beyond = (record.weight - 1) // Fault.REFUSED - self._rules.free
            if beyond < 0:
                return 0.0
            seconds = min(self._rules.most_s, self._rules.first_s * (1 << min(beyond, 32)))
            # Forgetting begins when the penalty ends: else one long penalty would undo itself.
            record.until = record.since = self._now() + seconds
            return seconds

    def is_shut_out(self, address: str) -> bool:
        """True while the source of `address` serves a penalty."""
        with self._lock:
            record = self._records.get(source_of(address))
            return record is not None and self._now() < record.until

    def _is_exempt(self, address: str) -> bool:
        one = parsed_address(address)
        return any(one in network for network in self._exempt)

    def _remembered(self, source: str) -> _Record:
        """The record of a source as it stands now, the youngest of all."""
        now = self._now()
        record = self._records.setdefault(source, _Record(0, now, now))
        self._records.move_to_end(source)
        if len(self._records) > self._rules.sources:
            self._records.popitem(last=False)
        quiet = max(0, int((now - record.since) // self._rules.forget_s))
        record.weight = max(0, record.weight - quiet * Fault.REFUSED)
        record.since = (
            max(now, record.since) if record.weight == 0 else record.since + quiet * self._rules.forget_s
        )
        return record


def source_of(address: str) -> str:
    """Whom an address stands for: an IPv4 address itself, an IPv6 address its /64.

    A household or a rented machine has a whole /64, so a single IPv6 address says nothing.
    """
    one = parsed_address(address)
    if isinstance(one, IPv4Address):
        return str(one)
    return f"{IPv6Address(int(one) >> 64 << 64)}/64"


def parsed_address(address: str) -> IPv4Address | IPv6Address:
    """`address` as a number. An IPv4 address that comes as ::ffff:192.0.2.1 is the IPv4 address."""
    one = ip_address(address)
    return one.ipv4_mapped or one if isinstance(one, IPv6Address) else one
