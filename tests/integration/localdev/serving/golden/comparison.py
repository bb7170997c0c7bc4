"""Compares what was observed with the recording; the tolerances, all of them, are here."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

SECONDS, SECONDS_OF_MUCH, SECONDS_OF_A_DRAIN = 0.3, 0.5, 1.0
MANY_REQUESTS, MANY_BYTES = 100, 500_000
PROBES, MESSAGES = 0.1, 1

_TIMES = {
    "after_s",
    "elapsed_s",
    "head_after_s",
    "peer_gone_after_s",
    "returned_after_term_s",
    "seconds_after_term",
    "t",
    "ws_ended_without_close_frame_after_s",
}
_MAY_BE_MORE = {"chunk_times", "t"}
_LIBRARY_REFUSALS = {400, 431, 501, 505}
_BAD_GATEWAY = 502


@dataclass(frozen=True)
class Tolerance:
    """How far times may be off: the recording's own tolerance, and the machine's lateness.

    `slack_seconds` is what this machine itself was late by while the case ran. `at_once` requests
    run side by side; those behind them wait for all before them, so the slack adds up.
    """

    seconds: float = SECONDS
    slack_seconds: float = 0.0
    at_once: int = 1_000_000

    def of(self, position: int) -> float:
        return self.seconds + self.slack_seconds * (1 + position // self.at_once)


def tolerance_of(case: dict[str, Any], slack_seconds: float) -> Tolerance:
    much = case["observed"].get("parallel", 0) >= MANY_REQUESTS or _has_many_bytes(case)
    seconds = SECONDS_OF_MUCH if much else SECONDS
    if case["group"] == "drain":
        seconds = SECONDS_OF_A_DRAIN
    at_once = case["setup"]["containerConcurrency"] or Tolerance.at_once
    return Tolerance(seconds, slack_seconds, at_once)


def differences(case: dict[str, Any], got: dict[str, Any], slack_seconds: float = 0.0) -> list[str]:
    """One message per field that differs; empty when all is as recorded."""
    allowed = tolerance_of(case, slack_seconds)
    found = _compare("observed", case["observed"], got, allowed)
    return [f"{case['name']}: {message}" for message in found]


def _compare(field: str, wanted: Any, got: Any, allowed: Tolerance) -> Iterator[str]:
    name = field.rsplit(".", 1)[-1]
    if name in _TIMES or name == "chunk_times":
        yield from _times(field, wanted, got, allowed)
    elif name == "headers":
        yield from _equal(field, _in_order(wanted), _in_order(got))
    elif name == "app_probe_requests":
        fewest = PROBES * wanted + _missed_probes(wanted, allowed)
        yield from _near(field, wanted, got, PROBES * wanted, fewest)
    elif name == "ws_messages":
        yield from _near(field, wanted, got, MESSAGES, MESSAGES)
    elif isinstance(wanted, dict) and isinstance(got, dict):
        yield from _dicts(field, wanted, got, allowed)
    elif isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        for index, (one, other) in enumerate(zip(wanted, got, strict=True)):
            yield from _compare(f"{field}[{index}]", one, other, allowed)
    else:
        yield from _equal(field, wanted, got)


def _dicts(field: str, wanted: Any, got: Any, allowed: Tolerance) -> Iterator[str]:
    """A recording with headers is a whole one: more than it has is a difference as well."""
    if _refused_by_the_library(wanted):
        wanted = {"status": wanted["status"]}
    elif wanted.get("status") == _BAD_GATEWAY and "headers" in wanted:
        wanted, got = _without_error_text(wanted), _without_error_text(got)
    for key, value in wanted.items():
        if key in {"parallel", "request", "message_every_s"}:
            continue  # what was done, not what came of it
        if key in got:
            yield from _compare(f"{field}.{key}", value, got[key], allowed)
        else:
            yield f"{field}.{key}: wanted {value!r}, got nothing"
    for key in got.keys() - wanted.keys() - _MAY_BE_MORE if "headers" in wanted else ():
        yield f"{field}.{key}: wanted nothing, got {got[key]!r}"
    if field.endswith("by_status"):
        yield from _equal(f"{field} (statuses)", sorted(wanted), sorted(got))


def _times(field: str, wanted: Any, got: Any, allowed: Tolerance) -> Iterator[str]:
    many = isinstance(wanted, list)
    pair = (wanted, got) if many else ([wanted], [got])
    if not isinstance(pair[1], list) or len(pair[0]) != len(pair[1]):
        yield from _equal(field, wanted, got)
        return
    for index, (one, other) in enumerate(zip(*pair, strict=True)):
        within = allowed.of(index if many else 0)
        place = f"{field}[{index}]" if many else field
        yield from _near(place, one, other, within, within)


def _near(field: str, wanted: float, got: Any, more: float, fewer: float) -> Iterator[str]:
    """Recorded times are rounded: a hair beyond the tolerance is within it."""
    if not isinstance(got, int | float) or not wanted - fewer - 1e-9 <= got <= wanted + more + 1e-9:
        span = f"-{fewer:.2f} +{more:.2f}"
        yield f"{field}: wanted {wanted!r} ({span}), got {got!r}"


def _equal(field: str, wanted: Any, got: Any) -> Iterator[str]:
    if wanted != got:
        yield f"{field}: wanted {wanted!r}, got {got!r}"


def _in_order(headers: Any) -> Any:
    """Names without case and in any order; values of one name keep theirs."""
    lowered = [[name.lower(), value] for name, value in headers or []]
    return sorted(lowered, key=lambda header: header[0])


def _refused_by_the_library(wanted: dict[str, Any]) -> bool:
    """Answers of the HTTP server itself lack the header that the proxy's own refusals have."""
    names = {name for name, _ in wanted.get("headers", [])}
    refused = wanted.get("status") in _LIBRARY_REFUSALS
    return refused and "Connection" in names and "X-Content-Type-Options" not in names


def _without_error_text(response: dict[str, Any]) -> dict[str, Any]:
    """A 502 with the length of its text left out, and of the text only that it is a line."""
    kept = [header for header in response["headers"] if header[0].lower() != "content-length"]
    body = response.get("body", "")
    told = "a line" if body.strip() and body.endswith("\n") else body
    left = {key: value for key, value in response.items() if key != "body_bytes"}
    return left | {"headers": kept, "body": told}


def _missed_probes(wanted: int, allowed: Tolerance) -> float:
    """Those that an aggressive prober, late by the slack each time, does not get to."""
    interval = 0.05
    return math.ceil(wanted * allowed.slack_seconds / (interval + allowed.slack_seconds))


def _has_many_bytes(told: Any) -> bool:
    if isinstance(told, dict):
        _, times = told.get("repeat") or told.get("body_repeat") or ("", 0)
        return times > MANY_BYTES or any(_has_many_bytes(value) for value in told.values())
    return isinstance(told, list) and any(_has_many_bytes(item) for item in told)
