"""Who is served when more is asked than two threads can answer."""

import select
import statistics
import threading

from tests.unit.runtime.clients import answer_of, connect, echo, request, serving

CONNECTIONS, TOTAL = 100, 10_000


def counts_of(socks, total: int) -> list[int]:
    """So many requests over all connections, each of which sends again once it has its answer."""
    served = dict.fromkeys(socks, 0)
    for sock in socks:
        sock.sendall(request("/"))
    done = 0
    while done < total:
        for sock in select.select(socks, [], [], 20)[0]:
            assert sock.recv(4096).endswith(b"GET /? ")
            served[sock] += 1
            done += 1
            sock.sendall(request("/"))
    for sock in socks:
        answer_of(sock)
    return list(served.values())


def test_no_connection_starves_when_the_server_is_saturated():
    with serving(echo, threads=2) as server:
        socks = [connect(server) for _ in range(CONNECTIONS)]
        counts = counts_of(socks, TOTAL)
        for sock in socks:
            sock.close()
    assert min(counts) * 3 >= statistics.median(counts)


def test_who_sends_ahead_waits_a_turn_behind_each_other_client():
    entered, leave, order = threading.Event(), threading.Event(), []

    def application(environ, start_response):
        order.append(environ["PATH_INFO"])
        if environ["PATH_INFO"] == "/gate":
            entered.set()
            assert leave.wait(20)
        return echo(environ, start_response)

    with serving(application, threads=1) as server:
        eager, *others = [connect(server) for _ in range(11)]
        for sock in (eager, *others):
            sock.sendall(request("/known"))
            answer_of(sock)
        eager.sendall(request("/gate") + request("/ahead") * 2000)
        assert entered.wait(20)
        for sock in others:
            sock.sendall(request("/other"))
        leave.set()
        for sock in others:
            answer_of(sock)
        for sock in (eager, *others):
            sock.close()
    until_all_others = order[: len(order) - order[::-1].index("/other")]
    assert until_all_others.count("/ahead") <= 2
