"""WebSockets: flask-sock takes the handshake, the function gets the open channel."""

import functools
import threading
from typing import Any, Protocol

from shared.kernel.errors import Malformed, Unavailable
from shared.runtime.answers import Response
from shared.runtime.declare import Socket, Spec
from shared.runtime.request import Request

# Every open socket has a thread. The rest of them answer probes and refuse who comes on top.
MOST_OPEN = 480
_PING_SECONDS = 25
_MAX_MESSAGE_BYTES = 4096
_VALUES = "popshop.values"
_free = threading.BoundedSemaphore(MOST_OPEN)


class Channel(Protocol):
    """One open WebSocket."""

    @property
    def is_open(self) -> bool:
        """Whether the client is still there."""

    def send(self, text: str) -> None:
        """Sends a text message; ``ConnectionError`` when the client is gone."""

    def close(self, code: int, reason: str) -> None:
        """Closes with a WebSocket close code (RFC 6455, section 7.4)."""


class _FlaskSockChannel:
    def __init__(self, connection: Any) -> None:  # noqa: ANN401 - simple_websocket is untyped
        self._connection = connection

    @property
    def is_open(self) -> bool:
        return bool(self._connection.connected)

    def send(self, text: str) -> None:
        from simple_websocket import ConnectionClosed  # noqa: PLC0415 - the socket service only

        try:
            self._connection.send(text)
        except ConnectionClosed as error:
            raise ConnectionError("the client closed the socket") from error

    def close(self, code: int, reason: str) -> None:
        self._connection.close(code, reason)


def answer_socket(spec: Spec, request: Request, values: dict[str, Any]) -> Response:
    """Runs the function over the socket until either side closes it."""
    if request.header("Upgrade").lower() != "websocket":
        raise Malformed(f"{request.path} is a WebSocket; connect with the wss scheme.")
    request.environ[_VALUES] = values
    if not _free.acquire(blocking=False):
        raise Unavailable("Too many pages are open at once; this one tries again by itself.")
    try:
        return _run(spec, request)
    finally:
        _free.release()


def _run(spec: Spec, request: Request) -> Response:
    started: list[int] = []

    def start_response(status: str, _headers: Any, _exc_info: Any = None) -> None:  # noqa: ANN401
        started.append(int(status.split(maxsplit=1)[0]))

    try:
        body = b"".join(_application(spec)(request.environ, start_response))
    except StopIteration:  # flask-sock's sign to gunicorn that the socket was taken over
        return Response(200, [], b"")
    return Response(started[0], [], body)


@functools.cache
def _application(spec: Spec) -> Any:  # noqa: ANN401 - a Flask application
    from flask import Flask  # noqa: PLC0415 - the socket service only
    from flask import request as flask_request  # noqa: PLC0415
    from flask_sock import Sock  # noqa: PLC0415

    assert isinstance(spec.trigger, Socket)  # noqa: S101 - dispatched by type
    application = Flask(spec.name)
    application.config["SOCK_SERVER_OPTIONS"] = {
        "ping_interval": _PING_SECONDS,
        "max_message_size": _MAX_MESSAGE_BYTES,
    }
    name = next(name for name, hint in spec.function.__annotations__.items() if hint is Channel)

    def stream(connection: Any) -> None:  # noqa: ANN401
        values = flask_request.environ[_VALUES]
        spec.function(**values | {name: _FlaskSockChannel(connection)})

    Sock(application).route(spec.trigger.path)(stream)
    return application
