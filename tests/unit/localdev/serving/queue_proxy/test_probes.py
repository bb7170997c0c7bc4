import asyncio

import pytest

from localdev.serving.http.exchange import Exchange
from localdev.serving.queue_proxy import probes
from localdev.serving.queue_proxy.probes import Probe, ask, try_once
from tests.unit.localdev.serving.http.peers import serving


def test_without_a_probe_a_connection_is_enough():
    probe = Probe.of(None)
    assert (probe.kind, probe.port, probe.is_aggressive, probe.success_threshold) == (
        "tcp",
        0,
        True,
        1,
    )


def test_a_probe_is_read_as_kubernetes_writes_it():
    probe = Probe.of(
        {
            "httpGet": {
                "path": "health",
                "port": 8080,
                "httpHeaders": [
                    {"name": "X-Probe", "value": "yes"},
                    {"name": "Host", "value": "probe.example.com"},
                ],
            },
            "periodSeconds": 5,
            "successThreshold": 2,
        }
    )
    assert probe == Probe(
        kind="http",
        path="/health",
        port=8080,
        headers=(("X-Probe", "yes"),),
        period_seconds=5,
        success_threshold=2,
    )


@pytest.mark.parametrize("spec", [{"grpc": {"port": 1}}, {"httpGet": {"scheme": "HTTPS"}}])
def test_a_probe_that_cannot_be_made_is_refused(spec):
    with pytest.raises(ValueError, match=r"probe's (grpc|httpGet\.scheme)"):
        Probe.of(spec)


@pytest.mark.parametrize(
    ("status", "is_ready"), [(200, True), (204, True), (399, True), (400, False), (503, False)]
)
def test_a_status_up_to_399_is_ready(status, is_ready):
    seen: list[Exchange] = []

    async def handle(exchange: Exchange) -> None:
        seen.append(exchange)
        await exchange.answer(status, b"")

    async def scenario() -> None:
        probe = Probe(kind="http", path="/health?x=1", headers=(("X-Probe", "yes"),))
        async with serving(handle) as (_, port):
            assert await try_once(probe, "127.0.0.1", port, seconds=5) is is_ready
            assert (seen[0].target, seen[0].host) == (b"/health?x=1", f"127.0.0.1:{port}")
            assert seen[0].headers[:2] == [(b"User-Agent", b"kube-probe//"), (b"X-Probe", b"yes")]

    asyncio.run(scenario())


def test_a_redirect_is_judged_by_its_target():
    async def handle(exchange: Exchange) -> None:
        if exchange.target == b"/old":
            await exchange.answer(302, b"", headers=[(b"Location", b"/new")])
        else:
            await exchange.answer(500 if exchange.target == b"/new" else 200, b"")

    async def scenario() -> None:
        async with serving(handle) as (_, port):
            probe = Probe(kind="http", path="/old")
            assert not await try_once(probe, "127.0.0.1", port, seconds=5)

    asyncio.run(scenario())


def test_a_port_where_nobody_listens_is_not_ready():
    async def handle(_: Exchange) -> None:
        pass

    async def scenario() -> None:
        async with serving(handle) as (_, port):
            assert await try_once(Probe(), "127.0.0.1", port, seconds=5)
        assert not await try_once(Probe(), "127.0.0.1", port, seconds=5)

    asyncio.run(scenario())


def _scripted(monkeypatch, outcomes: list[bool]) -> list[bool]:
    tried: list[bool] = []

    async def once(*_: object) -> bool:
        tried.append(outcomes[min(len(tried), len(outcomes) - 1)])
        return tried[-1]

    monkeypatch.setattr(probes, "try_once", once)
    monkeypatch.setattr(probes, "_RETRY_SECONDS", 0.001)
    return tried


def test_an_aggressive_probe_is_repeated_until_enough_successes_in_a_row(monkeypatch):
    tried = _scripted(monkeypatch, [False, True, False, True])
    assert asyncio.run(ask(Probe(success_threshold=2), "127.0.0.1", 1))
    assert tried == [False, True, False, True, True]


def test_an_aggressive_probe_gives_up_after_its_patience(monkeypatch):
    monkeypatch.setattr(probes, "_PATIENCE_SECONDS", 0.5)
    tried = _scripted(monkeypatch, [False])
    assert not asyncio.run(ask(Probe(), "127.0.0.1", 1))
    assert len(tried) > 1


def test_a_probe_with_a_period_is_tried_once(monkeypatch):
    tried = _scripted(monkeypatch, [False, True])
    assert not asyncio.run(ask(Probe(period_seconds=5), "127.0.0.1", 1))
    assert tried == [False]
