"""The process of a function: loading, its garbage collector, and how it fails."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
AT_SERVING = """
import gc, json
from shared.runtime import serve, server

def told(application, listener, *, threads):
    print(json.dumps([gc.isenabled(), gc.get_threshold()[0], gc.get_freeze_count(), threads]))
    listener.close()

serve.serve = told
serve.run()
"""


def run(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    environ = {"PATH": os.environ["PATH"], "PORT": "0", "HOST": "127.0.0.1", **variables}
    return subprocess.run(
        [sys.executable, *arguments],
        check=False,
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
    )


def served(name: str, **variables: str):
    source = {"FUNCTION_SOURCE": f"functions/{name}.py", "FUNCTION_TARGET": name.split("/")[1]}
    return json.loads(run("-c", AT_SERVING, **source, **variables).stdout)


def test_garbage_is_collected_but_not_what_was_loaded():
    is_enabled, threshold, frozen, _ = served("ops/get_openapi")
    assert is_enabled
    assert threshold > 700
    assert frozen > 10_000


def test_a_socket_has_a_thread_for_each_of_many():
    assert served("ops/get_openapi")[3] == 2
    assert served("notifications/stream_notifications")[3] > 100


def test_the_manifest_says_how_many_threads():
    assert served("ops/get_openapi", THREADS="7")[3] == 7


def failure(**variables: str) -> str:
    ended = run("-m", "shared.runtime.serve", **variables)
    assert ended.returncode == 1
    line = json.loads(ended.stderr.splitlines()[-1])
    assert line["level"] == "error"
    return f"{line['message']}: {line['error'].splitlines()[-1]}"


def test_a_missing_file_is_named():
    assert failure(FUNCTION_SOURCE="functions/ops/nothing.py", FUNCTION_TARGET="nothing") == (
        "the function 'nothing' cannot be loaded from 'functions/ops/nothing.py': "
        "ModuleNotFoundError: No module named 'functions.ops.nothing'"
    )


def test_a_missing_function_is_named():
    said = failure(FUNCTION_SOURCE="functions/ops/get_openapi.py", FUNCTION_TARGET="get_it")
    assert "'get_it' cannot be loaded from 'functions/ops/get_openapi.py'" in said


def test_missing_variables_are_named():
    assert "FUNCTION_SOURCE" in failure()
