"""What the kubelet asks of a replica that serves: readiness again and again, and liveness.

Readiness decides whether it is sent requests, liveness whether its process goes on. One that is
saturated must not lose either at once: as in Kubernetes, several answers in a row have to be bad.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace

from localdev.cluster.manifests import Workload
from localdev.cluster.ports import HOST
from localdev.serving.queue_proxy.probes import Probe, try_once

# Kubernetes' default. An aggressive probe is one of the start alone.
_PERIOD_SECONDS = 10.0


def readiness_of(workload: Workload) -> Probe:
    """The readiness probe; the container's port is whichever one the process was given."""
    return _of(workload, Probe.of(workload.readiness))


def liveness_of(workload: Workload) -> Probe | None:
    """The liveness probe, if there is one. ``ValueError`` for one that is a command."""
    if workload.liveness is None:
        return None
    if workload.liveness.get("exec"):
        raise ValueError("livenessProbe.exec is not supported; use httpGet or tcpSocket")
    return _of(workload, Probe.of(workload.liveness))


def _of(workload: Workload, probe: Probe) -> Probe:
    return replace(probe, port=0) if probe.port == workload.container_port else probe


async def verdicts(probe: Probe, port: int) -> AsyncIterator[bool]:
    """Asks a replica that is well now, period by period; yields every change of the verdict."""
    period = probe.period_seconds or _PERIOD_SECONDS
    is_well, against = True, 0
    # Replicas that started together are not all asked at the same moment.
    await asyncio.sleep(probe.initial_delay_seconds + period * random.random())
    while True:
        answer = await try_once(probe, HOST, port, seconds=probe.timeout_seconds)
        against = 0 if answer is is_well else against + 1
        if against >= (probe.failure_threshold if is_well else probe.success_threshold):
            is_well, against = answer, 0
            yield is_well
        await asyncio.sleep(period)
