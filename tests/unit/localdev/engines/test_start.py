import subprocess
import sys
import threading
from functools import partial

import pytest

from localdev.cluster.state import AlreadyRunningError
from localdev.engines import EngineError, end_engines, start_engines
from localdev.engines.place import Place
from localdev.engines.start import CANDIDATES, Candidate
from tests.unit.localdev.engines.fakes import FakeEngine


@pytest.fixture
def offered(monkeypatch):
    """Fake engines; replace one to make it fail."""
    made = {name: FakeEngine(server=name) for name in CANDIDATES}
    for name, engine in made.items():
        offer(monkeypatch, name, partial(lambda engine, _: engine, engine))
    return made


@pytest.fixture
def left_process(tmp_path):
    """A process that an earlier, killed owner of the state folder noted."""
    argv = [sys.executable, "-S", "-c", "import time; print(flush=True); time.sleep(60)"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        place = Place(tmp_path, {}, print)
        place.prepare()
        place.processes.note_process(process.pid)
        yield process
        process.kill()


def offer(monkeypatch, name, start):
    monkeypatch.setitem(CANDIDATES, name, {"fake": Candidate(start)})


def test_all_four_are_started_at_once(tmp_path, monkeypatch):
    meeting = threading.Barrier(len(CANDIDATES), timeout=10)

    def start(_):
        meeting.wait()
        return FakeEngine()

    for name in CANDIDATES:
        offer(monkeypatch, name, start)
    start_engines(tmp_path, {}, print).stop()


def test_stopping_ends_all_four(tmp_path, offered):
    engines = start_engines(tmp_path, {}, print)
    engines.stop()
    assert [engine.is_stopped for engine in offered.values()] == [True] * 4


def test_if_one_cannot_be_had_the_others_are_ended_and_the_folder_is_free(
    tmp_path, offered, monkeypatch
):
    def fail(_):
        raise EngineError("no room on the disk")

    with monkeypatch.context() as patch:
        offer(patch, "redis", fail)
        offer(patch, "s3", fail)
        with pytest.raises(EngineError, match="redis: no room on the disk; s3: no room"):
            start_engines(tmp_path, {}, print)
    assert [offered[name].is_stopped for name in ("mongodb", "kafka")] == [True, True]
    start_engines(tmp_path, {}, print).stop()


def test_a_fault_of_ours_is_not_told_as_a_missing_engine(tmp_path, offered, monkeypatch):
    def fail(_):
        raise KeyError("ours")

    offer(monkeypatch, "kafka", fail)
    with pytest.raises(KeyError, match="ours"):
        start_engines(tmp_path, {}, print)
    assert offered["redis"].is_stopped


def test_two_cannot_run_engines_on_one_folder(tmp_path, offered):
    engines = start_engines(tmp_path, {}, print)
    with pytest.raises(AlreadyRunningError):
        start_engines(tmp_path, {}, print)
    engines.stop()
    start_engines(tmp_path, {}, print).stop()


def test_what_a_killed_owner_left_is_ended_before_the_next_start(tmp_path, offered, left_process):
    start_engines(tmp_path, {}, print).stop()
    assert left_process.wait(timeout=10) < 0


def test_another_process_can_end_what_was_left(tmp_path, left_process):
    assert end_engines(tmp_path) == [left_process.pid]
    assert left_process.wait(timeout=10) < 0
    assert end_engines(tmp_path) == []
