"""What all of Eventing shares: destinations, delivery, CloudEvent overrides."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from knative.validate.problem import Finding
from knative.validate.rules.values import is_iso_duration, is_zero_iso_duration

_POLICIES, _FORMATS = ("linear", "exponential"), ("json", "binary")
_EXTENSION = re.compile(r"[a-z0-9]+")


def destination(value: dict[str, Any] | None, path: str) -> Iterator[Finding]:
    """A ref to an object, an absolute uri, or a ref with a relative uri."""
    ref, uri = (value or {}).get("ref"), (value or {}).get("uri")
    if not ref and not uri:
        yield Finding(path, "required: a ref or a uri")
        return
    if ref:
        missing = [name for name in ("kind", "name") if not ref.get(name)]
        if not ref.get("apiVersion") and not ref.get("group"):
            missing.append("apiVersion")
        yield from (Finding(f"{path}.ref.{name}", "required") for name in missing)
    if uri is None:
        return
    absolute = _is_absolute(uri)
    if ref and absolute:
        yield Finding(f"{path}.uri", "must be relative next to a ref")
    if not ref and not absolute:
        yield Finding(f"{path}.uri", f"{uri!r} must be an absolute URL without a ref")


def delivery(value: dict[str, Any], path: str) -> Iterator[Finding]:
    """Retry, backoff, timeout and dead letters."""
    if value.get("retry", 0) < 0:
        yield Finding(f"{path}.retry", f"must be >= 0, not {value['retry']}")
    yield from _one_of(value, "backoffPolicy", _POLICIES, path)
    yield from _one_of(value, "format", _FORMATS, path)
    yield from _durations(value, path)
    if "retryAfterMax" in value:
        yield Finding(f"{path}.retryAfterMax", "refused: feature delivery-retryafter is off")
    if "deadLetterSink" in value:
        yield from destination(value["deadLetterSink"], f"{path}.deadLetterSink")


def ce_overrides(value: dict[str, Any], path: str) -> Iterator[Finding]:
    """Extension names are lower-case letters and digits."""
    for name in value.get("extensions", {}):
        if not _EXTENSION.fullmatch(name):
            yield Finding(f"{path}.extensions", f"{name!r} must be lower-case letters and digits")


def _is_absolute(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    return bool(parts.scheme and parts.netloc)


def _one_of(
    value: dict[str, Any], name: str, accepted: tuple[str, ...], path: str
) -> Iterator[Finding]:
    if name in value and value[name] not in accepted:
        yield Finding(f"{path}.{name}", f"must be {' or '.join(accepted)}, not {value[name]!r}")


def _durations(value: dict[str, Any], path: str) -> Iterator[Finding]:
    for name in ("backoffDelay", "timeout"):
        if name not in value:
            continue
        if not is_iso_duration(value[name]):
            yield Finding(
                f"{path}.{name}", f"must be an ISO 8601 duration (PT0.2S), not {value[name]!r}"
            )
        elif name == "timeout" and is_zero_iso_duration(value[name]):
            yield Finding(f"{path}.timeout", "must be greater than 0")
