"""How a body is framed on the wire (RFC 9112, section 6 and 7)."""

from collections.abc import Iterable
from typing import Protocol

from localdev.serving.http.bodies import Body, BodyBrokenError
from localdev.serving.http.messages import parse_lines

_LONGEST_LINE_BYTES = 4096
_LONGEST_TRAILERS_BYTES = 64 * 1024


class Decoder(Protocol):
    """Takes a connection's bytes and feeds a body."""

    body: Body

    def feed(self, data: bytes) -> bytes:
        """Takes what belongs to the body; gives back the rest, once the body is complete."""

    def end(self, error: Exception) -> None:
        """The connection has ended; ``error`` is for a body that is not complete by that."""


class LengthDecoder:
    """A body of known length."""

    def __init__(self, body: Body) -> None:
        self.body = body

    def feed(self, data: bytes) -> bytes:
        """See ``Decoder``."""
        left = self.body.left or 0
        if len(data) < left:
            self.body.left = left - len(data)
            self.body.feed(data)
            return b""
        self.body.left = 0
        self.body.is_complete = True
        self.body.feed(data if len(data) == left else data[:left])
        return data[left:]

    def end(self, error: Exception) -> None:
        """See ``Decoder``."""
        self.body.fail(error)


class RawDecoder:
    """A body that lasts as long as the connection: old answers, and whatever follows an upgrade."""

    def __init__(self, body: Body) -> None:
        self.body = body

    def feed(self, data: bytes) -> bytes:
        """See ``Decoder``."""
        if data:
            self.body.feed(data)
        return b""

    def end(self, error: Exception) -> None:  # noqa: ARG002 - the end is how it ends
        """See ``Decoder``."""
        self.body.finish()


class ChunkedDecoder:
    """A chunked body. A wrong frame fails the body with ``BodyBrokenError``."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self._buffer = bytearray()
        self._left = 0
        self._step = self._read_size
        self._is_broken = False

    def feed(self, data: bytes) -> bytes:
        """See ``Decoder``."""
        self._buffer += data
        try:
            while self._step():
                pass
        except ValueError as error:
            self._is_broken = True
            self.body.fail(BodyBrokenError(str(error)))
        if self._is_broken or not self.body.is_complete:
            return b""
        rest = bytes(self._buffer)
        self._buffer.clear()
        return rest

    def end(self, error: Exception) -> None:
        """See ``Decoder``."""
        self.body.fail(error)

    def _read_size(self) -> bool:
        line = self._line(_LONGEST_LINE_BYTES)
        if line is None:
            return False
        size = line.partition(b";")[0].strip(b" \t")
        # int() takes more than hex digits: signs, underscores, 0x.
        if not size or size.strip(b"0123456789abcdefABCDEF"):
            raise ValueError(f"invalid chunk size {size[:20]!r}")
        self._left = int(size, 16)
        self._step = self._read_data if self._left else self._read_trailers
        return True

    def _read_data(self) -> bool:
        piece = bytes(self._buffer[: self._left])
        if not piece:
            return False
        del self._buffer[: len(piece)]
        self._left -= len(piece)
        self.body.feed(piece)
        if not self._left:
            self._step = self._read_end
        return True

    def _read_end(self) -> bool:
        end = bytes(self._buffer[:2])
        if not b"\r\n".startswith(end):
            raise ValueError("malformed chunk: its data is longer than its size")
        if len(end) < len(b"\r\n"):
            return False
        del self._buffer[:2]
        self._step = self._read_size
        return True

    def _read_trailers(self) -> bool:
        line = self._line(_LONGEST_TRAILERS_BYTES)
        if line is None:
            return False
        if line:
            self.body.trailers += parse_lines([line])
            return True
        self._step = self._stop
        self.body.finish()
        return False

    def _stop(self) -> bool:
        return False

    def _line(self, limit: int) -> bytes | None:
        end = self._buffer.find(b"\r\n", 0, limit + 2)
        if end < 0:
            if len(self._buffer) > limit:
                raise ValueError("malformed chunk: a line is too long")
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line


def chunk(data: bytes) -> bytes:
    """One chunk on the wire."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def last_chunk(trailers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The end of a chunked body."""
    return b"0\r\n" + b"".join([b"%b: %b\r\n" % item for item in trailers]) + b"\r\n"
