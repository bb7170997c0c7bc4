"""The autoscaler over some time (serving test/e2e/autoscale_test.go and autoscale)."""

import time

from tests.integration.knative.client import ask, held, kill
from tests.integration.knative.cluster import Service
from tests.integration.knative.scenarios import DIRECT, WHOLE_TARGET, scenario


@scenario(scale={"target": "4"} | WHOLE_TARGET, is_long=True)
def autoscale_sustaining(service: Service) -> None:
    """12 at once stay three replicas' load, however long it lasts; upstream allows one more."""
    with service.loaded(12, "/sleep?s=0.5") as load:
        service.until_ready(3)
        assert held(lambda: service.told["ready"] in {3, 4}, 20)
    assert set(load.statuses) == {200}


@scenario(scale={"target": "4", "max-scale": "6"} | WHOLE_TARGET, is_long=True)
def autoscale_up_count_pods_step_by_step(service: Service) -> None:
    for replicas in (2, 3, 4):
        with service.loaded(4 * replicas, "/sleep?s=0.5") as load:
            service.until(lambda told: told["ready"] >= replicas, f"{replicas} ready")  # noqa: B023
            assert service.told["ready"] <= replicas + 1
        assert set(load.statuses) == {200}


@scenario(scale={"target": "10", "metric": "rps"} | WHOLE_TARGET, is_long=True)
def rps_based_autoscale_up_counts_requests(service: Service) -> None:
    """25 clients with a second between two questions: at most 25 a second, at most three."""
    with service.loaded(25, "/sleep?s=0", pause=1.0) as load:
        service.until(lambda told: told["ready"] == 3, "three for 25 a second")
        assert held(lambda: service.told["desired"] <= 4, 8)
    assert set(load.statuses) == {200}


@scenario(scale={"metric": "rps"}, is_long=True)
def the_cluster_says_what_a_replica_is_to_bear(service: Service) -> None:
    """5 a second in this project (scenarios.CLUSTER); with Knative's own 200, one would do."""
    with service.loaded(20, "/sleep?s=0", pause=1.0):
        service.until(lambda told: told["ready"] >= 4, "four or more for some 20 a second")


@scenario(scale={"target": "2", "max-scale": "2"} | WHOLE_TARGET)
def max_scale_is_never_passed(service: Service) -> None:
    with service.loaded(16, "/sleep?s=0.3") as load:
        service.until_ready(2)
        assert held(lambda: len(service.told["pids"]) <= 2, 6)
    assert set(load.statuses) == {200}


@scenario()
def a_burst_from_zero_is_all_served(service: Service) -> None:
    assert service.told["ready"] == 0
    assert service.get_many(60, "/sleep?s=0.1", by="gateway") == {200: 60}


@scenario(scale={"target-burst-capacity": "-1"}, is_long=True)
def whoever_asks_as_the_last_replica_goes_is_served(service: Service) -> None:
    for _ in range(3):
        assert ask(service, "/age").status == 200
        service.until(lambda told: told["desired"] == 0, "nobody has asked for a window")
        assert ask(service, "/age").status == 200


@scenario(timeoutSeconds=120, scale={"target": "4"} | WHOLE_TARGET)
def web_sockets_count_as_concurrency(service: Service) -> None:
    """Ten that say nothing are work for three replicas."""
    sockets = [service.socket() for _ in range(10)]
    service.until_ready(3)
    for connection in sockets:
        connection.close()
        connection.shutdown()
    service.until(lambda told: told["concurrency"] == 0, "all have gone")


@scenario(scale={"min-scale": "2"})
def min_scale_is_kept_though_replicas_die(service: Service) -> None:
    """Nobody asks for anything."""
    service.until_ready(2)
    before = service.told["pids"]
    for pid in before:
        kill(pid, 9)
    service.until(
        lambda told: told["ready"] == 2 and not set(told["pids"]) & set(before), "two others"
    )
    assert service.told["requests"] == 0


@scenario(scale={"min-scale": "1", "initial-scale": "3"}, is_long=True)
def initial_scale_gives_way_to_min_scale(service: Service) -> None:
    """Three at first, then as many as must be; never fewer than that, never more again."""
    service.until(lambda told: told["starts"] == 3, "three have started unasked")
    service.until_ready(1)
    assert held(lambda: service.told["ready"] == 1, 8)
    assert service.told["starts"] == 3


@scenario(scale=DIRECT, is_long=True)
def scale_to_zero_waits_until_the_activator_is_in_the_path(service: Service) -> None:
    """30 s of grace: no gateway that still knows the replica finds it gone."""
    ask(service, "/age")
    service.until(lambda told: told["path"] == "direct", "goes direct")
    service.until(lambda told: told["path"] == "activator", "the activator takes over")
    began = time.monotonic()
    assert service.told["phase"] == "Inactive"
    service.until_ready(0)
    assert time.monotonic() - began > 26


@scenario(scale=DIRECT, is_long=True)
def in_the_grace_the_replica_that_is_there_serves(service: Service) -> None:
    ask(service, "/age")
    service.until(lambda told: told["path"] == "direct", "goes direct")
    service.until(lambda told: told["phase"] == "Inactive", "nobody has asked for a window")
    (pid,) = service.told["pids"]
    assert ask(service, "/sleep?s=0", by="gateway").json == pid
    service.until(lambda told: told["phase"] == "Active", "it is wanted again")
    assert service.told["starts"] == 1
