"""Time limits, queues and WebSockets (serving test/e2e/timeout_test.go, websocket_test.go)."""

from tests.integration.knative.cluster import Service, closed_after, greet
from tests.integration.knative.scenarios import DIRECT, scenario


@scenario(timeoutSeconds=2)
def revision_timeout(service: Service) -> None:
    assert service.get("/sleep?s=0.5").status == 200
    answered = service.get("/sleep?s=4")
    assert (answered.status, answered.body) == (504, "activator request timeout")
    assert service.get("/sleep?s=0").status == 200


@scenario(timeoutSeconds=2, scale=DIRECT)
def revision_timeout_past_the_activator(service: Service) -> None:
    service.get("/sleep?s=0")
    service.until(lambda told: told["path"] == "direct", "goes direct")
    answered = service.get("/sleep?s=4", by="gateway")
    assert (answered.status, answered.body) == (504, "request timeout")


@scenario(timeoutSeconds=20, responseStartTimeoutSeconds=2)
def revision_response_start_timeout(service: Service) -> None:
    service.get("/sleep?s=0")
    assert service.get("/sleep?s=0.5").status == 200
    assert service.get("/stream?n=8&gap=0.5").body == "".join(f"{i}\n" for i in range(8))
    assert service.get("/sleep?s=5").status == 504


@scenario(timeoutSeconds=30, idleTimeoutSeconds=3)
def revision_idle_timeout(service: Service) -> None:
    service.get("/sleep?s=0")
    assert service.get("/stream?n=5&gap=1").body == "0\n1\n2\n3\n4\n"
    answered = service.get("/stream?n=2&gap=8")
    assert (answered.status, answered.body) == (200, "0\nactivator request timeout")
    assert service.get("/sleep?s=8").status == 504


@scenario(containerConcurrency=1, timeoutSeconds=3, scale={"max-scale": "1"})
def a_queue_before_the_activator_ends_in_timeouts(service: Service) -> None:
    """Its queue takes 10,000, so nobody is turned away: 3 s are time for five or six."""
    service.get("/sleep?s=0")
    statuses = service.get_many(16, "/sleep?s=0.5")
    assert set(statuses) == {200, 504}
    assert 1 <= statuses[200] <= 6


@scenario(containerConcurrency=1, timeoutSeconds=3, scale={"max-scale": "1"} | DIRECT)
def a_queue_before_one_replica_is_ten_times_its_concurrency(service: Service) -> None:
    """The recorded split of queue-proxy: 11 admitted, 5 turned away (knative 4)."""
    service.get("/sleep?s=0")
    service.until(lambda told: told["path"] == "direct", "goes direct")
    statuses = service.get_many(16, "/sleep?s=0.5", by="gateway")
    assert statuses[503] == 5
    assert statuses[200] + statuses[504] == 11


@scenario()
def web_socket_via_activator(service: Service) -> None:
    greet(connection := service.socket())
    connection.close()
    connection.shutdown()


@scenario(scale=DIRECT)
def web_socket(service: Service) -> None:
    service.get("/sleep?s=0")
    service.until(lambda told: told["path"] == "direct", "goes direct")
    greet(connection := service.socket(by="gateway"))
    connection.close()
    connection.shutdown()


@scenario(timeoutSeconds=4)
def web_socket_with_timeout(service: Service) -> None:
    """However busy it is, it is cut, and not politely."""
    greet(connection := service.socket())
    seconds, code = closed_after(connection, "busy")
    assert 2 < seconds < 30
    assert code is None


@scenario(timeoutSeconds=300, is_long=True)
def web_socket_graceful_shutdown(service: Service) -> None:
    """The process hears of its end after the quiet period, and closes as it wishes."""
    greet(connection := service.socket())
    service.scale(0)
    seconds, code = closed_after(connection)
    assert seconds > 25
    assert code == 1001
