"""What the functions are measured against, each as a program."""

import sys
from pathlib import Path

from tests.bench.starts import ROOT, Program, Request

BENCH = Path(__file__).parent
EXPRESS = BENCH / "express"
# Tools of the bench alone (waitress), installed beside the locked packages, not among them.
TOOLS = ROOT / ".cache" / "bench"
PYTHON = sys.executable
_CLI = str(Path(PYTHON).with_name("functions-framework"))
_HELLO = Request("/")
CLI_HELLO = "functions-framework CLI, hello world"


def cli(source: str, target: str) -> list[str]:
    """The functions-framework command line, with gunicorn as it ships."""
    return [_CLI, "--source", source, "--target", target, "--host", "127.0.0.1", "--port", "{port}"]


def cli_hello() -> Program:
    """The measure of all starts."""
    return Program(cli("hello.py", "hello"), _HELLO, cwd=BENCH)


def express(file: str, request: Request = _HELLO, **environ: str) -> Program:
    """A program of the Express folder, as in production."""
    argv = ["node", file]
    return Program(argv, request, {"NODE_ENV": "production", **environ}, EXPRESS)


def raw_socket() -> Program:
    """A socket with a canned answer."""
    return Program([PYTHON, "raw_socket.py"], _HELLO, cwd=BENCH)


def missing() -> list[str]:
    """What ``nox -s bench`` would have installed."""
    lacks = [] if (EXPRESS / "node_modules").is_dir() else ["npm ci in tests/bench/express"]
    return lacks + ([] if (TOOLS / "waitress").is_dir() else [f"waitress in {TOOLS}"])
