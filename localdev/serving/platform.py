"""Serving as a whole: every revision with its pilot, the activator, and the rounds they fly."""

import asyncio
import itertools
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace

from localdev.cluster.manifests import Workload
from localdev.cluster.state import State
from localdev.serving.activator import Activator
from localdev.serving.autoscaler.cluster import ClusterSettings
from localdev.serving.autoscaler.decisions import TICK_SECONDS
from localdev.serving.autoscaler.settings import ScaleSettings
from localdev.serving.endpoints import Endpoints
from localdev.serving.health import liveness_of, readiness_of
from localdev.serving.pilot import Pilot
from localdev.serving.queue_proxy.proxy import Limits
from localdev.serving.revision import Revision
from localdev.serving.starting.starter import Starter
from localdev.telemetry.spans import Tracer

_COLLECT_SECONDS = 1.0


class Platform:
    """Runs the functions of one stack.

    ``window_seconds`` shortens every stable window, and with it whatever waits for quiet.
    """

    def __init__(
        self,
        state: State,
        starter: Starter,
        cluster: ClusterSettings,
        endpoints: Endpoints,
        *,
        window_seconds: float | None = None,
        tracer: Tracer | None = None,
    ) -> None:
        self.pilots: dict[str, Pilot] = {}
        self.activator = Activator(self.pilots, tracer)
        self._state = state
        self._starter = starter
        self._cluster = cluster
        self._window_seconds = window_seconds
        self.endpoints = endpoints
        self._rounds: asyncio.Task[None] | None = None

    def add(self, workload: Workload, variables: Mapping[str, str]) -> Revision:
        """A function; ``ValueError`` for scale settings or a probe that cannot be run."""
        readiness_of(workload), liveness_of(workload)
        settings = ScaleSettings.resolve(workload.annotations, workload.concurrency, self._cluster)
        limits = limits_of(workload)
        if self._window_seconds is not None:
            settings = settings.shortened(self._window_seconds)
            quiet = min(limits.quiet_seconds, settings.stable_window_seconds)
            limits = replace(limits, quiet_seconds=quiet)
        revision = Revision(workload, variables, self._state, self._starter, limits)
        pilot = Pilot(revision, settings, self.endpoints.publish, now=time.time())
        self.pilots[workload.name] = pilot
        return revision

    async def start(self, port: int) -> None:
        """Listens on loopback and starts what has an initial or minimum scale."""
        await self.activator.start(port)
        self.endpoints.prepare(self.pilots)
        for pilot in self.pilots.values():
            pilot.decide(time.time())
        self._rounds = asyncio.create_task(self._fly())

    async def close(self) -> None:
        """Stops listening and ends every function."""
        if self._rounds is not None:
            self._rounds.cancel()
            await asyncio.wait([self._rounds])
        revisions = [pilot.revision for pilot in self.pilots.values()]
        await asyncio.gather(*(revision.close() for revision in revisions))
        await self.activator.close()

    async def scale(self, name: str, count: int | None) -> Pilot:
        """Sets how many replicas a function has now; the autoscaler goes on from there.

        Raises ``LookupError``, and ``StartError`` when one cannot start.
        """
        pilot = self.pilots.get(name)
        if pilot is None:
            raise LookupError(f"there is no function {name!r} to scale")
        if count is not None:
            pilot.scale_to(count, time.time())
            await pilot.revision.wait_until_ready()
        return pilot

    async def _fly(self) -> None:
        """Collects every second and decides every second second, as Knative does."""
        per_decision = round(TICK_SECONDS / _COLLECT_SECONDS)
        for turn in itertools.count(1):
            await asyncio.sleep(_COLLECT_SECONDS - time.time() % _COLLECT_SECONDS)
            for pilot in self._awake():
                pilot.collect(time.time())
                if turn % per_decision == 0:
                    pilot.decide(time.time())

    def _awake(self) -> Iterable[Pilot]:
        return [pilot for pilot in self.pilots.values() if not pilot.is_asleep]


def limits_of(workload: Workload) -> Limits:
    """What queue-proxy is told of a revision."""
    duplex = workload.annotations.get("features.knative.dev/http-full-duplex", "")
    return Limits(
        concurrency=workload.concurrency,
        timeout_seconds=workload.timeout_seconds,
        response_start_seconds=workload.response_start_seconds,
        idle_seconds=workload.idle_seconds,
        is_full_duplex=duplex.lower() == "enabled",
    )
