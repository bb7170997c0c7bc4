"""Concurrency, queues, time limits and WebSockets as a client meets them (serving pkg/queue)."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from tests.integration.knative.client import Line, ask, held, is_answered_within, until
from tests.integration.knative.cluster import Service, closed_after, greet
from tests.integration.knative.scenarios import DIRECT, scenario


def _one_at_a_time(service: Service, by: str) -> None:
    with ThreadPoolExecutor(20) as pool:
        told = list(pool.map(lambda _: ask(service, "/busy?s=0.3", by), range(60)))
    answers = [one.json for one in told]
    assert {answer["most"] for answer in answers} == {1}
    assert len({answer["pid"] for answer in answers}) > 1


@scenario(containerConcurrency=1, timeoutSeconds=60, scale={"max-scale": "5"})
def single_concurrency_of_many(service: Service) -> None:
    _one_at_a_time(service, "activator")


@scenario(
    containerConcurrency=1, timeoutSeconds=60, scale={"max-scale": "5", "min-scale": "3"} | DIRECT
)
def single_concurrency_of_many_past_the_activator(service: Service) -> None:
    """Two clients of queue-proxies choose without knowing of each other: they queue."""
    service.until(lambda told: told["path"] == "direct" and told["ready"] >= 3, "goes direct")
    _one_at_a_time(service, "gateway")


@scenario(containerConcurrency=1, timeoutSeconds=3, scale={"max-scale": "1"})
def a_queue_before_the_activator_waits_for_its_time(service: Service) -> None:
    """16 at once of 0.5 s each, one at a time, 3 s for each: the sixth ends as its time does.

    Five are served, the sixth perhaps. The others are told by the activator, whose queue takes
    10,000, that they were too late; nobody is turned away.
    """
    ask(service, "/age")
    with ThreadPoolExecutor(16) as pool:
        told = list(pool.map(lambda _: ask(service, "/sleep?s=0.5"), range(16)))
    statuses = Counter(one.status for one in told)
    assert set(statuses) == {200, 504}
    assert statuses[200] in {4, 5, 6}
    late = {one.body for one in told if one.status == 504}
    assert late == {b"activator request timeout"}


@scenario(containerConcurrency=1, scale={"max-scale": "1"})
def whoever_leaves_the_queue_is_never_seen_by_the_application(service: Service) -> None:
    ask(service, "/age")
    first = threading.Thread(target=ask, args=(service, "/sleep?s=2"))
    first.start()
    service.until(lambda told: told["concurrency"] > 0, "the first is being answered")
    for _ in range(3):
        assert not is_answered_within(service, "/mark?name=left", seconds=0.2)
    ask(service, "/mark?name=stayed")
    first.join()
    assert ask(service, "/marks").json == {"stayed": 1}
    assert service.told["queued"] == 0


def _place_is_free_again(service: Service, by: str) -> None:
    """The application works on; nobody waits for it."""
    assert ask(service, "/sleep?s=20", by).status == 504
    assert not is_answered_within(service, "/sleep?s=20", seconds=0.5, by=by)
    began = time.monotonic()
    assert ask(service, "/age", by).status == 200
    assert time.monotonic() - began < 10


@scenario(containerConcurrency=1, timeoutSeconds=2, scale={"max-scale": "1"})
def whoever_is_late_or_leaves_frees_its_place(service: Service) -> None:
    ask(service, "/age")
    _place_is_free_again(service, "activator")


@scenario(containerConcurrency=1, timeoutSeconds=2, scale={"max-scale": "1"} | DIRECT)
def whoever_is_late_or_leaves_frees_its_place_in_queue_proxy(service: Service) -> None:
    ask(service, "/age")
    service.until(lambda told: told["path"] == "direct", "goes direct")
    _place_is_free_again(service, "gateway")


@scenario(timeoutSeconds=1)
def a_connection_is_usable_after_a_timeout(service: Service) -> None:
    ask(service, "/age")
    with closing(Line(service)) as line:
        late = line.ask("/sleep?s=3")
        assert (late.status, late.body) == (504, b"activator request timeout")
        assert line.ask("/age").status == 200


# ---- WebSockets


@scenario()
def web_socket_from_zero(service: Service) -> None:
    """The gateway's client waits for the cold start like any other."""
    connection = service.socket(by="gateway")
    greet(connection)
    connection.close()
    connection.shutdown()


@scenario(containerConcurrency=1, timeoutSeconds=60, scale={"max-scale": "1"})
def web_socket_holds_its_place(service: Service) -> None:
    greet(connection := service.socket())
    answers: list[int] = []
    waiting = threading.Thread(target=lambda: answers.append(service.get("/age").status))
    waiting.start()
    service.until(lambda told: told["queued"] == 1, "the next one waits")
    assert held(lambda: not answers, 1.5)
    connection.close()
    connection.shutdown()
    waiting.join(timeout=20)
    assert answers == [200]


def _is_cut(service: Service) -> None:
    """However busy, for what a socket says is no answer (pkg/http/handler/timeout.go)."""
    greet(connection := service.socket())
    seconds, code = closed_after(connection, "busy")
    assert 1.5 < seconds < 20
    assert code is None


@scenario(timeoutSeconds=60, responseStartTimeoutSeconds=3)
def web_socket_with_response_start_timeout(service: Service) -> None:
    _is_cut(service)


@scenario(timeoutSeconds=60, idleTimeoutSeconds=3)
def web_socket_with_idle_timeout(service: Service) -> None:
    _is_cut(service)


@scenario(timeoutSeconds=60, responseStartTimeoutSeconds=3, scale=DIRECT)
def web_socket_with_response_start_timeout_past_the_activator(service: Service) -> None:
    ask(service, "/age")
    service.until(lambda told: told["path"] == "direct", "goes direct")
    greet(connection := service.socket(by="gateway"))
    seconds, code = closed_after(connection, "busy")
    assert 1.5 < seconds < 20
    assert code is None


@scenario(timeoutSeconds=60, is_long=True)
def web_socket_keeps_its_replica(service: Service) -> None:
    """A silent one, for more than two windows."""
    greet(connection := service.socket())
    (pid,) = service.told["pids"]
    assert held(lambda: service.told["pids"] == [pid], 15)
    greet(connection)
    connection.close()
    connection.shutdown()
    service.until_ready(0)


@scenario(timeoutSeconds=60, is_long=True)
def a_long_request_keeps_its_replica(service: Service) -> None:
    ask(service, "/age")
    assert ask(service, "/sleep?s=15").json in service.told["pids"]


@scenario(timeoutSeconds=60, scale=DIRECT, is_long=True)
def a_long_request_keeps_its_replica_past_the_activator(service: Service) -> None:
    ask(service, "/age")
    service.until(lambda told: told["path"] == "direct", "goes direct")
    assert ask(service, "/sleep?s=15", by="gateway").json in service.told["pids"]
    until(lambda: service.told["path"] == "activator", "nothing is asked any more")
