"""Crash orders: a test tells the next process of a name where it is to die.

An order is a file in the state folder, ``crash-at/<name>`` with ``label:n``. It is good for one
process: whatever is started in its place lives on (see ``shared.runtime.crash``).
"""

from localdev.cluster.state import State

FOLDER = "crash-at"
_VARIABLE = "POPSHOP_CRASH_AT"


def order_crash(state: State, name: str, label: str, passage: int = 1) -> None:
    """The next process of this name dies at the n-th passage of the label."""
    (state.root / FOLDER).mkdir(exist_ok=True)
    (state.root / FOLDER / name).write_text(f"{label}:{passage}", encoding="utf-8")


def take_crash_order(state: State, name: str) -> dict[str, str]:
    """The variable that carries out an order; nothing if there is none. The order is used up."""
    order = state.root / FOLDER / name
    if not order.exists():
        return {}
    found = order.read_text(encoding="utf-8")
    order.unlink()
    return {_VARIABLE: found}
