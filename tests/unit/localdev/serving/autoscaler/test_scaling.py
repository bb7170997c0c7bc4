from collections.abc import Callable

from localdev.serving.autoscaler.scaling import Phase, Scaler, Step
from localdev.serving.autoscaler.settings import ClusterSettings, ScaleSettings

ALLOW_ZERO = {"allow-zero-initial-scale": "true"}


class Revision:
    """A scaler with a clock: 60 s window, 30 s grace, 600 s progress deadline by default."""

    def __init__(self, cluster: dict[str, str] | None = None, **own: str) -> None:
        annotations = {
            f"autoscaling.knative.dev/{name.replace('_', '-')}": value
            for name, value in own.items()
        }
        settings = ScaleSettings.resolve(annotations, 0, ClusterSettings.of(cluster or {}))
        self.scaler = Scaler(settings, now=0)

    def at(
        self,
        now: float,
        desired: int,
        ready: int,
        *,
        is_proxied: bool = True,
        is_reachable: bool = True,
        activator_answers: Callable[[], bool] = lambda: True,
    ) -> Step:
        return self.scaler.step(
            now,
            desired=desired,
            ready=ready,
            is_proxied=is_proxied,
            is_reachable=is_reachable,
            activator_answers=activator_answers,
        )


def idle(revision: Revision, since: float) -> Step:
    """Makes a revision active at ``since - 60`` and inactive at ``since``."""
    assert revision.at(since - 60, 1, 1).phase is Phase.ACTIVE
    return revision.at(since, 0, 1)


def test_a_new_revision_gets_its_initial_scale_before_anything_is_known():
    revision = Revision(initial_scale="3")
    assert revision.at(0, -1, 0).target == 3


def test_the_default_initial_scale_is_given_once():
    revision = Revision()
    assert revision.at(0, -1, 0).target == 1
    assert revision.at(2, -1, 0).target is None


def test_min_scale_above_the_initial_scale_is_given_at_once():
    assert Revision(min_scale="4", initial_scale="2").at(0, -1, 0).target == 4


def test_the_initial_scale_is_held_until_it_was_reached_once():
    revision = Revision(initial_scale="3")
    revision.at(0, -1, 0)
    waiting = revision.at(2, 1, 2)
    assert (waiting.target, waiting.phase) == (3, Phase.ACTIVATING)
    reached = revision.at(4, 1, 3)
    assert (reached.target, reached.phase) == (3, Phase.ACTIVE)
    later = revision.at(6, 1, 1)
    assert (later.target, later.phase) == (1, Phase.ACTIVE)


def test_an_unreachable_revision_has_no_initial_scale():
    revision = Revision(initial_scale="3")
    revision.at(0, -1, 0)
    step = revision.at(2, 1, 1, is_reachable=False)
    assert (step.target, step.phase) == (1, Phase.ACTIVE)


def test_initial_scale_zero_begins_inactive_with_nothing_running():
    step = Revision(ALLOW_ZERO, initial_scale="0").at(0, -1, 0)
    assert (step.target, step.phase, step.reason) == (0, Phase.INACTIVE, "NoTraffic")


def test_initial_scale_zero_gives_way_to_min_scale():
    step = Revision(ALLOW_ZERO, initial_scale="0", min_scale="2").at(0, -1, 0)
    assert (step.target, step.phase) == (2, Phase.ACTIVATING)


def test_a_wish_wakes_an_inactive_revision():
    revision = Revision(ALLOW_ZERO, initial_scale="0")
    revision.at(0, 0, 0)
    step = revision.at(5, 2, 0)
    assert (step.target, step.phase, step.reason) == (2, Phase.ACTIVATING, "")


def test_a_waiting_request_wakes_an_inactive_revision_before_any_decision():
    revision = Revision(ALLOW_ZERO, initial_scale="0")
    revision.at(0, -1, 0)
    revision.scaler.wake(5)
    assert revision.scaler.phase is Phase.ACTIVATING
    assert revision.at(5, -1, 0).target == 1
    assert revision.at(6, -1, 0).target is None


def test_waking_begins_with_the_activation_scale():
    revision = Revision(ALLOW_ZERO, initial_scale="0", activation_scale="3")
    revision.at(0, -1, 0)
    revision.scaler.wake(5)
    assert revision.at(5, 0, 0).target == 3


def test_waking_changes_nothing_for_a_revision_that_is_not_inactive():
    revision = Revision()
    revision.at(0, 5, 5)
    revision.scaler.wake(1)
    step = revision.at(1, -1, 5)
    assert (step.target, step.phase) == (None, Phase.ACTIVE)


def test_a_decision_is_kept_within_min_and_max_scale():
    revision = Revision(min_scale="2", max_scale="4")
    assert [revision.at(0, desired, 2).target for desired in (0, 1, 3, 9)] == [2, 2, 3, 4]


def test_max_scale_zero_is_no_bound():
    assert Revision().at(0, 5000, 1).target == 5000


def test_it_is_active_once_min_scale_is_ready():
    revision = Revision(min_scale="2")
    assert revision.at(0, 2, 1).phase is Phase.ACTIVATING
    assert revision.at(1, 2, 2).phase is Phase.ACTIVE


def test_an_active_revision_that_loses_its_pods_activates_again():
    revision = Revision()
    revision.at(0, 1, 1)
    assert revision.at(2, 1, 0).phase is Phase.ACTIVATING
    assert revision.at(4, -1, 1).phase is Phase.ACTIVE


def test_one_pod_stays_for_a_stable_window_after_it_became_active():
    revision = Revision()
    revision.at(0, 1, 0)
    revision.at(10, 3, 3)
    step = revision.at(69, 0, 3)
    assert (step.target, step.phase, step.again_in_seconds) == (1, Phase.ACTIVE, 1)


def test_after_the_stable_window_it_is_inactive_but_the_pod_stays():
    revision = Revision()
    step = idle(revision, 60)
    assert (step.target, step.phase, step.reason) == (None, Phase.INACTIVE, "NoTraffic")


def test_a_revision_without_the_activator_is_not_looked_at_again_until_something_changes():
    revision = Revision()
    revision.at(0, 1, 1, is_proxied=False)
    assert revision.at(60, 0, 1, is_proxied=False).again_in_seconds is None


def test_proxied_all_along_the_pod_goes_three_seconds_after_the_window():
    revision = Revision()
    assert idle(revision, 60).again_in_seconds == 3
    step = revision.at(63, 0, 1)
    assert (step.target, step.phase, step.again_in_seconds) == (0, Phase.INACTIVE, None)


def test_without_the_activator_before_the_pod_stays_for_the_grace():
    revision = Revision()
    revision.at(0, 1, 1, is_proxied=False)
    revision.at(60, 0, 1, is_proxied=False)
    waiting = revision.at(61, 0, 1)
    assert (waiting.target, waiting.again_in_seconds) == (None, 29)
    assert revision.at(90, 0, 1).target == 0


def test_time_in_the_path_counts_from_the_last_time_the_activator_came_in():
    revision = Revision()
    revision.at(0, 1, 1)
    revision.at(50, 1, 1, is_proxied=False)
    revision.at(55, 1, 1)
    revision.at(60, 0, 1)
    waiting = revision.at(63, 0, 1)
    assert (waiting.target, waiting.again_in_seconds) == (None, 22)
    assert revision.at(85, 0, 1).target == 0


def test_retention_holds_the_pod_whatever_the_activator_does():
    revision = Revision(scale_to_zero_pod_retention_period="2m")
    idle(revision, 60)
    waiting = revision.at(100, 0, 1)
    assert (waiting.target, waiting.again_in_seconds) == (None, 80)
    assert revision.at(180, 0, 1).target == 0


def test_a_retention_shorter_than_the_grace_does_not_end_it():
    revision = Revision(scale_to_zero_pod_retention_period="10s")
    revision.at(0, 1, 1, is_proxied=False)
    revision.at(60, 0, 1, is_proxied=False)
    assert revision.at(75, 0, 1).again_in_seconds == 15


def test_an_unreachable_revision_has_neither_min_scale_nor_retention():
    revision = Revision(min_scale="1", scale_to_zero_pod_retention_period="1h")
    revision.at(0, 1, 1)
    assert revision.at(60, 0, 1, is_reachable=False).phase is Phase.INACTIVE
    assert revision.at(63, 0, 1, is_reachable=False).target == 0


def test_the_activator_is_asked_by_nobody_else():
    def refuse() -> bool:
        raise AssertionError("asked")

    revision = Revision()
    for now, desired, ready in ((0, -1, 0), (1, 0, 0), (2, 1, 1), (3, 0, 1), (62, 0, 1)):
        revision.at(now, desired, ready, activator_answers=refuse)
    assert revision.scaler.phase is Phase.INACTIVE


def test_a_revision_that_never_gets_ready_is_given_up_after_its_deadline():
    revision = Revision()
    revision.at(0, -1, 0)
    waiting = revision.at(600, 0, 0)
    assert (waiting.target, waiting.phase, waiting.again_in_seconds) == (None, Phase.ACTIVATING, 30)
    given_up = revision.at(630, 0, 0)
    assert (given_up.target, given_up.phase, given_up.reason) == (0, Phase.INACTIVE, "TimedOut")


def test_a_revision_that_timed_out_says_so_until_somebody_wakes_it():
    revision = Revision()
    revision.at(0, -1, 0)
    assert revision.at(630, -1, 0).target == 0
    assert revision.at(632, 0, 0).reason == "TimedOut"
    step = revision.at(640, 1, 0)
    assert (step.target, step.phase, step.reason) == (1, Phase.ACTIVATING, "")


def test_a_revision_with_waiting_requests_is_not_given_up():
    revision = Revision()
    revision.at(0, -1, 0)
    step = revision.at(5000, 1, 0)
    assert (step.target, step.phase) == (1, Phase.ACTIVATING)


def test_the_deadline_runs_anew_with_every_activation():
    revision = Revision()
    revision.at(0, 1, 1)
    revision.at(500, 1, 0)
    assert revision.at(700, 0, 0).again_in_seconds == 430
