from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from localdev.serving.autoscaler.cluster import ClusterSettings
from localdev.serving.autoscaler.settings import ScaleSettings
from localdev.serving.pilot import Pilot

CLUSTER = ClusterSettings.of({"allow-zero-initial-scale": "true"})
ZERO = {"initial-scale": "0", "window": "6s"}


@dataclass
class Stats:
    concurrency: float = 0.0
    proxied: float = 0.0
    requests: int = 0
    proxied_requests: int = 0

    def report(self) -> Any:
        return SimpleNamespace(
            average_concurrency=self.concurrency,
            average_proxied_concurrency=self.proxied,
            request_count=self.requests,
            proxied_request_count=self.proxied_requests,
        )


@dataclass
class FakeRevision:
    """Replicas that are ready the moment they are wanted."""

    desired: int = 0
    ready: list[Any] = field(default_factory=list)
    stats: Stats = field(default_factory=Stats)
    is_starting: bool = False
    on_change: Any = None
    workload: Any = field(default_factory=lambda: SimpleNamespace(name="cart-get-cart"))
    throttler: Any = field(default_factory=lambda: SimpleNamespace(queued=0))
    counters: Any = field(default_factory=lambda: SimpleNamespace(requests=0))

    def scale_to(self, count: int) -> None:
        self.desired = count
        self.ready = [
            SimpleNamespace(port=9000 + number, proxy=SimpleNamespace(stats=Stats()))
            for number in range(count)
        ]
        self.on_change()


class Flight:
    """A pilot over a fake revision, second by second."""

    def __init__(self, annotations: dict[str, str], concurrency: int = 0) -> None:
        named = {f"autoscaling.knative.dev/{name}": text for name, text in annotations.items()}
        settings = ScaleSettings.resolve(named, concurrency, CLUSTER)
        self.now = 1_000_000.0
        self.routes: list[list[int]] = []
        self.revision = cast("Any", FakeRevision())
        self.pilot = Pilot(
            self.revision, settings, lambda _, ports: self.routes.append([*ports]), now=self.now
        )
        self.pilot.decide(self.now)
        self.now += 60

    def fly(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now += 1
            self.pilot.collect(self.now)
            if self.now % 2 == 0:
                self.pilot.decide(self.now)


def test_the_first_request_starts_a_replica_at_once_and_silence_ends_it():
    flight = Flight(ZERO)
    assert flight.pilot.is_asleep
    flight.pilot.arrived(flight.now)
    assert flight.revision.desired == 1
    assert not flight.pilot.is_asleep
    flight.fly(20)
    assert flight.revision.desired == 0
    assert flight.pilot.is_asleep


def test_a_revision_in_use_stays():
    flight = Flight(ZERO)
    flight.pilot.arrived(flight.now)
    flight.revision.stats.concurrency = 0.1
    flight.fly(60)
    assert flight.revision.desired == 1


def test_load_at_the_activator_and_at_the_replicas_adds_up_and_is_counted_once():
    flight = Flight(ZERO | {"target": "10"}, concurrency=10)
    flight.pilot.arrived(flight.now)
    flight.fly(2)
    flight.revision.stats.concurrency = 14
    flight.fly(8)
    assert flight.revision.desired == 2
    for replica in flight.revision.ready:
        replica.proxy.stats = Stats(concurrency=10, proxied=3, requests=5, proxied_requests=2)
    flight.fly(1)
    assert flight.pilot.concurrency == 14 + 2 * 7
    assert flight.pilot.requests == 2 * 3


def test_requests_per_second_are_scaled_by_when_the_metric_says_so():
    flight = Flight(ZERO | {"metric": "rps", "target": "10"})
    flight.pilot.arrived(flight.now)
    flight.revision.stats.requests = 28
    flight.fly(10)
    assert flight.revision.desired == 4


@pytest.mark.parametrize(("burst", "expected"), [("0", [[9000]]), ("-1", []), ("211", [])])
def test_burst_capacity_decides_whether_the_gateway_goes_straight_to_the_replica(burst, expected):
    flight = Flight(ZERO | {"target-burst-capacity": burst})
    flight.pilot.arrived(flight.now)
    flight.revision.stats.concurrency = 1
    flight.fly(4)
    assert flight.routes == expected
    assert flight.pilot.is_proxied == (not expected)


def test_a_replica_that_is_gone_is_no_way_to_go():
    flight = Flight(ZERO | {"target-burst-capacity": "0"})
    flight.pilot.arrived(flight.now)
    flight.fly(2)
    flight.revision.ready.clear()
    flight.revision.on_change()
    assert flight.routes == [[9000], []]


def test_a_minimum_and_an_initial_scale_run_without_being_asked():
    flight = Flight({"min-scale": "2", "initial-scale": "3"})
    assert not flight.pilot.is_asleep
    assert flight.revision.desired == 3
    flight.fly(200)
    assert flight.revision.desired == 2


def test_scaled_by_hand_the_autoscaler_goes_on_from_there():
    flight = Flight(ZERO)
    flight.pilot.scale_to(3, flight.now)
    assert flight.revision.desired == 3
    flight.fly(50)
    assert flight.revision.desired == 0
    flight.pilot.arrived(flight.now)
    assert flight.revision.desired == 1
    flight.pilot.scale_to(0, flight.now)
    flight.fly(2)
    assert flight.revision.desired == 0
    assert flight.pilot.is_asleep
