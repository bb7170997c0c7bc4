"""What follows is woken in the background, seldom, and to nobody's harm."""

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from shared.auth import warming
from shared.auth.warming import (
    AGAIN_SECONDS,
    AT_ONCE,
    DELAY_SECONDS,
    MAX_WAITING,
    HttpWarming,
    Waiting,
    WarmingSettings,
)


def wait_for(condition: Callable[[], object], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def is_working() -> bool:
    return any(thread.name == "warming" for thread in threading.enumerate())


def drained(waiting: Waiting) -> list[str]:
    found: list[str] = []
    while some := waiting.pop(float("inf")):
        found += some
    return found


class Services(ThreadingHTTPServer):
    """Every service of a cluster behind one address; ``hears`` decides how each answers."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[str] = []
        self.hears: Callable[[str], int] = lambda _: 200

    @property
    def settings(self) -> WarmingSettings:
        return WarmingSettings(f"http://127.0.0.1:{self.server_port}/_services/{{service}}/")


class _Handler(BaseHTTPRequestHandler):
    server: Services

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        status = self.server.hears(self.path)
        if status:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.fixture
def services() -> Iterator[Services]:
    with Services() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        wait_for(lambda: not is_working())
        server.shutdown()
        thread.join()


def health_of(*names: str) -> list[str]:
    return [f"/_services/{name}/healthz?warm" for name in names]


def test_a_service_is_woken_once_in_a_while():
    waiting = Waiting()
    waiting.add("a", 100.0)
    waiting.add("a", 100.0 + AGAIN_SECONDS - 1)
    assert drained(waiting) == ["a"]
    waiting.add("a", 100.0 + AGAIN_SECONDS)
    assert drained(waiting) == ["a"]


def test_what_was_admitted_goes_first():
    waiting = Waiting()
    waiting.add("a", 100.0)
    assert waiting.pop(100.0 + DELAY_SECONDS / 2) == []
    assert waiting.pop(100.0 + DELAY_SECONDS) == ["a"]


def test_few_are_woken_together_the_first_named_first():
    waiting = Waiting()
    names = [f"s{number}" for number in range(AT_ONCE + 1)]
    for name in names:
        waiting.add(name, 0.0)
    assert [waiting.pop(10.0), waiting.pop(10.0)] == [names[:AT_ONCE], names[AT_ONCE:]]


def test_what_finds_too_many_waiting_is_dropped_until_it_is_named_again():
    waiting = Waiting()
    for number in range(MAX_WAITING):
        waiting.add(f"s{number}", 0.0)
    waiting.add("late", 0.0)
    assert "late" not in drained(waiting)
    waiting.add("late", 0.0)
    assert drained(waiting) == ["late"]


def test_the_named_services_are_asked_for_their_health_and_the_thread_is_over(services):
    HttpWarming(services.settings).wake(["cart-get-cart", "orders-get-order"])
    wait_for(lambda: len(services.asked) == 2)
    assert sorted(services.asked) == health_of("cart-get-cart", "orders-get-order")
    wait_for(lambda: not is_working())


def test_one_process_asks_a_service_once_in_the_window(services):
    ours = HttpWarming(services.settings)
    for _ in range(3):
        ours.wake(["a"])
    wait_for(lambda: services.asked and not is_working())
    ours.wake(["a", "b"])
    wait_for(lambda: len(services.asked) == 2 and not is_working())
    assert services.asked == health_of("a", "b")


def test_a_request_meets_no_connection_of_the_warming(monkeypatch):
    used_in: list[str] = []
    is_over = threading.Event()

    def connection(*_: object, **__: object) -> SimpleNamespace:
        used_in.append(threading.current_thread().name)
        is_over.wait(20)
        raise ConnectionRefusedError

    monkeypatch.setattr(warming, "HTTPConnection", connection)
    ours = HttpWarming(WarmingSettings("http://{service}.nowhere.test"))
    ours.wake(["a"])
    wait_for(lambda: used_in)
    ours.wake(["b"])
    assert used_in == ["warming"]
    is_over.set()
    wait_for(lambda: not is_working())
    assert used_in == ["warming"] * 2


def test_a_service_that_fails_keeps_no_other_asleep_and_is_told_once(services, monkeypatch, capsys):
    monkeypatch.setattr(warming, "AGAIN_SECONDS", 0.0)
    services.hears = lambda path: 503 if "bad" in path else 200
    ours = HttpWarming(services.settings)
    for count in (2, 4):
        ours.wake(["bad", "good"])
        wait_for(lambda: len(services.asked) == count and not is_working())  # noqa: B023 - at once
    assert services.asked.count("/_services/good/healthz?warm") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert '"service":"bad"' in line
    assert '"level":"debug"' in line


def test_a_service_that_never_answers_is_left_alone(services, monkeypatch):
    monkeypatch.setattr(warming, "TIMEOUT_SECONDS", 0.1)
    is_over = threading.Event()
    services.hears = lambda path: (is_over.wait(20), 0)[1] if "stuck" in path else 200
    names = ["stuck", *(f"s{number}" for number in range(AT_ONCE))]
    HttpWarming(services.settings).wake(names)
    wait_for(lambda: len(services.asked) == len(names) and not is_working())
    is_over.set()
    assert sorted(services.asked) == sorted(health_of(*names))


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/{service}", "http://shop:port", "nothing", "http://{service}..x"]
)
def test_an_address_that_leads_nowhere_harms_nobody(url):
    ours = HttpWarming(WarmingSettings(url))
    ours.wake(["a", "b"])
    wait_for(lambda: not is_working())
    ours.wake(["c"])
    wait_for(lambda: not is_working())


def test_without_an_address_all_sleep_on():
    HttpWarming(WarmingSettings()).wake(["a"])
    assert not is_working()


def test_a_process_without_threads_left_serves_on(services, monkeypatch):
    ours = HttpWarming(services.settings)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", _no_thread)
        ours.wake(["a"])
    ours.wake(["b"])
    wait_for(lambda: len(services.asked) == 2)


def _no_thread(_: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")
