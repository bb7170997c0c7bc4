"""Orders that end otherwise than paid: time is over, stock is missing, somebody cancels."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from tests.e2e.crowd import at_once
from tests.e2e.knowledge import intents_of, money_of, webhook_faults
from tests.e2e.waiting import wait_until

pytestmark = [pytest.mark.engines, pytest.mark.slow]

SWEEP_ORDERS, SWEEP_PAYMENTS = "orders-sweep-orders", "payments-sweep-payments"


def let_time_pass(stack, order_id):
    """Moves the end of an order's time into the past, wherever it is kept."""
    past = {"$set": {"expires_at": datetime.now(UTC) - timedelta(seconds=1)}}
    kept = [("orders", "orders"), ("payments", "orders"), ("payments", "payments")]
    moved = [
        stack.database(context)[name].update_one({"_id": order_id}, past).modified_count
        for context, name in kept
    ]
    assert moved[:2] == [1, 1], f"{order_id} is not kept everywhere: {moved}"


def wait_until_payment_is_known(shopper, order_id):
    wait_until(lambda: shopper.order(order_id)["payment"], "orders know of the payment")


def check_that_it_is_sold_again(shopper, admin, product, first_order, left):
    """The same cart again: another order, which can be paid."""
    wait_until(lambda: admin.available(product["id"]) == left + 2, "the stock is back")
    again = shopper.check_out()
    assert again != first_order
    shopper.wait_for_order(again, "awaiting_payment")
    assert shopper.pay(again)["status"] == "succeeded"
    shopper.wait_for_order(again, "paid")
    assert admin.available(product["id"]) == left


def test_an_unpaid_order_expires_and_its_cart_can_be_checked_out_anew(
    stack, shopper, admin, product
):
    order_id = shopper.buy(product["id"], 2)
    assert shopper.check_out() == order_id
    stack.tick(SWEEP_ORDERS)
    assert shopper.order(order_id)["status"] == "awaiting_payment"
    let_time_pass(stack, order_id)
    stack.tick(SWEEP_ORDERS)
    assert shopper.wait_for_order(order_id, "cancelled")["status_reason"] == "expired"
    shopper.call("POST", "/payments", {"order_id": order_id}, status=409)
    check_that_it_is_sold_again(shopper, admin, product, order_id, left=98)


def test_a_started_payment_expires_at_stripe_first_and_then_the_order(
    stack, shopper, admin, product
):
    order_id = shopper.buy(product["id"], 2)
    shopper.start_payment(order_id)
    wait_until_payment_is_known(shopper, order_id)
    let_time_pass(stack, order_id)
    stack.tick(SWEEP_ORDERS)
    stack.wait_until_quiet()
    assert shopper.order(order_id)["status"] == "awaiting_payment"
    stack.tick(SWEEP_PAYMENTS)
    order = shopper.wait_for_order(order_id, "cancelled")
    assert order["status_reason"] == "expired"
    assert [intent["status"] for intent in intents_of(stack, order_id)] == ["canceled"]
    wait_until(
        lambda: shopper.get(f"/payments/{order_id}")["status"] in {"failed", "canceled"},
        "the payment is closed",
    )
    check_that_it_is_sold_again(shopper, admin, product, order_id, left=98)


def test_a_payment_that_succeeded_unheard_wins_over_the_end_of_time(stack, shopper, product):
    order_id = shopper.buy(product["id"])
    with webhook_faults(stack, drop=100_000):
        intent = shopper.pay(order_id)
        assert intent["status"] == "succeeded"
        wait_until_payment_is_known(shopper, order_id)
        let_time_pass(stack, order_id)
        stack.tick(SWEEP_ORDERS)
        assert shopper.order(order_id)["status"] == "awaiting_payment"
        stack.tick(SWEEP_PAYMENTS)
        shopper.wait_for_order(order_id, "paid")
    assert money_of(stack, intent["id"]) == (intent["amount"], 0)


def test_an_order_out_of_stock_at_its_reservation_is_cancelled_and_holds_nothing(
    stack, shopper, admin, product
):
    """The cart believes in stock that is gone by the time the order asks for it."""
    other = admin.create_product(stock=7)
    stock = stack.database("products").products
    stock.update_one({"_id": product["id"]}, {"$set": {"available": 1}})
    shopper.add(other["id"], 3)
    shopper.add(product["id"], 2)
    order_id = shopper.check_out()
    order = shopper.wait_for_order(order_id, "cancelled")
    assert order["status_reason"] == "out_of_stock"
    assert [step["status"] for step in order["timeline"]] == ["pending", "cancelled"]
    wait_until(lambda: admin.available(other["id"]) == 7, "nothing is held")
    assert admin.available(product["id"]) == 1
    stock.update_one({"_id": product["id"]}, {"$set": {"available": 2}})
    again = wait_until(
        lambda: (found := shopper.check_out()) != order_id and found, "the cart is open again"
    )
    shopper.wait_for_order(again, "awaiting_payment")
    assert (admin.available(product["id"]), admin.available(other["id"])) == (0, 4)


# ---- paying against cancelling


def confirm(stack, payment):
    """Confirms with the card that always works; the intent's status or Stripe's refusal."""
    intent_id = payment["client_secret"].split("_secret_")[0]
    answer = requests.post(
        f"{stack.facts['stripe']['api_base']}/v1/payment_intents/{intent_id}/confirm",
        auth=(payment["publishable_key"], ""),
        data={"payment_method": "pm_card_visa", "client_secret": payment["client_secret"]},
        timeout=30,
    ).json()
    return answer.get("status") or answer["error"]["code"]


def check_no_money_is_kept(stack, shopper, order_id):
    """The order is cancelled; what was charged went back; the payment says so. What happened."""
    order = shopper.wait_for_order(order_id, "cancelled")
    assert order["status_reason"] == "shopper"
    ended = {"canceled", "refunded"}
    wait_until(
        lambda: shopper.get(f"/payments/{order_id}")["status"] in ended, "the payment has ended"
    )
    (intent,) = intents_of(stack, order_id)
    charged, refunded = money_of(stack, intent["id"])
    assert charged == refunded
    status = shopper.get(f"/payments/{order_id}")["status"]
    assert status == ("refunded" if charged else "canceled")
    assert intent["status"] == ("succeeded" if charged else "canceled")
    assert shopper.order(order_id)["status"] == "cancelled"
    return status


def test_cancelling_first_refuses_the_money(stack, shopper, admin, product):
    order_id = shopper.buy(product["id"], 2)
    payment = shopper.start_payment(order_id)
    shopper.call("POST", f"/orders/{order_id}/cancel", status=200)
    wait_until(lambda: intents_of(stack, order_id)[0]["status"] == "canceled", "it is closed")
    assert confirm(stack, payment) == "payment_intent_unexpected_state"
    assert check_no_money_is_kept(stack, shopper, order_id) == "canceled"
    assert admin.available(product["id"]) == 100


def test_paying_first_and_cancelling_before_the_webhook_gives_the_money_back(
    stack, shopper, admin, product
):
    order_id = shopper.buy(product["id"], 2)
    payment = shopper.start_payment(order_id)
    with webhook_faults(stack, delay_ms=1500):
        assert confirm(stack, payment) == "succeeded"
        assert shopper.order(order_id)["status"] == "awaiting_payment"
        shopper.call("POST", f"/orders/{order_id}/cancel", status=200)
    assert check_no_money_is_kept(stack, shopper, order_id) == "refunded"
    assert admin.available(product["id"]) == 100


def test_paying_and_cancelling_at_the_same_moment_never_keeps_the_money(stack, shopper, admin):
    product = admin.create_product(stock=50)
    order_ids = []
    for head_start in (-0.04, -0.01, 0.0, 0.0, 0.01, 0.03, 0.06, 0.1):
        order_id = shopper.buy(product["id"], 3)
        payment, tab = shopper.start_payment(order_id), shopper.another_tab()

        def pay(payment=payment, wait=-head_start):
            time.sleep(max(wait, 0))
            return confirm(stack, payment)

        def cancel(order_id=order_id, tab=tab, wait=head_start):
            time.sleep(max(wait, 0))
            return tab.call("POST", f"/orders/{order_id}/cancel", status=200)

        rivals: list[Any] = [pay, cancel]
        at_once(lambda act: act(), rivals)
        shopper.wait_for_order(order_id, "cancelled")
        shopper.call("DELETE", "/cart", status=200)
        order_ids.append(order_id)
    stack.wait_until_quiet()
    for order_id in order_ids:
        check_no_money_is_kept(stack, shopper, order_id)
    assert admin.available(product["id"]) == 50
    assert stack.database("products").products.find_one({"_id": product["id"]})["holds"] == []
