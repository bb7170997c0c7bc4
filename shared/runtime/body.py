"""Bodies of HTTP/1.1 as the server reads them: by length or in chunks, strict (RFC 9112)."""

from shared.runtime.http1 import HEX, TEXT, Rejected, add_headers, bad

_LINE_BYTES, _TRAILERS = 256, 16


class Body:
    """Takes one request body off the front of a buffer, however the bytes arrive."""

    __slots__ = ("_after_data", "_chunked", "_left", "_limit", "_trailers", "done", "received")

    def __init__(self, length: int | None, limit: int) -> None:
        if length is not None and length > limit:
            raise Rejected(413, f"body is over {limit} bytes")
        self._chunked = length is None
        self._left = length or 0
        self._limit = limit
        self._after_data = False
        self._trailers = -1  # not there yet; then the number seen
        self.received = 0
        self.done = length == 0

    def take(self, buffer: bytearray) -> bytes:
        """Remove from ``buffer`` what belongs to the body and return its data; sets ``done``."""
        out = self._data(buffer)
        while self._chunked and not (self.done or self._left):
            line = _take_line(buffer)
            if line is None:
                break
            self._line(line)
            out += self._data(buffer)
        return out

    def _data(self, buffer: bytearray) -> bytes:
        if not self._left:
            return b""
        data = bytes(buffer[: self._left])
        del buffer[: len(data)]
        self._left -= len(data)
        self.received += len(data)
        if not self._left:
            self._after_data = self._chunked
            self.done = not self._chunked
        return data

    def _line(self, line: bytes) -> None:
        if self._after_data:
            if line:
                bad("chunk is longer than its size")
            self._after_data = False
        elif self._trailers >= 0:
            self._trailer(line)
        else:
            size = line.partition(b";")[0]
            if not size or size.translate(None, HEX) or len(size) > 12:  # noqa: PLR2004 - 2**48
                bad("chunk size is not valid")
            self._left = int(size, 16)
            if not self._left:
                self._trailers = 0
            elif self.received + self._left > self._limit:
                raise Rejected(413, f"body is over {self._limit} bytes")

    def _trailer(self, line: bytes) -> None:
        if not line:
            self.done = True
            return
        self._trailers += 1
        if self._trailers > _TRAILERS:
            raise Rejected(431, "too many trailers")
        add_headers(
            [line.decode("latin-1")], {}
        )  # checked, then dropped: a trailer must never become a header


def _take_line(buffer: bytearray) -> bytes | None:
    end = buffer.find(b"\n")
    if end > _LINE_BYTES or (end < 0 and len(buffer) > _LINE_BYTES):
        bad("line in a chunked body is too long")
    if end < 0:
        return None
    line = bytes(buffer[: end + 1])
    del buffer[: end + 1]
    if not line.endswith(b"\r\n") or line[:-2].translate(None, TEXT) or b"\r" in line[:-2]:
        bad("control character or bare line break in a chunked body")
    return line[:-2]
