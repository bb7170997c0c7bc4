"""The telemetry of a stack without the stack: its server on a free port, in a thread."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from localdev.cluster.state import State
from localdev.telemetry.site import Site
from localdev.telemetry.store import Telemetry

_PATIENCE_SECONDS = 20.0


class Collecting:
    """Where it listens, and what it has been told."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def traces(self) -> list[dict[str, Any]]:
        """Every trace in full, the newest first."""
        found = requests.get(f"{self.url}/api/traces", timeout=5).json()["traces"]
        return [self.trace(one["trace_id"]) for one in found]

    def trace(self, trace_id: str) -> dict[str, Any]:
        """One trace in full."""
        answer = requests.get(f"{self.url}/api/traces/{trace_id}", timeout=5)
        document: dict[str, Any] = answer.json()
        return document

    def get(self, path: str) -> str:
        """A page."""
        answer = requests.get(f"{self.url}{path}", timeout=5)
        assert answer.status_code == 200, answer.text
        return answer.text

    def until(self, is_told: Callable[[], Any], what: str) -> Any:
        """What the condition found, once it finds something."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not (found := is_told()):
            assert time.monotonic() < deadline, f"not told: {what}"
            time.sleep(0.05)
        return found


async def _nothing(*, asks_databases: bool) -> dict[str, Any]:
    del asks_databases  # it knows of nothing
    return {"functions": [], "metrics": {}, "groups": {}}


@contextmanager
def collecting(folder: Path) -> Iterator[Collecting]:
    """Listens until the block ends; ``folder`` is a stack's state folder."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    site = Site(Telemetry(), State(folder), _nothing)
    try:
        port = asyncio.run_coroutine_threadsafe(site.start(), loop).result(5)
        yield Collecting(port)
    finally:
        asyncio.run_coroutine_threadsafe(site.close(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()
