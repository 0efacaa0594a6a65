"""Connections that go only where a destination may point, and that end in time.

A URL is configuration, but the address behind its name is decided by whoever runs the
name server: a name may come to mean our own machine, our network, or a cloud's metadata
service (BI-074). Names are therefore resolved once, checked, and that address is connected to.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore2

from outbound.refusals import refused, try_later

_CHUNK_BYTES = 65_536
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """True for an address of the public internet, also if IPv6 only wraps an IPv4 address."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        ip = inner or ip
    return ip.is_global and not ip.is_multicast


class GuardedNetwork(httpcore2.SyncBackend):
    """Where the sockets of an HTTP destination are made.

    allow_hosts: host names, in lower case, that may have any address: an ERP in our own network.
    total_s: how long a connection may live, the whole exchange on it included.
    """

    def __init__(self, allow_hosts: frozenset[str], total_s: float) -> None:
        super().__init__()
        self._allow_hosts = allow_hosts
        self._total_s = total_s

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """A connection to an address of `host` that was checked.

        Raises Refused if any of its addresses is not public and the host not allowed,
        TryLater if it has none now, and what httpcore2 raises if none can be reached.
        """
        deadline = time.monotonic() + self._total_s
        *others, last = self._addresses(host, port)
        for address in others:
            try:
                stream = super().connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
            return _BoundedStream(stream, deadline)
        stream = super().connect_tcp(last, port, timeout, local_address, socket_options)
        return _BoundedStream(stream, deadline)

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as fault:
            reason = getattr(fault, "strerror", None) or str(fault)
            raise try_later("OUT-031", host=host, reason=reason) from fault
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if host.lower() not in self._allow_hosts:
            for address in addresses:
                if not is_public(address):
                    raise refused("OUT-030", endpoint_wide=True, host=host, address=address)
        return addresses


class _BoundedStream(httpcore2.NetworkStream):
    """A stream whose every step ends by one deadline, however slowly the far end drips."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _CHUNK_BYTES):
            chunk = buffer[start : start + _CHUNK_BYTES]
            self._stream.write(chunk, self._left(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        left = self._left(timeout, httpcore2.ConnectTimeout)
        secure = self._stream.start_tls(ssl_context, server_hostname, left)
        return _BoundedStream(secure, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def _left(self, timeout: float | None, over: type[Exception]) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise over("the time for the whole exchange is used up")
        return left if timeout is None else min(timeout, left)
