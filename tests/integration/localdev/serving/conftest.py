"""An activator over tiny functions, for tests that run one scenario on its loop."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from localdev.cluster.manifests import Workload
from localdev.cluster.state import State
from localdev.serving.activator import Activator
from localdev.serving.revision import Revision

TINY = ("python", "-m", "tests.integration.localdev.serving.tiny")


@dataclass
class Served:
    """One function behind an activator, and a client of it."""

    revision: Revision
    activator: Activator
    session: aiohttp.ClientSession
    state: State

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
async def served(folder: Path, variables=None, window=60.0, **facts) -> AsyncIterator[Served]:
    state = State(folder / "state")
    state.prepare()
    facts = {"command": TINY, "probe_path": "/healthz"} | facts
    workload = Workload(
        name="shop-tiny", context="shop", file=Path("tiny.yaml"), variables={}, **facts
    )
    revision = Revision(workload, variables or {}, state, window)
    activator = Activator({"shop-tiny": revision})
    port = await activator.start()
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            yield Served(revision, activator, session, state)
    finally:
        await activator.close()


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
