"""The engines of a stack: started in a thread of their own, watched, and their addresses."""

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from localdev.cluster.manifests import Reference
from localdev.cluster.state import State, is_alive
from localdev.engines import Engine, Engines, start_engines, store_at

Report = Callable[[str], None]
_MONGO = "popshop-mongo-"
NAMES = ("mongodb", "kafka", "redis", "s3")
_ENGINE_SECRETS = (_MONGO, "popshop-redis", "popshop-s3")
_WATCH_SECONDS = 0.5


class KeptEngines:
    """Engines that are started again when one of their processes dies."""

    def __init__(self, state: State, report: Report) -> None:
        self._state = state
        self._report = report
        # One thread that lives as long as the stack: a child with a parent-death signal is tied
        # to the thread that started it.
        self._thread = ThreadPoolExecutor(1, "engines")
        self._engines: Engines | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._down: set[str] = set()

    @property
    def by_name(self) -> dict[str, Engine]:
        """The engines that run, by the names that `status` uses."""
        return {} if self._engines is None else {n: getattr(self._engines, n) for n in NAMES}

    async def start(self) -> None:
        """Starts them all; takes as long as it takes."""
        self._engines = await self._run(start_engines, self._state.root, os.environ, self._report)
        self._note()
        self._watcher = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Stops them in good order."""
        if self._watcher is not None:
            self._watcher.cancel()
        if self._engines is not None:
            pids = self._pids()
            await self._run(self._engines.stop)
            for pid in pids:
                self._state.forget_process(pid)
        self._thread.shutdown(wait=False)

    async def _run(self, work: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)

    def _pids(self) -> list[int]:
        return [pid for engine in self.by_name.values() for pid in engine.pids]

    def _note(self) -> None:
        for pid in self._pids():
            self._state.note_process(pid)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            for name, engine in self.by_name.items():
                has_died = bool(engine.pids) and not all(map(is_alive, engine.pids))
                if has_died or name in self._down:
                    await self._restart(name, engine)

    async def _restart(self, name: str, engine: Engine) -> None:
        self._report(f"{name} has died and is started again")
        self._down.add(name)
        for pid in engine.pids:
            self._state.forget_process(pid)
        try:
            await self._run(engine.restart)
        except (OSError, RuntimeError) as error:
            self._report(f"{name} did not start: {error}")
            return
        self._down.discard(name)
        self._note()


def needs_engines(references: Iterable[Reference]) -> bool:
    """Whether any function reads an engine's address."""
    return any(item.name.startswith(_ENGINE_SECRETS) for item in references)


def engine_secrets(
    engines: Mapping[str, Engine], references: Iterable[Reference]
) -> dict[str, dict[str, str]]:
    """The Secrets that hold addresses: a MongoDB database per context, Redis, the object store."""
    if not engines:
        return {}
    contexts = {
        item.name.removeprefix(_MONGO) for item in references if item.name.startswith(_MONGO)
    }
    mongo = {
        f"{_MONGO}{context}": {"url": database_url(engines["mongodb"].url, context)}
        for context in contexts
    }
    store = store_at(engines["s3"].url)
    return mongo | {
        "popshop-redis": {"url": engines["redis"].url},
        "popshop-s3": {
            "endpoint": store.endpoint,
            "access-key": store.access_key,
            "secret-key": store.secret_key,
            "bucket": "popshop",
        },
    }


def database_url(url: str, context: str) -> str:
    """A MongoDB URL that names the context's own database."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/popshop_{context}"))
