import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest

from localdev.cluster.control import NotRunningError, RefusedError, call
from localdev.cluster.control_server import ControlServer


async def say(fields: dict[str, str]) -> dict[str, str]:
    return {"said": fields["word"]}


async def refuse(_: dict[str, str]) -> None:
    raise LookupError("there is no such thing")


def asked(folder: Path, command: str) -> Any:
    """The answer of a control server with two commands, asked from a thread."""

    async def scenario() -> Any:
        server = ControlServer(folder, {"say": say, "refuse": refuse})
        await server.start()
        try:
            return await asyncio.to_thread(call, folder, command)
        finally:
            await server.close()

    return asyncio.run(scenario())


def test_a_command_is_answered(tmp_path):
    assert asked(tmp_path, "say?word=hello%20you") == {"said": "hello you"}


def test_a_refusal_says_why(tmp_path):
    with pytest.raises(RefusedError, match="there is no such thing"):
        asked(tmp_path, "refuse")


def test_an_unknown_command_names_the_known_ones(tmp_path):
    with pytest.raises(RefusedError, match="the commands are say, refuse"):
        asked(tmp_path, "dance")


def test_a_folder_deeper_than_a_socket_path_may_be_long_is_fine(tmp_path):
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    assert asked(folder, "say?word=x") == {"said": "x"}


def test_nobody_answers_where_nothing_runs(tmp_path):
    with pytest.raises(NotRunningError, match="nothing runs on"):
        call(tmp_path, "status")


def test_the_socket_of_a_killed_supervisor_is_replaced(tmp_path):

    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(tmp_path / "control.sock"))
    dead.close()
    with pytest.raises(NotRunningError):
        call(tmp_path, "say?word=x")
    assert asked(tmp_path, "say?word=x") == {"said": "x"}
