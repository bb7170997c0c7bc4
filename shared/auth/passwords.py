"""Password hashing with argon2id (OWASP's minimum: 19 MiB, two passes, one lane)."""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# At most so many at once: 19 MiB each must fit a 256 MiB pod.
_SLOTS = threading.BoundedSemaphore(4)
# Verified for unknown people, so that their absence cannot be told by the time it takes.
_NOBODY = (
    "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA"
    "$dGhpcyBpcyBub2JvZHkncyBwYXNzd29yZCBoYXNoISE"
)


class Argon2Passwords:
    """argon2id."""

    def hash(self, password: str) -> str:
        """A salted hash."""
        with _SLOTS:
            return _HASHER.hash(password)

    def matches(self, hashed: str | None, password: str) -> bool:
        """Whether the password belongs to the hash; takes as long without one."""
        try:
            with _SLOTS:
                return _HASHER.verify(hashed or _NOBODY, password) and hashed is not None
        except (VerifyMismatchError, InvalidHashError):
            return False
