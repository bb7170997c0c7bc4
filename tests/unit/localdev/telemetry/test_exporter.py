import asyncio

from localdev.cluster.state import State
from localdev.telemetry import exporter as module
from localdev.telemetry.exporter import Exporter, exporter, tracer_of
from localdev.telemetry.site import Site
from localdev.telemetry.store import Telemetry
from shared.runtime.telemetry import ENDPOINT
from tests.unit.localdev.telemetry.making import TRACE, span


async def nothing(*, asks_databases: bool):
    return {"functions": [], "metrics": {}, "groups": {}, "asked": asks_databases}


def test_spans_arrive_in_batches(tmp_path):
    async def send():
        telemetry = Telemetry()
        site = Site(telemetry, State(tmp_path), nothing)
        sender = Exporter(f"http://127.0.0.1:{await site.start()}/")
        for number in (1, 2):
            sender.add(span(span_id=str(number) * 16, service="sink"))
        await sender.close()
        sender.add(span(span_id="3" * 16, service="sink"))
        await sender.close()
        await site.close()
        return telemetry.traces.get(TRACE)

    assert [one.span_id[0] for one in asyncio.run(send()).spans] == ["1", "2", "3"]


def test_what_nobody_takes_is_lost_and_nobody_hears_of_it():
    async def send():
        sender = Exporter("http://127.0.0.1:1")
        sender.add(span())
        await sender.close()

    asyncio.run(send())


def test_what_waits_is_bounded(monkeypatch):
    monkeypatch.setattr(module, "_MOST_WAITING", 2)

    async def add():
        sender = Exporter("http://127.0.0.1:1")
        for _ in range(5):
            sender.add(span())
        waiting = len(sender._waiting)
        await sender.close()
        return waiting

    assert asyncio.run(add()) == 2


def test_without_an_endpoint_there_is_nothing(monkeypatch):
    for value in (None, ""):
        monkeypatch.delenv(ENDPOINT, raising=False)
        if value is not None:
            monkeypatch.setenv(ENDPOINT, value)
        assert exporter() is None
    assert tracer_of("sink", None) is None
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:1")
    assert exporter() is not None
