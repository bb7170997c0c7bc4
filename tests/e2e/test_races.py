"""Many at once: nothing is sold, made or charged twice, and nothing is lost on the way."""

import time

import pytest

from localdev.stripe.webhooks import payload_of, signature
from shared.products.mongo import MongoProducts
from tests.e2e.crowd import at_once
from tests.e2e.knowledge import intents_of, known_of, money_of, webhook_faults
from tests.e2e.rush import UnguardedProducts, buyers, own_database, sold
from tests.e2e.shop import ADDRESS, Client
from tests.e2e.waiting import wait_until

pytestmark = [pytest.mark.engines, pytest.mark.slow]

TIMES = 20
BUYERS, UNITS = 200, 5
CHECKOUT = {"shipping_address": ADDRESS}


def check_out(client):
    return client.call("POST", "/cart/checkout", CHECKOUT)


# ---- the last pieces


def test_two_hundred_buyers_get_five_pieces(stack, admin):
    product = admin.create_product(stock=UNITS)
    rush = buyers(stack, BUYERS)
    at_once(lambda buyer: buyer.add(product["id"]), rush)
    answers = at_once(check_out, rush)
    placed = [
        (buyer, answer.json()["order_id"])
        for buyer, answer in zip(rush, answers, strict=True)
        if answer.status_code == 201
    ]
    refused = [answer.json()["code"] for answer in answers if answer.status_code != 201]
    assert set(refused) <= {"out_of_stock"}
    assert len(placed) > UNITS, "no rush: the test proves nothing"
    stack.wait_until_quiet(60)
    orders = [buyer.order(order_id) for buyer, order_id in placed]
    lucky = [
        (buyer, order["id"])
        for (buyer, _), order in zip(placed, orders, strict=True)
        if order["status"] == "awaiting_payment"
    ]
    assert len(lucky) == UNITS
    losers = {
        (o["status"], o["status_reason"]) for o in orders if o["status"] != "awaiting_payment"
    }
    assert losers == {("cancelled", "out_of_stock")}
    assert admin.available(product["id"]) == 0
    for buyer, order_id in lucky[1:]:
        buyer.call("POST", f"/orders/{order_id}/cancel", status=200)
    buyer, paid = lucky[0]
    buyer.pay(paid)
    buyer.wait_for_order(paid, "paid")
    wait_until(lambda: admin.available(product["id"]) == UNITS - 1, "what is unpaid comes back")
    stack.wait_until_quiet()
    assert admin.available(product["id"]) == UNITS - 1
    assert stack.database("products").products.find_one({"_id": product["id"]})["holds"] == []


def test_the_guard_on_the_stock_is_what_keeps_it_from_being_oversold(stack):
    """The same code at the same MongoDB: with its guard, and with the guard taken out."""
    with own_database(stack) as database:
        assert sold(database, MongoProducts, units=UNITS, buyers=BUYERS) == UNITS
        assert sold(database, UnguardedProducts, units=UNITS, buyers=BUYERS) > UNITS


# ---- the same thing twenty times


def test_the_same_checkout_twenty_times_at_once_is_one_order(stack, shopper, admin, product):
    shopper.add(product["id"], 2)
    tabs = [shopper.another_tab() for _ in range(TIMES)]
    answers = at_once(check_out, tabs)
    assert {answer.status_code for answer in answers} == {201}
    order_ids = {answer.json()["order_id"] for answer in answers}
    assert len(order_ids) == 1
    shopper.wait_for_order(*order_ids, "awaiting_payment")
    assert shopper.get("/orders")["total"] == 1
    assert admin.available(product["id"]) == 98


def test_the_same_payment_twenty_times_at_once_is_one_intent_and_one_charge(
    stack, shopper, product
):
    order_id = shopper.buy(product["id"])
    tabs = [shopper.another_tab() for _ in range(TIMES)]
    body = {"order_id": order_id}
    started = at_once(lambda tab: tab.call("POST", "/payments", body), tabs)
    assert sorted({answer.status_code for answer in started}) == [200, 201]
    assert [answer.status_code for answer in started].count(201) == 1
    assert len({answer.json()["client_secret"] for answer in started}) == 1
    assert len({answer.json()["payment_id"] for answer in started}) == 1
    at_once(lambda tab: tab.pay(order_id), tabs[:5])
    shopper.wait_for_order(order_id, "paid")
    stack.wait_until_quiet()
    (intent,) = intents_of(stack, order_id)
    assert money_of(stack, intent["id"]) == (intent["amount"], 0)
    charges = stack.stripe("GET", f"/v1/charges?payment_intent={intent['id']}")["data"]
    assert len(charges) == 1
    refused = shopper.call("POST", "/payments", body, status=409).json()
    assert refused["code"] == "already_paid"


def test_the_same_signed_webhook_twenty_times_at_once_pays_once(stack, shopper, admin, product):
    order_id = shopper.buy(product["id"], 3)
    with webhook_faults(stack, duplicate=3):
        intent = shopper.pay(order_id)
        event = succeeded_event(stack, intent["id"])
        assert set(at_once(lambda one: send_webhook(stack, one), [event] * TIMES)) == {200}
    order = shopper.wait_for_order(order_id, "paid")
    before = known_of(stack, order_id)
    assert set(at_once(lambda one: send_webhook(stack, one), [event] * TIMES)) == {200}
    assert known_of(stack, order_id) == before
    assert [step["status"] for step in order["timeline"]] == ["pending", "awaiting_payment", "paid"]
    assert before["money"] == [(intent["amount"], 0)]
    types = [note["type"] for note in before["notifications"]]
    assert types == ["order_confirmed", "order_paid"]
    assert admin.available(product["id"]) == 97


def succeeded_event(stack, intent_id):
    events = stack.stripe("GET", "/v1/events?limit=100&type=payment_intent.succeeded")["data"]
    return next(event for event in events if event["data"]["object"]["id"] == intent_id)


def send_webhook(stack, event, secret=None):
    """Posts it as Stripe does; the status of the answer."""
    body = payload_of(event)
    secret = secret or stack.facts["stripe"]["webhook_secret"]
    headers = {
        "Content-Type": "application/json",
        "Stripe-Signature": signature(secret, body, int(time.time())),
    }
    answer = Client(stack).send("POST", "/api/payments/webhook", data=body, headers=headers)
    return answer.status_code


def test_a_webhook_signed_with_another_secret_is_refused(stack, shopper, product):
    order_id = shopper.buy(product["id"])
    with webhook_faults(stack, drop=100_000):
        intent = shopper.pay(order_id)
        event = succeeded_event(stack, intent["id"])
        assert send_webhook(stack, event, secret="whsec_of_somebody_else") == 400
        stack.wait_until_quiet()
        assert shopper.order(order_id)["status"] == "awaiting_payment"
        assert send_webhook(stack, event) == 200
        shopper.wait_for_order(order_id, "paid")
