"""What the platform knows of itself, as metrics and as the dashboard's figures."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from localdev.telemetry.prometheus import Family
from localdev.telemetry.series import Labels, Measurements

# The document of `status --json`, as far as it is used here: "functions" and "metrics".
Status = Mapping[str, Any]


def families_of_status(status: Status) -> Iterator[Family]:
    """Per function what `status` tells, and the figures that say whether events have caught up."""
    functions = status["functions"]
    yield _each(functions, "ready", "replicas", "gauge", "processes that serve")
    yield _each(functions, "starts", "starts_total", "counter", "processes started")
    yield _each(functions, "requests", "requests_total", "counter", "requests at the activator")
    yield _each(functions, "errors", "errors_total", "counter", "of these answered with 5xx")
    yield _each(functions, "queued", "queued", "gauge", "requests that wait for a process")
    seconds: dict[Labels, float] = {
        _named(function): function["last_cold_start_ms"] / 1000
        for function in functions
        if function["last_cold_start_ms"] is not None
    }
    about = "what the last start of a process took"
    yield Family("popshop_function_last_cold_start_seconds", "gauge", about, seconds)
    yield from _whole(status["metrics"], status.get("groups", {}))


def samples(status: Status, measurements: Measurements) -> dict[str, float]:
    """Every figure that the dashboard draws, by name."""
    functions, metrics = status["functions"], status["metrics"]
    sums = {
        "replicas": sum(function["ready"] for function in functions),
        "starts": sum(function["starts"] for function in functions),
        **{name: value for name, value in metrics.items() if value is not None},
        **{name: measurements.total(name) for name in measurements.meanings},
    }
    currencies = measurements.by_label("popshop.revenue", "currency")
    return {name: float(value) for name, value in sums.items()} | {
        f"popshop.revenue {currency}": value for currency, value in currencies.items()
    }


def _whole(metrics: Mapping[str, Any], groups: Mapping[str, int]) -> Iterator[Family]:
    kept = {
        "outbox_oldest_seconds": "age of the oldest event that is not in Kafka yet",
        "dead_letters": "dead letters that nobody has dealt with",
    }
    for name, about in kept.items():
        value = metrics.get(name)
        values: dict[Labels, float] = {} if value is None else {(): float(value)}
        yield Family(f"popshop_{name}", "gauge", about, values)
    lags: dict[Labels, float] = {(("group", group),): float(lag) for group, lag in groups.items()}
    about = "events that a consumer group has not finished"
    yield Family("popshop_consumer_lag", "gauge", about, lags)


def _each(
    functions: Iterable[Mapping[str, Any]], member: str, name: str, kind: str, about: str
) -> Family:
    values = {_named(function): float(function[member]) for function in functions}
    return Family(f"popshop_function_{name}", kind, about, values)


def _named(function: Mapping[str, Any]) -> Labels:
    return (("function", str(function["name"])),)
