"""A server process of ours, shown on the smallest server there is."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from localdev.cluster.state import REPOSITORY, is_alive
from localdev.engines import EngineError
from localdev.engines import server as server_module
from localdev.engines.server import Launch, OwnEngine
from tests.integration.localdev.engines.harness import PATIENCE_SECONDS

LISTEN = """
import signal, socket, sys, time
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    connection, _ = server.accept()
    connection.sendall(b"hello")
    connection.close()
"""
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + LISTEN
IDLE = "import time; time.sleep(60)"
FAIL = "import sys; print('settings read'); sys.exit('the disk is full')"


def ask(url):
    host, _, port = url.partition(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        if (said := connection.recv(9)) != b"hello":
            raise OSError(f"it said {said!r}")
    return "1.0"


@pytest.fixture
def start(place):
    place.prepare()
    started = []

    def start(script):
        port = place.port("tiny")
        launch = Launch(
            server="tiny",
            log="tiny",
            url=f"127.0.0.1:{port.port}",
            ports=[port],
            argv=[sys.executable, "-S", "-c", script, str(port.port)],
            probe=ask,
            faults=(OSError,),
        )
        started.append(OwnEngine(place, launch))
        return started[-1]

    yield start
    for engine in started:
        engine.stop()


def has_ended(pid):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if not is_alive(pid):
            return True
        time.sleep(0.02)
    return False


def test_it_is_noted_for_as_long_as_it_lives(place, start):
    engine = start(LISTEN)
    assert [file.name for file in place.processes.pids.iterdir()] == [str(engine.pids[0])]
    engine.kill()
    assert list(place.processes.pids.iterdir()) == []


def test_its_last_words_are_told_when_it_ends_at_once(place, start):
    place.prepare()
    place.log("tiny").write_text("an earlier run\n")
    with pytest.raises(EngineError, match=r"tiny ended with status 1: .*the disk is full") as told:
        start(FAIL)
    assert "earlier" not in str(told.value)
    assert str(place.log("tiny")) in str(told.value)
    assert list(place.processes.pids.iterdir()) == []


def test_one_that_never_listens_is_given_up_and_ended(place, start, monkeypatch):
    monkeypatch.setattr(server_module, "_READY_SECONDS", 0.3)
    with pytest.raises(EngineError, match=r"is not ready after .*nothing listens on 127"):
        start(IDLE)
    assert list(place.processes.pids.iterdir()) == []


def test_a_stranger_on_the_port_is_not_taken_for_ours(place, start, monkeypatch):
    monkeypatch.setattr(server_module, "_READY_SECONDS", 0.5)
    with place.port("tiny") as port, socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", port.port))
        monkeypatch.setattr(type(place), "port", lambda *_: port)
        stranger.listen()
        with pytest.raises(EngineError, match="tiny"):
            start(IDLE)
        stranger.settimeout(0.1)
        with pytest.raises(TimeoutError):
            stranger.accept()


def test_nobody_else_gets_the_port_of_a_killed_one(start):
    engine = start(LISTEN)
    engine.kill()
    with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
        stranger.bind(("127.0.0.1", int(engine.url.partition(":")[2])))
    engine.restart()
    assert ask(engine.url) == "1.0"


def test_one_that_was_killed_from_outside_is_started_again(start):
    engine = start(LISTEN)
    (first,) = engine.pids
    os.kill(first, signal.SIGKILL)
    engine.restart()
    assert engine.pids != [first]
    assert ask(engine.url) == "1.0"


def test_one_that_ignores_a_polite_request_is_killed(start, monkeypatch):
    monkeypatch.setattr(server_module, "_STOP_SECONDS", 0.3)
    engine = start(STUBBORN)
    (pid,) = engine.pids
    engine.stop()
    assert not is_alive(pid)
    assert engine.pids == []


def test_it_outlives_the_thread_that_started_it(start):
    engines = []
    thread = threading.Thread(target=lambda: engines.append(start(LISTEN)))
    thread.start()
    thread.join()
    assert ask(engines[0].url) == "1.0"
    assert is_alive(engines[0].pids[0])


def test_nothing_is_left_when_its_owner_is_killed(tmp_path):
    owner = textwrap.dedent("""
        import os, sys
        from pathlib import Path
        from localdev.engines.place import Place
        from localdev.engines.start import start_engine
        place = Place(Path(sys.argv[1]), os.environ, lambda line: None)
        print(*start_engine("redis", place).pids, flush=True)
        sys.stdin.read()
    """)
    argv = [sys.executable, "-W", "ignore", "-c", owner, str(tmp_path)]
    with subprocess.Popen(
        argv, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        assert is_alive(pid)
        process.kill()
    assert has_ended(pid)
