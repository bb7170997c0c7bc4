"""Sending in the background: in batches, bounded, never in a request's way."""

import os
import threading
from collections.abc import Iterator

import pytest

from shared.runtime.telemetry.exporter import BATCH_SPANS, QUEUE_SPANS, Exporter
from shared.runtime.telemetry.metrics import DROPPED, Metrics
from shared.runtime.telemetry.spans import SERVER, Span
from tests.unit.runtime.clients import wait_until
from tests.unit.runtime.telemetry.collector import Collector, collecting

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def a_span(name: str = "one") -> Span:
    span = Span(name, SERVER, {}).root(TRACE, 1)
    span.ended_ns = span.started_ns
    return span


class World:
    """An exporter and what it tells; ``hold`` keeps its thread from sending."""

    def __init__(self, endpoint: str) -> None:
        self.metrics = Metrics()
        self.exporter = Exporter(endpoint, {"service.name": "x"}, self.metrics)

    def add(self, *names: str) -> None:
        for name in names:
            self.exporter.add(a_span(name))

    def count(self, name: str, by: int = 1) -> None:
        self.metrics.add(name, by, {})
        self.exporter.wake()


@pytest.fixture
def world(collector: Collector) -> Iterator[World]:
    found = World(collector.endpoint)
    yield found
    found.exporter.close()


def numbered(count: int) -> list[str]:
    return [str(number) for number in range(count)]


def test_nothing_runs_until_there_is_something_to_tell(world):
    assert world.exporter._thread is None
    world.exporter.close()
    assert world.exporter._thread is None


def test_what_was_told_is_sent_by_itself(world, collector):
    world.add("one")
    collector.wait(lambda it: it.spans)
    world.count("popshop.orders.placed")
    collector.wait(lambda it: it.sums["popshop.orders.placed"])


def test_a_full_batch_does_not_wait_for_its_time(world, collector, monkeypatch):
    monkeypatch.setattr("shared.runtime.telemetry.exporter._INTERVAL_SECONDS", 600.0)
    world.add(*numbered(BATCH_SPANS))
    collector.wait(lambda it: len(it.spans) == BATCH_SPANS)


def test_many_spans_go_in_batches_in_their_order(world, collector, monkeypatch):
    monkeypatch.setattr(world.exporter, "_start", lambda: None)
    world.add(*numbered(600))
    assert world.exporter._send_all()
    assert [len(batch) for batch in collector.batches] == [BATCH_SPANS, BATCH_SPANS, 88]
    assert [span.name for span in collector.spans] == numbered(600)


def test_over_the_bound_the_oldest_goes_and_is_counted(world, collector, monkeypatch):
    monkeypatch.setattr(world.exporter, "_start", lambda: None)
    world.add(*numbered(QUEUE_SPANS + 7))
    assert world.exporter._send_all()
    assert [span.name for span in collector.spans] == numbered(QUEUE_SPANS + 7)[7:]
    assert collector.sums[DROPPED] == 7


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_passing_refusal_loses_nothing(world, collector, monkeypatch, status, capsys):
    monkeypatch.setattr(world.exporter, "_start", lambda: None)
    collector.statuses = [status, 200, status]
    world.add("one", "two")
    world.count("popshop.orders.placed", 2)
    assert not world.exporter._send_all()
    world.add("three")
    world.count("popshop.orders.placed", 3)
    assert not world.exporter._send_all()  # the spans are through, the counts are not
    assert world.exporter._send_all()
    assert [span.name for span in collector.spans] == ["one", "two", "three"]
    assert collector.sums["popshop.orders.placed"] == 5
    assert capsys.readouterr().err.count("telemetry cannot be sent") == 1


def test_what_is_never_taken_is_not_sent_again(world, collector, monkeypatch, capsys):
    monkeypatch.setattr(world.exporter, "_start", lambda: None)
    collector.statuses = [400]
    world.add("one")
    assert world.exporter._send_all()
    world.add("two")
    assert world.exporter._send_all()
    assert [span.name for span in collector.spans] == ["two"]
    assert "answered 400" in capsys.readouterr().err


def test_while_nobody_can_be_reached_the_newest_wait(world, collector, monkeypatch, capsys):
    monkeypatch.setattr(world.exporter, "_start", lambda: None)
    with collecting() as gone:
        pass
    world.exporter._endpoint = gone.endpoint
    world.add(*numbered(QUEUE_SPANS))
    assert not world.exporter._send_all()
    world.add("last")
    world.exporter._endpoint = collector.endpoint
    assert world.exporter._send_all()
    assert [span.name for span in collector.spans] == [*numbered(QUEUE_SPANS)[1:], "last"]
    assert collector.sums[DROPPED] == 1
    capsys.readouterr()


def test_a_batch_that_cannot_be_encoded_does_not_end_the_thread(world, collector, capsys):
    bad = a_span()
    bad.attributes["a"] = object()  # type: ignore[assignment]
    world.exporter.add(bad)
    wait_until(lambda: not world.exporter._spans, "the thread has taken it")
    world.add("good")
    collector.wait(lambda it: it.spans)
    assert [span.name for span in collector.spans] == ["good"]
    assert "telemetry crashed" in capsys.readouterr().err


def test_closing_sends_what_is_left(world, collector, monkeypatch):
    monkeypatch.setattr("shared.runtime.telemetry.exporter._INTERVAL_SECONDS", 600.0)
    world.add("one")
    world.count("popshop.orders.placed")
    world.exporter.close()
    assert collector.span("one")
    assert collector.sums["popshop.orders.placed"] == 1


def test_closing_ends_although_the_collector_never_answers(monkeypatch):
    monkeypatch.setattr("shared.runtime.telemetry.exporter._CLOSE_SECONDS", 0.05)
    released = threading.Event()

    class Silent(Collector):
        def take(self, path: str, body: bytes) -> int:
            del path, body
            assert released.wait(20)
            return 503

    with collecting(Silent) as silent:
        world = World(silent.endpoint)
        world.add("one")
        world.exporter.close()
        assert world.exporter._thread
        assert world.exporter._thread.is_alive()  # close has returned, and it waits still
        released.set()
        world.exporter._thread.join(20)
        assert not world.exporter._thread.is_alive()


def test_without_a_thread_to_be_had_no_request_fails(world, collector, monkeypatch, capsys):
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as limited:
        limited.setattr(threading.Thread, "start", refuse)
        world.add("one")
    world.add("two")
    collector.wait(lambda it: len(it.spans) == 2)
    assert "waits for a thread" in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_tells_only_what_it_did_itself(world, collector, monkeypatch):
    monkeypatch.setattr("shared.runtime.telemetry.exporter._INTERVAL_SECONDS", 600.0)
    world.add("parent")
    world.count("popshop.orders.placed")
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            world.add("child")
            world.count("popshop.orders.paid")
            world.exporter.close()
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert [span.name for span in collector.spans] == ["child"]
    assert dict(collector.sums) == {"popshop.orders.paid": 1}
    world.exporter.close()
    assert [span.name for span in collector.spans] == ["child", "parent"]
    assert collector.sums["popshop.orders.placed"] == 1
