"""A WebSocket function in its own process: messages, refusals, and the end upon SIGTERM."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import websocket

from shared.runtime.identity import HEADER, Caller, sign_identity
from tests.unit.runtime.clients import wait_until

KEY = "00" * 32
_ROOT = Path(__file__).parents[3]
_FUNCTION = '''
from shared.runtime.declare import socket
from shared.runtime.identity import Access
from shared.runtime.sockets import Channel


@socket("/ws/clock", access=Access.PUBLIC)
def clock(channel: Channel) -> None:
    """Ticks."""
    while channel.is_open:
        channel.send("tick")
'''


@pytest.fixture
def clock(tmp_path):
    """The process and the address of a function that sends until its channel is closed."""
    (tmp_path / "clock.py").write_text(_FUNCTION)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    told = {"FUNCTION_SOURCE": "clock.py", "FUNCTION_TARGET": "clock", "IDENTITY_KEY": KEY}
    environment = os.environ | told | {"HOST": "127.0.0.1", "PORT": str(port)}
    command = [sys.executable, "-m", "shared.runtime.serve"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment | {"PYTHONPATH": str(_ROOT)}
    ) as running:
        wait_until(lambda: _listens(port), "it listens")
        yield running, f"ws://127.0.0.1:{port}/ws"
        running.kill()


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def test_a_channel_is_closed_and_the_process_ends_upon_sigterm(clock):
    running, address = clock
    identity = sign_identity(Caller(), "GET", "/ws/clock", KEY, 60)
    channel = websocket.create_connection(f"{address}/clock", 20, header={HEADER: identity})
    assert channel.recv() == "tick"
    running.send_signal(signal.SIGTERM)
    with pytest.raises(websocket.WebSocketConnectionClosedException):
        list(iter(channel.recv, None))
    channel.shutdown()
    assert running.wait(20) == 0


def test_a_refused_handshake_is_answered(clock):
    with pytest.raises(websocket.WebSocketBadStatusException, match="404"):
        websocket.create_connection(f"{clock[1]}/nowhere", 20)
