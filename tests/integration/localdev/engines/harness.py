"""Engines of one test, and a writer that is at work when its server is killed."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from localdev.engines import Engine
from localdev.engines.place import Place
from localdev.engines.start import CANDIDATES

PATIENCE_SECONDS = 30.0


@contextmanager
def running(engine: str, name: str, place: Place) -> Iterator[Engine]:
    """A server by its name; the test is skipped where it cannot be had."""
    candidate = CANDIDATES[engine][name]
    place.prepare()
    if (made := candidate.start(place)) is None:
        pytest.skip(f"{name} needs {candidate.needs}")
    try:
        yield made
    finally:
        made.stop()


@dataclass
class Writer:
    """Writes 0, 1, 2 ... in a thread until a write fails; ``acknowledged`` have been answered."""

    write: Callable[[int], None]
    faults: tuple[type[BaseException], ...]
    acknowledged: list[int] = field(default_factory=list)

    def __post_init__(self):
        self._has_written = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def _work(self):
        number = 0
        try:
            while True:
                self.write(number)
                self.acknowledged.append(number)
                number += 1
                if number == self._least:
                    self._has_written.set()
        except self.faults:
            pass

    def until_killed(self, engine: Engine, least: int) -> list[int]:
        """Kills the engine while writes go on, after ``least`` of them; those acknowledged."""
        self._least = least
        self._thread.start()
        assert self._has_written.wait(PATIENCE_SECONDS)
        engine.kill()
        self._thread.join(PATIENCE_SECONDS)
        assert not self._thread.is_alive()
        return self.acknowledged


def restarts_in_place(engine: Engine) -> None:
    """Starts a killed engine again; it has another process and the same address."""
    assert engine.pids == []
    url, version = engine.url, engine.version
    engine.restart()
    assert (engine.url, engine.version) == (url, version)
    assert len(engine.pids) == 1
