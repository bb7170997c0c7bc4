"""How a kind of function scales, by name, and how many requests its process answers at once."""

from dataclasses import dataclass

from knative.render.container import takes_large_bodies
from knative.render.egress import egress_of
from knative.render.preloads import loads
from shared.runtime.declare import DeadLetters, Every, On, Spec

_AUTOSCALING = "autoscaling.knative.dev/"
_READS = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Profile:
    """``target`` concurrent requests are aimed at per instance, ``concurrency`` is the most.

    ``threads``: how many of them a process answers at the same time (THREADS, as
    functions-framework has it). The rest wait in it for good, whatever other instances start
    meanwhile, so the concurrency is a few times that; everybody else waits in the activator, where
    whoever is free takes the next one. (With 100 in two threads, the first instance of a spike from
    zero took so many that some waited 30 s, while later requests were answered in one.)
    """

    concurrency: int
    target: int
    max_scale: int
    window: str
    threads: int = 2

    def annotations(self) -> dict[str, str]:
        """The revision's annotations."""
        values = {
            "initial-scale": "0",
            "min-scale": "0",
            "max-scale": str(self.max_scale),
            "metric": "concurrency",
            "target": str(self.target),
            "window": self.window,
        }
        return {f"{_AUTOSCALING}{name}": value for name, value in values.items()}


INTERACTIVE = Profile(concurrency=10, target=8, max_scale=20, window="60s")
# It waits for another function, for Stripe or for the sink most of the time: with two threads, two
# slow answers keep everybody else waiting (30 s of it, in a soak of 300 requests/s).
WAITING = Profile(concurrency=10, target=8, max_scale=20, window="60s", threads=8)
# A password's hash takes a core while it is made, and 19 MiB (argon2id).
HASHING = Profile(concurrency=8, target=6, max_scale=10, window="60s")
# Bodies are held in memory, so few at a time.
UPLOAD = Profile(concurrency=4, target=2, max_scale=5, window="60s")
# Ordered delivery sends at most one event per partition (4) at a time.
REACTION = Profile(concurrency=8, target=4, max_scale=4, window="30s", threads=4)
# Sweeps must not overlap with themselves more than they have to.
SCHEDULE = Profile(concurrency=1, target=1, max_scale=1, window="15s")


def profile_of(spec: Spec) -> Profile:
    """The profile of a function with a Service."""
    if isinstance(spec.trigger, On | DeadLetters):
        return REACTION
    if isinstance(spec.trigger, Every):
        return SCHEDULE
    if takes_large_bodies(spec):
        return UPLOAD
    if loads(spec, "argon2"):
        return HASHING
    return WAITING if _waits_for_others(spec) else INTERACTIVE


def _waits_for_others(spec: Spec) -> bool:
    """Whether an answer needs one of somebody who may have to start first, or is far away."""
    others = {egress.name for egress in egress_of(spec)}
    # A read is given the sink with its adapter, and publishes nothing.
    publishes = "events" in others and getattr(spec.trigger, "method", "") not in _READS
    return publishes or bool(others & {"functions", "stripe"})
