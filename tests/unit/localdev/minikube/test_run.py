"""Running a plan: what is shown, how long it may take, and what is left of it."""

import sys

import pytest

from localdev.cluster.certificates import ensure_certificates
from localdev.cluster.ports import Reservation
from localdev.cluster.state import State, is_alive
from localdev.minikube import run
from localdev.minikube.model import Command, MinikubeError, Request, Step
from localdev.minikube.run import Runner
from localdev.minikube.seeding import wait_for_page
from localdev.seed.client import SeedError


def _python(program, **options):
    return Command(argv=(sys.executable, "-c", program), **options)


@pytest.fixture
def lines():
    return []


@pytest.fixture
def runner(tmp_path, lines):
    state = State(tmp_path)
    state.prepare()
    asked = Request(state=tmp_path, authority=tmp_path / "ca.pem")
    yield Runner(asked, state, lines.append)
    state.end_left_processes()


def _step(*commands, **options):
    return Step(name="doing it", commands=commands, **options)


def test_steps_are_numbered_and_those_that_are_done_are_left_out(runner, lines, tmp_path):
    mark = tmp_path / "mark"
    todo = _python(f"open({str(mark)!r}, 'x')")
    done = _step(todo, is_done=_python("pass"))
    runner.run([done, _step(todo, is_done=_python("raise SystemExit(1)"))])
    assert lines == ["[1/2] doing it: done already", "[2/2] doing it"]
    assert mark.exists()


def test_a_command_that_does_not_end_is_ended(runner):
    endless = _python("import time; time.sleep(600)", patience_seconds=0.3)
    with pytest.raises(MinikubeError, match="it did not end in time"):
        runner.run([_step(endless)])


def test_whoever_waits_is_told_what_for(runner, lines, monkeypatch, tmp_path):
    monkeypatch.setattr(run, "_SILENCE_SECONDS", 0.05)
    go = tmp_path / "go"

    def report(line):
        lines.append(line)
        if "still" in line:
            go.touch()

    runner.report = report
    waiting = (
        "import pathlib, sys, time\n"
        f"while not pathlib.Path({str(go)!r}).exists(): time.sleep(0.01)\n"
        "assert sys.stdin.read() == 'given'\n"
    )
    runner.run([_step(_python(waiting, manifest="given", patience_seconds=60))])
    assert any(line.startswith("  still ") for line in lines)


def test_input_with_secrets_is_sent_and_not_logged(runner, tmp_path):
    seen = tmp_path / "seen"
    program = f"import sys; open({str(seen)!r}, 'w').write(sys.stdin.read())"
    runner.run([_step(_python(program, manifest="<generated>", secret=lambda: "hush"))])
    assert seen.read_text() == "hush"
    assert "hush" not in runner.log.read_text()


def test_output_that_is_read_is_not_logged(runner):
    runner.run([_step(_python("print('hush')", check=lambda _: None))])
    assert "\nhush" not in runner.log.read_text()


def test_output_without_the_word_that_is_expected_is_a_failure(runner):
    with pytest.raises(MinikubeError, match="image not found"):
        runner.run([_step(_python("print('one two')", expects="three"), failure="image not found")])
    runner.run([_step(_python("print('one two')", expects="two"))])


def test_a_failure_shows_the_last_words_and_the_log(runner):
    broken = _python("import sys; sys.exit('no such thing')")
    with pytest.raises(MinikubeError) as caught:
        runner.run([_step(broken, failure="do it otherwise")])
    said = str(caught.value)
    assert "no such thing" in said
    assert "do it otherwise" in said
    assert str(runner.log) in said


def test_what_goes_on_is_noted_and_replaced_by_the_next(runner):
    with Reservation() as free:
        port = free.port
    listening = (
        f"import socket, time; s = socket.create_server(('127.0.0.1', {port})); time.sleep(600)"
    )
    step = _step(_python(listening, port=port))
    runner.run([step])
    (first,) = [int(file.name) for file in runner.state.pids.iterdir()]
    runner.run([step])
    (second,) = [int(file.name) for file in runner.state.pids.iterdir()]
    assert first != second
    assert not is_alive(first)
    assert is_alive(second)


def test_a_shop_that_does_not_answer_is_given_up(tmp_path):
    authority = ensure_certificates(tmp_path).authority
    with Reservation() as taken, pytest.raises(SeedError, match="answers nothing"):
        wait_for_page(authority, taken.port, patience_seconds=0)
