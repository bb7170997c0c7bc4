"""kill -9 of engines and of the stack's own processes: refused for a while, nothing lost."""

import threading

import pytest
import requests

from tests.chaos.patience import must_end_well, patiently, pay, place_order, reach
from tests.chaos.wreck import CHILDREN
from tests.e2e.waiting import wait_until

pytestmark = [pytest.mark.engines, pytest.mark.slow]

_DEATHS = 3
ALWAYS_ON = ("auth-authorize-request", "notifications-stream-notifications")


def test_without_mongodb_the_api_says_when_to_come_again(wrecker, ledger, shopper, product_id):
    shopper.add(product_id, 2)
    with wrecker.held_down("mongodb"):
        answer = shopper.call("POST", "/cart/items", {"product_id": product_id, "quantity": 1})
        assert answer.status_code == 503, answer.text
        assert answer.json()["code"] == "unavailable"
        assert int(answer.headers["Retry-After"]) > 0
    patiently(ledger, lambda: shopper.get("/cart"))
    assert [line["quantity"] for line in shopper.get("/cart")["lines"]] == [2]
    pay(ledger, shopper, place_order(ledger, shopper))
    must_end_well(ledger)


def test_mongodb_loses_no_acknowledged_write(wrecker, ledger, shopper, product_id):
    shopper.add(product_id, 1)
    path, is_over = f"/cart/items/{product_id}", threading.Event()

    def kill_now_and_then() -> None:
        for _ in range(_DEATHS):
            is_over.wait(1.0)
            wait_until(lambda: wrecker.kill("mongodb"), "there is a server to kill")
        is_over.wait(1.0)
        is_over.set()

    killer = threading.Thread(target=kill_now_and_then)
    killer.start()
    acknowledged, tried = 1, 1
    while not is_over.is_set():
        tried = tried % 99 + 1
        if shopper.call("PATCH", path, {"quantity": tried}).ok:
            acknowledged = tried
    killer.join()
    (line,) = patiently(ledger, lambda: shopper.get("/cart"))["lines"]
    assert line["quantity"] in {acknowledged, tried}
    shopper.call("PATCH", path, {"quantity": 2}, status=200)
    pay(ledger, shopper, place_order(ledger, shopper))
    must_end_well(ledger)


def test_without_kafka_orders_are_taken_and_wait(stack, wrecker, ledger, shopper, product_id):
    if "Apache" not in stack.facts["engines"]["kafka"]["server"]:
        pytest.skip("noida-db does not keep what it acknowledged")
    shopper.add(product_id, 2)
    with wrecker.held_down("kafka"):
        order_id = shopper.check_out()
        ledger.acknowledged.add(order_id)
        assert shopper.order(order_id)["status"] == "pending"
    reach(ledger, shopper, order_id, "awaiting_payment")
    pay(ledger, shopper, order_id)
    must_end_well(ledger)


def test_without_redis_public_reads_go_on_and_sessions_come_back(
    wrecker, ledger, shopper, product_id
):
    shopper.add(product_id, 2)
    with wrecker.held_down("redis"):
        refused = shopper.call("GET", "/cart")
        assert refused.status_code == 503, refused.text
        assert refused.json()["code"] == "unavailable"
        assert int(refused.headers["Retry-After"]) > 0
        assert shopper.get(f"/products/{product_id}")["id"] == product_id
        assert shopper.get("/products")["total"] > 0
    patiently(ledger, lambda: shopper.get("/cart"))
    pay(ledger, shopper, place_order(ledger, shopper))
    must_end_well(ledger)


def test_dead_children_are_started_again(stack, wrecker, ledger, shopper, product_id):
    shopper.add(product_id, 2)
    before = {name: wrecker.kill(name) for name in CHILDREN}
    for pid in wrecker.function_pids():
        wrecker.kill_pid(pid)
    assert all(before.values()), before
    wait_until(lambda: all(map(wrecker.pids, CHILDREN)), "all children run again")
    wait_until(lambda: all(stack.function(name)["pids"] for name in ALWAYS_ON), "so do Deployments")
    patiently(ledger, lambda: shopper.get("/cart"))
    pay(ledger, shopper, place_order(ledger, shopper))
    must_end_well(ledger)
    wait_until(lambda: requests.get(stack.facts["mail"], timeout=5).ok, "the inbox answers")
