"""Passwords of logins: argon2id, at the cost OWASP names for 19 MiB."""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

#: Longer ones are refused unread: hashing them is work for nothing.
MAX_PASSWORD_CHARS = 1024
#: At once; the others wait. Two take 38 MiB and leave a small machine breathing.
MAX_VERIFICATIONS = 2

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
#: A hash that no password is checked against in earnest.
_DECOY = _HASHER.hash("a decoy: unknown logins cost as much as known ones")


def hash_password(password: str) -> str:
    """The argon2 hash to put into a partner's secrets."""
    return _HASHER.hash(password)


class Passwords:
    """Verifies passwords, a few at a time."""

    def __init__(self) -> None:
        self._slots = threading.BoundedSemaphore(MAX_VERIFICATIONS)

    def matches(self, password: str | bytes, password_hash: str | None) -> bool:
        """True if `password` is the one behind the hash.

        Without a hash it costs the same and is False. A hash that is none is False too.
        """
        if len(password) > MAX_PASSWORD_CHARS:
            password, password_hash = b"", None
        with self._slots:
            try:
                _HASHER.verify(password_hash or _DECOY, password)
            except (VerificationError, InvalidHashError):
                return False
        return password_hash is not None
