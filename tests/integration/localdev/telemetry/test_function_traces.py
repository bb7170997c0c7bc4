"""One trace from the activator into a real function's process, told by both to one receiver."""

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from localdev.cluster.manifests import Workload
from localdev.cluster.ports import Reservation
from localdev.cluster.state import State
from localdev.serving.autoscaler.cluster import ClusterSettings
from localdev.serving.endpoints import Endpoints
from localdev.serving.platform import Platform
from localdev.serving.starting.choice import make_starter
from localdev.telemetry.site import Site
from localdev.telemetry.spans import Tracer
from localdev.telemetry.store import Telemetry
from tests.integration.localdev.serving.conftest import until

TRACE, CALLER = "a" * 32, "c" * 16
TRACEPARENT = f"00-{TRACE}-{CALLER}-01"
UNSAMPLED = f"00-{TRACE}-{CALLER}-00"
FUNCTION = {
    "FUNCTION_SOURCE": "tests/integration/localdev/serving/started.py",
    "FUNCTION_TARGET": "started",
}


async def _nothing(*, asks_databases: bool):
    return {"functions": [], "metrics": {}, "groups": {}, "asked": asks_databases}


@asynccontextmanager
async def served(folder: Path, kind: str, variables):
    """A function behind an activator, and the telemetry of both."""
    state, telemetry = State(folder / "state"), Telemetry()
    state.prepare()
    site = Site(telemetry, state, _nothing)
    endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{await site.start()}"}
    starter = make_starter(kind, state)
    with Reservation() as reservation:
        port = reservation.port
    platform = Platform(
        state,
        starter,
        ClusterSettings.of({"allow-zero-initial-scale": "true"}),
        Endpoints(state.root / "endpoints.json", port),
        tracer=Tracer("activator", telemetry.traces.add, {"popshop.start": kind}),
    )
    workload = Workload(
        name="shop-started",
        context="shop",
        file=Path("started.yaml"),
        variables={},
        annotations={"autoscaling.knative.dev/initial-scale": "0"},
        readiness={"httpGet": {"path": "/healthz", "port": 8080}},
    )
    platform.add(workload, FUNCTION | endpoint | variables)
    await platform.start(port)
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            yield session, telemetry
    finally:
        await platform.close()
        await starter.close()
        await site.close()


async def ask(session, traceparent):
    path = "/_services/shop-started/api/started"
    async with session.get(path, headers={"traceparent": traceparent}) as answer:
        await answer.read()
        return answer.status


def run(folder, kind, steps, **variables):
    async def all_of_it():
        async with asyncio.timeout(60), served(folder, kind, variables) as (session, telemetry):
            await steps(session, telemetry)

    asyncio.run(all_of_it())


@pytest.mark.parametrize("kind", ["exec", "zygote"])
def test_the_first_request_is_one_trace_with_its_cold_start(tmp_path, kind):
    async def steps(session, telemetry):
        assert await ask(session, TRACEPARENT) == 200
        await until(lambda: "shop-started" in telemetry.traces.get(TRACE).services)
        trace = telemetry.traces.get(TRACE)
        by_name = {f"{span.service}: {span.name}": span for span in trace.spans}
        hop = by_name["activator: activate shop-started"]
        wait = by_name["activator: cold start shop-started"]
        answer = next(span for span in trace.spans if span.service == "shop-started")
        assert (hop.parent_id, wait.parent_id, answer.parent_id) == (
            CALLER,
            hop.span_id,
            hop.span_id,
        )
        assert hop.start_ns == wait.start_ns < wait.end_ns <= answer.start_ns < hop.end_ns
        assert wait.attributes["popshop.start"] == kind
        assert wait.attributes["popshop.wait_seconds"] > 0
        assert trace.cold_starts == 1
        assert hop.attributes["http.response.status_code"] == 200
        await until(lambda: telemetry.measurements.total("popshop.cold_starts") == 1)

    run(tmp_path, kind, steps)


def test_a_request_that_need_not_wait_goes_straight_into_the_function(tmp_path):
    async def steps(session, telemetry):
        assert await ask(session, UNSAMPLED) == 200
        assert telemetry.traces.get(TRACE) is None
        assert await ask(session, TRACEPARENT) == 200
        await until(lambda: telemetry.traces.get(TRACE) is not None)
        (only,) = telemetry.traces.get(TRACE).spans
        assert (only.service, only.parent_id) == ("shop-started", CALLER)

    run(tmp_path, "exec", steps)


def test_a_function_that_cannot_start_is_in_the_trace_with_the_reason(tmp_path):
    async def steps(session, telemetry):
        assert await ask(session, TRACEPARENT) == 503
        hop, wait = sorted(telemetry.traces.get(TRACE).spans, key=lambda span: span.name)
        assert (hop.message, hop.is_error) == ("status 503", True)
        assert "shop-started ended with status" in wait.message
        assert wait.attributes["faas.coldstart"] is True

    run(tmp_path, "exec", steps, FUNCTION_TARGET="not_there")
