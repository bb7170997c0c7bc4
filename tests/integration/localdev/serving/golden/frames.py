"""WebSocket frames (RFC 6455), as far as short unfragmented messages need them."""

import base64
import hashlib

TEXT, CLOSE = 1, 8
NORMAL = (1000).to_bytes(2, "big")
_MASK = b"\x11\x22\x33\x44"


def accept(key: str) -> str:
    digest = hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()
    return base64.b64encode(digest).decode()


def frame(opcode: int, payload: bytes, *, masked: bool) -> bytes:
    """One whole frame of at most 125 bytes; a client's frames are masked."""
    assert len(payload) <= 125
    head = bytes([0x80 | opcode, len(payload) | (0x80 if masked else 0)])
    return head + (_MASK + _mixed(payload, _MASK) if masked else payload)


def take_frame(received: bytearray) -> tuple[int, bytes] | None:
    """Takes the first whole frame (opcode, payload) out of what was received."""
    if len(received) < 2:
        return None
    masked, length = received[1] & 0x80, received[1] & 0x7F
    start = 6 if masked else 2
    if len(received) < start + length:
        return None
    payload = bytes(received[start : start + length])
    found = received[0] & 0x0F, _mixed(payload, bytes(received[2:6])) if masked else payload
    del received[: start + length]
    return found


def _mixed(payload: bytes, mask: bytes) -> bytes:
    return bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
