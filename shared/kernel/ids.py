"""Identifiers: UUIDv7 (RFC 9562), so that ids sort by the time they were made."""

import os
import time
from typing import NewType
from uuid import UUID

UserId = NewType("UserId", str)
GuestId = NewType("GuestId", str)
SessionId = NewType("SessionId", str)
ProductId = NewType("ProductId", str)
ImageId = NewType("ImageId", str)
ImportId = NewType("ImportId", str)
CartId = NewType("CartId", str)
OrderId = NewType("OrderId", str)
PaymentId = NewType("PaymentId", str)
EventId = NewType("EventId", str)
NotificationId = NewType("NotificationId", str)
DeadLetterId = NewType("DeadLetterId", str)

_RANDOM_BITS = (1 << 74) - 1
_TOP_VERSION_7 = 0x7 << 76
_VARIANT = 0x2 << 62


def new_id() -> str:
    """A fresh UUIDv7 in its usual text form (36 characters)."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big") & _RANDOM_BITS
    high, low = random >> 62, random & ((1 << 62) - 1)
    return str(UUID(int=(milliseconds << 80) | _TOP_VERSION_7 | (high << 64) | _VARIANT | low))
