"""`status` for people."""

from typing import Any


def print_status(status: dict[str, Any]) -> None:
    """Addresses, engines, functions that run, figures."""
    print("ready" if status["ready"] else "not ready yet")
    if "storefront" not in status:
        return
    print(f"storefront  {status['storefront']}")
    print(f"back office {status['admin']}")
    print(f"mail        {status['mail']}/messages")
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
    print(f"{len(functions)} functions, {sum(item['ready'] for item in functions)} running")
    if ran:
        print(f"  {'':<44} ready starts  cold ms requests errors")
    for item in ran:
        cold = item["last_cold_start_ms"]
        print(
            f"  {item['name']:<44} {item['ready']:>5} {item['starts']:>6} "
            f"{'-' if cold is None else cold:>8} {item['requests']:>8} {item['errors']:>6}"
        )
