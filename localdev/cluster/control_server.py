"""The side of the control API that answers."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from localdev.cluster.control import SOCKET, socket_path

Handler = Callable[[dict[str, str]], Awaitable[Any]]


class ControlServer:
    """Answers ``POST /<command>`` with JSON; parameters are query fields."""

    def __init__(self, folder: Path, commands: Mapping[str, Handler]) -> None:
        self._folder = folder
        self._commands = commands
        self._runner: web.ServerRunner | None = None

    async def start(self) -> None:
        """Listens."""
        (self._folder / SOCKET).unlink(missing_ok=True)
        self._runner = web.ServerRunner(web.Server(self._handle, access_log=None))
        await self._runner.setup()
        with socket_path(self._folder) as path:
            await web.UnixSite(self._runner, path).start()

    async def close(self) -> None:
        """Stops listening; commands being answered are answered."""
        if self._runner is not None:
            await self._runner.cleanup()
        (self._folder / SOCKET).unlink(missing_ok=True)

    async def _handle(self, request: web.BaseRequest) -> web.Response:
        command = self._commands.get(request.path.strip("/"))
        if command is None:
            known = ", ".join(self._commands)
            return web.json_response({"error": f"the commands are {known}"}, status=404)
        try:
            return web.json_response(await command(dict(request.query)))
        except (LookupError, ValueError) as error:
            return web.json_response({"error": str(error.args[0])}, status=400)
