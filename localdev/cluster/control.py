"""The control API: HTTP on a Unix socket in the state folder, for the owner of the folder only.

This is the side that asks; it loads little, since `status` is asked often.
"""

import http.client
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SOCKET = "control.sock"


class NotRunningError(RuntimeError):
    """No supervisor answers on this state folder."""


class RefusedError(RuntimeError):
    """The supervisor says no; the message is its reason."""


@contextmanager
def socket_path(folder: Path) -> Iterator[str]:
    """The socket's path by way of /proc: a Unix socket's own path may not exceed 107 bytes."""
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{SOCKET}"
    finally:
        os.close(descriptor)


class _Connection(http.client.HTTPConnection):
    """HTTP over the control socket."""

    def __init__(self, folder: Path, timeout_seconds: float) -> None:
        super().__init__("control", timeout=timeout_seconds)
        self._folder = folder

    def connect(self) -> None:
        """Opens the Unix socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        with socket_path(self._folder) as path:
            self.sock.connect(path)


def call(folder: Path, command: str, *, timeout_seconds: float = 10.0) -> Any:  # noqa: ANN401 - JSON
    """What the supervisor answers to a command, e.g. ``"scale?name=x&count=0"``.

    Raises ``NotRunningError`` and ``RefusedError``.
    """
    connection = _Connection(folder, timeout_seconds)
    try:
        connection.request("POST", f"/{command}")
        response = connection.getresponse()
        answer = json.loads(response.read())
    except (OSError, http.client.HTTPException) as error:
        raise NotRunningError(f"nothing runs on {folder} ({error})") from error
    finally:
        connection.close()
    if response.status != http.HTTPStatus.OK:
        raise RefusedError(answer["error"])
    return answer
