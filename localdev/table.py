"""`status` for people."""

import time
from pathlib import Path
from typing import Any, NoReturn

from localdev.cluster.control import call

_WATCH_SECONDS = 1.0
_CLEAR = "\x1b[2J\x1b[H"


def watch_status(state: Path) -> NoReturn:
    """The functions as they come and go, once a second until interrupted."""
    while True:
        status = call(state, "status")
        print(_CLEAR, end="")
        _print_functions(status["functions"])
        time.sleep(_WATCH_SECONDS)


def print_status(status: dict[str, Any]) -> None:
    """Addresses, engines, functions that run, figures."""
    print("ready" if status["ready"] else "not ready yet")
    if "storefront" not in status:
        return
    print(f"storefront  {status['storefront']}")
    print(f"back office {status['admin']}")
    print(f"mail        {status['mail']}/messages")
    if status.get("traces"):
        print(f"traces      {status['traces']}")
    for who, login in status["logins"].items():
        print(f"{who:<11} {login['email']} / {login['password']}")
    for name, engine in status["engines"].items():
        print(f"{name:<11} {engine['server']} {engine['version']} at {engine['url']}")
    _print_functions(status["functions"])
    for name, value in status["metrics"].items():
        print(f"{name.replace('_', ' ')}: {'unknown' if value is None else value}")


def _print_functions(functions: list[dict[str, Any]]) -> None:
    """Only those that have ever run; a hundred idle ones tell nothing."""
    ran = [function for function in functions if function["starts"]]
    running = sum(bool(item["ready"]) for item in functions)
    print(f"{len(functions)} functions, {running} running in {_replicas(functions)} processes")
    if ran:
        print(f"  {'':<44} {'phase':<10} {'path':<9} ready starts  cold ms requests errors")
    for item in ran:
        cold = item["last_cold_start_ms"]
        print(
            f"  {item['name']:<44} {item['phase']:<10} {item['path']:<9} {item['ready']:>5} "
            f"{item['starts']:>6} {'-' if cold is None else cold:>8} "
            f"{item['requests']:>8} {item['errors']:>6}"
        )
        for line in (item["last_failure"] or "").splitlines():
            print(f"      {line}")


def _replicas(functions: list[dict[str, Any]]) -> int:
    return sum(item["ready"] for item in functions)
