"""The document of `status --json`."""

import asyncio
from typing import TYPE_CHECKING, Any

from localdev.cluster.always_on import AlwaysOn
from localdev.cluster.state import read_json
from localdev.serving.pilot import Pilot

if TYPE_CHECKING:
    from localdev.cluster.stack import Stack

LOGINS = "logins.json"


async def describe(stack: "Stack", *, is_ready: bool) -> dict[str, Any]:
    """Everything a client or a test needs to use the stack, and how it does."""
    addresses = stack.addresses
    return {
        "ready": is_ready,
        "runtime": "embedded",
        "storefront": addresses.storefront,
        "admin": addresses.admin,
        "base_url": addresses.base_url,
        "ca_file": str(stack.certificates.authority),
        "logins": read_json(stack.state.root / LOGINS, {}),
        "stripe": stack.stripe.describe(),
        "mail": addresses.mail_inbox,
        "traces": stack.telemetry_url or None,
        "services": addresses.services,
        "sinks": addresses.sinks,
        "engines": {
            name: {"server": engine.server, "version": engine.version, "url": engine.url}
            for name, engine in stack.engines.by_name.items()
        },
        "functions": _functions(stack),
        "metrics": await asyncio.to_thread(stack.metrics.read) if stack.metrics else {},
    }


async def observe(stack: "Stack", *, asks_databases: bool) -> dict[str, Any]:
    """The moving part of it for telemetry: functions, figures and the lag of every group."""
    metrics = stack.metrics
    if metrics is None:
        return {"functions": _functions(stack), "metrics": {}, "groups": {}}
    groups = metrics.groups()
    known = {"consumer_lag": sum(groups.values())}
    read = await asyncio.to_thread(metrics.read) if asks_databases else known
    return {"functions": _functions(stack), "metrics": read, "groups": groups}


def _functions(stack: "Stack") -> list[dict[str, Any]]:
    described = [_scaled(item) for item in stack.serving.pilots.values()]
    described += [_always_on(item) for item in stack.always_on.values()]
    return sorted(described, key=lambda function: str(function["name"]))


def _scaled(pilot: Pilot) -> dict[str, Any]:
    """``path``: whether the gateway goes by the activator or straight to the replicas."""
    revision = pilot.revision
    counters = revision.counters
    return {
        "name": revision.workload.name,
        "context": revision.workload.context,
        "desired": revision.desired,
        "ready": len(revision.ready),
        "pids": revision.pids,
        "phase": str(pilot.phase),
        "path": "activator" if pilot.is_proxied else "direct",
        "concurrency": pilot.concurrency,
        "queued": revision.throttler.queued,
        "starts": counters.starts,
        "last_cold_start_ms": counters.last_cold_start_ms,
        "last_failure": counters.last_failure,
        "requests": pilot.requests,
        "errors": counters.errors,
        "always_on": False,
    }


def _always_on(item: AlwaysOn) -> dict[str, Any]:
    """The gateway talks to it directly, so nobody counts its requests here."""
    return {
        "name": item.workload.name,
        "context": item.workload.context,
        "desired": 1,
        "ready": len(item.kept.pids),
        "pids": item.kept.pids,
        "phase": "Active",
        "path": "direct",
        "concurrency": None,
        "queued": 0,
        "starts": item.kept.starts,
        "last_cold_start_ms": item.last_cold_start_ms,
        "last_failure": None,
        "requests": 0,
        "errors": 0,
        "always_on": True,
    }
