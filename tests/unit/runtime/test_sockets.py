"""As many sockets as there are threads for them; a probe still gets one of its own."""

import threading

import pytest

from shared.kernel.errors import Unavailable
from shared.runtime import serve, sockets
from shared.runtime.answers import Response
from shared.runtime.request import Request

REQUEST = Request(
    {"REQUEST_METHOD": "GET", "PATH_INFO": "/ws/notifications", "HTTP_UPGRADE": "websocket"}
)


def test_one_too_many_is_refused_and_a_place_that_is_left_is_taken_again(monkeypatch):
    is_open, may_close = threading.Semaphore(0), threading.Event()

    def run(_spec: object, _request: Request) -> Response:
        is_open.release()
        assert may_close.wait(10)
        return Response(200, [], b"")

    monkeypatch.setattr(sockets, "_run", run)
    monkeypatch.setattr(sockets, "_free", threading.BoundedSemaphore(2))

    def open_one() -> None:
        sockets.answer_socket(None, REQUEST, {})  # type: ignore[arg-type]  # not asked by `run`

    pages = [threading.Thread(target=open_one) for _ in range(2)]
    for page in pages:
        page.start()
        assert is_open.acquire(timeout=10)
    with pytest.raises(Unavailable, match="Too many pages"):
        open_one()
    may_close.set()
    for page in pages:
        page.join(10)
    open_one()


def test_there_are_threads_for_every_socket_and_for_probes():
    assert serve._SOCKET_THREADS > sockets.MOST_OPEN
