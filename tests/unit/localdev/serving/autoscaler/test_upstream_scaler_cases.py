"""The labelled cases of TestScaler and TestDisableScaleToZero (serving scaler_test.go)."""

from dataclasses import KW_ONLY, dataclass, field

import pytest

from localdev.serving.autoscaler.scaling import Phase, Scaler
from localdev.serving.autoscaler.settings import ClusterSettings, ScaleSettings

NOW = 1_700_000_000.0
WINDOW, OWN_WINDOW, GRACE, DEADLINE = 300, 45, 60, 121 + 30
CLUSTER = {
    "stable-window": "5m",
    "scale-to-zero-grace-period": "1m",
    "progress-deadline": "121s",
    "allow-zero-initial-scale": "true",
}


@dataclass
class Case:
    """What a revision has been for so long, and what one more step gives.

    ``becomes`` None: it stays what it was. ``answers`` None: nobody may ask the activator.
    ``has_begun``: the initial scale was given before.
    """

    was: Phase
    for_seconds: float
    _: KW_ONLY
    target: int | None
    again: float | None = None
    becomes: Phase | None = None
    has_begun: bool = True
    desired: int = 0
    ready: int = 1
    proxied_seconds: float | None = None
    is_reachable: bool = True
    answers: bool | None = True
    own: dict[str, str] = field(default_factory=dict)
    cluster: dict[str, str] = field(default_factory=dict)


ACTIVATING, ACTIVE, INACTIVE = Phase.ACTIVATING, Phase.ACTIVE, Phase.INACTIVE
CASES = {
    "waits to scale to zero (just before idle period)": Case(ACTIVE, WINDOW - 1, target=1, again=1),
    "waits to scale to zero (just before idle period), custom PA window": Case(
        ACTIVE, OWN_WINDOW - 1, target=1, own={"window": "45s"}, again=1
    ),
    "custom PA window, check for standard window, no probe": Case(
        ACTIVE, WINDOW, target=None, own={"window": "45s"}, answers=None, becomes=INACTIVE
    ),
    "scale to 1 waiting for idle expires": Case(ACTIVE, WINDOW - 1, target=1, ready=10, again=1),
    "waits to scale to zero after idle period": Case(ACTIVE, WINDOW, target=None, becomes=INACTIVE),
    "waits to scale to zero after idle period; sks in proxy mode": Case(
        ACTIVE, WINDOW, target=None, proxied_seconds=0, again=3, becomes=INACTIVE
    ),
    "waits to scale to zero after idle period (custom PA window)": Case(
        ACTIVE, OWN_WINDOW, target=None, own={"window": "45s"}, becomes=INACTIVE
    ),
    "can scale to zero after grace period, but 0 PA retention": Case(
        INACTIVE,
        GRACE,
        target=0,
        own={"scale-to-zero-pod-retention-period": "0"},
        cluster={"scale-to-zero-pod-retention-period": "2m"},
    ),
    "can't scale to zero after grace period, but before last pod retention": Case(
        INACTIVE,
        GRACE,
        target=None,
        cluster={"scale-to-zero-pod-retention-period": "2m"},
        again=GRACE,
    ),
    "can't scale to zero after grace period, but before last pod retention, pa defined": Case(
        INACTIVE, GRACE, target=None, own={"scale-to-zero-pod-retention-period": "2m"}, again=GRACE
    ),
    "scale to zero after grace period, and after last pod retention": Case(
        INACTIVE, GRACE, target=0, cluster={"scale-to-zero-pod-retention-period": "1m"}
    ),
    "scale to zero after grace period": Case(INACTIVE, GRACE, target=0),
    "waits to scale to zero (just before grace period)": Case(
        INACTIVE, GRACE - 1, target=None, again=1
    ),
    "waits to scale to zero (just before grace period, sks short)": Case(
        INACTIVE, GRACE - 1, target=None, proxied_seconds=GRACE - 1, again=1
    ),
    "just before grace period, sks in proxy long and last pod timeout positive": Case(
        INACTIVE,
        GRACE - 1,
        target=0,
        proxied_seconds=GRACE,
        cluster={"scale-to-zero-pod-retention-period": "42s"},
    ),
    "waits to scale to zero (just before grace period, sks in proxy long)": Case(
        INACTIVE, GRACE - 1, target=0, proxied_seconds=GRACE
    ),
    "scale to zero with TBC=-1": Case(
        INACTIVE, GRACE, target=0, own={"target-burst-capacity": "-1"}, answers=None
    ),
    "scale to zero after grace period, but fail prober": Case(
        INACTIVE, GRACE, target=None, answers=False, again=1
    ),
    "waits to scale to zero while activating until after deadline exceeded": Case(
        ACTIVATING, DEADLINE / 2, target=None, ready=0, again=DEADLINE / 2
    ),
    "scale to zero while activating after deadline exceeded": Case(
        ACTIVATING, DEADLINE + 1, target=0, ready=0, becomes=INACTIVE
    ),
    "scale to zero while activating after revision deadline exceeded": Case(
        ACTIVATING,
        5 + 30 + 1,
        target=0,
        ready=0,
        own={"serving.knative.dev/progress-deadline": "5s"},
        becomes=INACTIVE,
    ),
    "scale down to minScale before grace period": Case(
        INACTIVE, GRACE - 1, target=2, ready=10, own={"min-scale": "2"}, becomes=ACTIVE
    ),
    "scale down to minScale after grace period": Case(
        INACTIVE, GRACE, target=2, ready=10, own={"min-scale": "2"}, becomes=ACTIVE
    ),
    "ignore minScale if unreachable": Case(
        INACTIVE, GRACE, target=0, ready=10, is_reachable=False, own={"min-scale": "2"}
    ),
    "scales up": Case(ACTIVATING, 0, target=10, desired=10, becomes=ACTIVE),
    "scales up to maxScale": Case(
        ACTIVATING, 0, target=8, desired=10, own={"max-scale": "8"}, becomes=ACTIVE
    ),
    "scale up inactive revision": Case(INACTIVE, GRACE / 2, target=10, desired=10, becomes=ACTIVE),
    "does not scale up from zero with no metrics": Case(
        INACTIVE, 0, target=None, desired=-1, ready=0
    ),
    "scales up from zero to desired one": Case(ACTIVATING, 0, target=1, desired=1, ready=0),
    "scales up from zero to desired high scale": Case(
        ACTIVATING, 0, target=10, desired=10, ready=0
    ),
    "negative scale does not scale": Case(ACTIVE, 0, target=None, desired=-1, ready=12),
    "initial scale attained, but now time to scale down": Case(
        ACTIVE, 120, target=1, ready=2, own={"initial-scale": "2"}, again=WINDOW - 120
    ),
    "haven't scaled to initial scale, override desired scale with initial scale": Case(
        ACTIVATING, 0, target=2, desired=1, ready=0, own={"initial-scale": "2"}
    ),
    "initial scale reached for the first time": Case(
        ACTIVATING, 0, target=5, desired=1, ready=5, own={"initial-scale": "5"}, becomes=ACTIVE
    ),
    "reaching initial scale zero": Case(
        ACTIVATING,
        0,
        target=0,
        has_begun=False,
        ready=0,
        own={"initial-scale": "0"},
        again=GRACE,
        becomes=INACTIVE,
    ),
    "EnableScaleToZero == false and minScale == 0": Case(
        ACTIVE, 0, target=1, ready=10, cluster={"enable-scale-to-zero": "false"}
    ),
    "EnableScaleToZero == false and minScale == 2": Case(
        ACTIVE,
        0,
        target=2,
        ready=10,
        own={"min-scale": "2"},
        cluster={"enable-scale-to-zero": "false"},
    ),
    "EnableScaleToZero == false and desire pod is -1(initial value)": Case(
        ACTIVE, 0, target=None, desired=-1, ready=10, cluster={"enable-scale-to-zero": "false"}
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_scales_as_upstream(case):
    step = revision(case).step(
        NOW,
        desired=case.desired,
        ready=case.ready,
        is_proxied=case.proxied_seconds is not None,
        is_reachable=case.is_reachable,
        activator_answers=lambda: answer(case),
    )
    assert (step.target, step.again_in_seconds, step.phase) == (
        case.target,
        case.again,
        case.becomes or case.was,
    )


def answer(case: Case) -> bool:
    assert case.answers is not None, "the activator must not be asked here"
    return case.answers


def revision(case: Case) -> Scaler:
    """A scaler that has lived through what the case says, unreachable so that no bound applies."""
    settings = ScaleSettings.resolve(
        {
            name if "/" in name else f"autoscaling.knative.dev/{name}": case.own[name]
            for name in case.own
        },
        0,
        ClusterSettings.of({**CLUSTER, **case.cluster}),
    )
    since = NOW - case.for_seconds
    proxied_since = NOW - (case.proxied_seconds or -1)
    if case.was is Phase.ACTIVATING:
        scaler = Scaler(settings, now=since)
        if case.has_begun:
            past(scaler, since, desired=-1, ready=0)
        return scaler
    idle_since = since if case.was is Phase.INACTIVE else NOW + 1
    active_since = idle_since - settings.stable_window_seconds
    active_since = since if case.was is Phase.ACTIVE else active_since
    scaler = Scaler(settings, now=active_since)
    past_times = {active_since, since, *({proxied_since} if proxied_since < NOW else ())}
    for time in sorted(past_times):
        is_idle = time >= idle_since
        past(scaler, time, desired=0 if is_idle else 1, is_proxied=time >= proxied_since)
    assert scaler.phase is case.was
    return scaler


def past(
    scaler: Scaler, time: float, *, desired: int, ready: int = 1, is_proxied: bool = False
) -> None:
    scaler.step(
        time,
        desired=desired,
        ready=ready,
        is_proxied=is_proxied,
        is_reachable=False,
        activator_answers=lambda: False,
    )
