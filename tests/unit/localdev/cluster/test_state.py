import os
import socket
import subprocess
import sys

import pytest

from localdev.cluster.ports import PortInUseError, PreferredReservation, Reservation
from localdev.cluster.state import (
    AlreadyRunningError,
    State,
    is_alive,
    read_json,
    start_time,
    write_json,
)


@pytest.fixture
def state(tmp_path) -> State:
    made = State(tmp_path / "state")
    made.prepare()
    return made


@pytest.fixture
def sleeper():
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process
    process.kill()
    process.wait()


def test_a_folder_takes_one_supervisor_only(state):
    with state.lock():
        assert state.is_running()
        assert state.supervisor_pid() == os.getpid()
        with pytest.raises(AlreadyRunningError, match="runs already"), state.lock():
            pass
    assert not state.is_running()


def test_two_folders_do_not_know_each_other(state, tmp_path):
    other = State(tmp_path / "other")
    other.prepare()
    with state.lock(), other.lock():
        assert state.is_running()


def test_what_a_killed_supervisor_left_is_ended(state, sleeper):
    state.note_process(sleeper.pid)
    assert state.end_left_processes() == [sleeper.pid]
    assert not is_alive(sleeper.pid)
    assert state.end_left_processes() == []


def test_a_later_process_of_the_same_pid_is_left_alone(state, sleeper):
    (state.pids / str(sleeper.pid)).write_text("1")
    assert start_time(sleeper.pid) != "1"
    assert state.end_left_processes() == []
    assert is_alive(sleeper.pid)


def test_a_forgotten_process_is_left_alone(state, sleeper):
    state.note_process(sleeper.pid)
    state.forget_process(sleeper.pid)
    assert state.end_left_processes() == []
    assert is_alive(sleeper.pid)


def test_json_files_are_replaced_whole_and_missing_ones_have_a_default(tmp_path):
    file = tmp_path / "a.json"
    assert read_json(file, {}) == {}
    write_json(file, {"a": 1})
    write_json(file, {"b": 2})
    assert read_json(file) == {"b": 2}
    assert list(tmp_path.iterdir()) == [file]


def test_a_reserved_port_is_free_for_the_server_it_is_meant_for_and_nobody_else():
    with Reservation() as reserved:
        with Reservation() as other:
            assert other.port != reserved.port
        with socket.create_server(("127.0.0.1", reserved.port)):
            with pytest.raises(PortInUseError):
                Reservation(reserved.port)
            with PreferredReservation(reserved.port) as another:
                assert another.port != reserved.port


def test_a_preferred_port_goes_to_one_stack_only_until_it_is_given_back():
    with Reservation() as probe:
        port = probe.port
    with PreferredReservation(port) as first, PreferredReservation(port) as second:
        assert first.port == port
        assert second.port != port
    with PreferredReservation(port) as third:
        assert third.port == port
