"""The autoscaler of one revision at work: reads its figures, decides, scales, routes.

Knative's parts in one place: the metric collector, the KPA and the choice between the activator
and the replicas as what the gateway talks to (serving pkg/autoscaler, pkg/reconciler/autoscaling).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from localdev.serving.autoscaler.decisions import Autoscaler
from localdev.serving.autoscaler.scaling import UNKNOWN, Phase, Scaler
from localdev.serving.autoscaler.settings import ScaleSettings
from localdev.serving.autoscaler.windows import Windows
from localdev.serving.revision import Revision

Route = Callable[[str, Sequence[int]], None]


class Pilot:
    """Flies one revision.

    ``route(name, ports)``: the ports that the gateway is to use; none is the activator's.
    """

    def __init__(
        self, revision: Revision, settings: ScaleSettings, route: Route, *, now: float
    ) -> None:
        self.revision = revision
        self.settings = settings
        self.is_proxied = True
        """Whether requests come by way of the activator."""
        self._route = route
        self._routed: list[int] = []
        self._spare = -1.0
        self.concurrency = 0.0
        """Requests at once over the last second."""
        self._direct_requests = 0
        self._begin(now, settings)
        revision.on_change = self._choose_path

    @property
    def phase(self) -> Phase:
        """Activating, Active or Inactive."""
        return self._scaler.phase

    @property
    def requests(self) -> int:
        """Requests so far, those that went past the activator included."""
        return self.revision.counters.requests + self._direct_requests

    @property
    def is_asleep(self) -> bool:
        """Nothing runs and nobody waits: there is nothing to decide until a request arrives."""
        revision = self.revision
        return (
            self.phase is Phase.INACTIVE
            and not (revision.desired or revision.ready or revision.is_starting)
            and not revision.throttler.queued
        )

    def arrived(self, now: float) -> None:
        """A request has reached the activator; the first one is not kept for the next round.

        (serving pkg/activator/handler/concurrency_reporter.go)
        """
        if not self.revision.desired:
            self._windows.record(now, 1.0)
            self.decide(now)

    def collect(self, now: float) -> None:
        """Once a second: what the activator and every queue-proxy counted since the last time.

        All of them are asked, since asking is a call here; Knative samples.
        """
        report = self.revision.stats.report()
        concurrency, requests = report.average_concurrency, report.request_count
        for replica in self.revision.ready if self.settings.is_scraped else ():
            own = replica.proxy.stats.report()
            concurrency += own.average_concurrency - own.average_proxied_concurrency
            direct = own.request_count - own.proxied_request_count
            requests += direct
            self._direct_requests += direct
        self.concurrency = round(concurrency, 2)
        self._windows.record(now, requests if self.settings.metric == "rps" else concurrency)

    def decide(self, now: float) -> None:
        """Every two seconds, and when the first request arrives."""
        ready = len(self.revision.ready)
        averages = self._windows.averages(now)
        decision = self._autoscaler.decide(
            now, ready=ready, stable=averages.stable, panic=averages.panic
        )
        if decision.is_valid:
            self._spare = decision.excess_burst_capacity
        step = self._scaler.step(
            now,
            desired=decision.desired if decision.is_valid else UNKNOWN,
            ready=ready,
            is_proxied=self.is_proxied,
            activator_answers=lambda: True,  # it is this process
        )
        if step.target is not None and step.target != self.revision.desired:
            self.revision.scale_to(step.target)
        self._choose_path()

    def scale_to(self, count: int, now: float) -> None:
        """By hand; the autoscaler goes on from there as with a new revision."""
        self._begin(now, replace(self.settings, initial_scale=0))
        if count:
            self._windows.record(now, 1.0)
            self._scaler.wake(now)
        self.decide(now)
        self.revision.scale_to(count)
        self._choose_path()

    def _begin(self, now: float, settings: ScaleSettings) -> None:
        self._windows = Windows(settings)
        self._autoscaler = Autoscaler(settings, ready=len(self.revision.ready), now=now)
        self._scaler = Scaler(settings, now=now)

    def _choose_path(self) -> None:
        """The activator stays in the path without spare burst capacity (knative 5.5)."""
        ports = [replica.port for replica in self.revision.ready]
        has_spare = self._spare >= 0 and self.revision.desired > 0
        self.is_proxied = not (has_spare and ports and self.phase is not Phase.INACTIVE)
        wanted = [] if self.is_proxied else ports
        if wanted != self._routed:
            self._routed = wanted
            self._route(self.revision.workload.name, wanted)
