"""A private MongoDB and a sink for the stores' suite, a Stripe stand-in for the gateway's."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.listener import Listener, listening

ROOT = Path(__file__).parents[3]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def webhooks() -> Iterator[Listener]:
    """Where the Stripe stand-in posts what happened."""
    with listening() as listener:
        yield listener


@pytest.fixture
def free_address() -> str:
    """Where nobody listens."""
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture(scope="session")
def stripe_base(tmp_path_factory: pytest.TempPathFactory, webhooks: Listener) -> Iterator[str]:
    """The Stripe stand-in on a port of its own."""
    port, folder = free_port(), tmp_path_factory.mktemp("stripe")
    options = {
        "port": str(port),
        "state": str(folder / "state.json"),
        "secret-key": "sk_test_x",
        "publishable-key": "pk_test_x",
        "webhook-secret": "whsec_x",
        "webhook-url": f"{webhooks.url}/api/payments/webhook",
    }
    arguments = [text for name, value in options.items() for text in (f"--{name}", value)]
    command = [sys.executable, "-m", "localdev.stripe", *arguments]
    with (folder / "log").open("wb") as log:
        stand_in = subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT)
        try:
            wait_for_port(port, stand_in)
            yield f"http://127.0.0.1:{port}"
        finally:
            stand_in.terminate()
            stand_in.wait(20)


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None, "the Stripe stand-in ended"
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"nobody listens on port {port} after 30 s")
