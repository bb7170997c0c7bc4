"""The program under test, and the pair of program and app that one case runs against."""

import asyncio
import contextlib
import json
import random
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from typing import Any

from tests.integration.localdev.serving.golden.app import App
from tests.integration.localdev.serving.golden.client import Connection, Response, ask
from tests.integration.localdev.serving.golden.requests import Request

START_SECONDS = 60
_RECORDED_APP, _RECORDED_PROXY = 8080, 8012


class Pair:
    """A fresh proxy in front of a fresh app; times count from its making."""

    def __init__(self, host: str, app: App, port: int, admin_port: int) -> None:
        self.host, self.app, self.port, self.admin_port = host, app, port, admin_port
        self.process: asyncio.subprocess.Process | None = None
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - `started` closes it
        self._terminated = 0.0

    async def start(self, setup: dict[str, Any]) -> None:
        """Starts the program; raises when it does not say that it is ready."""
        self.process = await asyncio.create_subprocess_exec(
            *_command(self, setup), stdout=asyncio.subprocess.PIPE, stderr=self._stderr
        )
        assert self.process.stdout
        async with asyncio.timeout(START_SECONDS):
            line = await self.process.stdout.readline()
        if line.strip() != b"ready":
            raise RuntimeError(f"queue-proxy said {line!r} instead of 'ready'")

    async def end(self) -> None:
        """Ends the program's process, unless it has ended, and the app."""
        if self.process and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        await self.app.die()
        self._stderr.close()

    def stderr(self) -> str:
        """The last lines that the program wrote there."""
        self._stderr.seek(0)
        return self._stderr.read().decode(errors="replace")[-4000:]

    async def ask(self, request: Request) -> Response:
        """One exchange on a new connection to the serving port."""
        return await ask(self.port, self.host, request)

    async def get(self, target: str, **more: str) -> Response:
        """A GET with these headers; an underscore in a name stands for a hyphen."""
        headers = [[name.replace("_", "-"), value] for name, value in more.items()]
        return await self.ask({"method": "GET", "target": target, "headers": headers})

    async def get_admin(self, target: str) -> Response:
        return await ask(self.admin_port, self.host, {"method": "GET", "target": target})

    async def connect(self) -> Connection:
        return await Connection.open(self.port, self.host)

    def terminate(self) -> None:
        assert self.process
        self._terminated = asyncio.get_running_loop().time()
        self.process.send_signal(signal.SIGTERM)

    def since_term(self) -> float:
        return round(asyncio.get_running_loop().time() - self._terminated, 3)

    async def exit(self) -> dict[str, Any]:
        """Waits for the end of the program after `terminate`."""
        assert self.process
        code = await self.process.wait()
        return {"exit_code": code, "seconds_after_term": self.since_term()}

    def saw(self, since: int = 0) -> list[str]:
        """The request lines that reached the app."""
        return [entry["request_line"] for entry in self.app.log[since:]]

    def as_recorded(self, told: Any) -> Any:
        """The same with the ports that the recording had."""
        if isinstance(told, str):
            mapped = told.replace(f":{self.app.port}", f":{_RECORDED_APP}")
            return mapped.replace(f":{self.port}", f":{_RECORDED_PROXY}")
        if isinstance(told, list):
            return [self.as_recorded(item) for item in told]
        if isinstance(told, dict):
            return {key: self.as_recorded(value) for key, value in told.items()}
        return told


@contextlib.asynccontextmanager
async def started(
    host: str, setup: dict[str, Any], one_by_one: asyncio.Semaphore, *, app_listens: bool
) -> AsyncIterator[Pair]:
    """A pair whose program listens; whatever happens, the program's process is ended.

    Programs start one by one, for each start takes a processor for itself.
    """
    app_port, port, admin_port = _free_ports(3)
    pair = Pair(host, App(app_port), port, admin_port)
    if app_listens:
        await pair.app.start()
    try:
        async with one_by_one:
            await pair.start(setup)
        yield pair
    except Exception as failure:
        failure.add_note(pair.stderr())
        raise
    finally:
        await pair.end()


def _command(pair: Pair, setup: dict[str, Any]) -> list[str]:
    probe = setup["readinessProbe"]
    told = json.dumps(probe).replace(f'"port": {_RECORDED_APP}', f'"port": {pair.app.port}')
    options = {
        "port": pair.port,
        "admin-port": pair.admin_port,
        "app-port": pair.app.port,
        "concurrency": setup["containerConcurrency"],
        "timeout": setup["timeoutSeconds"],
        "response-start": setup["responseStartTimeoutSeconds"],
        "idle": setup["idleTimeoutSeconds"],
        "probe": told if probe else "none",
    }
    arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    return [sys.executable, "-m", "localdev.serving.queue_proxy", *arguments]


def _free_ports(count: int) -> list[int]:
    """Below the range from which the system takes the ports of outgoing connections."""
    found: set[int] = set()
    while len(found) < count:
        port = random.randrange(12000, 32000)
        with socket.socket() as trial, contextlib.suppress(OSError):
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(("127.0.0.1", port))
            found.add(port)
    return list(found)
