import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from localdev.cluster import engines
from localdev.cluster.engines import KeptEngines, database_url, engine_secrets, needs_engines
from localdev.cluster.manifests import Reference
from localdev.cluster.state import State


@dataclass
class Sleeper:
    """An engine that is a sleeping process; the first ``failures`` restarts fail."""

    url: str = ""
    server: str = "sleeper"
    version: str = "1"
    failures: int = 0
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    @property
    def pids(self):
        return [self.processes[-1].pid] if self.processes else []

    def restart(self):
        self.stop()
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the port is taken")
        argv = [sys.executable, "-S", "-c", "import time; time.sleep(60)"]
        self.processes.append(subprocess.Popen(argv))

    def stop(self):
        while self.processes:
            process = self.processes.pop()
            process.kill()
            process.wait()


def secret(name: str, key: str = "url") -> Reference:
    return Reference("Secret", name, key)


@pytest.fixture
def four(monkeypatch):
    made = {name: Sleeper() for name in engines.NAMES}

    def start(*_):
        for engine in made.values():
            engine.restart()
        return SimpleNamespace(**made, stop=lambda: [engine.stop() for engine in made.values()])

    monkeypatch.setattr(engines, "start_engines", start)
    monkeypatch.setattr(engines, "_WATCH_SECONDS", 0.02)
    return made


@pytest.mark.parametrize("failures", [0, 2])
def test_an_engine_that_dies_is_started_again_until_it_works(tmp_path, four, failures):
    said: list[str] = []

    async def scenario() -> None:
        state = State(tmp_path / "state")
        state.prepare()
        kept = KeptEngines(state, said.append)
        async with asyncio.timeout(20):
            await kept.start()
            (first,) = four["redis"].pids
            four["redis"].failures = failures
            os.kill(first, signal.SIGKILL)
            while four["redis"].pids in ([], [first]):  # noqa: ASYNC110 - a process decides
                await asyncio.sleep(0.01)
            noted = {int(file.name) for file in state.pids.iterdir()}
            await kept.stop()
        assert first not in noted
        assert four["mongodb"].pids == []
        assert list(state.pids.iterdir()) == []

    asyncio.run(scenario())
    assert said.count("redis has died and is started again") == failures + 1
    assert said.count("redis did not start: the port is taken") == failures


def test_every_context_has_a_database_of_its_own():
    given = SimpleNamespace(url="mongodb://127.0.0.1:1/?retryWrites=false")
    store = SimpleNamespace(url="http://access:secret@127.0.0.1:2")
    found = engine_secrets(
        {"mongodb": given, "redis": SimpleNamespace(url="redis://r"), "s3": store},
        [secret("popshop-mongo-cart"), secret("popshop-mongo-orders"), secret("popshop-guest")],
    )
    assert found == {
        "popshop-mongo-cart": {"url": "mongodb://127.0.0.1:1/popshop_cart?retryWrites=false"},
        "popshop-mongo-orders": {"url": "mongodb://127.0.0.1:1/popshop_orders?retryWrites=false"},
        "popshop-redis": {"url": "redis://r"},
        "popshop-s3": {
            "endpoint": "http://127.0.0.1:2",
            "access-key": "access",
            "secret-key": "secret",
            "bucket": "popshop",
        },
    }


def test_a_given_address_keeps_its_login_and_options():
    url = database_url("mongodb://ann:pw@a:1,b:2/admin?replicaSet=rs", "cart")
    assert url == "mongodb://ann:pw@a:1,b:2/popshop_cart?replicaSet=rs"


def test_engines_start_only_for_functions_that_read_their_address():
    assert needs_engines([secret("popshop-guest", "key"), secret("popshop-mongo-cart")])
    assert not needs_engines([secret("popshop-guest", "key")])
