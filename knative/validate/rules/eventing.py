"""Broker and Trigger."""

import re
from collections.abc import Iterator
from typing import Any

from knative.validate.problem import Finding
from knative.validate.rules.cluster import Cluster
from knative.validate.rules.delivery import delivery, destination

_CLASS = "eventing.knative.dev/broker.class"
_ORDER = "kafka.eventing.knative.dev/delivery.order"
_ATTRIBUTE = re.compile(r"[a-z][a-z0-9]*")
_DIALECTS = ("exact", "prefix", "suffix", "all", "any", "not", "cesql")


def broker(body: dict[str, Any], _: Cluster) -> Iterator[Finding]:
    """A Broker names its class."""
    if not body["metadata"].get("annotations", {}).get(_CLASS):
        yield Finding("metadata.annotations", f"{_CLASS} is required")
    yield from delivery(body.get("spec", {}).get("delivery", {}), "spec.delivery")


def trigger(body: dict[str, Any], _: Cluster) -> Iterator[Finding]:
    """A Trigger has one broker, one subscriber and filters that can be evaluated."""
    spec = body.get("spec", {})
    if bool(spec.get("broker")) == bool(spec.get("brokerRef")):
        yield Finding("spec", "exactly one of broker, brokerRef is required")
    yield from destination(spec.get("subscriber"), "spec.subscriber")
    yield from delivery(spec.get("delivery", {}), "spec.delivery")
    order = body["metadata"].get("annotations", {}).get(_ORDER, "ordered")
    if order not in ("ordered", "unordered"):
        yield Finding("metadata.annotations", f"{_ORDER} must be ordered or unordered")
    yield from _attributes(
        spec.get("filter", {}).get("attributes", {}), "spec.filter.attributes", empty=True
    )
    yield from filters(spec.get("filters", []), "spec.filters")


def filters(entries: list[Any], path: str) -> Iterator[Finding]:
    """Each entry has one dialect; `all`, `any` and `not` nest."""
    for index, entry in enumerate(entries):
        yield from _filter(entry, f"{path}[{index}]")


def _filter(entry: object, path: str) -> Iterator[Finding]:
    if not isinstance(entry, dict) or len(entry) != 1 or next(iter(entry)) not in _DIALECTS:
        yield Finding(path, f"exactly one of {', '.join(_DIALECTS)} is required")
        return
    dialect, value = next(iter(entry.items()))
    at = f"{path}.{dialect}"
    if dialect in ("exact", "prefix", "suffix"):
        yield from _attributes(value, at, empty=False)
    elif dialect == "not":
        yield from _filter(value, at)
    elif dialect == "cesql":
        if not isinstance(value, str) or not value.strip():
            yield Finding(at, "must be an expression")
    elif isinstance(value, list) and value:
        yield from filters(value, at)
    else:
        yield Finding(at, "must be a list of filters")


def _attributes(value: object, path: str, *, empty: bool) -> Iterator[Finding]:
    """`empty`: the older `filter.attributes` takes an empty value (any) and an empty map."""
    if not isinstance(value, dict) or (not value and not empty):
        yield Finding(path, "must be a map of attribute names to text")
        return
    for name, text in value.items():
        if not _ATTRIBUTE.fullmatch(name):
            yield Finding(path, f"{name!r} is no attribute name (a letter, then a-z, 0-9)")
        if not isinstance(text, str):
            yield Finding(f"{path}.{name}", f"must be text, quote it: {text!r}")
        elif not text and not empty:
            yield Finding(f"{path}.{name}", "must not be empty")
