"""What a function's first request would have to wait for, done ahead of it.

``GET /healthz?warm`` asks for it: whoever sees that a function will be needed soon. Its adapters
are made, and those with a method ``warm_up`` are told; its drivers connect and its page is loaded.
What fails is left to the request itself.
"""

from collections.abc import Callable

from shared.runtime.declare import Spec
from shared.runtime.logs import log
from shared.runtime.wiring import adapters_of, build_adapter

QUERY = "warm"
_steps: list[Callable[[], None]] = []


def on_warm_up(step: Callable[[], None]) -> None:
    """Has a driver's home connect what was made so far; called whenever a function warms up."""
    _steps.append(step)


def warm_up(spec: Spec) -> None:
    """Does everything that can be done without a request; never raises."""
    try:
        for adapter in adapters_of(spec):
            made = build_adapter(adapter, spec.context)  # type: ignore[arg-type]  # hashable
            if ahead := getattr(made, "warm_up", None):
                ahead()
        for step in _steps:
            step()
        if spec.has_page:
            from shared.runtime.pages import load_page  # noqa: PLC0415 - jinja2, pages only

            load_page(spec)
    except Exception as error:  # noqa: BLE001 - the request will say what is wrong
        log("debug", "not warmed up", error=repr(error))
