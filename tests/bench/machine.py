"""The facts of the machine that a figure is of no use without."""

import datetime as dt
import os
import platform
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("functions-framework", "flask", "gunicorn", "pymongo", "msgspec")
_BYTES_PER_GB = 1024**3


def facts() -> list[str]:
    """Date, cores, memory, kernel, interpreters and versions, a line each."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _BYTES_PER_GB
    today = dt.datetime.now(tz=dt.UTC).date()
    return [
        f"{today}; {os.cpu_count()} cores ({_model()}), {memory:.0f} GB",
        f"Linux {platform.release()}",
        f"CPython {platform.python_version()} ({_how_built()}), Node {_node()}",
        ", ".join(f"{name} {version(name)}" for name in _PACKAGES),
    ]


def refuse_a_slow_interpreter() -> None:
    """Starts are measured with bytecode and with the interpreter itself, not a shim before it."""
    if sys.dont_write_bytecode:
        raise SystemExit("unset PYTHONDONTWRITEBYTECODE: without bytecode a start costs 2.4 times")
    if Path(sys.executable).resolve().read_bytes()[:4] != b"\x7fELF":
        raise SystemExit(f"{sys.executable} is a script, not the interpreter")


def _model() -> str:
    found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    return found[1].strip() if found else platform.machine()


def _how_built() -> str:
    import sysconfig  # noqa: PLC0415 - read once

    return "PGO" if "profile" in (sysconfig.get_config_var("CONFIG_ARGS") or "") else "plain"


def _node() -> str:
    done = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    return done.stdout.strip().removeprefix("v")
