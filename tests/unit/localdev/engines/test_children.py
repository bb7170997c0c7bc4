import sys

import pytest

from localdev.cluster.state import is_alive
from localdev.engines import EngineError
from localdev.engines.children import run_child


def python(script):
    return [sys.executable, "-S", "-c", script]


def test_what_a_program_says_and_how_it_ends_is_told():
    script = "import sys; print('out', flush=True); print('error', file=sys.stderr); sys.exit(3)"
    assert run_child(python(script), 10) == (3, "out\nerror")


def test_a_program_that_is_not_there_is_told_by_its_name():
    with pytest.raises(EngineError, match="/nowhere/java cannot be run"):
        run_child(["/nowhere/java"], 10)


def test_a_program_that_hangs_is_ended(tmp_path):
    noted = tmp_path / "pid"
    script = f"import os, time; open({str(noted)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    with pytest.raises(EngineError, match="was not done after 1 s"):
        run_child(python(script), 1.0)
    assert not is_alive(int(noted.read_text()))
