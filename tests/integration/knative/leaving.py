"""Replicas that leave or die while they are asked (serving test/e2e/destroypod_test.go)."""

import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from tests.integration.knative.client import Line, Told, ask, is_there, kill, until
from tests.integration.knative.cluster import Service
from tests.integration.knative.scenarios import DIRECT, scenario


def _told_to_leave_at(service: Service) -> float:
    found = re.search(r"SIGTERM ([\d.]+)", service.log)
    assert found, service.log
    return float(found[1])


@scenario(timeoutSeconds=90, is_long=True)
def destroy_pod_inflight_past_the_quiet_period(service: Service) -> None:
    """The SIGTERM comes in the middle of the answer, which is given all the same."""
    ask(service, "/age")
    answers: list[Told] = []
    began = time.time()
    asking = threading.Thread(target=lambda: answers.append(ask(service, "/sleep?s=38")))
    asking.start()
    service.until(lambda told: told["concurrency"] >= 0.9, "it is being answered")
    (pid,) = service.told["pids"]
    service.scale(0)
    asking.join()
    assert answers[0].json == pid
    assert began + 28 < _told_to_leave_at(service) < began + 38
    until(lambda: not is_there(pid), f"{pid} has ended")
    assert "ended" in service.log


@scenario(timeoutSeconds=300, is_long=True)
def destroy_pod_timely_is_gone(service: Service) -> None:
    """Long before its timeout, when it does what SIGTERM asks for."""
    ask(service, "/age")
    (pid,) = service.told["pids"]
    service.scale(0)
    began = time.time()
    until(lambda: not is_there(pid), f"{pid} has ended", seconds=90)
    assert _told_to_leave_at(service) - began > 28


@scenario(env={"DEAF": "1"}, timeoutSeconds=36, is_long=True)
def termination_grace_period_is_the_timeout(service: Service) -> None:
    """A function deaf to SIGTERM is killed timeoutSeconds after its removal, drain included."""
    ask(service, "/age")
    (pid,) = service.told["pids"]
    service.scale(0)
    assert until(lambda: not is_there(pid), f"{pid} lives past its grace", seconds=50) > 30
    assert "SIGTERM" in service.log


@contextmanager
def _posted(service: Service, clients: int, by: str) -> Iterator[Counter[int]]:
    """POSTs on connections that are kept: nobody may send one of those twice."""
    statuses: Counter[int] = Counter()
    is_over, lock = threading.Event(), threading.Lock()

    def post() -> None:
        with closing(Line(service, by)) as line:
            while not is_over.is_set():
                try:
                    status = line.ask("/size", method="POST", body=b"x" * 100).status
                except OSError:
                    status = 0
                    line.close()
                with lock:
                    statuses[status] += 1

    threads = [threading.Thread(target=post) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield statuses
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def _scaled_under_posts(service: Service, by: str) -> None:
    with _posted(service, 4, by) as statuses:
        for count in (3, 1, 4, 2, 1):
            service.scale(count)
            service.until_asked(80)
    assert set(statuses) == {200}


@scenario(timeoutSeconds=60, scale={"min-scale": "1"})
def destroy_pod_with_posts(service: Service) -> None:
    service.until_ready(1)
    _scaled_under_posts(service, "activator")


@scenario(timeoutSeconds=60, scale={"min-scale": "1"} | DIRECT)
def destroy_pod_with_posts_past_the_activator(service: Service) -> None:
    service.until(lambda told: told["path"] == "direct", "goes direct")
    _scaled_under_posts(service, "gateway")


def _killed_under_load(service: Service, by: str) -> None:
    """Only what the dead one was answering may fail; then there are two again."""
    clients = 6
    service.until_ready(2)
    with service.loaded(clients, "/sleep?s=0.05", by=by) as load:
        service.until_asked(40)
        victim, _ = service.told["pids"]
        kill(victim, signal.SIGKILL)
        service.until(_are_two_without(victim), "it is replaced")
        service.until_asked(40)
    assert load.statuses[200] > 80
    assert sum(load.statuses.values()) - load.statuses[200] <= clients, load.statuses


def _are_two_without(pid: int) -> Callable[[dict[str, list[int]]], bool]:
    return lambda told: told["ready"] == 2 and pid not in told["pids"]  # type: ignore[comparison-overlap]


@scenario(scale={"min-scale": "2"})
def a_replica_killed_under_load_is_replaced(service: Service) -> None:
    _killed_under_load(service, "activator")


@scenario(scale={"min-scale": "2"} | DIRECT)
def a_replica_killed_under_load_is_replaced_past_the_activator(service: Service) -> None:
    service.until(lambda told: told["path"] == "direct", "goes direct")
    _killed_under_load(service, "gateway")


@scenario(scale={"min-scale": "1"} | DIRECT)
def the_only_replica_killed_past_the_activator_is_replaced(service: Service) -> None:
    service.until(lambda told: told["path"] == "direct", "goes direct")
    (victim,) = service.told["pids"]
    kill(victim, signal.SIGKILL)
    until(lambda: ask(service, "/age", "gateway").status == 200, "the gateway finds the new one")
    assert ask(service, "/sleep?s=0", "gateway").json in service.told["pids"]
    assert service.told["starts"] == 2


@scenario(env={"LISTENS_AFTER": "2"}, timeoutSeconds=60)
def a_replica_killed_while_it_starts_is_replaced(service: Service) -> None:
    """Whoever waits for it waits a little longer."""
    answers: list[Told] = []
    asking = threading.Thread(target=lambda: answers.append(ask(service, "/age")))
    asking.start()
    service.until(lambda told: told["pids"] != [], "it starts")
    (victim,) = service.told["pids"]
    kill(victim, signal.SIGKILL)
    asking.join()
    assert answers[0].status == 200
    assert service.told["starts"] == 2
