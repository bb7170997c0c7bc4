"""kill -9 at every labelled point between write, publish, pull, answer and commit."""

import pytest

from tests.chaos.patience import cancel, must_end_well, pay, place_order
from tests.e2e.waiting import wait_until

pytestmark = [pytest.mark.engines, pytest.mark.slow]

AFTER_WRITE, AFTER_PUBLISH = "outbox.after-write", "outbox.after-publish"
AFTER_PULL, BEFORE_ANSWER = "outbox.after-pull", "handler.before-answer"
WHILE_BUYING = [
    ("cart-checkout-cart", AFTER_WRITE, 1),
    ("cart-checkout-cart", BEFORE_ANSWER, 1),
    ("orders-place-order", AFTER_WRITE, 1),
    ("orders-place-order", AFTER_PUBLISH, 1),
    ("orders-place-order", AFTER_PULL, 1),
    ("products-reserve-stock", AFTER_WRITE, 1),  # the pieces are held, the reservation is pending
    ("products-reserve-stock", AFTER_WRITE, 2),
    ("products-reserve-stock", BEFORE_ANSWER, 1),
    ("orders-confirm-order", AFTER_WRITE, 1),
    ("orders-confirm-order", BEFORE_ANSWER, 1),
    ("payments-start-payment", "stripe.after-open", 1),
    ("payments-start-payment", AFTER_WRITE, 1),
    ("payments-receive-stripe-webhook", AFTER_WRITE, 1),
    ("payments-receive-stripe-webhook", BEFORE_ANSWER, 1),
    ("orders-mark-order-paid", AFTER_WRITE, 1),
    ("products-settle-reservation", AFTER_WRITE, 1),
    ("cart-settle-cart", BEFORE_ANSWER, 1),
    ("sink", "sink.before-produce", 2),
    ("sink", "sink.after-produce", 2),
    ("dispatcher", "dispatcher.after-delivery", 3),
]
WHILE_CANCELLING = [
    ("orders-cancel-order", AFTER_WRITE, 1),
    ("payments-void-payment", "stripe.after-refund", 1),
    ("products-release-reservation", AFTER_WRITE, 1),
    ("cart-reopen-cart", BEFORE_ANSWER, 1),
]


@pytest.mark.parametrize(("name", "label", "passage"), WHILE_BUYING)
def test_a_purchase_survives_a_crash(name, label, passage, wrecker, ledger, shopper, product_id):
    shopper.add(product_id, 2)
    wrecker.order_crash(name, label, passage)
    order_id = place_order(ledger, shopper)
    pay(ledger, shopper, order_id)
    wrecker.must_have_crashed()
    must_end_well(ledger)
    wait_until(lambda: shopper.get("/cart")["lines"] == [], "the cart is empty")
    assert [order["id"] for order in shopper.get("/orders")["items"]] == [order_id]


@pytest.mark.parametrize(("name", "label", "passage"), WHILE_CANCELLING)
def test_a_cancellation_survives_a_crash(
    name, label, passage, wrecker, ledger, shopper, product_id
):
    shopper.add(product_id, 2)
    order_id = place_order(ledger, shopper)
    pay(ledger, shopper, order_id)
    wrecker.order_crash(name, label, passage)
    cancel(ledger, shopper, order_id)
    wrecker.must_have_crashed()
    must_end_well(ledger)
