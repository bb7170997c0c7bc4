"""An activator over tiny functions, for tests that run one scenario on its loop."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from localdev.cluster.manifests import Workload
from localdev.cluster.ports import Reservation
from localdev.cluster.state import State
from localdev.serving.autoscaler.cluster import ClusterSettings
from localdev.serving.endpoints import Endpoints
from localdev.serving.pilot import Pilot
from localdev.serving.platform import Platform
from localdev.serving.revision import Revision
from localdev.serving.starting.choice import make_starter

TINY = ("python", "-m", "tests.integration.localdev.serving.tiny")


@dataclass
class Served:
    """One function behind an activator, and a client of it."""

    platform: Platform
    session: aiohttp.ClientSession
    state: State

    @property
    def pilot(self) -> Pilot:
        return self.platform.pilots["shop-tiny"]

    @property
    def revision(self) -> Revision:
        return self.pilot.revision

    async def ask(self, path: str = "/", **options):
        method = options.pop("method", "GET")
        url = f"/_services/shop-tiny{path}"
        async with self.session.request(method, url, **options) as response:
            return response, await response.read()

    async def tell(self, path: str = "/", **options):
        response, _ = await self.ask(path, **options)
        assert response.status == 200, await response.text()
        return await response.json()


@asynccontextmanager
async def served(
    folder: Path, variables=None, window=None, annotations=None, **facts
) -> AsyncIterator[Served]:
    state = State(folder / "state")
    state.prepare()
    facts = {"command": TINY, "readiness": {"httpGet": {"path": "/healthz", "port": 8080}}} | facts
    scaling = {"initial-scale": "0", "window": "6s"} | (annotations or {})
    workload = Workload(
        name="shop-tiny",
        context="shop",
        file=Path("tiny.yaml"),
        variables={},
        annotations={f"autoscaling.knative.dev/{name}": text for name, text in scaling.items()},
        **facts,
    )
    cluster = ClusterSettings.of({"allow-zero-initial-scale": "true"})
    starter = make_starter("exec", state)
    with Reservation() as reservation:
        port = reservation.port
    endpoints = Endpoints(state.root / "endpoints.json", port)
    platform = Platform(state, starter, cluster, endpoints, window_seconds=window)
    platform.add(workload, variables or {})
    await platform.start(port)
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            yield Served(platform, session, state)
    finally:
        await platform.close()
        await starter.close()


@pytest.fixture
def scenario(tmp_path) -> Callable[..., None]:
    def run(steps: Callable[[Served], Awaitable[None]], **options) -> None:
        async def all_of_it() -> None:
            async with asyncio.timeout(30), served(tmp_path, **options) as tiny:
                await steps(tiny)

        asyncio.run(all_of_it())

    return run


async def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """Waits for a condition; fails the test if it does not come true."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - other processes decide
            await asyncio.sleep(0.01)
