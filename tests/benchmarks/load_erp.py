"""A very cheap ERP, in a process of its own: `load_erp.py LOG` prints its port and takes every order once.

LOG gets one line an order: seconds on this machine's monotonic clock, and its business number.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from pathlib import Path
from typing import TextIO

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_NUMBER = re.compile(rb'"number": ?"([A-Z]\d+)"')
_ACCEPTED = (
    b'HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{"id":"E-1"}'
)
FLUSH_S = 0.1


class _Connection(asyncio.Protocol):
    """One kept connection: requests one after the other."""

    def __init__(self, log: TextIO) -> None:
        self._log = log
        self._received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(self._received, 0, end)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self._received) < whole:
                return
            number = _NUMBER.search(self._received, end, whole)
            self._log.write(f"{time.monotonic():.6f} {number[1].decode() if number else '?'}\n")
            del self._received[:whole]
            self._transport.write(_ACCEPTED)


async def _serve(path: str) -> None:
    loop = asyncio.get_running_loop()
    with Path(path).open("w", encoding="ascii") as log:
        server = await loop.create_server(lambda: _Connection(log), "127.0.0.1", 0, backlog=512)
        print(server.sockets[0].getsockname()[1], flush=True)

        def flush() -> None:
            log.flush()
            loop.call_later(FLUSH_S, flush)

        flush()
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
