"""The autoscaler (serving test/e2e/autoscale_test.go, minscale, initial scale, activator)."""

from tests.integration.knative.cluster import Service
from tests.integration.knative.scenarios import WHOLE_TARGET, scenario


@scenario(
    containerConcurrency=1,
    timeoutSeconds=120,
    scale={"max-scale": "10", "target-burst-capacity": "-1"},
)
def activator_overload(service: Service) -> None:
    assert service.get_many(100, "/sleep?s=0.3") == {200: 100}
    assert 1 < service.told["starts"] <= 10


@scenario(scale={"target": "10"})
def autoscale_up_down_up(service: Service) -> None:
    for _ in range(2):
        with service.loaded(20, "/sleep?s=0.5") as load:
            service.until_ready(3)
        assert set(load.statuses) == {200}
        service.until_ready(0)


@scenario(scale={"target": "5"} | WHOLE_TARGET)
def autoscale_up_count_pods(service: Service) -> None:
    with service.loaded(15, "/sleep?s=0.5") as load:
        service.until(lambda told: told["ready"] == told["desired"] == 3, "three for 15 at once")
    assert set(load.statuses) == {200}


@scenario(scale={"target": "10", "metric": "rps"} | WHOLE_TARGET)
def rps_based_autoscale_up_count_pods(service: Service) -> None:
    """Six clients with a second between two questions: under 6 a second, and one is enough."""
    with service.loaded(6, "/sleep?s=0", pause=1.0):
        service.until(lambda told: told["requests"] >= 20, "20 requests")
        assert service.told["desired"] == 1
    with service.loaded(40, "/sleep?s=0", pause=1.0):
        service.until(lambda told: told["ready"] >= 3, "three for more than 20 a second")


@scenario(scale={"target": "10", "target-burst-capacity": "10"})
def target_burst_capacity(service: Service) -> None:
    """One replica has room for 10: none to spare, two have, and whoever asks notices nothing."""
    with service.loaded(2, "/sleep?s=0.05", by="gateway") as load:
        service.until(lambda told: told["ready"] == 1, "one is ready")
        assert service.told["path"] == "activator"
        with service.loaded(14, "/sleep?s=0.5") as more:
            service.until(lambda told: told["ready"] >= 3, "more are ready")
        service.until(lambda told: told["path"] == "direct", "there is room to spare")
        service.until(lambda told: told["path"] == "activator", "there is none any more")
    assert set(load.statuses) == {200}
    assert set(more.statuses) == {200}


@scenario(scale={"target-burst-capacity": "-1"})
def target_burst_capacity_minus_one(service: Service) -> None:
    with service.loaded(1, "/sleep?s=0.1", by="gateway") as load:
        service.until(lambda told: told["requests"] > 30, "30 requests")
        assert service.told["path"] == "activator"
    assert set(load.statuses) == {200}


@scenario(scale={"target-burst-capacity": "0"})
def target_burst_capacity_zero(service: Service) -> None:
    with service.loaded(1, "/sleep?s=0.1", by="gateway") as load:
        service.until(lambda told: told["path"] == "direct", "goes direct")
        seen = service.told["requests"]
        service.until(lambda told: told["requests"] > seen + 10, "requests are still counted")
    assert set(load.statuses) == {200}
    service.until(lambda told: told["path"] == "activator", "the way back")
    service.until_ready(0)
    assert service.get("/sleep?s=0", by="gateway").status == 200


@scenario()
def fast_scale_to_zero(service: Service) -> None:
    service.get()
    service.until_ready(1)
    assert service.until_ready(0) > 4
    assert service.told["phase"] == "Inactive"


@scenario(scale={"activation-scale": "3"})
def activation_scale(service: Service) -> None:
    service.get()
    service.until_ready(3)
    service.until_ready(0)


@scenario(scale={"min-scale": "2"})
def min_scale(service: Service) -> None:
    service.until_ready(2)
    with service.loaded(4, "/sleep?s=0.1"):
        service.until(lambda told: told["requests"] > 50, "50 requests")
    service.until(lambda told: told["concurrency"] == 0, "it is quiet")
    assert service.told["ready"] == 2


@scenario(scale={"initial-scale": "3"})
def init_scale_positive(service: Service) -> None:
    service.until(lambda told: told["starts"] == 3, "three have started unasked")
    service.until_ready(0)
    service.get()
    assert service.told["desired"] == 1


@scenario(scale={"initial-scale": "0"})
def init_scale_zero(service: Service) -> None:
    assert (service.told["starts"], service.told["phase"]) == (0, "Inactive")
    assert service.get().status == 200


@scenario(scale={"target": "5", "scale-down-delay": "14s"} | WHOLE_TARGET)
def scale_down_delay(service: Service) -> None:
    with service.loaded(10, "/sleep?s=0.5"):
        service.until(lambda told: told["ready"] == 2, "two")
    assert service.until(lambda told: told["ready"] < 2, "less than two") > 12


@scenario(scale={"scale-to-zero-pod-retention-period": "20s"}, is_long=True)
def pod_retention_period(service: Service) -> None:
    service.get()
    service.until_ready(1)
    assert service.until_ready(0) > 18
