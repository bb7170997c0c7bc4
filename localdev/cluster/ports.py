"""Free loopback ports that stay reserved until their server listens.

A bound socket that does not listen keeps the kernel from giving the port to anybody else, while a
server that sets SO_REUSEADDR (all of ours do) can still bind it.
"""

import socket
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"


class PortInUseError(OSError):
    """Somebody listens on the port already."""


class Reservation:
    """A loopback port kept for a server of ours; close it when nobody needs the port again."""

    def __init__(self, port: int = 0) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((HOST, port))
        except OSError as error:
            self._socket.close()
            raise PortInUseError(f"port {port} is in use: {error}") from error
        self.port: int = self._socket.getsockname()[1]

    def close(self) -> None:
        """Gives the port back."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class PreferredReservation(Reservation):
    """``port`` if nobody has it, not even a stack that has only reserved it; else a free one.

    Two bound sockets do not exclude each other, so the one port that every stack would like is
    claimed by a name of the kernel's abstract socket namespace as well.
    """

    def __init__(self, port: int) -> None:
        self._claim = socket.socket(socket.AF_UNIX)
        try:
            self._claim.bind(f"\0popshop-port-{port}")
            super().__init__(port)
        except OSError:
            super().__init__()

    def close(self) -> None:
        """Gives the port and the claim back."""
        super().close()
        self._claim.close()
