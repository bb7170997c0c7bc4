"""Replicas that leave (serving test/e2e/destroypod_test.go)."""

import re
import threading
import time

from tests.integration.knative.cluster import Answered, Service
from tests.integration.knative.scenarios import scenario


@scenario(timeoutSeconds=60)
def destroy_pod_inflight(service: Service) -> None:
    service.get()
    answers: list[Answered] = []
    asking = threading.Thread(target=lambda: answers.append(service.get("/sleep?s=6")))
    asking.start()
    service.until(lambda told: told["concurrency"] >= 0.9, "it is being answered")
    (pid,) = service.told["pids"]
    service.scale(0)
    asking.join()
    assert answers == [Answered(200, str(pid))]


@scenario(timeoutSeconds=60, is_long=True)
def destroy_pod_timely(service: Service) -> None:
    """The process gets its SIGTERM after queue-proxy's quiet period of 30 s, and not before."""
    service.get()
    service.scale(0)
    left_at = time.time()
    service.until(lambda _: "SIGTERM" in service.log, "it has got its SIGTERM")
    found = re.search(r"SIGTERM ([\d.]+)", service.log)
    assert found
    assert 28 < float(found[1]) - left_at < 40


@scenario(timeoutSeconds=60, scale={"min-scale": "1"})
def destroy_pod_with_requests(service: Service) -> None:
    service.until_ready(1)
    with service.loaded(6, "/sleep?s=0.02") as load:
        for count in (4, 1, 3, 1):
            service.scale(count)
            service.until_asked(50)
    assert set(load.statuses) == {200}


@scenario(timeoutSeconds=60, scale={"min-scale": "1", "target-burst-capacity": "0"})
def destroy_pod_with_requests_past_the_activator(service: Service) -> None:
    service.until(lambda told: told["path"] == "direct", "goes direct")
    with service.loaded(6, "/sleep?s=0.02", by="gateway") as load:
        for count in (4, 1, 3, 1):
            service.scale(count)
            service.until_asked(50)
    assert set(load.statuses) == {200}
