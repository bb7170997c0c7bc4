"""The supervisor: holds a state folder, runs a stack on it and answers the command line."""

import asyncio
import signal
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import aiohttp

from localdev.cluster.control_server import ControlServer
from localdev.cluster.gateway import trusting
from localdev.cluster.options import Options
from localdev.cluster.stack import Stack
from localdev.cluster.state import State, read_json, write_json
from localdev.cluster.status import LOGINS, describe
from localdev.cluster.tools import run_tool

Report = Callable[[str], None]
_ANSWER_SECONDS = 30.0
_POLL_SECONDS = 0.1
_SEEDED = "seeded.json"


class NoAnswerError(RuntimeError):
    """Everything runs, but the shop does not answer."""


class Supervisor:
    """One `up`, from the lock to the last process."""

    def __init__(self, options: Options, state: State, report: Report) -> None:
        self._options = options
        self._state = state
        self._report = report
        self._stack: Stack | None = None
        self._is_ready = False
        self._is_ending = asyncio.Event()

    async def run(self) -> None:
        """Runs until SIGINT, SIGTERM or `down`; every child has ended when it returns."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._is_ending.set)
        commands = {
            "status": self._status,
            "ready": self._ready,
            "scale": self._scale,
            "stop": self._stop,
        }
        control = ControlServer(self._state.root, commands)
        self._stack = stack = Stack(self._options, self._state, self._report)
        await control.start()
        try:
            if await self._unless_ended(self._bring_up(stack)):
                await self._is_ending.wait()
                self._report("stopping")
        finally:
            self._is_ready = False
            await stack.stop()
            await control.close()

    async def _bring_up(self, stack: Stack) -> None:
        await stack.start()
        await self._wait_for_answer(stack)
        await self._seed()
        self._is_ready = True
        self._report(f"ready: {stack.addresses.storefront} and {stack.addresses.admin}")
        if stack.telemetry_url:
            self._report(f"traces and metrics: {stack.telemetry_url}")
        self._report(f"authority to trust: {stack.certificates.authority}")
        for who, login in read_json(self._state.root / LOGINS, {}).items():
            self._report(f"{who}: {login['email']} / {login['password']}")

    async def _unless_ended(self, work: Any) -> bool:  # noqa: ANN401 - any coroutine
        """Does the work, unless somebody wants to stop first; whether it is done."""
        task = asyncio.ensure_future(work)
        ending = asyncio.ensure_future(self._is_ending.wait())
        await asyncio.wait({task, ending}, return_when=asyncio.FIRST_COMPLETED)
        ending.cancel()
        if task.done():
            task.result()
            return True
        task.cancel()
        await asyncio.wait({task})
        return False

    async def _wait_for_answer(self, stack: Stack) -> None:
        """Asks for the first page, the way a browser would; a shop without one for its health."""
        if not self._options.gateway_template.exists():
            return
        routes = read_json(self._options.routes, [])
        path = "/" if any(route["path"] == "/" for route in routes) else "/healthz"
        self._report(f"waiting for {path}")
        last: object = None
        tls = aiohttp.TCPConnector(ssl=trusting(stack.certificates.authority))
        headers = {"Host": f"shop.localhost:{stack.addresses.gateway.port}"}
        try:
            async with (
                asyncio.timeout(_ANSWER_SECONDS),
                aiohttp.ClientSession(stack.addresses.base_url, connector=tls) as session,
            ):
                while (last := await _status_of(session, path, headers)) != HTTPStatus.OK:  # noqa: ASYNC110
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError as error:
            raise NoAnswerError(
                f"{stack.addresses.storefront}{path} answers {last}, not 200; see `logs gateway`"
            ) from error

    async def _seed(self) -> None:
        """Once per state folder, source and MongoDB: another server has none of the data."""
        assert self._stack is not None  # noqa: S101 - it is up
        mongodb = self._stack.engines.by_name.get("mongodb")
        marker = self._state.root / _SEEDED
        source = {"source": self._options.seed, "mongodb": mongodb.server if mongodb else None}
        if self._options.seed == "none" or read_json(marker) == source:
            return
        self._report(f"seeding ({self._options.seed})")
        arguments = ["localdev.seed", "--state", str(self._state.root)]
        await run_tool("seed", [*arguments, "--from", self._options.seed], self._state, {})
        write_json(marker, source)

    # ---- commands

    async def _status(self, _: dict[str, str]) -> dict[str, Any]:
        if self._stack is None:
            return {"ready": False, "runtime": "embedded"}
        return await describe(self._stack, is_ready=self._is_ready)

    async def _ready(self, _: dict[str, str]) -> dict[str, bool]:
        return {"ready": self._is_ready}

    async def _scale(self, fields: dict[str, str]) -> dict[str, Any]:
        """``name``, and ``count`` to change it."""
        if self._stack is None:
            raise LookupError("nothing runs yet")
        text = fields.get("count")
        if text is not None and not text.isdigit():
            raise ValueError(f"count is 0 or more, not {text}")
        pilot = await self._stack.serving.scale(fields["name"], int(text) if text else None)
        revision = pilot.revision
        return {"name": fields["name"], "desired": revision.desired, "ready": len(revision.ready)}

    async def _stop(self, _: dict[str, str]) -> dict[str, bool]:
        self._is_ending.set()
        return {"stopping": True}


async def _status_of(
    session: aiohttp.ClientSession, path: str, headers: dict[str, str]
) -> int | str:
    try:
        async with session.get(path, headers=headers) as response:
            return response.status
    except aiohttp.ClientError as error:
        return str(error)
